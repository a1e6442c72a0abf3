"""A task that turns up after its job was given up is stopped and paid for by the operator, once."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from bot.domain.errors import DatabaseUnavailable
from bot.domain.job.events import Cancelled, Event, Reached, Settled
from bot.domain.job.job import Cause, Job, Stage
from bot.domain.job.ledger import CHARGE_WAIT_S
from bot.domain.money import ZERO, Money
from bot.engines.port import EngineRefused, EngineUnreachable
from bot.services.runs.unclaimed import SETTLE_S, SweepSchedule, charge_of
from bot.store.sqlite.reports import ReportRecords
from tests.support.bot_harness import BotHarness, a_harness
from tests.support.clocks import until
from tests.support.samples import NOON_S, PNG, a_job
from tests.support.unclaimed import FIRST_S, nothing_open, operators_usage, restarted, sweep
from tests.support.wiro import LOST_ANSWER, ScriptedWiro

COST = Money.parse("0.0035")
SUCCESS = Settled(is_success=True, cost=COST, outputs=(PNG,), elapsed_s=4.2)
KILLED = Cancelled(cost=COST)
MINUTE_S = 60.0


async def given_up(harness: BotHarness, job_id: int = 1, *, seed: int | None = None) -> Job:
    """A job whose Run was never answered, after the grace: voided, the member told."""
    harness.wiro.run_faults.append(LOST_ANSWER)
    await harness.submit(job_id, seed=seed)
    await harness.stage_reached(Stage.UNKNOWN, job_id)
    harness.time.forward(harness.context.timeouts.unknown_grace_s + 1)
    job = await harness.end_of(job_id)
    assert job.cause is Cause.UNANSWERED
    return job


def turns_up(harness: BotHarness, job: Job, event: Event) -> str:
    task = harness.wiro.make({"prompt": job.request.prompt, "seed": job.seed}, job.sent_at_s or 0.0)
    harness.wiro.tell(task.task_id, event)
    return task.task_id


async def operator_pays(harness: BotHarness) -> Money:
    usage = await operators_usage(harness)
    assert usage.spend_held_pico == 0
    return Money(usage.spend_used_pico)


async def settled(harness: BotHarness, *task_ids: str) -> None:
    """Until these tasks belong to jobs, and none of them is asked after any more."""

    async def are_settled() -> bool:
        if await harness.store.claimed(task_ids) != set(task_ids):
            return False
        return {charge.task_id for charge in await harness.store.open_charges()}.isdisjoint(task_ids)

    await until(are_settled)


async def unanswered(harness: BotHarness) -> list[Job]:
    open_ids = [charge.job_id for charge in await harness.store.open_charges() if charge.task_id is None]
    return list(await harness.store.jobs(open_ids))


async def looked_again(harness: BotHarness, times: int = 1) -> None:
    asked = harness.wiro.lists_asked
    await until(lambda: harness.wiro.lists_asked >= asked + times)


async def several_ticks(harness: BotHarness) -> None:
    await asyncio.sleep(0.05)  # virtual: a dozen of `tiny_delays`


async def test_one_found_finished_is_paid_by_the_operator_and_not_by_the_member(
    harness: BotHarness, caplog: pytest.LogCaptureFixture
) -> None:
    job = await given_up(harness)
    task_id = turns_up(harness, job, SUCCESS)
    with caplog.at_level(logging.WARNING, "bot.services.runs.unclaimed"):
        sweep(harness)
        await settled(harness, task_id)
        await nothing_open(harness)
        lines = [
            f"job 1: its unanswered Run turned up late as task {task_id}",
            f"job 1: its task {task_id} was charged late; the operator pays $0.0035",
        ]
        await until(lambda: lines[-1] in caplog.messages)
    assert [caplog.messages.count(line) for line in lines] == [1, 1]
    assert await operator_pays(harness) == COST
    assert await harness.spent() == (0, 0, 0, 0)
    assert harness.wiro.stopped == []
    assert await harness.store.job(1) == replace(job, task_id=task_id, is_charge_open=False)


async def test_one_found_running_is_killed_and_its_bill_paid(harness: BotHarness) -> None:
    job = await given_up(harness)
    harness.wiro.on_stop = KILLED
    task_id = turns_up(harness, job, Reached(Stage.RUNNING))
    sweep(harness)
    await settled(harness, task_id)
    assert harness.wiro.stopped == [("kill", task_id)]
    assert await operator_pays(harness) == COST
    assert await harness.spent() == (0, 0, 0, 0)


async def test_one_found_queued_is_cancelled_and_killed_where_that_is_refused(harness: BotHarness) -> None:
    job = await given_up(harness)
    harness.wiro.on_stop = KILLED
    harness.wiro.stop_faults["cancel"] = EngineRefused("assigned already", code=0)
    task_id = turns_up(harness, job, Reached(Stage.QUEUED))
    sweep(harness)
    await settled(harness, task_id)
    assert harness.wiro.stopped == [("cancel", task_id), ("kill", task_id)]


async def test_one_that_is_about_to_end_is_left_to_end(harness: BotHarness) -> None:
    job = await given_up(harness)
    task_id = turns_up(harness, job, Reached(Stage.FINISHING))
    sweep(harness)
    await until(lambda: harness.wiro.details_asked >= 3)
    assert harness.wiro.stopped == []
    harness.wiro.tell(task_id, SUCCESS)
    await settled(harness, task_id)
    assert await operator_pays(harness) == COST


async def test_one_that_turns_up_hours_later_is_found_by_then(harness: BotHarness) -> None:
    job = await given_up(harness)
    sweep(harness)
    await looked_again(harness)
    task_id = turns_up(harness, job, SUCCESS)
    harness.time.forward(7 * 3_600)
    await settled(harness, task_id)
    assert await operator_pays(harness) == COST


async def test_one_that_never_turns_up_costs_few_looks_and_after_a_day_a_last_one(
    harness: BotHarness,
) -> None:
    job = await given_up(harness)
    sweep(harness)
    await looked_again(harness)
    await several_ticks(harness)
    asked = harness.wiro.lists_asked
    await several_ticks(harness)
    assert harness.wiro.lists_asked == asked
    harness.time.forward(CHARGE_WAIT_S)
    await nothing_open(harness)
    assert harness.wiro.lists_asked == asked + 1
    turns_up(harness, job, SUCCESS)
    await several_ticks(harness)
    assert harness.wiro.lists_asked == asked + 1
    assert await operator_pays(harness) == ZERO


async def test_without_unanswered_runs_wiro_is_not_asked(harness: BotHarness) -> None:
    sweep(harness)
    await several_ticks(harness)
    assert harness.wiro.lists_asked == 0


async def test_after_a_restart_the_record_says_what_to_look_for(harness: BotHarness) -> None:
    job = await given_up(harness)
    sweep(harness)
    await looked_again(harness)
    async with restarted(harness) as again:
        await looked_again(again)
        task_id = turns_up(again, job, SUCCESS)
        again.time.forward(3_601)
        await settled(again, task_id)
        assert await operator_pays(again) == COST
    async with restarted(harness) as third:
        await several_ticks(third)
        assert await operator_pays(third) == COST


async def test_a_stop_between_the_kill_and_the_bill_loses_nothing(harness: BotHarness) -> None:
    job = await given_up(harness)
    task_id = turns_up(harness, job, Reached(Stage.RUNNING))
    sweep(harness)
    await until(lambda: harness.wiro.stopped)
    async with restarted(harness) as again:
        harness.wiro.tell(task_id, KILLED)
        await settled(again, task_id)
        assert await operator_pays(again) == COST


async def test_two_jobs_with_equal_seeds_pay_for_two_tasks(harness: BotHarness) -> None:
    _, second = await given_up(harness, 1, seed=4), await given_up(harness, 2, seed=4)
    tasks = [turns_up(harness, second, SUCCESS) for _ in range(2)]  # either could be either's
    sweep(harness)
    await settled(harness, *tasks)
    assert await operator_pays(harness) == COST + COST


async def test_of_two_jobs_with_equal_seeds_one_task_is_paid_once(harness: BotHarness) -> None:
    _, second = await given_up(harness, 1, seed=4), await given_up(harness, 2, seed=4)
    task_id = turns_up(harness, second, Reached(Stage.FINISHING))
    sweep(harness)
    await until(lambda: harness.wiro.details_asked)
    harness.time.forward(1_800)
    await looked_again(harness)
    await several_ticks(harness)
    assert [task.get_name() for task in asyncio.all_tasks()].count(f"orphan {task_id}") == 1
    harness.wiro.tell(task_id, SUCCESS)
    await settled(harness, task_id)
    harness.time.forward(3_601)
    await looked_again(harness)
    assert [job.job_id for job in await unanswered(harness)] == [2]
    assert await operator_pays(harness) == COST


async def test_the_task_of_a_running_twin_is_left_alone(harness: BotHarness) -> None:
    await given_up(harness, 1, seed=4)
    task_id = await harness.submit_and_watch(2, seed=4)
    sweep(harness)
    await looked_again(harness)
    await several_ticks(harness)
    assert harness.wiro.stopped == []
    assert await unanswered(harness) != []
    assert harness.wiro.reports[task_id].event == Reached(Stage.QUEUED)


async def test_while_a_twin_waits_for_its_answer_nothing_is_taken_for_an_orphan(harness: BotHarness) -> None:
    job = await given_up(harness, 1, seed=4)
    harness.wiro.run_gate.clear()
    await harness.submit(2, seed=4)
    await until(lambda: len(harness.wiro.runs) == 2)
    harness.wiro.on_stop = KILLED
    made_late = replace(job, sent_at_s=harness.time.wall())  # so that it could be the twin's
    late = turns_up(harness, made_late, Reached(Stage.RUNNING))
    sweep(harness)
    await looked_again(harness, times=3)
    assert harness.wiro.stopped == []
    harness.wiro.run_gate.set()
    own = await harness.watched(2)
    await settled(harness, late)
    assert harness.wiro.stopped == [("kill", late)]
    assert own != late


async def test_one_listing_serves_every_job(harness: BotHarness) -> None:
    jobs = [await given_up(harness, job_id) for job_id in (1, 2, 3)]
    tasks = [turns_up(harness, job, SUCCESS) for job in jobs]
    asked = harness.wiro.lists_asked
    sweep(harness)
    await settled(harness, *tasks)
    assert harness.wiro.lists_asked == asked + 1


async def test_a_list_that_cannot_be_read_is_read_again(harness: BotHarness) -> None:
    job = await given_up(harness)
    task_id = turns_up(harness, job, SUCCESS)
    harness.wiro.list_faults.extend([EngineUnreachable("down", may_have_arrived=False)] * 3)
    sweep(harness)
    await settled(harness, task_id)
    assert not harness.wiro.list_faults


async def test_a_task_or_a_record_that_cannot_be_had_is_asked_for_again(harness: BotHarness) -> None:
    job = await given_up(harness)
    harness.wiro.on_stop = KILLED
    task_id = turns_up(harness, job, Reached(Stage.RUNNING))
    harness.wiro.detail_faults.extend([EngineUnreachable("down", may_have_arrived=False)] * 2)
    harness.store.faults["claimed"].append(DatabaseUnavailable("the disk is gone"))
    sweep(harness)
    await until(lambda: not harness.store.faults["claimed"])
    await settled(harness, task_id)
    assert not harness.wiro.detail_faults
    assert await operator_pays(harness) == COST


async def test_one_that_does_not_end_is_reported_and_found_by_the_next_look(
    harness: BotHarness, caplog: pytest.LogCaptureFixture
) -> None:
    job = await given_up(harness)
    task_id = turns_up(harness, job, Reached(Stage.RUNNING))
    harness.wiro.stop_faults["kill"] = EngineRefused("no", code=0)
    sweep(harness)
    await until(lambda: len(harness.wiro.stopped) > 2)
    harness.time.forward(SETTLE_S + 1)
    await until(lambda: f"job 1: its late task {task_id} does not end" in caplog.messages)
    harness.wiro.tell(task_id, SUCCESS)
    await settled(harness, task_id)
    assert await operator_pays(harness) == COST


async def test_a_job_cancelled_while_its_run_was_unanswered_is_looked_for_too(harness: BotHarness) -> None:
    harness.wiro.run_faults.append(LOST_ANSWER)
    await harness.submit()
    await harness.stage_reached(Stage.UNKNOWN)
    harness.jobs._followers[1].request_cancel()
    harness.time.forward(harness.context.timeouts.unknown_grace_s + 1)
    job = await harness.end_of()
    assert job.stage is Stage.CANCELLED
    task_id = turns_up(harness, job, SUCCESS)
    sweep(harness)
    await settled(harness, task_id)
    assert await operator_pays(harness) == COST
    assert await harness.spent() == (0, 0, 0, 0)


async def test_a_job_whose_prompt_was_erased_is_told_by_its_seed(harness: BotHarness) -> None:
    job = await given_up(harness)
    await ReportRecords(harness.store._database).forget([1])
    other = turns_up(harness, replace(job, seed=job.seed + 1), SUCCESS)
    unseeded = harness.wiro.make({"prompt": job.request.prompt}, NOON_S).task_id
    task_id = turns_up(harness, job, SUCCESS)
    sweep(harness)
    await settled(harness, task_id)
    assert await harness.store.claimed([other, unseeded]) == frozenset()


async def test_the_sweep_ends_with_its_owner(file: Path) -> None:
    wiro = ScriptedWiro()
    async with a_harness(file, wiro) as harness:
        job = await given_up(harness)
        turns_up(harness, job, Reached(Stage.FINISHING))
        sweep(harness)
        await until(lambda: wiro.details_asked)
    assert len(harness.owner) == 0


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


async def lost(harness: BotHarness) -> str:
    """A job whose task Wiro did not show any more, after the grace: voided, the member told. The task."""
    task_id = await harness.submit_and_watch()
    report = harness.wiro.reports.pop(task_id)
    harness.time.forward(harness.context.timeouts.unknown_grace_s + 1)
    assert (await harness.end_of()).cause is Cause.LOST
    harness.wiro.reports[task_id] = report
    return task_id


@pytest.mark.parametrize(
    ("event", "bill"), [(SUCCESS, COST), (KILLED, COST), (Cancelled(cost=ZERO, has_run=False), ZERO)]
)
async def test_a_lost_task_that_wiro_shows_again_is_paid_by_the_operator_once(
    harness: BotHarness, event: Event, bill: Money
) -> None:
    task_id = await lost(harness)
    harness.wiro.tell(task_id, event)
    sweep(harness)
    await nothing_open(harness)
    async with restarted(harness) as again:
        await several_ticks(again)
        assert await operator_pays(again) == bill
        assert await again.spent() == (0, 0, 0, 0)
        assert (await again.store.job(1)).cause is Cause.LOST  # type: ignore[union-attr]  # it is on record
    assert harness.wiro.lists_asked == 0, "its task is known: the list has nothing to tell"


async def test_a_lost_task_that_runs_on_is_stopped(harness: BotHarness) -> None:
    task_id = await lost(harness)
    harness.wiro.tell(task_id, Reached(Stage.RUNNING))
    harness.wiro.on_stop = KILLED
    sweep(harness)
    await nothing_open(harness)
    assert harness.wiro.stopped == [("kill", task_id)]
    assert await operator_pays(harness) == COST


async def test_a_lost_task_that_stays_unknown_is_asked_for_at_each_look_only(harness: BotHarness) -> None:
    task_id = await lost(harness)
    report = harness.wiro.reports.pop(task_id)
    asked = harness.wiro.details_asked
    sweep(harness)
    await until(lambda: harness.wiro.details_asked == asked + 1)
    await several_ticks(harness)
    assert harness.wiro.details_asked == asked + 1
    harness.time.forward(FIRST_S * 1.5 + 1)
    await until(lambda: harness.wiro.details_asked == asked + 2)
    harness.wiro.reports[task_id] = report
    harness.wiro.tell(task_id, SUCCESS)
    harness.time.forward(CHARGE_WAIT_S / 2)
    await nothing_open(harness)
    assert await operator_pays(harness) == COST
