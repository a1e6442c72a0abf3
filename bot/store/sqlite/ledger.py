"""The ledger inside a transaction: holds, their one resolution, and the counters that follow both."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias

from bot.domain.catalogue.model import folded_slug
from bot.domain.job.job import Job
from bot.domain.job.ledger import Resolution, Settlement
from bot.domain.limits.limit import (
    Limit,
    LimitReached,
    Scope,
    Subject,
    Usage,
    Window,
    decide,
    rounded,
    window_starts,
)
from bot.domain.limits.policies import CounterKey
from bot.domain.money import MAX_PICO, Money
from bot.store.sqlite.fragments import COUNTER, HELD, same_counter
from bot.store.sqlite.rows import storable

Key: TypeAlias = tuple[str, int, int, int, str, str, int]  # the primary key of a row of `usage`
Starts: TypeAlias = Mapping[Window, int]  # where each window begins

_STORED: Final = {member: member.value for kind in (Subject, Window) for member in kind}  # as it is stored

_RESERVE: Final = """
INSERT INTO reservation (job_id, amount_pico, guild_id, user_id, channel_id, ruled_channel_id, model,
                         reserved_at_s)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""

_HELD: Final = f"SELECT {HELD} FROM reservation AS h WHERE job_id = ?"

_BOOK: Final = f"INSERT INTO reservation_usage (job_id, {COUNTER}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"

_HOLD: Final = f"""
INSERT INTO usage ({COUNTER}, runs_used, runs_held, spend_used_pico, spend_held_pico)
VALUES (?, ?, ?, ?, ?, ?, ?, 0, 1, 0, ?)
ON CONFLICT ({COUNTER}) DO UPDATE
SET runs_held = usage.runs_held + 1, spend_held_pico = usage.spend_held_pico + excluded.spend_held_pico
"""

# SQLite adds past 64 bits in floating point, so the smaller of both is exact or the largest amount:
# no bill, however absurd, can keep a job from settling.
_RELEASE: Final = f"""
UPDATE usage
SET runs_held = runs_held - charged.released,
    spend_held_pico = spend_held_pico - charged.released * :held_pico,
    runs_used = runs_used + charged.runs,
    spend_used_pico = min({MAX_PICO}, spend_used_pico + charged.pico)
FROM (
    SELECT *,
           CASE WHEN "window" = :released_before THEN 0 ELSE 1 END AS released,
           CASE WHEN subject = :operator THEN :operator_runs ELSE :others_runs END AS runs,
           CASE WHEN subject = :operator THEN :operator_pico ELSE :others_pico END AS pico
    FROM reservation_usage WHERE job_id = :job_id
) AS charged
WHERE {same_counter("charged")}
"""

# In what never resets stands what is unfinished, and a run has ended before its charge is known.
_END_RUN: Final = f"""
UPDATE usage
SET runs_held = runs_held - 1, spend_held_pico = spend_held_pico - :held_pico
FROM (SELECT * FROM reservation_usage WHERE job_id = :job_id AND "window" = :ever) AS charged
WHERE {same_counter("charged")}
"""

# One for each measure that is limited: those of the same counter are brought together afterwards. The plus
# signs make it one search for the server's few rows rather than six.
_TRACKED: Final = """
SELECT channel_id, model, "window" FROM tracked_dimensions
WHERE guild_id = ? AND +channel_id IN (0, ?, ?) AND +model IN ('', ?)
"""


def usage_of(sqlite: sqlite3.Connection, counter: CounterKey, at_s: float) -> Usage:
    """What stands in a counter in the window around `at_s`."""
    return _usage(sqlite, _key(*counter, window_starts(rounded(at_s))))


@dataclass(frozen=True, slots=True)
class Hold:
    """A reservation as it will be written: all that can be known of it before the transaction begins."""

    job: Job
    limits: Sequence[Limit]
    place: tuple[int, int, int, int, str]  # server, member, channel, the channel whose limits bind, model
    reserved_at_s: float
    starts: Starts
    limited: Mapping[CounterKey, Key]
    keys: Mapping[Key, None]  # every counter that is known to move

    @classmethod
    def of(cls, job: Job, limits: Sequence[Limit], counters: Iterable[CounterKey]) -> Hold:
        """Counted in every counter given and in those of the limits."""
        # Reservations are found by comparing numbers, so they are rounded as their windows are.
        origin, reserved_at_s = job.origin, rounded(job.created_at_s)
        starts = window_starts(reserved_at_s)
        limited = {(limit.scope, limit.window): _key(limit.scope, limit.window, starts) for limit in limits}
        keys = dict.fromkeys(limited.values())
        keys.update((_key(*counter, starts), None) for counter in counters)
        ruled_channel_id = origin.ruled_channel_id or origin.channel_id
        model = model_key(job.request.model)
        place = (origin.guild_id or 0, origin.user_id, origin.channel_id, ruled_channel_id, model)
        return cls(job, limits, place, reserved_at_s, starts, limited, keys)


