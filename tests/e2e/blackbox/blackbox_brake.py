"""Tasks that stay in their run until a test lets them go, all at the same moment."""

from collections.abc import Awaitable, Callable
from typing import Any

from sandbox.discord import Interaction
from tests.e2e.blackbox.blackbox_house import BotHarness, Brake

Opened = Callable[..., Awaitable[BotHarness]]


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
