"""One socket for each channel with running tasks, and news that finds its job."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from bot.domain.job.events import Event, Gap, Reached
from bot.domain.job.job import Stage
from bot.domain.job.task import Task
from bot.engines.wiro.subscriptions import SharedSockets, Subscription
from bot.services.supervisor import Supervisor
from tests.support.clocks import settle_down, until
from tests.support.wiro import FakeSockets

RUNNING = Reached(Stage.RUNNING)


def nobody(event: Event) -> None:
    """Hears it."""


class Room:
    """Shared sockets, the subscriptions to them, and what each task heard."""

    def __init__(self) -> None:
        self.sockets = FakeSockets()
        self.owner = self.supervisor = Supervisor(asyncio.create_task)
        self.pauses_s = [0.0]
        self.shared = SharedSockets(
            self.sockets.open,
            lambda step: self.supervisor.every("socket", 0.0, step, lambda: iter(self.pauses_s)),
        )
        self.heard: defaultdict[str, list[Event]] = defaultdict(list)
        self.stack = AsyncExitStack()

    async def watch(self, channel_id: int, task_id: str) -> Subscription:
        task = Task(task_id, f"token-{task_id}")
        watch = self.shared.watch(task, channel_id, self.heard[task_id].append)
        return await self.stack.enter_async_context(watch)


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    room = Room()
    async with room.stack:
        yield room
    await room.owner.drain()
    assert room.sockets.open_feeds == []


async def test_tasks_of_one_channel_share_a_socket(room: Room) -> None:
    await room.watch(30, "101")
    await room.watch(30, "102")
    await room.watch(31, "103")
    assert len(room.shared) == 2
    assert [sorted(feed.tasks) for feed in room.sockets.feeds] == [["101", "102"], ["103"]]


async def test_news_finds_its_job_and_no_other(room: Room) -> None:
    for task_id in ("101", "102"):
        await room.watch(30, task_id)
    room.sockets.say("101", RUNNING)
    room.sockets.feeds[0].say("999", RUNNING)
    await settle_down()
    assert room.heard == {"101": [Gap("registered"), RUNNING], "102": [Gap("registered")]}


async def test_the_last_to_leave_closes_the_socket() -> None:
    room = Room()
    async with room.shared.watch(Task("101", "x"), 30, nobody):
        async with room.shared.watch(Task("102", "y"), 30, nobody):
            (feed,) = room.sockets.feeds
        assert not feed.is_closed
        assert list(feed.tasks) == ["101"]
    assert feed.is_closed
    assert len(room.shared) == 0
    await settle_down()
    assert len(room.owner) == 0


async def test_a_gap_alone_is_not_being_heard(room: Room) -> None:
    watch = await room.watch(30, "101")
    await settle_down()
    assert not watch.has_heard
    room.sockets.say("101", RUNNING)
    await settle_down()
    assert watch.has_heard


async def test_a_task_that_a_shared_socket_never_speaks_of_gets_its_own(room: Room) -> None:
    heard, unheard = await room.watch(30, "101"), await room.watch(30, "102")
    room.sockets.say("101", RUNNING)
    await settle_down()
    await unheard.moved_unheard()
    assert [sorted(feed.tasks) for feed in room.sockets.open_feeds] == [["101"], ["102"]]
    room.sockets.say("102", RUNNING)
    await settle_down()
    assert (heard.has_heard, unheard.has_heard) == (True, True)


async def test_what_was_learned_of_sharing_holds_for_every_later_task(room: Room) -> None:
    await room.watch(30, "101")
    unheard = await room.watch(30, "102")
    room.sockets.say("101", RUNNING)
    await settle_down()
    await unheard.moved_unheard()
    await room.watch(30, "103")
    await room.watch(31, "104")
    assert len(room.shared) == 4


async def test_a_second_task_that_was_unheard_too_moves_as_well(room: Room) -> None:
    watches = [await room.watch(30, task_id) for task_id in ("101", "102", "103")]
    room.sockets.say("101", RUNNING)
    await settle_down()
    for watch in watches[1:]:
        await watch.moved_unheard()
    assert len(room.shared) == 3


async def test_a_socket_that_is_quiet_as_a_whole_is_no_proof_against_sharing(room: Room) -> None:
    watches = [await room.watch(30, "101"), await room.watch(30, "102")]
    for watch in watches:
        await watch.moved_unheard()
    assert len(room.shared) == 1


async def test_a_task_alone_on_its_socket_stays(room: Room) -> None:
    watch = await room.watch(30, "101")
    await watch.moved_unheard()
    assert len(room.sockets.feeds) == 1


async def test_a_task_that_was_heard_stays(room: Room) -> None:
    await room.watch(30, "101")
    watch = await room.watch(30, "102")
    room.sockets.say("101", RUNNING)
    room.sockets.say("102", RUNNING)
    await settle_down()
    await watch.moved_unheard()
    assert len(room.shared) == 1


@pytest.mark.parametrize("end", [None, ("too", "many", "values")], ids=["ends", "fails"])
async def test_a_socket_that_ends_by_itself_is_replaced_and_its_watchers_ask_the_record(
    room: Room, end: Any
) -> None:
    for task_id in ("101", "102"):
        await room.watch(30, task_id)
    await settle_down()
    assert room.heard == {"101": [Gap("registered")], "102": [Gap("registered")]}
    (broken,) = room.sockets.feeds
    broken._events.put_nowait(end)
    await until(lambda: len(room.sockets.feeds) == 2)
    assert broken.is_closed
    await room.watch(30, "103")
    room.sockets.say("103", RUNNING)
    room.sockets.say("101", RUNNING)
    await settle_down()
    assert room.heard["101"][1:] == [Gap("registered"), RUNNING]
    assert room.heard["102"][1:] == [Gap("registered")]
    assert (len(room.sockets.open_feeds), len(room.shared)) == (1, 1)
    assert room.supervisor.failures == {"socket": 1}


async def test_who_joins_while_a_socket_is_being_replaced_is_on_the_new_one(room: Room) -> None:
    first = await room.watch(30, "101")
    room.pauses_s = [0.02]
    room.sockets.feeds[0]._events.put_nowait(None)
    await settle_down()
    assert len(room.sockets.feeds) == 1
    second = await room.watch(30, "102")
    await until(lambda: len(room.sockets.feeds) == 2)
    await settle_down()
    assert sorted(room.sockets.feeds[1].tasks) == ["101", "102"]
    for watch in (first, second):
        room.sockets.say(watch.task.task_id, RUNNING)
        await settle_down()
        assert watch.has_heard


async def test_a_watch_that_is_over_is_nobodys_business() -> None:
    room = Room()
    async with room.shared.watch(Task("101", "x"), 30, nobody) as watch:
        pass
    await watch.moved_unheard()
    await room.shared._leave(watch)
    assert len(room.shared) == 0