def refusal(sqlite: sqlite3.Connection, planned: Hold, more_pico: int = 0) -> LimitReached | None:
    """The limit that the reservation would pass by now, were so much more held for it, or None."""
    usage = {counter: _usage(sqlite, key) for counter, key in planned.limited.items()}
    asked = Money(min(MAX_PICO, planned.job.hold.pico + more_pico))
    return decide(planned.limits, usage, asked, planned.job.created_at_s)


def hold(sqlite: sqlite3.Connection, planned: Hold) -> None:
    """Write the reservation of a job that is on record and bump its counters.

    Counted besides in those of every dimension that the server tracks by now, whatever the caller knew of
    them.
    """
    job, amount_pico = planned.job, planned.job.hold.pico
    guild_id, user_id, channel_id, ruled_channel_id, model = planned.place
    sqlite.execute(_RESERVE, (job.job_id, amount_pico, *planned.place, planned.reserved_at_s))
    keys = planned.keys
    tracked = sqlite.execute(_TRACKED, (guild_id, channel_id, ruled_channel_id, model)).fetchall()
    if tracked:
        more = _counters(guild_id, user_id, tracked)
        keys = {**keys, **{_key(*counter, planned.starts): None for counter in more}}
    sqlite.executemany(_HOLD, [(*key, amount_pico) for key in keys])
    sqlite.executemany(_BOOK, [(job.job_id, *key) for key in keys])


def resolve(
    sqlite: sqlite3.Connection,
    job_id: int,
    settlement: Settlement,
    at_s: float,
    *,
    has_ended_before: bool = False,
) -> bool:
    """Write the one resolution and move the counters of the reservation. False: it is resolved already.

    The amount may be more than was held: what Wiro bills is posted. `has_ended_before`: see `end_run`.
    """
    amount_pico = settlement.amount.pico
    written = sqlite.execute(
        """
        INSERT INTO resolution (job_id, kind, amount_pico, resolved_at_s) VALUES (?, ?, ?, ?)
        ON CONFLICT DO NOTHING
        """,
        (job_id, settlement.resolution.value, amount_pico, at_s),
    )
    if written.rowcount == 0:
        return False
    is_everybodys = settlement.resolution is Resolution.POST
    is_operators = settlement.resolution is not Resolution.VOID
    sqlite.execute(
        _RELEASE,
        {
            "job_id": job_id,
            "held_pico": held_pico(sqlite, job_id),
            "released_before": Window.EVER.value if has_ended_before else None,
            "operator": Subject.OPERATOR.value,
            "operator_runs": int(is_operators),
            "operator_pico": amount_pico if is_operators else 0,
            "others_runs": int(is_everybodys),
            "others_pico": amount_pico if is_everybodys else 0,
        },
    )
    return True


def held_pico(sqlite: sqlite3.Connection, job_id: int) -> int:
    """What a reservation holds, with all that it was raised by."""
    (pico,) = sqlite.execute(_HELD, (job_id,)).fetchone()
    return int(pico)


def end_run(sqlite: sqlite3.Connection, job_id: int) -> None:
    """The run has ended and its hold stays: it counts no more where only what is unfinished does."""
    sqlite.execute(
        _END_RUN, {"job_id": job_id, "held_pico": held_pico(sqlite, job_id), "ever": Window.EVER.value}
    )


@lru_cache(maxsize=256)
def model_key(model: str) -> str:
    """A model as reservations, limits and counters name it."""
    return folded_slug(storable(model))


def _counters(guild_id: int, user_id: int, tracked: Iterable[tuple[int, str, str]]) -> Iterator[CounterKey]:
    for channel_id, model, window in tracked:
        for subject, subject_id in ((Subject.MEMBER, user_id), (Subject.SERVER, 0)):
            yield Scope(subject, guild_id, subject_id, channel_id, model), Window(window)


def _usage(sqlite: sqlite3.Connection, key: Key) -> Usage:
    row = sqlite.execute(
        """
        SELECT runs_used, runs_held, spend_used_pico, spend_held_pico FROM usage
        WHERE subject = ? AND guild_id = ? AND subject_id = ? AND channel_id = ? AND model = ?
          AND "window" = ? AND starts_at_s = ?
        """,
        key,
    ).fetchone()
    return Usage() if row is None else Usage(*row)


def _key(scope: Scope, window: Window, starts: Starts) -> Key:
    return (
        _STORED[scope.subject],
        scope.guild_id,
        scope.subject_id,
        scope.channel_id,
        model_key(scope.model),
        _STORED[window],
        starts[window],
    )
