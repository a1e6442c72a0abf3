"""Budget warnings: at 50, 80 and 100 percent of a server's dollars, once in each window."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.domain.errors import DatabaseUnavailable
from bot.domain.limits.limit import Audience, LimitReached, Measure, Window
from bot.domain.limits.policies import LimitKey, LimitPolicy
from bot.domain.moderation.audit import AuditEntry, LogChannelChange
from bot.domain.money import Money
from tests.support.bot_harness import BotHarness
from tests.support.clocks import until
from tests.support.moderators import Moderation
from tests.support.samples import GUILD, NOON_S, a_request, a_requester

ENTRY = AuditEntry(GUILD, 9, LogChannelChange(None, 77), NOON_S)
BUDGET = LimitKey(Measure.SPEND, Window.DAY)


@pytest.fixture
async def budget(harness: BotHarness) -> BotHarness:
    """A server with a log channel and half a dollar a day; a run is held at five cents."""
    await harness.guild_settings.set_log_channel(77, ENTRY)
    await set_budget(harness, "0.50")
    return harness


async def set_budget(harness: BotHarness, dollars: str) -> None:
    rule = LimitPolicy(Audience.SERVER, 0, BUDGET, Money.parse(dollars).pico)
    await harness.guild_settings.set_limit(rule, ENTRY)


async def run(harness: BotHarness, first: int, count: int) -> None:
    for job_id in range(first, first + count):
        await harness.submit(job_id, user_id=job_id)
        await until(lambda: not any("budget" in task.get_name() for task in harness.owner._tasks))


def percents(harness: BotHarness) -> list[int]:
    return [warning.percent for warning in harness.log_channel.warnings]


async def test_each_percentage_is_told_once_with_its_figures(budget: BotHarness) -> None:
    await run(budget, 1, 4)
    assert percents(budget) == []
    await run(budget, 5, 1)
    (warning,) = budget.log_channel.warnings
    assert (warning.percent, warning.held) == (50, Money.parse("0.25"))
    assert warning.limit.amount == Money.parse("0.50").pico
    await run(budget, 6, 2)
    assert percents(budget) == [50]
    await run(budget, 8, 3)
    assert percents(budget) == [50, 80, 100]


async def test_a_jump_over_several_is_one_message(budget: BotHarness) -> None:
    await set_budget(budget, "0.06")
    await run(budget, 1, 1)
    assert percents(budget) == [80]


async def test_many_at_once_are_told_once(budget: BotHarness) -> None:
    await asyncio.gather(*(budget.submit(n, user_id=n) for n in range(1, 11)))
    await until(lambda: not any("budget" in task.get_name() for task in budget.owner._tasks))
    assert percents(budget)[-1] == 100
    assert len(percents(budget)) == len(set(percents(budget)))


async def test_a_new_window_warns_anew(budget: BotHarness) -> None:
    await run(budget, 1, 5)
    budget.time.forward(24 * 3600)
    await run(budget, 11, 5)
    assert percents(budget) == [50, 50]


async def test_another_start_of_the_bot_does_not_repeat_it(budget: BotHarness) -> None:
    await run(budget, 1, 5)
    await Moderation(budget).watch.look(a_requester(), "any/model")
    assert percents(budget) == [50]


async def test_a_budget_that_refuses_is_used_up(budget: BotHarness) -> None:
    """0.05 a run never meets 0.23 to the cent."""
    await set_budget(budget, "0.23")
    await run(budget, 1, 4)
    assert percents(budget) == [50, 80]
    with pytest.raises(LimitReached) as refused:
        await budget.submit(9, user_id=9)
    moderation = Moderation(budget)
    for _ in range(2):
        await moderation.cases.offer(9, refused.value, a_requester(9), is_private=False)
    assert percents(budget) == [50, 80, 100]


async def test_without_a_log_channel_or_a_budget_nothing_is_told(harness: BotHarness) -> None:
    await set_budget(harness, "0.05")
    await run(harness, 1, 1)
    await harness.guild_settings.set_log_channel(77, ENTRY)
    rule = LimitPolicy(Audience.SERVER, 0, BUDGET, 0)
    assert await harness.guild_settings.clear_limit(rule, ENTRY)
    await run(harness, 2, 1)
    assert percents(harness) == []


async def test_a_database_that_fails_disturbs_nobody(
    budget: BotHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_given: object) -> None:
        raise DatabaseUnavailable("gone")

    monkeypatch.setattr(budget.store, "usage", fail)
    await Moderation(budget).watch.look(a_requester(), a_request().model)
    assert percents(budget) == []


async def test_a_warning_that_could_not_be_recorded_is_told_by_the_next_look(
    budget: BotHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = budget.guilds.warn_once
    faults = [DatabaseUnavailable("full")]

    async def fail_once(*given: Any) -> bool:
        if faults:
            raise faults.pop()
        return await recorded(*given)

    monkeypatch.setattr(budget.guilds, "warn_once", fail_once)
    await run(budget, 1, 5)
    assert percents(budget) == []
    await run(budget, 6, 1)
    assert percents(budget) == [50]
