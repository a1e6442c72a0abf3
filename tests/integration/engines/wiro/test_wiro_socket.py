"""The feed against a scripted websocket server: registration, routing, breaks, hostile frames, ending."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from itertools import count
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.domain.job.events import Event, Gap, Progressed, Reached, TextStreamed, Unrecognised
from bot.domain.job.job import Progress, Stage
from bot.domain.job.task import Task
from bot.engines.wiro import socket as socket_module
from bot.engines.wiro.socket import TaskFeed
from bot.engines.wiro.values import Frame
from tests.integration.engines.wiro.wiro_scripted import ScriptedSocket

A, B = Task("1", "token-a"), Task("2", "token-b")


class World:
    """What a feed is given: tasks that are remembered, pauses that are counted and take no time."""

    def __init__(self) -> None:
        self.spawned: list[asyncio.Task[None]] = []
        self.paused_s: list[float] = []

    def spawn(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(coroutine)
        self.spawned.append(task)
        return task

    async def sleep(self, delay_s: float) -> None:
        self.paused_s.append(delay_s)
        await asyncio.sleep(0.005)

    @staticmethod
    def delays() -> Iterator[float]:
        return iter(count(1.0))


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def make_feed(
    session: aiohttp.ClientSession, wire: ScriptedSocket, world: World
) -> AsyncIterator[Callable[..., TaskFeed]]:
    feeds: list[TaskFeed] = []

    def make(**options: Any) -> TaskFeed:
        feed = TaskFeed(
            session, wire.url, spawn=world.spawn, delays=world.delays, sleep=world.sleep, **options
        )
        feeds.append(feed)
        return feed

    yield make
    for feed in feeds:
        await feed.close()


@pytest.fixture
def feed(make_feed: Callable[..., TaskFeed]) -> TaskFeed:
    return make_feed()


async def take(feed: TaskFeed, number: int) -> list[tuple[str, Event]]:
    """The next events; fails when they do not come."""
    events: list[tuple[str, Event]] = []
    async with asyncio.timeout(300):
        async for item in feed.events():
            events.append(item)
            if len(events) == number:
                break
    assert len(events) == number
    return events


async def opened(feed: TaskFeed, wire: ScriptedSocket, *tasks: Task) -> web.WebSocketResponse:
    """Register tasks and wait until they have been told that they are."""
    number = len(wire.connections)
    for task in tasks:
        feed.register(task)
    gaps = await take(feed, len(tasks))
    assert gaps == [(task.task_id, Gap("connected")) for task in tasks]
    return await wire.until_registered(number, tasks[-1].task_token)


async def settled(feed: TaskFeed, frames: int) -> None:
    """Wait until the feed has heard so many frames in all."""
    async with asyncio.timeout(300):
        while feed.frames_heard < frames:  # noqa: ASYNC110 — a counter has nothing to wait on
            await asyncio.sleep(0.005)


def frame(kind: str, task_id: str | None = "1", message: object = None, **more: object) -> dict[str, object]:
    return {"type": kind, "message": message, "result": True} | ({"id": task_id} if task_id else {}) | more


async def test_nothing_is_opened_before_the_first_task(feed: TaskFeed, world: World) -> None:
    assert world.spawned == []


async def test_many_tasks_share_one_connection_and_one_reader(
    feed: TaskFeed, wire: ScriptedSocket, world: World
) -> None:
    await opened(feed, wire, A, B)
    late = [Task(str(n), f"token-{n}") for n in range(3, 30)]
    for task in late:
        feed.register(task)
    assert await take(feed, len(late)) == [(task.task_id, Gap("connected")) for task in late]
    await wire.until_registered(0, "token-29")
    assert len(wire.connections) == 1
    (reader,) = world.spawned
    assert reader.get_name() == "wiro-feed"


async def test_a_long_frame_is_read_beside_the_loop_and_stays_in_its_place(
    feed: TaskFeed, wire: ScriptedSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_loop: list[bool] = []
    here, read_frame = threading.get_ident(), socket_module.socket_frame

    def noted(text: str) -> Any:
        on_loop.append(threading.get_ident() == here)
        return read_frame(text)

    monkeypatch.setattr(socket_module, "socket_frame", noted)
    socket = await opened(feed, wire, A, B)
    await socket.send_json(frame("task_output", "1", {"answer": "word " * 200_000}))
    await socket.send_json(frame("task_start", "2"))
    (one, spoke), (other, started) = await take(feed, 2)
    assert (one, type(spoke), other, started) == ("1", TextStreamed, "2", Reached(Stage.RUNNING))
    assert on_loop[-2:] == [False, True]  # the greeting came before


async def test_frames_become_events_of_their_task(feed: TaskFeed, wire: ScriptedSocket) -> None:
    socket = await opened(feed, wire, A, B)
    await socket.send_json(frame("task_start", "2", tasktoken="token-b"))
    await socket.send_json(frame("task_output", 1, {"stepCurrent": "3", "stepTotal": "10"}))
    await socket.send_json(frame("task_postprocess_end", "1", []))
    assert await take(feed, 3) == [
        ("2", Reached(Stage.RUNNING)),
        ("1", Progressed(Progress(3, 10))),
        ("1", Reached(Stage.FINISHING)),
    ]


async def test_a_frame_is_known_by_its_token_where_the_id_is_missing(
    feed: TaskFeed, wire: ScriptedSocket
) -> None:
    socket = await opened(feed, wire, A, B)
    await socket.send_json(frame("task_start", None, tasktoken="token-b"))
    assert await take(feed, 1) == [("2", Reached(Stage.RUNNING))]


async def test_frames_of_other_tasks_are_ignored(feed: TaskFeed, wire: ScriptedSocket) -> None:
    socket = await opened(feed, wire, A)
    await socket.send_json(frame("task_start", "999"))
    await socket.send_json(frame("task_start", None, tasktoken="someone"))
    await socket.send_json(frame("task_start", "1", tasktoken="someone"))
    await socket.send_json(frame("task_end", "1", tasktoken="token-a"))
    assert await take(feed, 1) == [("1", Reached(Stage.FINISHING))]
    assert feed.frames_ignored == 3


async def test_log_lines_are_no_events(feed: TaskFeed, wire: ScriptedSocket) -> None:
    socket = await opened(feed, wire, A)
    await socket.send_json(frame("task_error", "1", "warning: slow"))
    await socket.send_json({"type": "error", "message": "tasktoken-required", "result": False})
    await socket.send_json(frame("task_accept"))
    assert await take(feed, 1) == [("1", Reached(Stage.PREPARING))]


async def test_an_unknown_type_is_told_and_logged_once(
    feed: TaskFeed, wire: ScriptedSocket, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "bot.engines.wiro")
    socket = await opened(feed, wire, A, B)
    for task_id in ("1", "1", "2"):
        await socket.send_json(frame("task_teleport", task_id))
    await socket.send_json(frame("task_end", "2"))
    assert await take(feed, 2) == [("1", Unrecognised("task_teleport")), ("2", Reached(Stage.FINISHING))]
    assert caplog.text.count("task_teleport") == 1


async def test_hostile_frames_are_counted_and_the_connection_lives(
    make_feed: Callable[..., TaskFeed], wire: ScriptedSocket
) -> None:
    feed = make_feed(max_frame_chars=10_000)
    socket = await opened(feed, wire, A)
    await socket.send_str("{not json")
    await socket.send_str("[1, 2]")
    await socket.send_str("[" * 5_000)
    await socket.send_str(json.dumps(frame("task_start", "1", "x" * 12_000)))
    await socket.send_bytes(b"token|\x00\x01")
    await socket.send_json(frame("task_end"))
    assert await take(feed, 1) == [("1", Reached(Stage.FINISHING))]
    assert feed.frames_ignored == 5
    assert len(wire.connections) == 1


async def test_a_frame_past_every_size_costs_the_connection_and_nothing_more(
    make_feed: Callable[..., TaskFeed], wire: ScriptedSocket
) -> None:
    feed = make_feed(max_frame_chars=1_000)
    socket = await opened(feed, wire, A)
    await socket.send_str("x" * 5_000)
    assert await take(feed, 2) == [("1", Gap("lost WebSocketError")), ("1", Gap("connected"))]
    await wire.until_registered(1, "token-a")


async def test_a_closed_connection_is_told_and_every_task_registered_again(
    feed: TaskFeed, wire: ScriptedSocket
) -> None:
    socket = await opened(feed, wire, A, B)
    await socket.close(code=1011)
    assert await take(feed, 4) == [
        ("1", Gap("closed 1011")),
        ("2", Gap("closed 1011")),
        ("1", Gap("connected")),
        ("2", Gap("connected")),
    ]
    again = await wire.until_registered(1, "token-b")
    await again.send_json(frame("task_end", "2"))
    assert await take(feed, 1) == [("2", Reached(Stage.FINISHING))]


async def test_a_broken_connection_is_told(feed: TaskFeed, wire: ScriptedSocket) -> None:
    socket = await opened(feed, wire, A)
    assert socket._req is not None
    assert socket._req.transport is not None
    socket._req.transport.abort()
    first, second = await take(feed, 2)
    assert first[1] != Gap("connected")
    assert second == ("1", Gap("connected"))


async def test_a_half_open_connection_is_noticed_by_the_heartbeat(
    make_feed: Callable[..., TaskFeed], wire: ScriptedSocket
) -> None:
    wire.is_deaf = True
    feed = make_feed(heartbeat_s=0.2)
    feed.register(A)
    await wire.until(lambda wire: len(wire.connections) == 1)
    wire.is_deaf = False
    assert await take(feed, 3) == [
        ("1", Gap("connected")),
        ("1", Gap("lost ServerTimeoutError")),
        ("1", Gap("connected")),
    ]


async def test_what_nobody_foresaw_costs_the_connection_alone_and_is_told(
    feed: TaskFeed,
    wire: ScriptedSocket,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    socket = await opened(feed, wire, A, B)

    def fail(_text: str) -> Frame:
        raise KeyError("id")

    with monkeypatch.context() as patch:
        patch.setattr("bot.engines.wiro.socket.socket_frame", fail)
        await socket.send_json(frame("task_start", "1"))
        assert await take(feed, 2) == [
            ("1", Gap("lost by a fault of ours")),
            ("2", Gap("lost by a fault of ours")),
        ]
    assert await take(feed, 2) == [("1", Gap("connected")), ("2", Gap("connected"))]
    again = await wire.until_registered(1, "token-b")
    await again.send_json(frame("task_end", "2"))
    assert await take(feed, 1) == [("2", Reached(Stage.FINISHING))]
    assert world.paused_s == [1.0]
    assert len(world.spawned) == 1
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert record.getMessage() == "wiro-feed: a fault of ours"
    assert record.exc_info is not None


async def test_a_server_that_refuses_is_told_once_and_tried_ever_more_slowly(
    feed: TaskFeed, wire: ScriptedSocket, world: World
) -> None:
    wire.is_refusing = True
    feed.register(A)
    await wire.until(lambda wire: wire.refused >= 3)
    feed.register(B)
    await wire.until(lambda wire: wire.refused >= 6)
    assert await take(feed, 2) == [
        ("1", Gap("lost WSServerHandshakeError")),
        ("2", Gap("lost WSServerHandshakeError")),
    ]
    assert world.paused_s[:5] == [1.0, 2.0, 3.0, 4.0, 5.0]
    wire.is_refusing = False
    assert await take(feed, 2) == [("1", Gap("connected")), ("2", Gap("connected"))]


async def test_pauses_start_over_once_a_connection_was_good(
    make_feed: Callable[..., TaskFeed], wire: ScriptedSocket, world: World
) -> None:
    feed = make_feed(steady_s=0.0)
    wire.is_refusing = True
    feed.register(A)
    await wire.until(lambda wire: wire.refused >= 3)
    wire.is_refusing = False
    socket = await wire.until_registered(0, "token-a")
    await settled(feed, 1)
    tried = len(world.paused_s)
    await socket.close()
    await wire.until_registered(1, "token-a")
    assert world.paused_s[:3] == [1.0, 2.0, 3.0]
    assert world.paused_s[tried:] == [1.0]


@pytest.mark.parametrize("code", [1001, 1011, 1013])
async def test_a_server_that_greets_and_closes_at_once_is_not_stormed(
    feed: TaskFeed, wire: ScriptedSocket, world: World, code: int
) -> None:
    feed.register(A)
    for number in range(6):
        socket = await wire.until_registered(number, "token-a")
        await socket.send_json(frame("task_start"))
        await socket.close(code=code)
    await wire.until_registered(6, "token-a")
    assert world.paused_s[:6] == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]


@pytest.mark.parametrize(
    ("status", "asked", "paused_s"), [(429, "7", 7.0), (503, "9999", 60.0), (429, "x", 1.0)]
)
async def test_a_server_that_asks_for_a_pause_is_given_it(
    feed: TaskFeed, wire: ScriptedSocket, world: World, status: int, asked: str, paused_s: float
) -> None:
    wire.is_refusing, wire.refusal = True, (status, {"Retry-After": asked})
    feed.register(A)
    await wire.until(lambda wire: wire.refused >= 2)
    wire.is_refusing = False
    await wire.until_registered(0, "token-a")
    assert world.paused_s[0] == paused_s


async def test_a_forgotten_task_is_heard_no_more(feed: TaskFeed, wire: ScriptedSocket) -> None:
    socket = await opened(feed, wire, A, B)
    await socket.send_json(frame("task_start", "1"))
    await settled(feed, 2)
    feed.forget("1")
    feed.forget("1")
    await socket.send_json(frame("task_end", "1"))
    await socket.send_json(frame("task_end", "2"))
    assert await take(feed, 1) == [("2", Reached(Stage.FINISHING))]


async def test_the_connection_ends_with_the_last_task_and_returns_with_the_next(
    feed: TaskFeed, wire: ScriptedSocket, world: World
) -> None:
    socket = await opened(feed, wire, A)
    feed.forget("1")
    await wire.until(lambda wire: socket.closed)
    assert socket.close_code == aiohttp.WSCloseCode.GOING_AWAY
    await opened(feed, wire, B)
    assert [token for _, token in wire.registrations] == ["token-a", "token-b"]
    assert len(world.spawned) == 1


async def test_registering_again_sends_and_tells_again(feed: TaskFeed, wire: ScriptedSocket) -> None:
    await opened(feed, wire, A)
    feed.register(A)
    assert await take(feed, 1) == [("1", Gap("connected"))]
    await wire.until(lambda wire: wire.registrations == [(0, "token-a"), (0, "token-a")])


async def test_a_task_without_a_token_is_left_to_task_detail(feed: TaskFeed, wire: ScriptedSocket) -> None:
    socket = await opened(feed, wire, A)
    feed.register(Task("7", ""))
    assert await take(feed, 1) == [("7", Gap("connected"))]
    await socket.send_json(frame("task_end", "7", tasktoken="token-of-7"))
    assert await take(feed, 1) == [("7", Reached(Stage.FINISHING))]
    assert wire.registrations == [(0, "token-a")]


async def test_a_flood_without_a_listener_takes_bounded_room(feed: TaskFeed, wire: ScriptedSocket) -> None:
    socket = await opened(feed, wire, A)
    for step in range(2_000):
        await socket.send_json(frame("task_output", "1", {"stepCurrent": step, "stepTotal": 2_000}))
    await socket.send_json(frame("task_end", "1"))
    await settled(feed, 2_002)
    assert await take(feed, 2) == [
        ("1", Progressed(Progress(1_999, 2_000))),
        ("1", Reached(Stage.FINISHING)),
    ]


@pytest.mark.parametrize("state", ["open", "refused", "deaf", "idle", "unused"])
async def test_closing_ends_reader_listener_and_connection(
    feed: TaskFeed, wire: ScriptedSocket, world: World, state: str
) -> None:
    wire.is_refusing, wire.is_deaf = state == "refused", state == "deaf"
    if state != "unused":
        feed.register(A)
        await wire.until(lambda wire: bool(wire.connections) or wire.refused > 0)
    if state == "idle":
        feed.forget("1")
    async with asyncio.timeout(300), asyncio.TaskGroup() as group:
        listener = group.create_task(anext_or_end(feed))
        await asyncio.sleep(0.02)
        await feed.close()
        await feed.close()
    assert all(isinstance(event, Gap) for event in listener.result())
    assert all(task.done() for task in world.spawned)
    feed.register(B)
    assert len(world.spawned) == (state != "unused")
    alive = [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("wiro")]
    assert alive == []


async def anext_or_end(feed: TaskFeed) -> list[Event]:
    return [event async for _, event in feed.events()]


async def test_a_token_is_never_logged(
    feed: TaskFeed, wire: ScriptedSocket, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "bot")
    socket = await opened(feed, wire, A)
    await socket.send_str('{"tasktoken": "token-a"')
    await socket.send_json(frame("task_odd", tasktoken="token-a"))
    await socket.close()
    await take(feed, 3)
    assert "token-a" not in caplog.text
    assert caplog.text
