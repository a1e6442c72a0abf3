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
from tests.support.bot_harness import BotHarness, a_house
from tests.support.clocks import until
from tests.support.samples import PNG, a_requester

OWNER = a_requester(1)
COST = Money.parse("0.001")
SUCCESS = Settled(is_success=True, cost=COST, outputs=(PNG,), elapsed_s=4.2)
RUNNING_STAGES = [Stage.PREPARING, Stage.RUNNING, Stage.FINISHING]


async def record_of(house: BotHarness, job_id: int = 1) -> Job:
    job = await house.store.job(job_id)
    assert job is not None
    return job


@asynccontextmanager
async def restarted(house: BotHarness) -> AsyncIterator[BotHarness]:
    """The house stops and the next one takes up what it left."""
    await house.stop()
    again = BotHarness(house.store, house.guilds, house.wiro)
    await again.jobs.resume()
    try:
        yield again
    finally:
        await again.stop()


async def test_a_job_that_waited_in_our_line_is_sent_after_the_restart(file: Path) -> None:
    async with a_house(file, max_running=1) as house:
        await house.submit_and_watch(1)
        waiting = await house.submit(2)
        await until(lambda: house.board.places_of(2))
        async with restarted(house) as again:
            await again.watched(2)
            seeds = [parameters["seed"] for _, parameters in house.wiro.runs]
            assert seeds.count(str(waiting.seed)) == 1


async def test_a_run_cut_off_by_the_stop_is_found_and_not_sent_again(house: BotHarness) -> None:
    house.wiro.run_gate.clear()
    await house.submit()
    await until(lambda: house.wiro.runs)
    house.wiro.make(house.wiro.runs[0][1])
    async with restarted(house) as again:
        task_id = await again.watched()
        house.wiro.tell(task_id, SUCCESS)
        job = await again.end_of()
        assert (job.stage, job.task_id) == (Stage.SUCCEEDED, task_id)
        assert len(house.wiro.runs) == 1


async def test_a_run_cut_off_by_the_stop_that_never_arrived_is_void(house: BotHarness) -> None:
    house.wiro.run_gate.clear()
    await house.submit()
    await until(lambda: house.wiro.runs)
    async with restarted(house) as again:
        await until(lambda: house.wiro.lists_asked)
        again.time.forward(200)
        job = await again.end_of()
        assert (job.stage, job.cause) == (Stage.FAILED, Cause.UNANSWERED)
        assert len(house.wiro.runs) == 1
        assert await again.spent() == (0, 0, 0, 0)


async def test_a_doubt_is_still_a_doubt_after_the_restart(house: BotHarness) -> None:
    house.wiro.run_faults.append(EngineUnreachable("timeout"))
    await house.submit()
    await until(lambda: house.wiro.lists_asked)
    async with restarted(house) as again:
        await until(lambda: again.board.shown)
        assert again.board.shown[0].job.stage is Stage.UNKNOWN
        house.wiro.make(house.wiro.runs[0][1])
        await again.watched()
        assert len(house.wiro.runs) == 1


async def test_a_queued_job_is_watched_again_with_the_secret_that_detail_gives(house: BotHarness) -> None:
    task_id = await house.submit_and_watch()
    async with restarted(house) as again:
        assert await again.watched() == task_id
        (task,) = again.sockets.registered
        assert task.task_token == "token-101"
        assert again.queue.running == 1
        house.wiro.tell(task_id, SUCCESS)
        assert (await again.end_of()).stage is Stage.SUCCEEDED
        assert again.queue.running == 0
        assert len(house.wiro.runs) == 1


@pytest.mark.parametrize("stage", RUNNING_STAGES)
async def test_a_job_goes_on_from_the_recorded_stage(house: BotHarness, stage: Stage) -> None:
    task_id = await house.submit_and_watch()
    house.wiro.tell(task_id, Reached(stage))
    await house.hears(task_id, Reached(stage))
    await house.stage_reached(stage)
    async with restarted(house) as again:
        await again.watched()
        assert all(news.job.stage >= stage for news in again.board.shown)
        house.wiro.tell(task_id, SUCCESS)
        await again.end_of()
        assert again.board.ending_of(1) is not None
        assert (len(house.wiro.runs), await again.spent()) == (1, (1, 0, COST.pico, 0))


@pytest.mark.parametrize(
    ("event", "stage"),
    [(SUCCESS, Stage.SUCCEEDED), (Settled(is_success=False, cost=Money(0)), Stage.FAILED)],
)
async def test_a_task_that_ended_meanwhile_is_settled_at_once(
    house: BotHarness, event: Event, stage: Stage
) -> None:
    task_id = await house.submit_and_watch()
    await house.stop()
    house.wiro.tell(task_id, event)
    async with restarted(house) as again:
        assert (await again.end_of()).stage is stage
        assert again.sockets.feeds == []


