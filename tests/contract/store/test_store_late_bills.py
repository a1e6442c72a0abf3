"""Late charges: booked once, a member pays only out of a hold that was kept, and the books still add up."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.job.events import Cancelled, Event, Refused, Settled
from bot.domain.job.job import Cause, Job, Stage
from bot.domain.job.ledger import CHARGE_WAIT_S, OpenCharge, settlement_of
from bot.domain.job.lifecycle import advance
from bot.domain.limits.limit import OPERATOR, Audience, Measure, Usage, Window, member_scope
from bot.domain.limits.policies import LimitKey, LimitPolicy
from bot.domain.money import MAX_PICO, ZERO, Money
from bot.services.guild_settings.ports import GuildStore
from tests.contract.store.conftest import OpenStores
from tests.support.store_samples import DAY_S, GUILD, NOON_S, Ledger, a_job, an_entry, counters_of, ended

LATER_S = NOON_S + 13 * 3_600  # the next day
BILL = Money(700)


async def given_up(store: Ledger, job_id: int = 1, cause: Cause = Cause.UNANSWERED) -> Job:
    """A job whose Run was sent at noon and never answered."""
    job = replace(a_job(job_id), sent_at_s=NOON_S, seed=job_id)
    await store.reserve(job, [], counters_of(job))
    end = advance(job, Refused(cause))
    await store.settle(end, settlement_of(end), NOON_S + 121)
    return end


async def stopped(store: Ledger, job_id: int = 1, end: Event = Cancelled(ZERO)) -> Job:  # noqa: B008 — frozen
    """A job with a task of its own that ended at no cost as yet."""
    job = replace(a_job(job_id), sent_at_s=NOON_S, task_id=f"20{job_id}")
    await store.reserve(job, [], [*counters_of(job), (member_scope(GUILD, 1), Window.EVER)])
    ended_job = advance(job, end)
    await store.settle(ended_job, settlement_of(ended_job), NOON_S + 60)
    return ended_job


async def record_late_charge(store: Ledger, job_id: int, task_id: str, amount: Money) -> bool:
    """A task that turned up late is made the job's and its charge booked, as the sweep does."""
    if not await store.adopt_late(job_id, task_id):
        return False
    job = await store.job(job_id)
    assert job is not None
    return await store.book_charge(job, amount, LATER_S)


async def unanswered(store: Ledger) -> list[Job]:
    return list(await store.jobs([charge.job_id for charge in await store.open_charges()]))


async def used(store: Ledger, at_s: float = NOON_S) -> tuple[Usage, Usage]:
    """The operator's day and the member's."""
    member = member_scope(GUILD, 1)
    return await store.usage(OPERATOR, Window.DAY, at_s), await store.usage(member, Window.DAY, at_s)


async def test_the_operator_pays_in_the_window_of_the_reservation_and_the_member_nothing(
    store: Ledger,
) -> None:
    job = await given_up(store)
    assert await record_late_charge(store, 1, "101", BILL)
    assert await used(store) == (Usage(1, 0, BILL.pico, 0), Usage())
    assert await used(store, LATER_S) == (Usage(), Usage())
    assert await store.job(1) == replace(job, task_id="101", is_charge_open=False)
    assert await store.audit() == []


async def test_a_task_that_cost_nothing_is_no_run(store: Ledger) -> None:
    await given_up(store)
    assert await record_late_charge(store, 1, "101", ZERO)
    assert await used(store) == (Usage(), Usage())
    assert await unanswered(store) == []
    assert await store.audit() == []


async def test_of_many_bills_for_one_job_or_one_task_one_counts(store: Ledger) -> None:
    await given_up(store, 1)
    await given_up(store, 2)
    tries = [(job_id, task_id) for job_id in (1, 2) for task_id in ("101", "102")] * 5
    answers = await asyncio.gather(
        *(record_late_charge(store, job_id, task_id, BILL) for job_id, task_id in tries)
    )
    assert answers.count(True) == 2
    assert await store.claimed(["101", "102", "103"]) == {"101", "102"}
    assert (await used(store))[0] == Usage(2, 0, 2 * BILL.pico, 0)
    assert await store.audit() == []


async def test_only_voided_jobs_are_billed_late(store: Ledger) -> None:
    running, succeeded = a_job(1), ended(replace(a_job(2), sent_at_s=NOON_S), cost_pico=5)
    for job in (running, a_job(2)):
        await store.reserve(job, [], counters_of(job))
    await store.settle(succeeded, settlement_of(succeeded), NOON_S)
    for job_id in (1, 2, 3):
        assert not await record_late_charge(store, job_id, "101", BILL)
    assert await store.claimed(["101"]) == frozenset()
    assert await store.audit() == []


async def test_a_task_that_belongs_to_another_job_is_not_billed_late(store: Ledger) -> None:
    await given_up(store)
    owner = replace(a_job(2), task_id="101", stage=Stage.QUEUED)
    await store.reserve(owner, [], counters_of(owner))
    assert not await record_late_charge(store, 1, "101", BILL)


async def test_nothing_is_billed_late_while_a_running_twin_waits_for_its_answer(store: Ledger) -> None:
    lost = await given_up(store)
    twin = replace(a_job(2), seed=lost.seed, sent_at_s=LATER_S)
    await store.reserve(twin, [], counters_of(twin))
    assert not await record_late_charge(store, 1, "101", BILL)
    await store.save(replace(twin, stage=Stage.QUEUED, task_id="102"))
    assert await record_late_charge(store, 1, "101", BILL)


