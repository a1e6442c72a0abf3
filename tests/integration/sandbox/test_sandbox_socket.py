"""The socket: who hears what, in which order."""

import asyncio
from itertools import pairwise

import pytest

from sandbox.wiro.faults import FailTask, StderrNoise
from sandbox.wiro.pace import Pace
from sandbox.wiro.server import Options

ORDER = [
    "task_queue",
    "task_accept",
    "task_preprocess_start",
    "task_preprocess_end",
    "task_assign",
    "task_start",
    "task_output",
    "task_output_full",
    "task_end",
    "task_postprocess_start",
    "task_postprocess_end",
]


async def test_a_task_tells_its_whole_story_in_order(connect):
    wire = await connect(pace=Pace(queue_s=5, scale=0.05))
    task_id, token = await wire.run(steps=5)
    ear = await wire.listen(token)
    await ear.hear_until("task_postprocess_end")
    greeting, *story = ear.frames
    assert greeting == {"type": "connected", "version": "1.0"}
    assert list(dict.fromkeys(frame["type"] for frame in story)) == ORDER
    assert {(frame["id"], frame["tasktoken"], frame["result"]) for frame in story} == {(task_id, token, True)}
    assert all(
        (frame["success"], frame["terminal"], frame["exitCode"]) == (None, False, None)
        for frame in story[:-1]
    )
    last = story[-1]
    assert (last["success"], last["terminal"], last["exitCode"]) == (True, True, 0)
    assert last["message"] == (await wire.detail(token))["outputs"]
    assert len(last["message"]) == 1


async def test_progress_counts_every_step_in_text(connect):
    wire = await connect(pace=Pace(queue_s=5, scale=0.05))
    _, token = await wire.run(steps=6)
    ear = await wire.listen(token)
    await ear.hear_until("task_postprocess_end")
    steps = [frame["message"] for frame in ear.frames if frame["type"] == "task_output"]
    assert [int(step["stepCurrent"]) for step in steps] == [1, 2, 3, 4, 5, 6]
    assert {step["stepTotal"] for step in steps} == {"6"}
    assert all(int(one["percentage"]) < int(two["percentage"]) for one, two in pairwise(steps))
    assert all(isinstance(value, str) for step in steps for value in step.values())
    assert steps[-1]["percentage"] == "100"


async def test_many_tasks_share_a_connection_and_a_repeated_registration_changes_nothing(connect):
    wire = await connect(pace=Pace(queue_s=5, scale=0.05))
    tasks = [await wire.run() for _ in range(3)]
    ear = await wire.listen(*(token for _, token in tasks), tasks[0][1])
    for _ in tasks:
        await ear.hear_until("task_postprocess_end")
    ends = [frame["id"] for frame in ear.frames if frame["type"] == "task_end"]
    assert sorted(ends) == sorted(task_id for task_id, _ in tasks)


async def test_two_listeners_hear_the_same(connect):
    wire = await connect(pace=Pace(queue_s=5, scale=0.05))
    _, token = await wire.run()
    ears = [await wire.listen(token), await wire.listen(token)]
    one, two = [await ear.hear_until("task_postprocess_end") for ear in ears]
    assert one == two


async def test_nothing_is_told_twice_to_a_late_listener_unless_switched_on(connect):
    silent, telling = await connect(), await connect(options=Options(late_state=True))
    for wire, expected in ((silent, []), (telling, ["task_postprocess_end"])):
        _, token = await wire.run()
        await wire.ended(token)
        ear = await wire.listen(token)
        # The answer to a registration without token proves that the one before it was heard.
        await ear.socket.send_json({"type": "task_info"})
        await ear.hear_until("error")
        assert ear.types == ["connected", *expected, "error"]
        assert ear.frames[-1] == {"type": "error", "message": "tasktoken-required", "result": False}


async def test_nonsense_from_a_client_is_dropped(connect):
    wire = await connect(pace=Pace(queue_s=5, scale=0.05))
    _, token = await wire.run()
    ear = await wire.ear()
    for text in ("{", "[]", '"x"', '{"type":"task_info","tasktoken":"wrong"}', '{"type":"dance"}'):
        await ear.socket.send_str(text)
    await ear.socket.send_bytes(b"\x00")
    await ear.register(token)
    await ear.hear_until("task_postprocess_end")
    assert ear.types[0] == "connected"
    assert ear.types[-1] == "task_postprocess_end"
    assert "error" not in ear.types


async def test_frames_can_go_without_the_token(connect):
    wire = await connect(pace=Pace(queue_s=5, scale=0.05), options=Options(frame_tasktoken=False))
    task_id, token = await wire.run()
    ear = await wire.listen(token)
    _, *story = await ear.hear_until("task_postprocess_end")
    assert all("tasktoken" not in frame and frame["id"] == task_id for frame in story)


@pytest.mark.parametrize("path", ["Task/Cancel", "Task/Kill"])
async def test_an_early_end_is_told_as_task_cancel(connect, path):
    wire = await connect(pace=Pace(queue_s=60))
    task_id, token = await wire.run()
    ear = await wire.listen(token)
    await ear.socket.send_json({"type": "task_info"})
    await ear.hear_until("error")
    await wire.post(path, {"taskid": task_id})
    last = (await ear.hear_until("task_cancel"))[-1]
    assert (last["message"], last["success"], last["terminal"], last["exitCode"]) == (None, False, True, None)


async def test_a_failure_ends_with_an_empty_list_and_exit_code_1(connect):
    wire = await connect(pace=Pace(queue_s=5, scale=0.05))
    wire.sandbox.faults.add(FailTask("boom"))
    _, token = await wire.run()
    ear = await wire.listen(token)
    await ear.hear_until("task_postprocess_end")
    last = ear.frames[-1]
    assert (last["message"], last["success"], last["exitCode"]) == ([], False, 1)
    assert "task_error_full" in ear.types
    assert ear.types.index("task_error") < ear.types.index("task_end")


async def test_noise_is_told_and_the_task_succeeds(connect):
    wire = await connect(pace=Pace(queue_s=5, scale=0.05))
    wire.sandbox.faults.add(StderrNoise(("one", "two")))
    _, token = await wire.run()
    ear = await wire.listen(token)
    await ear.hear_until("task_postprocess_end")
    assert [frame["message"] for frame in ear.frames if frame["type"] == "task_error"] == ["one", "two"]
    assert ear.frames[-1]["success"] is True
    assert (await wire.detail(token))["debugerror"] == "one\ntwo\n"


async def test_stopping_closes_open_sockets_and_leaves_no_task_behind(connect):
    wire = await connect(pace=Pace(queue_s=60))
    _, token = await wire.run()
    ear = await wire.listen(token)
    await asyncio.gather(wire.sandbox.stop(), ear.hear_until("never"))
    assert ear.socket.close_code == 1001
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("sandbox-")]
    assert wire.sandbox.socket_connections == 0
