"""A member changes their mind, at every stage a job can be in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.job.errors import JobEnded, JobNotFound, NotPermitted
from bot.domain.job.events import Cancelled, Reached
from bot.domain.job.job import Cause, Stage
from bot.domain.money import Money
from bot.engines.port import EngineBusy, EngineRefused, EngineUnreachable
from tests.support.bot_harness import BotHarness, a_harness
from tests.support.clocks import until
from tests.support.samples import COST, SUCCESS, a_requester

OWNER = a_requester(1)
MODERATOR = a_requester(2, is_moderator=True)
STRANGER = a_requester(3)


@pytest.fixture
async def narrow(file: Path) -> AsyncIterator[BotHarness]:
    """A harness that runs one task at a time."""
    async with a_harness(file, max_running=1) as harness:
        yield harness


async def test_a_job_cancelled_in_our_line_was_never_sent(narrow: BotHarness) -> None:
    await narrow.submit_and_watch(1)
    await narrow.submit(2)
    await until(lambda: narrow.board.places_of(2) == [1])
    await narrow.jobs.cancel(2, OWNER)
    job = await narrow.end_of(2)
    assert (job.stage, job.cause) == (Stage.CANCELLED, Cause.CANCELLED)
    assert len(narrow.wiro.runs) == 1
    assert narrow.wiro.stopped == []
    assert len(narrow.queue) == 0
    assert await narrow.spent() == (0, 1, 0, 50_000_000_000)


async def test_those_behind_a_cancelled_job_move_up(narrow: BotHarness) -> None:
    await narrow.submit_and_watch(1)
    for job_id in (2, 3):
        await narrow.submit(job_id, user_id=job_id)
        await until(lambda job_id=job_id: narrow.board.places_of(job_id))
    assert narrow.board.places_of(3) == [2]
    await narrow.jobs.cancel(2, MODERATOR)
    await until(lambda: narrow.board.places_of(3) == [2, 1])


async def test_a_job_cancelled_before_its_turn_came_is_not_sent(harness: BotHarness) -> None:
    await harness.submit()
    await harness.jobs.cancel(1, OWNER)
    job = await harness.end_of()
    assert (job.stage, harness.wiro.runs) == (Stage.CANCELLED, [])


async def test_a_job_cancelled_while_wiro_is_busy_is_not_sent_again(harness: BotHarness) -> None:
    harness.wiro.run_gate.clear()
    harness.wiro.run_faults.append(EngineBusy("busy", code=96))
    await harness.submit()
    await until(lambda: harness.wiro.runs)
    await harness.jobs.cancel(1, OWNER)
    harness.wiro.run_gate.set()
    assert (await harness.end_of()).cause is Cause.CANCELLED
    assert len(harness.wiro.runs) == 1
    assert harness.queue.running == 0


async def test_a_job_cancelled_during_run_is_cancelled_once_its_task_is_known(harness: BotHarness) -> None:
    harness.wiro.run_gate.clear()
    harness.wiro.on_stop = Cancelled(Money(0), has_run=False)
    await harness.submit()
    await until(lambda: harness.wiro.runs)
    await harness.jobs.cancel(1, OWNER)
    assert harness.board.shown[-1].is_cancelling
    harness.wiro.run_gate.set()
    job = await harness.end_of()
    assert (job.stage, job.task_id) == (Stage.CANCELLED, "101")
    assert harness.wiro.stopped == [("cancel", "101")]
    assert await harness.spent() == (0, 0, 0, 0)


async def test_a_job_in_wiros_queue_is_cancelled_there(harness: BotHarness) -> None:
    harness.wiro.on_stop = Cancelled(Money(0))
    task_id = await harness.submit_and_watch()
    await harness.jobs.cancel(1, OWNER)
    assert (await harness.end_of()).stage is Stage.CANCELLED
    assert harness.wiro.stopped == [("cancel", task_id)]


async def test_a_running_job_is_killed_and_the_member_pays_what_wiro_bills(harness: BotHarness) -> None:
    harness.wiro.on_stop = Cancelled(COST, 1.5)
    task_id = await harness.submit_and_watch()
    await harness.hears(task_id, Reached(Stage.RUNNING))
    await harness.stage_reached(Stage.RUNNING)
    await harness.jobs.cancel(1, MODERATOR)
    job = await harness.end_of()
    assert (job.stage, job.cost) == (Stage.CANCELLED, COST)
    assert harness.wiro.stopped == [("kill", task_id)]
    assert await harness.spent() == (1, 0, COST.pico, 0)


async def test_a_task_that_just_started_is_killed_instead(harness: BotHarness) -> None:
    harness.wiro.stop_faults["cancel"] = EngineRefused("assigned already")
    harness.wiro.on_stop = Cancelled(COST)
    task_id = await harness.submit_and_watch()
    await harness.jobs.cancel(1, OWNER)
    await harness.end_of()
    assert harness.wiro.stopped == [("cancel", task_id), ("kill", task_id)]


async def test_a_task_that_cannot_be_stopped_any_more_ends_as_it_ends(harness: BotHarness) -> None:
    harness.wiro.stop_faults = {how: EngineRefused("too late") for how in ("cancel", "kill")}
    task_id = await harness.submit_and_watch()
    await harness.jobs.cancel(1, OWNER)
    await until(lambda: len(harness.wiro.stopped) == 2)
    harness.wiro.tell(task_id, SUCCESS)
    assert (await harness.end_of()).stage is Stage.SUCCEEDED
    ((news, _),) = harness.board.concluded
    assert news.note == "Wiro could not stop it any more."
    assert not news.is_cancelling


async def test_asking_twice_is_asking_once(harness: BotHarness) -> None:
    task_id = await harness.submit_and_watch()
    for _ in range(3):
        await harness.jobs.cancel(1, OWNER)
    await until(lambda: harness.wiro.stopped)
    harness.wiro.tell(task_id, Cancelled(Money(0)))
    await harness.end_of()
    assert harness.wiro.stopped == [("cancel", task_id)]


async def test_a_cancelled_doubt_waits_for_the_grace_and_is_void(harness: BotHarness) -> None:
    harness.wiro.run_faults.append(EngineUnreachable("timeout"))
    await harness.submit()
    await until(lambda: harness.wiro.lists_asked)
    await harness.jobs.cancel(1, OWNER)
    asked = harness.wiro.lists_asked
    await until(lambda: harness.wiro.lists_asked > asked + 1)
    assert harness.board.concluded == []
    harness.time.forward(121)
    job = await harness.end_of()
    assert (job.stage, job.cause) == (Stage.CANCELLED, Cause.CANCELLED)
    assert len(harness.wiro.runs) == 1


async def test_a_cancelled_doubt_that_turns_out_to_run_is_stopped(harness: BotHarness) -> None:
    harness.wiro.run_faults.append(EngineUnreachable("timeout"))
    harness.wiro.on_stop = Cancelled(Money(0))
    await harness.submit()
    await until(lambda: harness.wiro.lists_asked)
    await harness.jobs.cancel(1, OWNER)
    task = harness.wiro.make(harness.wiro.runs[0][1])
    assert (await harness.end_of()).stage is Stage.CANCELLED
    assert harness.wiro.stopped == [("cancel", task.task_id)]


async def test_a_stranger_cancels_nothing(harness: BotHarness) -> None:
    await harness.submit_and_watch()
    with pytest.raises(NotPermitted) as refused:
        await harness.jobs.cancel(1, STRANGER)
    assert refused.value.action == "cancel"
    assert harness.wiro.stopped == []


async def test_what_is_not_on_record_cannot_be_cancelled(harness: BotHarness) -> None:
    with pytest.raises(JobNotFound):
        await harness.jobs.cancel(404, OWNER)


async def test_what_has_ended_cannot_be_cancelled(harness: BotHarness) -> None:
    task_id = await harness.submit_and_watch()
    harness.wiro.tell(task_id, SUCCESS)
    await harness.end_of()
    with pytest.raises(JobEnded):
        await harness.jobs.cancel(1, OWNER)
    with pytest.raises(NotPermitted):
        await harness.jobs.cancel(1, STRANGER)