@pytest.mark.parametrize("cause", [Cause.UNANSWERED, Cause.CANCELLED, Cause.INTERNAL])
async def test_every_job_whose_run_may_have_made_a_task_is_remembered(store: Ledger, cause: Cause) -> None:
    job = await given_up(store, cause=cause)
    assert await store.open_charges() == [OpenCharge(job.job_id, None, NOON_S + CHARGE_WAIT_S)]


async def test_a_job_with_a_definite_answer_is_not_looked_for(store: Ledger) -> None:
    await given_up(store, 1, Cause.REFUSED)
    await given_up(store, 2, Cause.NO_FUNDS)
    never_sent = replace(a_job(3), stage=Stage.CANCELLED, cause=Cause.CANCELLED)
    await store.reserve(a_job(3), [], [])
    await store.settle(never_sent, settlement_of(never_sent), NOON_S)
    waiting = replace(a_job(4), sent_at_s=NOON_S)
    await store.reserve(waiting, [], [])
    assert await unanswered(store) == []


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, MAX_PICO), st.booleans()), max_size=6))
def test_whatever_is_billed_late_the_operators_counter_is_the_sum(
    open_stores: OpenStores, bills: list[tuple[int, bool]]
) -> None:
    async def history(folder: Path) -> None:
        async with open_stores(folder) as stores:
            store = stores.jobs
            for job_id, (pico, is_billed) in enumerate(bills, start=1):
                await given_up(store, job_id)
                if is_billed:
                    assert await record_late_charge(store, job_id, f"10{job_id}", Money(pico))
            amounts = [pico for pico, is_billed in bills if is_billed]
            runs = sum(pico > 0 for pico in amounts)
            assert await used(store) == (Usage(runs, 0, min(MAX_PICO, sum(amounts)), 0), Usage())
            assert await store.audit() == []

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(history(Path(folder)))


# --- holds that are kept until their charge is known -------------------------------------------------------

SHOWN_FREE = Settled(is_success=True, cost=ZERO, elapsed_s=4.0)
HOLD = a_job(1).hold


async def at_once(store: Ledger) -> int:
    usage = await store.usage(member_scope(GUILD, 1), Window.EVER, NOON_S)
    assert usage.spend_held_pico == usage.runs_held * HOLD.pico
    return usage.runs_held


@pytest.mark.parametrize("end", [SHOWN_FREE, Cancelled(ZERO)])
async def test_a_kept_hold_counts_as_used_but_not_as_running(store: Ledger, end: Event) -> None:
    running = replace(a_job(9), sent_at_s=NOON_S)
    await store.reserve(running, [], [(member_scope(GUILD, 1), Window.EVER)])
    job = await stopped(store, end=end)
    assert await used(store) == (Usage(0, 1, 0, HOLD.pico), Usage(0, 1, 0, HOLD.pico))
    assert await at_once(store) == 1
    assert await store.open_charges() == [OpenCharge(1, job.task_id, NOON_S + 60 + CHARGE_WAIT_S)]
    assert not await store.settle(job, None, NOON_S + 90)
    assert await store.audit() == []


@pytest.mark.parametrize(
    ("end", "pico", "members", "runs"),
    [
        (SHOWN_FREE, 0, 0, 1),
        (SHOWN_FREE, HOLD.pico - 1, HOLD.pico - 1, 1),
        (SHOWN_FREE, HOLD.pico + 7, HOLD.pico, 1),
        (SHOWN_FREE, MAX_PICO, HOLD.pico, 1),
        (Cancelled(ZERO), 0, 0, 0),
        (Cancelled(None), HOLD.pico + 7, HOLD.pico, 1),
    ],
)
async def test_a_kept_hold_ends_by_its_charge_once(
    store: Ledger, end: Event, pico: int, members: int, runs: int
) -> None:
    job = await stopped(store, end=end)
    answers = await asyncio.gather(*(store.book_charge(job, Money(pico), LATER_S) for _ in range(5)))
    assert answers.count(True) == 1
    assert await used(store) == (Usage(runs, 0, pico, 0), Usage(runs, 0, members, 0))
    assert await at_once(store) == 0
    assert await store.open_charges() == []
    assert await store.job(1) == replace(job, cost=Money(pico), is_charge_open=False)
    assert await store.audit() == []


async def test_a_limit_first_set_while_a_hold_is_kept_counts_it_as_the_others_do(
    guilds: GuildStore, store: Ledger
) -> None:
    job = await stopped(store)
    for measure, window in ((Measure.RUNS, Window.WEEK), (Measure.AT_ONCE, Window.EVER)):
        rule = LimitPolicy(Audience.EVERYONE, 0, LimitKey(measure, window), 5)
        await guilds.set_limit(GUILD, rule, an_entry(at_s=NOON_S + 90))
    week = await store.usage(member_scope(GUILD, 1), Window.WEEK, NOON_S)
    assert (week.runs_held, await at_once(store)) == (1, 0)
    assert await store.audit() == []
    await store.book_charge(job, BILL, LATER_S)
    assert (await store.usage(member_scope(GUILD, 1), Window.WEEK, NOON_S)).runs_used == 1
    assert await store.audit() == []


async def test_a_model_is_known_to_be_free_once_a_day_has_shown_it(store: Ledger) -> None:
    model, later_s = a_job(1).request.model, NOON_S + 2 * DAY_S
    free = await stopped(store, 1, SHOWN_FREE)
    assert not await store.is_known_free(model, later_s), "its charge may yet come"
    await store.book_charge(free, ZERO, later_s)
    assert await store.is_known_free(model, later_s)
    assert not await store.is_known_free("another/model", later_s)
    assert not await store.is_known_free(model, later_s + 7 * DAY_S), "prices change"
    charged = await stopped(store, 2, SHOWN_FREE)
    await store.book_charge(charged, BILL, later_s)
    assert not await store.is_known_free(model, later_s)
