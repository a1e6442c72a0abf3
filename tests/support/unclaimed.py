"""The late looks of a harness: its sweep after tasks that nobody owns and charges that are open."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from bot.domain.limits.limit import OPERATOR, Usage, Window
from bot.services.runs.unclaimed import SweepSchedule, UnclaimedTaskReconciler
from tests.support.bot_harness import BotHarness, tiny_delays
from tests.support.clocks import until
from tests.support.samples import NOON_S

FIRST_S: Final = 120.0


def sweep(harness: BotHarness) -> UnclaimedTaskReconciler:
    looks = SweepSchedule(first_s=FIRST_S, tick_s=0.002)
    unclaimed = UnclaimedTaskReconciler(
        harness.engine, harness.store, harness.time.clock, harness.owner, looks, tiny_delays
    )
    harness.supervisor.every("late orphans", looks.tick_s, unclaimed.sweep, tiny_delays)
    return unclaimed


@asynccontextmanager
async def restarted(harness: BotHarness) -> AsyncIterator[BotHarness]:
    await harness.stop()
    again = BotHarness(harness.store, harness.wiro)
    again.time.forward(harness.time.monotonic())
    await again.jobs.resume()
    sweep(again)
    try:
        yield again
    finally:
        await again.stop()


async def operators_usage(harness: BotHarness) -> Usage:
    """What the operator's stop counts."""
    return await harness.store.usage(OPERATOR, Window.DAY, NOON_S)


async def nothing_open(harness: BotHarness) -> None:
    """Until no charge is waited for."""

    async def is_settled() -> bool:
        return not await harness.store.open_charges()

    await until(is_settled)
