"""Frames of any kind through a real socket: the feed goes on, and only true news of its own task arrives."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.job.events import Event, Gap, Progressed, Reached, Unrecognised
from bot.domain.job.job import Stage
from bot.domain.job.task import Task
from bot.engines.port import EngineServerFault
from bot.engines.wiro.frames import socket_frame
from bot.engines.wiro.socket import MAX_KNOWN_TYPES, TaskFeed
from tests.fuzz.fuzz_json import ANYTHING, TEXTS, deep, spoilt, written
from tests.fuzz.fuzz_profile import tries
from tests.fuzz.fuzz_wiro import FRAMES, KEY, TOKEN

LAST = {"type": "task_postprocess_end", "id": "2221", "tasktoken": TOKEN}
ANY_FRAME = st.one_of(
    spoilt(FRAMES).map(written),
    ANYTHING.map(json.dumps),
    TEXTS,
    st.binary(max_size=40),
    st.sampled_from([deep(100_000, "list").text, deep(900, "object").text, '{"type": ' + "9" * 5000 + "}"]),
)


async def heard(frames: list[str | bytes]) -> list[Event]:
    """Everything a registered task is told when the server sends these and then the task's last frame."""

    async def handle(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.receive()  # the registration
        for frame in frames:
            if isinstance(frame, bytes):
                await socket.send_bytes(frame)
            else:
                await socket.send_str(frame.encode("utf-8", "replace").decode())
        await socket.send_json(LAST)
        await socket.receive()
        return socket

    app = web.Application()
    app.router.add_get("/v1", handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"ws://127.0.0.1:{runner.addresses[0][1]}/v1"
    news: list[Event] = []
    try:
        async with aiohttp.ClientSession() as session:
            feed = TaskFeed(session, url, spawn=asyncio.create_task)
            feed.register(Task("2221", TOKEN))
            async with asyncio.timeout(300):
                async for task_id, event in feed.events():
                    assert task_id == "2221"
                    news.append(event)
                    if feed.frames_heard >= 1 and event == Reached(Stage.FINISHING) and not feed._inbox:
                        break
            await feed.close()
            assert len(feed._unknown_types) <= MAX_KNOWN_TYPES
    finally:
        await runner.cleanup()
    return news


@tries(12)
@given(frames=st.lists(ANY_FRAME, max_size=30))
def test_the_feed_outlives_every_frame(frames: list[str | bytes]) -> None:
    news = asyncio.run(heard(frames))
    assert Reached(Stage.FINISHING) in news
    assert [event.reason for event in news if isinstance(event, Gap)] == ["connected"]
    for event in news:
        assert not isinstance(event, Reached) or not event.stage.is_terminal


@tries(250)
@given(frame=spoilt(FRAMES).map(written))
def test_a_frame_ends_no_job_and_its_steps_are_in_bounds(frame: str) -> None:
    try:
        event = socket_frame(frame).event
    except EngineServerFault:  # nested too deep to be read
        return
    match event:
        case Reached(stage):
            assert not stage.is_terminal
        case Progressed(progress):
            assert 0 <= progress.step <= progress.total <= 2**63
        case Unrecognised(type_name):
            assert len(type_name) <= 300
        case _:
            pass
    repr(event).encode()


def test_an_unknown_type_cannot_carry_the_token_into_a_log() -> None:
    frame = socket_frame(json.dumps({"type": f"odd {TOKEN}", "tasktoken": TOKEN}))
    assert frame.event == Unrecognised("odd …")
    assert TOKEN not in repr(frame)


async def test_foreign_frames_and_floods_of_unknown_types_reach_nobody(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    frames: list[Any] = [
        json.dumps({"type": f"made_up_{n}", "id": "2221", "message": KEY}) for n in range(500)
    ]
    frames += [json.dumps({"type": "task_end", "id": "9999", "tasktoken": "another"})] * 50
    frames += [json.dumps({"type": "task_end", "id": "2221", "tasktoken": "another"})] * 50
    news = await heard(frames)
    assert sum(isinstance(event, Unrecognised) for event in news) <= MAX_KNOWN_TYPES
    assert news[-1] == Reached(Stage.FINISHING)
    assert sum(event == Reached(Stage.FINISHING) for event in news) == 1
    assert TOKEN not in caplog.text
