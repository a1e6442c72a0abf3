"""A member changes their mind, at every stage a job can be in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.job.errors import JobEnded, JobNotFound, NotPermitted
from bot.domain.job.events import Cancelled, Reached, Settled
from bot.domain.job.job import Cause, Stage
from bot.domain.money import Money
from bot.engines.port import EngineBusy, EngineRefused, EngineUnreachable
from tests.support.bot_harness import BotHarness, a_house
from tests.support.clocks import until
from tests.support.samples import PNG, a_requester

OWNER = a_requester(1)
MODERATOR = a_requester(2, is_moderator=True)
STRANGER = a_requester(3)
COST = Money.parse("0.001")
SUCCESS = Settled(is_success=True, cost=COST, outputs=(PNG,), elapsed_s=4.2)


@pytest.fixture
async def narrow(file: Path) -> AsyncIterator[BotHarness]:
    """A house that runs one task at a time."""
    async with a_house(file, max_running=1) as house:
        yield house


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


async def test_a_job_cancelled_before_its_turn_came_is_not_sent(house: BotHarness) -> None:
    await house.submit()
    await house.jobs.cancel(1, OWNER)
    job = await house.end_of()
    assert (job.stage, house.wiro.runs) == (Stage.CANCELLED, [])


async def test_a_job_cancelled_while_wiro_is_busy_is_not_sent_again(house: BotHarness) -> None:
    house.wiro.run_gate.clear()
    house.wiro.run_faults.append(EngineBusy("busy", code=96))
    await house.submit()
    await until(lambda: house.wiro.runs)
    await house.jobs.cancel(1, OWNER)
    house.wiro.run_gate.set()
    assert (await house.end_of()).cause is Cause.CANCELLED
    assert len(house.wiro.runs) == 1
    assert house.queue.running == 0


async def test_a_job_cancelled_during_run_is_cancelled_once_its_task_is_known(house: BotHarness) -> None:
    house.wiro.run_gate.clear()
    house.wiro.on_stop = Cancelled(Money(0), has_run=False)
    await house.submit()
    await until(lambda: house.wiro.runs)
    await house.jobs.cancel(1, OWNER)
    assert house.board.shown[-1].is_cancelling
    house.wiro.run_gate.set()
    job = await house.end_of()
    assert (job.stage, job.task_id) == (Stage.CANCELLED, "101")
    assert house.wiro.stopped == [("cancel", "101")]
    assert await house.spent() == (0, 0, 0, 0)


async def test_a_job_in_wiros_queue_is_cancelled_there(house: BotHarness) -> None:
    house.wiro.on_stop = Cancelled(Money(0))
    task_id = await house.submit_and_watch()
    await house.jobs.cancel(1, OWNER)
    assert (await house.end_of()).stage is Stage.CANCELLED
    assert house.wiro.stopped == [("cancel", task_id)]


async def test_a_running_job_is_killed_and_the_member_pays_what_wiro_bills(house: BotHarness) -> None:
    house.wiro.on_stop = Cancelled(COST, 1.5)
    task_id = await house.submit_and_watch()
    await house.hears(task_id, Reached(Stage.RUNNING))
    await house.stage_reached(Stage.RUNNING)
    await house.jobs.cancel(1, MODERATOR)
    job = await house.end_of()
    assert (job.stage, job.cost) == (Stage.CANCELLED, COST)
    assert house.wiro.stopped == [("kill", task_id)]
    assert await house.spent() == (1, 0, COST.pico, 0)


async def test_a_task_that_just_started_is_killed_instead(house: BotHarness) -> None:
    house.wiro.stop_faults["cancel"] = EngineRefused("assigned already")
    house.wiro.on_stop = Cancelled(COST)
    task_id = await house.submit_and_watch()
    await house.jobs.cancel(1, OWNER)
    await house.end_of()
    assert house.wiro.stopped == [("cancel", task_id), ("kill", task_id)]


async def test_a_task_that_cannot_be_stopped_any_more_ends_as_it_ends(house: BotHarness) -> None:
    house.wiro.stop_faults = {how: EngineRefused("too late") for how in ("cancel", "kill")}
    task_id = await house.submit_and_watch()
    await house.jobs.cancel(1, OWNER)
    await until(lambda: len(house.wiro.stopped) == 2)
    house.wiro.tell(task_id, SUCCESS)
    assert (await house.end_of()).stage is Stage.SUCCEEDED
    ((news, _),) = house.board.concluded
    assert news.note == "Wiro could not stop it any more."
    assert not news.is_cancelling


async def test_asking_twice_is_asking_once(house: BotHarness) -> None:
    task_id = await house.submit_and_watch()
    for _ in range(3):
        await house.jobs.cancel(1, OWNER)
    await until(lambda: house.wiro.stopped)
    house.wiro.tell(task_id, Cancelled(Money(0)))
    await house.end_of()
    assert house.wiro.stopped == [("cancel", task_id)]


async def test_a_cancelled_doubt_waits_for_the_grace_and_is_void(house: BotHarness) -> None:
    house.wiro.run_faults.append(EngineUnreachable("timeout"))
    await house.submit()
    await until(lambda: house.wiro.lists_asked)
    await house.jobs.cancel(1, OWNER)
    asked = house.wiro.lists_asked
    await until(lambda: house.wiro.lists_asked > asked + 1)
    assert house.board.concluded == []
    house.time.forward(121)
    job = await house.end_of()
    assert (job.stage, job.cause) == (Stage.CANCELLED, Cause.CANCELLED)
    assert len(house.wiro.runs) == 1


async def test_a_cancelled_doubt_that_turns_out_to_run_is_stopped(house: BotHarness) -> None:
    house.wiro.run_faults.append(EngineUnreachable("timeout"))
    house.wiro.on_stop = Cancelled(Money(0))
    await house.submit()
    await until(lambda: house.wiro.lists_asked)
    await house.jobs.cancel(1, OWNER)
    task = house.wiro.make(house.wiro.runs[0][1])
    assert (await house.end_of()).stage is Stage.CANCELLED
    assert house.wiro.stopped == [("cancel", task.task_id)]


async def test_a_stranger_cancels_nothing(house: BotHarness) -> None:
    await house.submit_and_watch()
    with pytest.raises(NotPermitted) as refused:
        await house.jobs.cancel(1, STRANGER)
    assert refused.value.action == "cancel"
    assert house.wiro.stopped == []


async def test_what_is_not_on_record_cannot_be_cancelled(house: BotHarness) -> None:
    with pytest.raises(JobNotFound):
        await house.jobs.cancel(404, OWNER)


async def test_what_has_ended_cannot_be_cancelled(house: BotHarness) -> None:
    task_id = await house.submit_and_watch()
    house.wiro.tell(task_id, SUCCESS)
    await house.end_of()
    with pytest.raises(JobEnded):
        await house.jobs.cancel(1, OWNER)
    with pytest.raises(NotPermitted):
        await house.jobs.cancel(1, STRANGER)
