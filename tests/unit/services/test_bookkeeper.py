"""Once a day our books are held against Wiro's: what differs is an alarm, what others run is none."""

from __future__ import annotations

import logging

import pytest

from bot.domain.job.events import Cancelled, Reached, Settled
from bot.domain.job.job import Stage
from bot.domain.money import ZERO, Money
from bot.domain.records.reconciliation import Difference
from bot.engines.port import EngineUnreachable
from bot.services.runs.bookkeeper import EVERY_S, FIRST_S, Bookkeeper
from bot.store.sqlite.books import BookRecords
from tests.support.bot_harness import BotHarness
from tests.support.samples import NOON_S, PNG

COST = Money.parse("0.02")
MORE = Money.parse("0.03")


@pytest.fixture
def keeper(harness: BotHarness) -> Bookkeeper:
    return Bookkeeper(harness.engine, BookRecords(harness.store._database), harness.time.clock)


def succeeded(cost: Money | None) -> Settled:
    return Settled(is_success=True, cost=cost, outputs=(PNG,), elapsed_s=4.2)


async def run(harness: BotHarness, end: Settled | Cancelled, job_id: int = 1) -> str:
    """A run that ended so, made at noon. The task."""
    task_id = await harness.submit_and_watch(job_id)
    report = harness.wiro.reports.pop(task_id)
    made = harness.wiro.make(report.parameters, NOON_S)  # as Wiro stamps it
    harness.wiro.reports[task_id] = type(report)(report.task, end, report.parameters, NOON_S)
    del harness.wiro.reports[made.task_id]
    await harness.hears(task_id, Reached(Stage.FINISHING))
    await harness.end_of(job_id)
    return task_id


def others(harness: BotHarness, *, seed: int = 4_000_000_000) -> str:
    """A task of the same account that no job has, and what it cost."""
    task = harness.wiro.make({"prompt": "not ours", "seed": seed}, NOON_S)
    harness.wiro.tell(task.task_id, succeeded(MORE))
    return task.task_id


async def test_books_that_agree_are_told_quietly(
    harness: BotHarness, keeper: Bookkeeper, caplog: pytest.LogCaptureFixture
) -> None:
    await run(harness, succeeded(COST))
    others(harness)
    with caplog.at_level(logging.INFO, "bot.services.runs.bookkeeper"):
        reckoning = await keeper.reckon()
    assert (reckoning.compared, reckoning.unknown, reckoning.differences) == (1, 1, ())
    assert reckoning.difference_pico == 0
    assert keeper.last == reckoning
    (record,) = [record for record in caplog.records if record.name == "bot.services.runs.bookkeeper"]
    assert (record.levelno, record.getMessage()) == (
        logging.INFO,
        "our books equal Wiro's: 1 tasks of ours, 1 of others",
    )


@pytest.mark.parametrize("charged", [ZERO, MORE])
async def test_a_charge_that_is_not_what_is_booked_is_an_error(
    harness: BotHarness, keeper: Bookkeeper, caplog: pytest.LogCaptureFixture, charged: Money
) -> None:
    task_id = await run(harness, succeeded(COST))
    harness.wiro.tell(task_id, succeeded(charged))
    reckoning = await keeper.reckon()
    assert reckoning.differences == (Difference(task_id, 1, charged, COST),)
    assert reckoning.difference_pico == abs(charged.pico - COST.pico)
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert f"task {task_id} of job 1: Wiro charged {charged}, $0.02 is booked" in record.getMessage()


async def test_differences_that_go_both_ways_do_not_make_up_for_one_another(
    harness: BotHarness, keeper: Bookkeeper
) -> None:
    tasks = [await run(harness, succeeded(COST), job_id) for job_id in (1, 2)]
    for task_id, cost in zip(tasks, (Money.parse("0.01"), MORE), strict=True):
        harness.wiro.tell(task_id, succeeded(cost))
    assert (await keeper.reckon()).difference_pico == Money.parse("0.02").pico


async def test_what_is_still_waited_for_or_cannot_be_read_is_no_difference(
    harness: BotHarness, keeper: Bookkeeper
) -> None:
    waited_for = await run(harness, Cancelled(ZERO, 1.0))
    unreadable = await run(harness, succeeded(COST), 2)
    harness.wiro.tell(waited_for, Cancelled(COST, 1.0))
    harness.wiro.tell(unreadable, succeeded(None))
    await harness.submit_and_watch(3)  # it runs
    assert (await keeper.reckon()).differences == ()


async def test_a_charge_that_was_booked_late_agrees(harness: BotHarness, keeper: Bookkeeper) -> None:
    above_the_hold = Money.parse("0.07")
    task_id = await run(harness, succeeded(ZERO))
    job = await harness.store.job(1)
    assert job is not None
    await harness.store.book_charge(job, above_the_hold, NOON_S + 60)
    harness.wiro.tell(task_id, succeeded(above_the_hold))
    reckoning = await keeper.reckon()
    assert (reckoning.compared, reckoning.differences) == (1, ())


async def test_a_second_task_of_ours_that_no_record_has_is_an_alarm(
    harness: BotHarness, keeper: Bookkeeper, caplog: pytest.LogCaptureFixture
) -> None:
    await run(harness, succeeded(COST))
    job = await harness.store.job(1)
    assert job is not None
    twin = harness.wiro.make({"prompt": job.request.prompt, "seed": job.seed}, NOON_S)
    harness.wiro.tell(twin.task_id, succeeded(MORE))
    reckoning = await keeper.reckon()
    assert reckoning.differences == (Difference(twin.task_id, 1, MORE, None),)
    assert reckoning.difference_pico == MORE.pico
    assert f"task {twin.task_id} of job 1: Wiro charged $0.03, it is on no record" in caplog.text


async def test_a_difference_that_is_gone_at_the_second_look_is_none(
    harness: BotHarness, keeper: Bookkeeper
) -> None:
    task_id = await run(harness, succeeded(COST))
    stale = type(harness.wiro.reports[task_id])(
        harness.wiro.reports[task_id].task, succeeded(MORE), {}, NOON_S
    )
    fresh = harness.wiro.reports[task_id]
    harness.wiro.reports[task_id] = stale
    listed = harness.wiro.recent_tasks

    async def list_then_mend(limit: int, *, since_s: float = 0.0) -> object:
        found = await listed(limit, since_s=since_s)
        harness.wiro.reports[task_id] = fresh
        return found

    harness.wiro.recent_tasks = list_then_mend  # type: ignore[method-assign,assignment]  # mends in between
    assert (await keeper.reckon()).differences == ()


async def test_it_is_done_an_hour_after_the_start_and_then_once_a_day(
    harness: BotHarness, keeper: Bookkeeper
) -> None:
    for forward_s, looks in ((0, 0), (FIRST_S, 1), (60, 1), (EVERY_S - 120, 1), (120, 2)):
        harness.time.forward(forward_s)
        await keeper.look()
        assert harness.wiro.lists_asked == looks
    harness.wiro.list_faults.append(EngineUnreachable("down"))
    harness.time.forward(EVERY_S)
    with pytest.raises(EngineUnreachable):
        await keeper.look()
    await keeper.look()
    assert harness.wiro.lists_asked == 4, "what failed is tried again"


async def test_tasks_of_days_ago_are_left_out(harness: BotHarness, keeper: Bookkeeper) -> None:
    task_id = await run(harness, succeeded(COST))
    harness.wiro.tell(task_id, succeeded(MORE))
    harness.time.forward(3 * EVERY_S)
    assert (await keeper.reckon()).compared == 0