async def test_a_task_that_wiro_forgot_meanwhile_is_lost(house: BotHarness) -> None:
    task_id = await house.submit_and_watch()
    await house.stop()
    del house.wiro.reports[task_id]
    async with restarted(house) as again:
        await until(lambda: again.wiro.details_asked > 2 * NOT_FOUND_TRIES)
        assert again.jobs.running == 1, "Task/Detail may lag behind Run"
        again.time.forward(again.tools.timeouts.unknown_grace_s + 1)
        assert (await again.end_of()).cause is Cause.LOST
        assert await again.spent() == (0, 0, 0, 0)


async def test_a_wiro_that_is_down_at_the_start_is_asked_until_it_answers(house: BotHarness) -> None:
    task_id = await house.submit_and_watch()
    await house.stop()
    house.wiro.detail_faults.extend([EngineServerFault("down")] * 5)
    async with restarted(house) as again:
        assert await again.watched() == task_id
        assert not house.wiro.detail_faults


async def test_a_deadline_holds_also_while_wiro_has_not_answered_since_the_restart(house: BotHarness) -> None:
    await house.submit_and_watch()
    await house.stop()
    house.wiro.detail_faults.extend([EngineServerFault("down")] * 100_000)
    async with restarted(house) as again:
        await until(lambda: again.wiro.details_asked > 3)
        again.time.forward(again.tools.timeouts.deadline_s + 1)
        await until(lambda: house.wiro.stopped)
        assert again.jobs.running == 1, "the kill may yet be seen"
        again.time.forward(KILL_GRACE_S + 1)
        assert (await again.end_of()).cause is Cause.DEADLINE
        assert await again.spent() == (0, 0, 0, 0)


async def test_a_cancel_is_passed_on_also_while_wiro_has_not_answered_since_the_restart(
    house: BotHarness,
) -> None:
    task_id = await house.submit_and_watch()
    await house.stop()
    house.wiro.detail_faults.extend([EngineServerFault("down")] * 100_000)
    house.wiro.on_stop = Cancelled(Money(0))
    async with restarted(house) as again:
        await until(lambda: again.wiro.details_asked > 3)
        await again.jobs.cancel(1, OWNER)
        await until(lambda: house.wiro.stopped == [("cancel", task_id)])
        house.wiro.detail_faults.clear()
        assert (await again.end_of()).stage is Stage.CANCELLED


async def test_a_deadline_holds_also_while_a_found_task_cannot_be_recorded(house: BotHarness) -> None:
    house.wiro.run_faults.append(EngineUnreachable("timeout"))
    await house.submit()
    await until(lambda: house.wiro.lists_asked)
    house.store.faults["save"].extend([DatabaseFull("no room")] * 100_000)
    house.wiro.make(house.wiro.runs[0][1])
    house.time.forward(house.tools.timeouts.unknown_grace_s + 1)
    asked = house.wiro.lists_asked
    await until(lambda: house.wiro.lists_asked > asked + 3)
    assert house.jobs.running == 1, "it is ours, once there is room to say so"
    house.time.forward(house.tools.timeouts.deadline_s)
    assert (await house.end_of()).cause is Cause.UNANSWERED
    house.store.faults["save"].clear()


async def test_a_settled_job_whose_member_was_not_told_is_shown_and_not_settled_again(
    house: BotHarness,
) -> None:
    await house.submit_and_watch()
    await house.stop()
    job = await record_of(house)
    ended = replace(job, stage=Stage.SUCCEEDED, cost=COST, outputs=(PNG,))
    assert await house.store.settle(ended, settlement_of(ended), job.created_at_s)
    async with restarted(house) as again:
        assert (await again.end_of()).is_delivered
        ((news, pictures),) = again.board.concluded
        assert (news.job.stage, [picture.filename for picture in pictures]) == (Stage.SUCCEEDED, [PNG.name])
        assert await again.spent() == (1, 0, COST.pico, 0)
        assert again.wiro.stopped == []


async def test_a_settled_failure_is_told_without_asking_wiro(house: BotHarness) -> None:
    await house.submit_and_watch()
    await house.stop()
    job = await record_of(house)
    ended = replace(job, stage=Stage.FAILED, cause=Cause.WIRO_FAILED)
    await house.store.settle(ended, settlement_of(ended), job.created_at_s)
    asked = house.wiro.details_asked
    async with restarted(house) as again:
        await again.end_of()
        assert house.wiro.details_asked == asked
        assert again.board.ending_of(1) is not None


async def test_a_finished_job_is_not_taken_up(house: BotHarness) -> None:
    task_id = await house.submit_and_watch()
    house.wiro.tell(task_id, SUCCESS)
    await house.end_of()
    assert await house.jobs.resume() == 0


async def test_jobs_that_are_followed_are_not_taken_up_twice(house: BotHarness) -> None:
    await house.submit_and_watch()
    assert await house.jobs.resume() == 1
    assert (house.jobs.running, len(house.sockets.registered)) == (1, 1)
    assert len(house.wiro.runs) == 1


