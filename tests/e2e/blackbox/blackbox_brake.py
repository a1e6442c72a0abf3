"""Tasks that stay in their run until a test lets them go, all at the same moment."""

from collections.abc import Awaitable, Callable
from typing import Any

from sandbox.discord import Interaction
from tests.e2e.blackbox.blackbox_house import BotHarness

Opened = Callable[..., Awaitable[BotHarness]]
_PACE = 0.05
_HELD_S = 17.25  # a figure that no other rest of a task has; billed as such


class Brake:
    """A sleep for the sandbox: whoever is held waits for `let_go`."""

    def __init__(self) -> None:
        self._is_over = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        if abs(seconds - _HELD_S * _PACE) < 1e-9:
            await self._is_over.wait()
        else:
            await asyncio.sleep(seconds)

    def let_go(self) -> None:
        self._is_over.set()


async def held_house(opened: Opened, *, at: str = "task_output", **options: Any) -> tuple[BotHarness, Brake]:
    """A house whose tasks all stop in this status."""
    house = await opened(**options)
    house.hold(at, times=None)
    return house, house.brake


async def drawing(house: BotHarness, jobs: int, *, channels: int = 1, **options: Any) -> list[Interaction]:
    """So many requests in turn over so many channels, each shown as drawing."""
    places = [house.channel, *(house.discord.add_channel(house.guild, f"c{n}") for n in range(1, channels))]
    asked = [
        house.imagine(house.alice, f"number {number}", where=places[number % channels], **options)
        for number in range(jobs)
    ]
    for one in asked:
        await house.shows(one, "Drawing")
    return asked
