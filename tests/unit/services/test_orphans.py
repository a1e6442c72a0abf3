"""A task that turns up after its job was given up is stopped and paid for by the operator, once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from bot.domain.errors import DatabaseUnavailable
from bot.domain.job.events import Cancelled, Event, Reached, Settled
from bot.domain.job.job import Cause, Job, Stage
from bot.domain.job.ledger import CHARGE_WAIT_S
from bot.domain.limits.limit import OPERATOR, Window
from bot.domain.money import ZERO, Money
from bot.engines.port import EngineRefused, EngineUnreachable
from bot.services.runs.unclaimed import SETTLE_S, SweepSchedule, UnclaimedTaskReconciler, charge_of
from bot.services.supervisor import Supervisor
from bot.store.sqlite.reports import ReportRecords
from tests.support.bot_harness import BotHarness, a_house, tiny_delays
from tests.support.clocks import until
from tests.support.samples import NOON_S, PNG, a_job
from tests.support.wiro import LOST_ANSWER, ScriptedWiro

COST = Money.parse("0.0035")
SUCCESS = Settled(is_success=True, cost=COST, outputs=(PNG,), elapsed_s=4.2)
KILLED = Cancelled(cost=COST)
FIRST_S = 120.0
MINUTE_S = 60.0


def sweep(house: BotHarness) -> UnclaimedTaskReconciler:
    looks = SweepSchedule(first_s=FIRST_S, tick_s=0.002)
    unclaimed = UnclaimedTaskReconciler(
        house.wiro, house.store, house.time.clock, house.owner, looks, tiny_delays
    )
    Supervisor(house.owner).every("late orphans", looks.tick_s, unclaimed.sweep, tiny_delays)
    return unclaimed


async def given_up(house: BotHarness, job_id: int = 1, *, seed: int | None = None) -> Job:
    """A job whose Run was never answered, after the grace: voided, the member told."""
    house.wiro.run_faults.append(LOST_ANSWER)
    await house.submit(job_id, seed=seed)
    await house.stage_reached(Stage.UNKNOWN, job_id)
    house.time.forward(house.tools.timeouts.unknown_grace_s + 1)
    job = await house.end_of(job_id)
    assert job.cause is Cause.UNANSWERED
    return job


def turns_up(house: BotHarness, job: Job, event: Event) -> str:
    task = house.wiro.make({"prompt": job.request.prompt, "seed": job.seed}, job.sent_at_s or 0.0)
    house.wiro.tell(task.task_id, event)
    return task.task_id


async def operator_pays(house: BotHarness) -> Money:
    usage = await house.store.usage(OPERATOR, Window.DAY, NOON_S)
    assert usage.spend_held_pico == 0
    return Money(usage.spend_used_pico)


async def settled(house: BotHarness, *task_ids: str) -> None:
    async with asyncio.timeout(5):
        while not await are_settled(house, task_ids):  # noqa: ASYNC110 — as in `until`
            await asyncio.sleep(0.001)


async def are_settled(house: BotHarness, task_ids: Sequence[str]) -> bool:
    """Whether these tasks belong to jobs, and none of them is asked after any more."""
    if await house.store.claimed(task_ids) != set(task_ids):
        return False
    return {charge.task_id for charge in await house.store.open_charges()}.isdisjoint(task_ids)


async def unanswered(house: BotHarness) -> list[Job]:
    open_ids = [charge.job_id for charge in await house.store.open_charges() if charge.task_id is None]
    return list(await house.store.jobs(open_ids))


async def looked_again(house: BotHarness, times: int = 1) -> None:
    asked = house.wiro.lists_asked
    await until(lambda: house.wiro.lists_asked >= asked + times)


async def several_ticks(house: BotHarness) -> None:
    await asyncio.sleep(0.05)  # virtual: a dozen of `tiny_delays`


@asynccontextmanager
async def restarted(house: BotHarness) -> AsyncIterator[BotHarness]:
    await house.stop()
    again = BotHarness(house.store, house.guilds, house.wiro)
    again.time.forward(house.time.monotonic())
    await again.jobs.resume()
    sweep(again)
    try:
        yield again
    finally:
        await again.stop()


async def test_one_found_finished_is_paid_by_the_operator_and_not_by_the_member(
    house: BotHarness, caplog: pytest.LogCaptureFixture
) -> None:
    job = await given_up(house)
    task_id = turns_up(house, job, SUCCESS)
    with caplog.at_level(logging.WARNING, "bot.services.runs.unclaimed"):
        sweep(house)
        await settled(house, task_id)
        await until_paid(house)
        lines = [
            f"job 1: its unanswered Run turned up late as task {task_id}",
            f"job 1: its task {task_id} was charged late; the operator pays $0.0035",
        ]
        await until(lambda: lines[-1] in caplog.messages)
    assert [caplog.messages.count(line) for line in lines] == [1, 1]
    assert await operator_pays(house) == COST
    assert await house.spent() == (0, 0, 0, 0)
    assert house.wiro.stopped == []
    assert await house.store.job(1) == replace(job, task_id=task_id, is_charge_open=False)


async def test_one_found_running_is_killed_and_its_bill_paid(house: BotHarness) -> None:
    job = await given_up(house)
    house.wiro.on_stop = KILLED
    task_id = turns_up(house, job, Reached(Stage.RUNNING))
    sweep(house)
    await settled(house, task_id)
    assert house.wiro.stopped == [("kill", task_id)]
    assert await operator_pays(house) == COST
    assert await house.spent() == (0, 0, 0, 0)


async def test_one_found_queued_is_cancelled_and_killed_where_that_is_refused(house: BotHarness) -> None:
    job = await given_up(house)
    house.wiro.on_stop = KILLED
    house.wiro.stop_faults["cancel"] = EngineRefused("assigned already", code=0)
    task_id = turns_up(house, job, Reached(Stage.QUEUED))
    sweep(house)
    await settled(house, task_id)
    assert house.wiro.stopped == [("cancel", task_id), ("kill", task_id)]


async def test_one_that_is_about_to_end_is_left_to_end(house: BotHarness) -> None:
    job = await given_up(house)
    task_id = turns_up(house, job, Reached(Stage.FINISHING))
    sweep(house)
    await until(lambda: house.wiro.details_asked >= 3)
    assert house.wiro.stopped == []
    house.wiro.tell(task_id, SUCCESS)
    await settled(house, task_id)
    assert await operator_pays(house) == COST


async def test_one_that_turns_up_hours_later_is_found_by_then(house: BotHarness) -> None:
    job = await given_up(house)
    sweep(house)
    await looked_again(house)
    task_id = turns_up(house, job, SUCCESS)
    house.time.forward(7 * 3_600)
    await settled(house, task_id)
    assert await operator_pays(house) == COST


async def test_one_that_never_turns_up_costs_few_looks_and_after_a_day_a_last_one(house: BotHarness) -> None:
    job = await given_up(house)
    sweep(house)
    await looked_again(house)
    await several_ticks(house)
    asked = house.wiro.lists_asked
    await several_ticks(house)
    assert house.wiro.lists_asked == asked
    house.time.forward(CHARGE_WAIT_S)
    await until_paid(house)
    assert house.wiro.lists_asked == asked + 1
    turns_up(house, job, SUCCESS)
    await several_ticks(house)
    assert house.wiro.lists_asked == asked + 1
    assert await operator_pays(house) == ZERO


async def test_without_unanswered_runs_wiro_is_not_asked(house: BotHarness) -> None:
    sweep(house)
    await several_ticks(house)
    assert house.wiro.lists_asked == 0


async def test_after_a_restart_the_record_says_what_to_look_for(house: BotHarness) -> None:
    job = await given_up(house)
    sweep(house)
    await looked_again(house)
    async with restarted(house) as again:
        await looked_again(again)
        task_id = turns_up(again, job, SUCCESS)
        again.time.forward(3_601)
        await settled(again, task_id)
        assert await operator_pays(again) == COST
    async with restarted(house) as third:
        await several_ticks(third)
        assert await operator_pays(third) == COST


async def test_a_stop_between_the_kill_and_the_bill_loses_nothing(house: BotHarness) -> None:
    job = await given_up(house)
    task_id = turns_up(house, job, Reached(Stage.RUNNING))
    sweep(house)
    await until(lambda: house.wiro.stopped)
    async with restarted(house) as again:
        house.wiro.tell(task_id, KILLED)
        await settled(again, task_id)
        assert await operator_pays(again) == COST


async def test_two_jobs_with_equal_seeds_pay_for_two_tasks(house: BotHarness) -> None:
    _, second = await given_up(house, 1, seed=4), await given_up(house, 2, seed=4)
    tasks = [turns_up(house, second, SUCCESS), turns_up(house, second, SUCCESS)]  # either could be either's
    sweep(house)
    await settled(house, *tasks)
    assert await operator_pays(house) == COST + COST


async def test_of_two_jobs_with_equal_seeds_one_task_is_paid_once(house: BotHarness) -> None:
    _, second = await given_up(house, 1, seed=4), await given_up(house, 2, seed=4)
    task_id = turns_up(house, second, Reached(Stage.FINISHING))
    sweep(house)
    await until(lambda: house.wiro.details_asked)
    house.time.forward(1_800)
    await looked_again(house)
    await several_ticks(house)
    assert [task.get_name() for task in asyncio.all_tasks()].count(f"orphan {task_id}") == 1
    house.wiro.tell(task_id, SUCCESS)
    await settled(house, task_id)
    house.time.forward(3_601)
    await looked_again(house)
    assert [job.job_id for job in await unanswered(house)] == [2]
    assert await operator_pays(house) == COST


async def test_the_task_of_a_running_twin_is_left_alone(house: BotHarness) -> None:
    await given_up(house, 1, seed=4)
    task_id = await house.submit_and_watch(2, seed=4)
    sweep(house)
    await looked_again(house)
    await several_ticks(house)
    assert house.wiro.stopped == []
    assert await unanswered(house) != []
    assert house.wiro.reports[task_id].event == Reached(Stage.QUEUED)


async def test_while_a_twin_waits_for_its_answer_nothing_is_taken_for_an_orphan(house: BotHarness) -> None:
    job = await given_up(house, 1, seed=4)
    house.wiro.run_gate.clear()
    await house.submit(2, seed=4)
    await until(lambda: len(house.wiro.runs) == 2)
    house.wiro.on_stop = KILLED
    made_late = replace(job, sent_at_s=house.time.wall())  # so that it could be the twin's
    late = turns_up(house, made_late, Reached(Stage.RUNNING))
    sweep(house)
    await looked_again(house, times=3)
    assert house.wiro.stopped == []
    house.wiro.run_gate.set()
    own = await house.watched(2)
    await settled(house, late)
    assert house.wiro.stopped == [("kill", late)]
    assert own != late


async def test_one_listing_serves_every_job(house: BotHarness) -> None:
    jobs = [await given_up(house, job_id) for job_id in (1, 2, 3)]
    tasks = [turns_up(house, job, SUCCESS) for job in jobs]
    asked = house.wiro.lists_asked
    sweep(house)
    await settled(house, *tasks)
    assert house.wiro.lists_asked == asked + 1


async def test_a_list_that_cannot_be_read_is_read_again(house: BotHarness) -> None:
    job = await given_up(house)
    task_id = turns_up(house, job, SUCCESS)
    house.wiro.list_faults.extend([EngineUnreachable("down", may_have_arrived=False)] * 3)
    sweep(house)
    await settled(house, task_id)
    assert not house.wiro.list_faults


async def test_a_task_or_a_record_that_cannot_be_had_is_asked_for_again(house: BotHarness) -> None:
    job = await given_up(house)
    house.wiro.on_stop = KILLED
    task_id = turns_up(house, job, Reached(Stage.RUNNING))
    house.wiro.detail_faults.extend([EngineUnreachable("down", may_have_arrived=False)] * 2)
    house.store.faults["claimed"].append(DatabaseUnavailable("the disk is gone"))
    sweep(house)
    await until(lambda: not house.store.faults["claimed"])
    await settled(house, task_id)
    assert not house.wiro.detail_faults
    assert await operator_pays(house) == COST


async def test_one_that_does_not_end_is_reported_and_found_by_the_next_look(
    house: BotHarness, caplog: pytest.LogCaptureFixture
) -> None:
    job = await given_up(house)
    task_id = turns_up(house, job, Reached(Stage.RUNNING))
    house.wiro.stop_faults["kill"] = EngineRefused("no", code=0)
    sweep(house)
    await until(lambda: len(house.wiro.stopped) > 2)
    house.time.forward(SETTLE_S + 1)
    await until(lambda: f"job 1: its late task {task_id} does not end" in caplog.messages)
    house.wiro.tell(task_id, SUCCESS)
    await settled(house, task_id)
    assert await operator_pays(house) == COST


async def test_a_job_cancelled_while_its_run_was_unanswered_is_looked_for_too(house: BotHarness) -> None:
    house.wiro.run_faults.append(LOST_ANSWER)
    await house.submit()
    await house.stage_reached(Stage.UNKNOWN)
    house.jobs._followers[1].request_cancel()
    house.time.forward(house.tools.timeouts.unknown_grace_s + 1)
    job = await house.end_of()
    assert job.stage is Stage.CANCELLED
    task_id = turns_up(house, job, SUCCESS)
    sweep(house)
    await settled(house, task_id)
    assert await operator_pays(house) == COST
    assert await house.spent() == (0, 0, 0, 0)


async def test_a_job_whose_prompt_was_erased_is_told_by_its_seed(house: BotHarness) -> None:
    job = await given_up(house)
    await ReportRecords(house.store._database).forget([1])
    other = turns_up(house, replace(job, seed=job.seed + 1), SUCCESS)
    unseeded = house.wiro.make({"prompt": job.request.prompt}, NOON_S).task_id
    task_id = turns_up(house, job, SUCCESS)
    sweep(house)
    await settled(house, task_id)
    assert await house.store.claimed([other, unseeded]) == frozenset()


async def test_the_sweep_ends_with_its_owner(file: Path) -> None:
    wiro = ScriptedWiro()
    async with a_house(file, wiro) as house:
        job = await given_up(house)
        turns_up(house, job, Reached(Stage.FINISHING))
        sweep(house)
        await until(lambda: wiro.details_asked)
    assert len(house.owner) == 0


@pytest.mark.parametrize(
    ("event", "by_now", "at_last"),
    [
        (SUCCESS, COST, COST),
        (Settled(is_success=True, cost=ZERO), None, ZERO),
        (Settled(is_success=True, cost=None), None, a_job().hold),
        (Settled(is_success=False, cost=COST), COST, COST),
        (Settled(is_success=False, cost=None), None, ZERO),
        (Cancelled(COST), COST, COST),
        (Cancelled(None), None, ZERO),
        (Cancelled(ZERO, has_run=False), ZERO, ZERO),
    ],
)
def test_the_charge_is_what_wiro_says_and_nothing_is_taken_for_final_too_soon(
    event: Settled | Cancelled, by_now: Money | None, at_last: Money
) -> None:
    job = a_job(stage=Stage.FAILED, cause=Cause.UNANSWERED)
    assert charge_of(job, event, is_last=False) == by_now
    assert charge_of(job, event, is_last=True) == at_last


def test_looks_grow_rare_and_go_on_every_hour() -> None:
    looks, looked_at_s, made = SweepSchedule.after(FIRST_S), NOON_S, []
    for minute in range(int(CHARGE_WAIT_S / MINUTE_S)):
        now_s = NOON_S + minute * MINUTE_S
        if looks.is_due(NOON_S, looked_at_s, now_s):
            looked_at_s = now_s
            made.append(minute)
    assert made[:5] == [2, 5, 13, 32, 79]
    assert all(later - earlier <= 61 for earlier, later in pairwise(made))
    assert 26 <= len(made) <= 30


def test_after_a_restart_or_a_clock_set_back_a_look_is_due_at_once() -> None:
    looks = SweepSchedule.after(FIRST_S)
    assert looks.is_due(NOON_S, None, NOON_S + 1)
    assert looks.is_due(NOON_S, NOON_S + 9, NOON_S + 1)
    assert not looks.is_due(NOON_S, NOON_S, NOON_S + FIRST_S - 1)


def test_with_a_short_grace_the_first_looks_come_sooner() -> None:
    assert SweepSchedule.after(2).is_due(NOON_S, NOON_S, NOON_S + 2)
    assert SweepSchedule.after(0.001).tick_s > 0


# --- a known task that was given up ------------------------------------------------------------------------


async def lost(house: BotHarness) -> str:
    """A job whose task Wiro did not show any more, after the grace: voided, the member told. The task."""
    task_id = await house.submit_and_watch()
    report = house.wiro.reports.pop(task_id)
    house.time.forward(house.tools.timeouts.unknown_grace_s + 1)
    assert (await house.end_of()).cause is Cause.LOST
    house.wiro.reports[task_id] = report
    return task_id


@pytest.mark.parametrize(
    ("event", "bill"), [(SUCCESS, COST), (KILLED, COST), (Cancelled(cost=ZERO, has_run=False), ZERO)]
)
async def test_a_lost_task_that_wiro_shows_again_is_paid_by_the_operator_once(
    house: BotHarness, event: Event, bill: Money
) -> None:
    task_id = await lost(house)
    house.wiro.tell(task_id, event)
    sweep(house)
    await until_paid(house)
    async with restarted(house) as again:
        await several_ticks(again)
        assert await operator_pays(again) == bill
        assert await again.spent() == (0, 0, 0, 0)
        assert (await again.store.job(1)).cause is Cause.LOST  # type: ignore[union-attr]  # it is on record
    assert house.wiro.lists_asked == 0, "its task is known: the list has nothing to tell"


async def test_a_lost_task_that_runs_on_is_stopped(house: BotHarness) -> None:
    task_id = await lost(house)
    house.wiro.tell(task_id, Reached(Stage.RUNNING))
    house.wiro.on_stop = KILLED
    sweep(house)
    await until_paid(house)
    assert house.wiro.stopped == [("kill", task_id)]
    assert await operator_pays(house) == COST


async def test_a_lost_task_that_stays_unknown_is_asked_for_at_each_look_only(house: BotHarness) -> None:
    task_id = await lost(house)
    report = house.wiro.reports.pop(task_id)
    asked = house.wiro.details_asked
    sweep(house)
    await until(lambda: house.wiro.details_asked == asked + 1)
    await several_ticks(house)
    assert house.wiro.details_asked == asked + 1
    house.time.forward(FIRST_S * 1.5 + 1)
    await until(lambda: house.wiro.details_asked == asked + 2)
    house.wiro.reports[task_id] = report
    house.wiro.tell(task_id, SUCCESS)
    house.time.forward(CHARGE_WAIT_S / 2)
    await until_paid(house)
    assert await operator_pays(house) == COST


async def until_paid(house: BotHarness) -> None:
    async with asyncio.timeout(5):
        while await house.store.open_charges():  # noqa: ASYNC110 — as in `until`
            await asyncio.sleep(0.001)
