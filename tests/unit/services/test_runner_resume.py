"""After a stop every unfinished job is taken up where the record says it stood; Run is never sent twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.errors import DatabaseFull
from bot.domain.job.errors import JobEnded
from bot.domain.job.events import Cancelled, Event, Reached, Settled
from bot.domain.job.job import Cause, Job, Stage
from bot.domain.job.ledger import settlement_of
from bot.domain.money import Money
from bot.engines.port import EngineServerFault, EngineUnreachable
from bot.services.runs import service
from bot.services.runs._monitor import KILL_GRACE_S, NOT_FOUND_TRIES
from tests.support.bot_harness import BotHarness, a_harness
from tests.support.clocks import until
from tests.support.samples import COST, PNG, SUCCESS, a_requester

OWNER = a_requester(1)
RUNNING_STAGES = [Stage.PREPARING, Stage.RUNNING, Stage.FINISHING]


async def record_of(harness: BotHarness, job_id: int = 1) -> Job:
    job = await harness.store.job(job_id)
    assert job is not None
    return job


@asynccontextmanager
async def restarted(harness: BotHarness) -> AsyncIterator[BotHarness]:
    """The bot stops and the next one takes up what it left."""
    await harness.stop()
    again = BotHarness(harness.store, harness.wiro)
    await again.jobs.resume()
    try:
        yield again
    finally:
        await again.stop()


async def test_a_job_that_waited_in_our_line_is_sent_after_the_restart(file: Path) -> None:
    async with a_harness(file, max_running=1) as harness:
        await harness.submit_and_watch(1)
        waiting = await harness.submit(2)
        await until(lambda: harness.board.places_of(2))
        async with restarted(harness) as again:
            await again.watched(2)
            seeds = [parameters["seed"] for _, parameters in harness.wiro.runs]
            assert seeds.count(str(waiting.seed)) == 1


async def test_a_run_cut_off_by_the_stop_is_found_and_not_sent_again(harness: BotHarness) -> None:
    harness.wiro.run_gate.clear()
    await harness.submit()
    await until(lambda: harness.wiro.runs)
    harness.wiro.make(harness.wiro.runs[0][1])
    async with restarted(harness) as again:
        task_id = await again.watched()
        harness.wiro.tell(task_id, SUCCESS)
        job = await again.end_of()
        assert (job.stage, job.task_id) == (Stage.SUCCEEDED, task_id)
        assert len(harness.wiro.runs) == 1


async def test_a_run_cut_off_by_the_stop_that_never_arrived_is_void(harness: BotHarness) -> None:
    harness.wiro.run_gate.clear()
    await harness.submit()
    await until(lambda: harness.wiro.runs)
    async with restarted(harness) as again:
        await until(lambda: harness.wiro.lists_asked)
        again.time.forward(200)
        job = await again.end_of()
        assert (job.stage, job.cause) == (Stage.FAILED, Cause.UNANSWERED)
        assert len(harness.wiro.runs) == 1
        assert await again.spent() == (0, 0, 0, 0)


async def test_a_doubt_is_still_a_doubt_after_the_restart(harness: BotHarness) -> None:
    harness.wiro.run_faults.append(EngineUnreachable("timeout"))
    await harness.submit()
    await until(lambda: harness.wiro.lists_asked)
    async with restarted(harness) as again:
        await until(lambda: again.board.shown)
        assert again.board.shown[0].job.stage is Stage.UNKNOWN
        harness.wiro.make(harness.wiro.runs[0][1])
        await again.watched()
        assert len(harness.wiro.runs) == 1


async def test_a_queued_job_is_watched_again_with_the_secret_that_detail_gives(harness: BotHarness) -> None:
    task_id = await harness.submit_and_watch()
    async with restarted(harness) as again:
        assert await again.watched() == task_id
        (task,) = again.sockets.registered
        assert task.task_token == "token-101"
        assert again.queue.running == 1
        harness.wiro.tell(task_id, SUCCESS)
        assert (await again.end_of()).stage is Stage.SUCCEEDED
        assert again.queue.running == 0
        assert len(harness.wiro.runs) == 1


@pytest.mark.parametrize("stage", RUNNING_STAGES)
async def test_a_job_goes_on_from_the_recorded_stage(harness: BotHarness, stage: Stage) -> None:
    task_id = await harness.submit_and_watch()
    harness.wiro.tell(task_id, Reached(stage))
    await harness.hears(task_id, Reached(stage))
    await harness.stage_reached(stage)
    async with restarted(harness) as again:
        await again.watched()
        assert all(news.job.stage >= stage for news in again.board.shown)
        harness.wiro.tell(task_id, SUCCESS)
        await again.end_of()
        assert again.board.ending_of(1) is not None
        assert (len(harness.wiro.runs), await again.spent()) == (1, (1, 0, COST.pico, 0))


@pytest.mark.parametrize(
    ("event", "stage"),
    [(SUCCESS, Stage.SUCCEEDED), (Settled(is_success=False, cost=Money(0)), Stage.FAILED)],
)
async def test_a_task_that_ended_meanwhile_is_settled_at_once(
    harness: BotHarness, event: Event, stage: Stage
) -> None:
    task_id = await harness.submit_and_watch()
    await harness.stop()
    harness.wiro.tell(task_id, event)
    async with restarted(harness) as again:
        assert (await again.end_of()).stage is stage
        assert again.sockets.feeds == []


async def test_a_task_that_wiro_forgot_meanwhile_is_lost(harness: BotHarness) -> None:
    task_id = await harness.submit_and_watch()
    await harness.stop()
    del harness.wiro.reports[task_id]
    async with restarted(harness) as again:
        await until(lambda: again.wiro.details_asked > 2 * NOT_FOUND_TRIES)
        assert again.jobs.running == 1, "Task/Detail may lag behind Run"
        again.time.forward(again.context.timeouts.unknown_grace_s + 1)
        assert (await again.end_of()).cause is Cause.LOST
        assert await again.spent() == (0, 0, 0, 0)


async def test_a_wiro_that_is_down_at_the_start_is_asked_until_it_answers(harness: BotHarness) -> None:
    task_id = await harness.submit_and_watch()
    await harness.stop()
    harness.wiro.detail_faults.extend([EngineServerFault("down")] * 5)
    async with restarted(harness) as again:
        assert await again.watched() == task_id
        assert not harness.wiro.detail_faults


async def test_a_deadline_holds_also_while_wiro_has_not_answered_since_the_restart(
    harness: BotHarness,
) -> None:
    await harness.submit_and_watch()
    await harness.stop()
    harness.wiro.detail_faults.extend([EngineServerFault("down")] * 100_000)
    async with restarted(harness) as again:
        await until(lambda: again.wiro.details_asked > 3)
        again.time.forward(again.context.timeouts.deadline_s + 1)
        await until(lambda: harness.wiro.stopped)
        assert again.jobs.running == 1, "the kill may yet be seen"
        again.time.forward(KILL_GRACE_S + 1)
        assert (await again.end_of()).cause is Cause.DEADLINE
        assert await again.spent() == (0, 0, 0, 0)


async def test_a_cancel_is_passed_on_also_while_wiro_has_not_answered_since_the_restart(
    harness: BotHarness,
) -> None:
    task_id = await harness.submit_and_watch()
    await harness.stop()
    harness.wiro.detail_faults.extend([EngineServerFault("down")] * 100_000)
    harness.wiro.on_stop = Cancelled(Money(0))
    async with restarted(harness) as again:
        await until(lambda: again.wiro.details_asked > 3)
        await again.jobs.cancel(1, OWNER)
        await until(lambda: harness.wiro.stopped == [("cancel", task_id)])
        harness.wiro.detail_faults.clear()
        assert (await again.end_of()).stage is Stage.CANCELLED


async def test_a_deadline_holds_also_while_a_found_task_cannot_be_recorded(harness: BotHarness) -> None:
    harness.wiro.run_faults.append(EngineUnreachable("timeout"))
    await harness.submit()
    await until(lambda: harness.wiro.lists_asked)
    harness.store.faults["save"].extend([DatabaseFull("no room")] * 100_000)
    harness.wiro.make(harness.wiro.runs[0][1])
    harness.time.forward(harness.context.timeouts.unknown_grace_s + 1)
    asked = harness.wiro.lists_asked
    await until(lambda: harness.wiro.lists_asked > asked + 3)
    assert harness.jobs.running == 1, "it is ours, once there is room to say so"
    harness.time.forward(harness.context.timeouts.deadline_s)
    assert (await harness.end_of()).cause is Cause.UNANSWERED
    harness.store.faults["save"].clear()


async def test_a_settled_job_whose_member_was_not_told_is_shown_and_not_settled_again(
    harness: BotHarness,
) -> None:
    await harness.submit_and_watch()
    await harness.stop()
    job = await record_of(harness)
    ended = replace(job, stage=Stage.SUCCEEDED, cost=COST, outputs=(PNG,))
    assert await harness.store.settle(ended, settlement_of(ended), job.created_at_s)
    async with restarted(harness) as again:
        assert (await again.end_of()).is_delivered
        ((news, pictures),) = again.board.concluded
        assert (news.job.stage, [picture.filename for picture in pictures]) == (Stage.SUCCEEDED, [PNG.name])
        assert await again.spent() == (1, 0, COST.pico, 0)
        assert again.wiro.stopped == []


async def test_a_settled_failure_is_told_without_asking_wiro(harness: BotHarness) -> None:
    await harness.submit_and_watch()
    await harness.stop()
    job = await record_of(harness)
    ended = replace(job, stage=Stage.FAILED, cause=Cause.WIRO_FAILED)
    await harness.store.settle(ended, settlement_of(ended), job.created_at_s)
    asked = harness.wiro.details_asked
    async with restarted(harness) as again:
        await again.end_of()
        assert harness.wiro.details_asked == asked
        assert again.board.ending_of(1) is not None


async def test_a_finished_job_is_not_taken_up(harness: BotHarness) -> None:
    task_id = await harness.submit_and_watch()
    harness.wiro.tell(task_id, SUCCESS)
    await harness.end_of()
    assert await harness.jobs.resume() == 0


async def test_jobs_that_are_followed_are_not_taken_up_twice(harness: BotHarness) -> None:
    await harness.submit_and_watch()
    assert await harness.jobs.resume() == 1
    assert (harness.jobs.running, len(harness.sockets.registered)) == (1, 1)
    assert len(harness.wiro.runs) == 1


async def test_draining_leaves_everything_on_record_and_nothing_running(harness: BotHarness) -> None:
    await harness.submit_and_watch(1)
    await harness.submit_and_watch(2, channel_id=31)
    await harness.stop()
    assert (len(harness.owner), harness.jobs.running) == (0, 0)
    assert harness.sockets.open_feeds == []
    assert sorted(harness.board.dropped) == [1, 2]
    assert harness.board.concluded == []
    assert [job.stage for job in await harness.store.unfinished()] == [Stage.QUEUED, Stage.QUEUED]
    assert (await harness.spent())[1] == 2


# --- a wish to cancel -----------------------------------------------------------------------------


async def test_a_wish_to_cancel_is_on_record_before_wiro_hears_of_it(harness: BotHarness) -> None:
    await harness.submit_and_watch()
    harness.wiro.stop_gate.clear()
    await harness.jobs.cancel(1, OWNER)
    assert (await record_of(harness)).is_cancel_asked
    async with restarted(harness) as again:
        harness.wiro.stop_gate.set()
        harness.wiro.on_stop = Cancelled(Money(0))
        assert (await again.end_of()).stage is Stage.CANCELLED
        assert again.board.shown[0].is_cancelling
        assert harness.wiro.stopped[-1] == ("cancel", "101")


async def test_a_wish_of_before_the_restart_is_passed_on_without_waiting_for_news(
    harness: BotHarness,
) -> None:
    task_id = await harness.submit_and_watch()
    await harness.hears(task_id, Reached(Stage.RUNNING))
    await harness.stage_reached(Stage.RUNNING)
    await harness.stop()
    await harness.store.request_cancel(1)
    harness.wiro.on_stop = Cancelled(COST)
    async with restarted(harness) as again:
        assert (await again.end_of()).cost == COST
        assert harness.wiro.stopped == [("kill", task_id)]


async def test_a_waiting_job_with_a_wish_ends_without_run_and_without_asking_for_its_model(
    file: Path,
) -> None:
    async with a_harness(file, max_running=1) as harness:
        await harness.submit_and_watch(1)
        await harness.submit(2)
        await until(lambda: harness.board.places_of(2))
        await harness.stop()
        await harness.store.request_cancel(2)
        harness.wiro.known_models.clear()
        async with restarted(harness) as again:
            job = await again.end_of(2)
            assert (job.stage, job.cause, job.sent_at_s) == (Stage.CANCELLED, Cause.CANCELLED, None)
            assert len(harness.wiro.runs) == 1
            assert (await again.spent())[1] == 1


async def test_a_doubt_with_a_wish_is_looked_for_after_the_restart_and_stopped_when_found(
    harness: BotHarness,
) -> None:
    harness.wiro.run_gate.clear()
    await harness.submit()
    await until(lambda: harness.wiro.runs)
    await harness.jobs.cancel(1, OWNER)
    harness.wiro.on_stop = Cancelled(Money(0))
    async with restarted(harness) as again:
        await until(lambda: harness.wiro.lists_asked)
        task = harness.wiro.make(harness.wiro.runs[0][1])
        assert (await again.end_of()).stage is Stage.CANCELLED
        assert harness.wiro.stopped == [("cancel", task.task_id)]
        assert len(harness.wiro.runs) == 1


async def test_a_wish_made_while_the_intent_is_written_leaves_no_doubt_behind(harness: BotHarness) -> None:
    await harness.submit()
    await harness.jobs.cancel(1, OWNER)
    job = await harness.end_of()
    assert (job.stage, job.sent_at_s, harness.wiro.runs) == (Stage.CANCELLED, None, [])


async def test_a_wish_outlives_a_fault_of_ours(harness: BotHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "PAUSE_AFTER_FAULT_S", 0.0)
    task_id = await harness.submit_and_watch()
    harness.wiro.stop_gate.clear()
    await harness.jobs.cancel(1, OWNER)
    await until(lambda: harness.wiro.stopped)
    harness.wiro.detail_faults.append(RuntimeError("a slip"))
    harness.wiro.stop_gate.set()
    await until(lambda: len(harness.wiro.stopped) == 2)
    harness.wiro.tell(task_id, Cancelled(Money(0)))
    assert (await harness.end_of()).stage is Stage.CANCELLED
    assert harness.wiro.stopped[-1] == ("cancel", task_id)


async def test_a_wish_that_cannot_be_recorded_is_passed_on_all_the_same(harness: BotHarness) -> None:
    task_id = await harness.submit_and_watch()
    harness.store.faults["request_cancel"].append(DatabaseFull("no room"))
    harness.wiro.on_stop = Cancelled(Money(0))
    await harness.jobs.cancel(1, OWNER)
    assert (await harness.end_of()).is_cancel_asked
    assert harness.wiro.stopped == [("cancel", task_id)]


async def test_a_wish_pressed_while_the_bot_stops_is_left_to_the_next_start(harness: BotHarness) -> None:
    task_id = await harness.submit_and_watch()
    await harness.stop()
    await harness.jobs.cancel(1, OWNER)
    harness.wiro.on_stop = Cancelled(Money(0))
    async with restarted(harness) as again:
        assert (await again.end_of()).stage is Stage.CANCELLED
        assert harness.wiro.stopped == [("cancel", task_id)]
    with pytest.raises(JobEnded):
        await harness.jobs.cancel(1, OWNER)
