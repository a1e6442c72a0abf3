"""Each fault of sockets and frames does what it says."""

import aiohttp
import pytest

from sandbox.wiro.faults import (
    DropSocket,
    Duplicate,
    Mute,
    OneTaskPerSocket,
    RefuseSocket,
    Reorder,
    SilentSocket,
    Strange,
)
from sandbox.wiro.pace import Pace

UNHURRIED = Pace(queue_s=5, scale=0.05)


@pytest.mark.parametrize("close_code", [None, 1011])
async def test_a_socket_may_break_in_the_middle_and_the_next_one_goes_on(connect, close_code):
    wire = await connect(pace=UNHURRIED)
    wire.sandbox.faults.add(DropSocket("task_output", close_code))
    _, token = await wire.run(steps=20)
    ear = await wire.listen(token)
    await ear.hear_until("task_postprocess_end")
    assert ear.types[-1] == "task_start"
    assert ear.socket.close_code == (close_code or 1006)
    again = await wire.listen(token)
    await again.hear_until("task_postprocess_end")
    assert again.types[-1] == "task_postprocess_end"


async def test_a_task_may_be_mute_in_part_or_whole(connect):
    wire = await connect(pace=UNHURRIED)
    wire.sandbox.faults.add(Mute(frozenset({"task_output", "task_end"})))
    wire.sandbox.faults.add(Mute(), prompt="silent")
    tokens = [(await wire.run(prompt))[1] for prompt in ("partly", "silent")]
    ear = await wire.listen(*tokens)
    await ear.hear_until("task_postprocess_end")
    await wire.ended(tokens[1])
    assert {"task_output", "task_end"}.isdisjoint(ear.types)
    assert len({frame["id"] for frame in ear.frames if "id" in frame}) == 1


async def story(wire, fault):
    wire.sandbox.faults.add(fault)
    _, token = await wire.run()
    ear = await wire.listen(token)
    await ear.hear_until("task_postprocess_end")
    return ear


async def test_frames_may_come_twice(connect):
    ear = await story(await connect(pace=UNHURRIED), Duplicate())
    heard = ear.frames[1:-1]
    assert heard[::2] == heard[1::2]
    assert len(heard) > 10


async def test_frames_may_change_places_and_none_is_lost(connect):
    wire = await connect(pace=UNHURRIED)
    straight = (await story(wire, Duplicate(copies=1))).types
    wire.sandbox.faults.add(Reorder())
    _, token = await wire.run()
    ear = await wire.listen(token)
    while len(ear.frames) < len(straight):
        assert await ear.hear() is not None
    assert sorted(ear.types) == sorted(straight)
    assert ear.types != straight


async def test_strange_frames_come_between_the_true_ones(connect):
    ear = await story(await connect(pace=UNHURRIED), Strange())
    assert any(isinstance(frame, bytes) for frame in ear.frames)
    assert any(isinstance(frame, list) for frame in ear.frames)
    assert any(isinstance(frame, str) for frame in ear.frames)
    assert "task_mystery" in ear.types
    assert ear.types[-1] == "task_postprocess_end"


async def test_a_socket_may_stay_silent(connect):
    wire = await connect()
    wire.sandbox.faults.add(SilentSocket())
    _, token = await wire.run()
    ear = await wire.ear()
    await ear.register(token)
    await wire.ended(token)
    with pytest.raises(TimeoutError):
        await ear.socket.receive(timeout=0.1)
    assert (await (await wire.ear()).hear())["type"] == "connected"


async def test_a_second_registration_may_stay_silent(connect):
    wire = await connect(pace=UNHURRIED)
    wire.sandbox.faults.add(OneTaskPerSocket(), times=None)
    first, second = await wire.run(), await wire.run()
    ear = await wire.listen(first[1], second[1])
    await ear.hear_until("task_postprocess_end")
    await wire.ended(second[1])
    assert {frame["id"] for frame in ear.frames if "id" in frame} == {first[0]}


async def test_a_socket_may_be_refused(connect):
    wire = await connect()
    wire.sandbox.faults.add(RefuseSocket(503))
    with pytest.raises(aiohttp.WSServerHandshakeError, match="503"):
        await wire.ear()
