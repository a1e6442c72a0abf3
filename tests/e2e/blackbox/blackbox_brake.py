"""Tasks that stay in their run until a test lets them go, all at the same moment."""

from typing import Any

from sandbox.discord import Interaction
from tests.e2e.blackbox.blackbox_harness import BlackboxHarness, Brake, Opened


async def held_harness(
    opened: Opened, *, at: str = "task_output", **options: Any
) -> tuple[BlackboxHarness, Brake]:
    """A harness whose tasks all stop in this status."""
    harness = await opened(**options)
    harness.hold(at, times=None)
    return harness, harness.brake


async def drawing(
    harness: BlackboxHarness, jobs: int, *, channels: int = 1, **options: Any
) -> list[Interaction]:
    """So many requests in turn over so many channels, each shown as drawing."""
    places = [
        harness.channel,
        *(harness.discord.add_channel(harness.guild, f"c{n}") for n in range(1, channels)),
    ]
    asked = [
        harness.imagine(harness.alice, f"number {number}", where=places[number % channels], **options)
        for number in range(jobs)
    ]
    for one in asked:
        await harness.shows(one, "Drawing")
    return asked