async def test_draining_leaves_everything_on_record_and_nothing_running(house: BotHarness) -> None:
    await house.submit_and_watch(1)
    await house.submit_and_watch(2, channel_id=31)
    await house.stop()
    assert (len(house.owner), house.jobs.running) == (0, 0)
    assert house.sockets.open_feeds == []
    assert sorted(house.board.dropped) == [1, 2]
    assert house.board.concluded == []
    assert [job.stage for job in await house.store.unfinished()] == [Stage.QUEUED, Stage.QUEUED]
    assert (await house.spent())[1] == 2


# --- a wish to cancel -----------------------------------------------------------------------------


async def test_a_wish_to_cancel_is_on_record_before_wiro_hears_of_it(house: BotHarness) -> None:
    await house.submit_and_watch()
    house.wiro.stop_gate.clear()
    await house.jobs.cancel(1, OWNER)
    assert (await record_of(house)).is_cancel_asked
    async with restarted(house) as again:
        house.wiro.stop_gate.set()
        house.wiro.on_stop = Cancelled(Money(0))
        assert (await again.end_of()).stage is Stage.CANCELLED
        assert again.board.shown[0].is_cancelling
        assert house.wiro.stopped[-1] == ("cancel", "101")


async def test_a_wish_of_before_the_restart_is_passed_on_without_waiting_for_news(house: BotHarness) -> None:
    task_id = await house.submit_and_watch()
    await house.hears(task_id, Reached(Stage.RUNNING))
    await house.stage_reached(Stage.RUNNING)
    await house.stop()
    await house.store.request_cancel(1)
    house.wiro.on_stop = Cancelled(COST)
    async with restarted(house) as again:
        assert (await again.end_of()).cost == COST
        assert house.wiro.stopped == [("kill", task_id)]


async def test_a_waiting_job_with_a_wish_ends_without_run_and_without_asking_for_its_model(
    file: Path,
) -> None:
    async with a_house(file, max_running=1) as house:
        await house.submit_and_watch(1)
        await house.submit(2)
        await until(lambda: house.board.places_of(2))
        await house.stop()
        await house.store.request_cancel(2)
        house.wiro.known_models.clear()
        async with restarted(house) as again:
            job = await again.end_of(2)
            assert (job.stage, job.cause, job.sent_at_s) == (Stage.CANCELLED, Cause.CANCELLED, None)
            assert len(house.wiro.runs) == 1
            assert (await again.spent())[1] == 1


async def test_a_doubt_with_a_wish_is_looked_for_after_the_restart_and_stopped_when_found(
    house: BotHarness,
) -> None:
    house.wiro.run_gate.clear()
    await house.submit()
    await until(lambda: house.wiro.runs)
    await house.jobs.cancel(1, OWNER)
    house.wiro.on_stop = Cancelled(Money(0))
    async with restarted(house) as again:
        await until(lambda: house.wiro.lists_asked)
        task = house.wiro.make(house.wiro.runs[0][1])
        assert (await again.end_of()).stage is Stage.CANCELLED
        assert house.wiro.stopped == [("cancel", task.task_id)]
        assert len(house.wiro.runs) == 1


async def test_a_wish_made_while_the_intent_is_written_leaves_no_doubt_behind(house: BotHarness) -> None:
    await house.submit()
    await house.jobs.cancel(1, OWNER)
    job = await house.end_of()
    assert (job.stage, job.sent_at_s, house.wiro.runs) == (Stage.CANCELLED, None, [])


async def test_a_wish_outlives_a_fault_of_ours(house: BotHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "PAUSE_AFTER_FAULT_S", 0.0)
    task_id = await house.submit_and_watch()
    house.wiro.stop_gate.clear()
    await house.jobs.cancel(1, OWNER)
    await until(lambda: house.wiro.stopped)
    house.wiro.detail_faults.append(RuntimeError("a slip"))
    house.wiro.stop_gate.set()
    await until(lambda: len(house.wiro.stopped) == 2)
    house.wiro.tell(task_id, Cancelled(Money(0)))
    assert (await house.end_of()).stage is Stage.CANCELLED
    assert house.wiro.stopped[-1] == ("cancel", task_id)


async def test_a_wish_that_cannot_be_recorded_is_passed_on_all_the_same(house: BotHarness) -> None:
    task_id = await house.submit_and_watch()
    house.store.faults["request_cancel"].append(DatabaseFull("no room"))
    house.wiro.on_stop = Cancelled(Money(0))
    await house.jobs.cancel(1, OWNER)
    assert (await house.end_of()).is_cancel_asked
    assert house.wiro.stopped == [("cancel", task_id)]


async def test_a_wish_pressed_while_the_bot_stops_is_left_to_the_next_start(house: BotHarness) -> None:
    task_id = await house.submit_and_watch()
    await house.stop()
    await house.jobs.cancel(1, OWNER)
    house.wiro.on_stop = Cancelled(Money(0))
    async with restarted(house) as again:
        assert (await again.end_of()).stage is Stage.CANCELLED
        assert house.wiro.stopped == [("cancel", task_id)]
    with pytest.raises(JobEnded):
        await house.jobs.cancel(1, OWNER)
