"""What goes wrong and how often: drawn once for a world, over when the world grows calm."""

from __future__ import annotations

from dataclasses import dataclass, fields
from random import Random


@dataclass(slots=True)
class Weather:
    """Chances of 0..1 for one request, frame or transaction; the rest as named."""

    run_lost: float = 0.0  # accepted or not, no answer comes
    run_slow: float = 0.0  # accepted long after the client gave up
    run_refused: float = 0.0  # for good: code 97, 401, plain refusals
    rest_fault: float = 0.0  # 5xx, resets on everything but Run
    list_lags: float = 0.0  # a task is shown late
    detail_lags: float = 0.0
    task_fails: float = 0.0
    task_hangs: float = 0.0  # it never ends by itself
    price_unreadable: float = 0.0
    price_surprises: float = 0.0  # a run is billed many times what anybody could foresee
    charge_late: float = 0.0  # on record only minutes or hours after the end, whatever the end is
    frame_lost: float = 0.0
    frame_twice: float = 0.0
    frame_late: float = 0.0
    frame_unknown: float = 0.0
    socket_breaks: float = 0.0  # within a minute
    socket_deaf: float = 0.0  # the break is noticed half a minute later
    picture_fault: float = 0.0
    discord_5xx: float = 0.0
    discord_reset: float = 0.0
    discord_hang: float = 0.0
    discord_late: float = 0.0  # an edit is carried out long after the bot gave it up
    discord_429: float = 0.0
    discord_shared: float = 0.0
    discord_text_429: float = 0.0
    disk_slow: float = 0.0
    disk_fails: float = 0.0
    skew_s: float = 0.0  # no chance: how far the wall clock has jumped

    def calm(self) -> None:
        for field in fields(self):
            if field.name != "skew_s":
                setattr(self, field.name, 0.0)


def a_weather(chance: Random) -> Weather:
    """Each fault is absent, rare or common, so that worlds differ in what troubles them."""

    def some(most: float) -> float:
        return chance.choice((0.0, most / 6, most))

    return Weather(
        run_lost=some(0.3),
        run_slow=some(0.06),
        run_refused=some(0.05),
        rest_fault=some(0.2),
        list_lags=some(0.5),
        detail_lags=some(0.3),
        task_fails=some(0.2),
        task_hangs=some(0.03),
        price_unreadable=some(0.05),
        price_surprises=some(0.1),
        charge_late=some(0.4),
        frame_lost=some(0.4),
        frame_twice=some(0.3),
        frame_late=some(0.3),
        frame_unknown=some(0.1),
        socket_breaks=some(0.6),
        socket_deaf=some(0.5),
        picture_fault=some(0.15),
        discord_5xx=some(0.25),
        discord_reset=some(0.15),
        discord_hang=some(0.05),
        discord_late=some(0.05),
        discord_429=some(0.2),
        discord_shared=some(0.03),
        discord_text_429=some(0.03),
        disk_slow=some(0.1),
        disk_fails=some(0.05),
    )
