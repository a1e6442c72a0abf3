"""Bills that nobody could foresee: written down, with the holds of their models' running jobs raised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.job.job import Job, Stage
from bot.domain.job.ledger import Resolution, Settlement, settlement_of
from bot.domain.limits.effort import Effort
from bot.domain.limits.holds import WARY_S, Bill
from bot.domain.limits.limit import (
    OPERATOR,
    Audience,
    Limit,
    LimitReached,
    Measure,
    Usage,
    Window,
    member_scope,
)
from bot.domain.limits.policies import LimitKey, LimitPolicy
from bot.domain.money import ZERO, Money
from bot.services.guild_settings.ports import GuildStore
from bot.services.limits.ports import AlarmStore
from bot.store.sqlite.stores import SqliteStores
from tests.support.store_samples import (
    GUILD,
    MODEL,
    NOON_S,
    Ledger,
    a_job,
    an_entry,
    counters_of,
    ended,
    operator_spend_a_day,
)

MEMBER = member_scope(GUILD, 1)


@pytest.fixture
def alarms(stores: SqliteStores) -> AlarmStore:
    return stores.alarms


def sized(job: Job, **size: Any) -> Job:
    return replace(job, request=replace(job.request, **size))


async def reserve(store: Ledger, *jobs: Job, limits: Sequence[Limit] = ()) -> None:
    for job in jobs:
        assert await store.reserve(job, limits, counters_of(job))


async def settle(store: Ledger, job: Job, cost_pico: int | None, at_s: float = NOON_S) -> None:
    over = ended(job, cost_pico=cost_pico)
    settlement = settlement_of(over)
    assert settlement is not None
    assert await store.settle(over, settlement, at_s)


async def test_a_surprise_raises_what_the_running_jobs_of_its_model_hold(store: Ledger) -> None:
    jobs = [a_job(number, user_id=number) for number in (1, 2, 3)]
    other = a_job(4, model="another/model")
    await reserve(store, *jobs, other)
    await settle(store, jobs[0], 5_000)
    assert await store.usage(OPERATOR, Window.DAY, NOON_S) == Usage(1, 3, 5_000, 5_000 + 5_000 + 1_000)
    assert await store.usage(member_scope(GUILD, 2), Window.DAY, NOON_S) == Usage(0, 1, 0, 5_000)
    assert await store.usage(MEMBER, Window.DAY, NOON_S) == Usage(1, 1, 5_000, 1_000)
    assert await store.audit() == []


async def test_what_was_raised_is_given_up_with_the_hold(store: Ledger) -> None:
    jobs = [a_job(number) for number in (1, 2, 3)]
    await reserve(store, *jobs)
    await settle(store, jobs[0], 5_000)
    await settle(store, jobs[1], 700)
    cancelled = ended(jobs[2], Stage.CANCELLED, 0)
    assert await store.settle(cancelled, Settlement(Resolution.VOID, ZERO), NOON_S)
    assert await store.usage(MEMBER, Window.DAY, NOON_S) == Usage(2, 0, 5_700, 0)
    assert await store.audit() == []


async def test_a_bill_of_three_times_its_hold_is_none(store: Ledger, alarms: AlarmStore) -> None:
    jobs = [a_job(1), a_job(2)]
    await reserve(store, *jobs)
    await settle(store, jobs[0], 3_000)
    assert await store.usage(OPERATOR, Window.DAY, NOON_S) == Usage(1, 1, 3_000, 1_000)
    assert await alarms.untold() == []


async def test_a_second_surprise_raises_to_what_it_was_and_not_by_it(store: Ledger) -> None:
    jobs = [a_job(number) for number in (1, 2, 3)]
    await reserve(store, *jobs)
    await settle(store, jobs[0], 5_000)
    await settle(store, jobs[1], 15_000)  # as much as was foreseen by then: three times 5,000
    assert await store.usage(OPERATOR, Window.DAY, NOON_S) == Usage(2, 1, 20_000, 5_000)
    fourth = a_job(4, hold_pico=5_000)
    await reserve(store, fourth)
    await settle(store, fourth, 15_001)
    assert await store.usage(OPERATOR, Window.DAY, NOON_S) == Usage(3, 1, 35_001, 15_001)
    assert await store.audit() == []


async def test_more_work_is_held_for_more(store: Ledger) -> None:
    small, large = sized(a_job(1), steps=10), sized(a_job(2), steps=40, count=4)
    await reserve(store, small, large)
    await settle(store, small, 5_000)
    assert (await store.usage(OPERATOR, Window.DAY, NOON_S)).spend_held_pico == 5_000 * 4 * 4


async def test_the_raised_holds_stop_the_next_run_at_the_limit(store: Ledger) -> None:
    limits = [operator_spend_a_day(10_000)]
    jobs = [a_job(number) for number in (1, 2)]
    await reserve(store, *jobs, limits=limits)
    await settle(store, jobs[0], 5_000)
    with pytest.raises(LimitReached) as refused:
        await store.reserve(a_job(3, model="another/model"), limits, counters_of(a_job(3)))
    assert (refused.value.used, refused.value.held) == (5_000, 5_000)


async def test_a_hold_that_was_worked_out_before_the_surprise_catches_up_with_it(store: Ledger) -> None:
    first, late, later = a_job(1), a_job(2, at_s=NOON_S + 5), a_job(3, at_s=NOON_S + WARY_S)
    await reserve(store, first)
    await settle(store, first, 5_000, NOON_S + 4)
    with pytest.raises(LimitReached) as refused:
        await store.reserve(late, [operator_spend_a_day(9_999)], counters_of(late))
    assert refused.value.asked == 5_000
    await reserve(store, late, limits=[operator_spend_a_day(10_000)])
    await reserve(store, later)
    assert await store.usage(OPERATOR, Window.DAY, NOON_S) == Usage(1, 2, 5_000, 6_000)
    assert await store.audit() == []


async def test_a_dimension_that_is_limited_later_counts_what_was_raised(
    store: Ledger, guilds: GuildStore
) -> None:
    jobs = [a_job(number) for number in (1, 2)]
    await reserve(store, *jobs)
    await settle(store, jobs[0], 5_000)
    hour = LimitKey(Measure.SPEND, Window.HOUR)
    await guilds.set_limit(GUILD, LimitPolicy(Audience.EVERYONE, 0, hour, 10_000), an_entry())
    assert await store.usage(MEMBER, Window.HOUR, NOON_S) == Usage(1, 1, 5_000, 5_000)
    await settle(store, jobs[1], 10)
    assert await store.usage(MEMBER, Window.HOUR, NOON_S) == Usage(2, 0, 5_010, 0)
    assert await store.audit() == []


async def test_a_model_remembers_its_surprises_for_an_hour(store: Ledger) -> None:
    job = sized(a_job(1), steps=10, width=512, height=512)
    await reserve(store, job)
    await settle(store, job, 5_000, NOON_S)
    surprise = Bill(Money(5_000), Effort(10, 512 * 512, 1))
    assert (await store.model_history(MODEL.upper(), NOON_S + WARY_S - 1)).surprises == (surprise,)
    after = await store.model_history(MODEL, NOON_S + WARY_S)
    assert (after.surprises, after.bills) == ((), (surprise,))


async def test_a_bill_that_is_not_believed_is_written_down(store: Ledger, alarms: AlarmStore) -> None:
    job = a_job(1)
    await reserve(store, job)
    over = replace(ended(job), is_bill_disbelieved=True, task_id="77")
    await store.settle(over, settlement_of(over), NOON_S)
    (alarm,) = await alarms.untold()
    assert (alarm.job_id, alarm.task_id, alarm.billed, alarm.hold) == (1, "77", None, Money(1_000))
    assert (await store.model_history(MODEL, NOON_S + 1)).is_disbelieved
    assert not (await store.model_history(MODEL, NOON_S + WARY_S)).is_disbelieved
    await alarms.told(alarm)
    assert await alarms.untold() == []
    assert await alarms.to_reconcile(0.0) == [alarm]
    assert await alarms.counts() == (0, 1)
