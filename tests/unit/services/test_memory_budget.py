"""Room for pictures: never more than there is, given back whole, waited for but not for ever."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.domain.job.events import Settled
from bot.domain.job.job import Stage
from bot.services.runs.delivery import ResultDelivery
from bot.services.runs.memory_budget import MemoryBudget
from sandbox.engine.fake import FakeEngine
from tests.support.bot_harness import a_harness
from tests.support.clocks import settle_down
from tests.support.samples import PNG, a_job


def test_no_more_is_given_than_there_is() -> None:
    room = MemoryBudget(10)
    assert room.take(1, 6)
    assert not room.take(2, 5)
    assert room.take(2, 4)
    assert room.held_bytes == 10


def test_a_job_leaves_with_all_it_holds_and_may_leave_twice() -> None:
    room = MemoryBudget(10)
    room.take(1, 3)
    room.take(1, 3)
    room.leave(1)
    room.leave(1)
    assert room.held_bytes == 0
    assert room.take(2, 10)


async def test_who_waits_is_let_in_when_another_leaves() -> None:
    room = MemoryBudget(10)
    room.take(1, 8)
    waiting = [asyncio.create_task(room.wait_for(job_id, 5, 30)) for job_id in (2, 3, 4)]
    await settle_down()
    assert not any(task.done() for task in waiting)
    room.leave(1)
    await settle_down()
    assert [task.done() for task in waiting] == [True, True, False]
    room.leave(2)
    assert await asyncio.gather(*waiting) == [True, True, True]
    assert room.held_bytes == 10


async def test_nobody_waits_for_ever_nor_for_what_never_comes() -> None:
    room = MemoryBudget(10)
    room.take(1, 8)
    assert not await room.wait_for(2, 5, 0.01)
    assert not await room.wait_for(2, 11, 30)
    assert not await room.wait_for(1, 3, 30)  # only the job itself could make room
    assert room.held_bytes == 8


async def test_a_picture_without_room_is_fetched_again_for_its_ending(tmp_path: Path) -> None:
    async with a_harness(tmp_path / "bot.sqlite3") as harness:
        room = MemoryBudget(9)  # one of the two, nine bytes each
        delivery = ResultDelivery(
            harness.store,
            harness.board,
            harness.pictures,
            FakeEngine().open,
            harness.owner,
            lambda: iter(()),
            room,
        )
        settled = Settled(is_success=True, cost=None, outputs=(PNG,))
        for job_id in (1, 2):
            await harness.store.reserve(a_job(job_id), [], [])
            await delivery.inspect(a_job(job_id), settled)
        assert room.held_bytes == 9
        for job_id in (1, 2):
            await delivery.deliver(a_job(job_id, stage=Stage.SUCCEEDED, outputs=(PNG,)), "")
        assert [[p.content for p in pictures] for _, pictures in harness.board.concluded] == [
            [b"a picture"]
        ] * 2
        assert harness.pictures.fetched == [PNG.name] * 3
        assert room.held_bytes == 0
