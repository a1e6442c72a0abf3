"""Whatever the socket does, the picture comes, in order and once."""

from __future__ import annotations

from itertools import pairwise

import pytest

from sandbox.wiro.faults import DropSocket, Duplicate, Mute, OneTaskPerSocket, RefuseSocket, SilentSocket
from tests.e2e.bot.bot_world import Build, World

WORDS = ("Sending to Wiro", "In Wiro's queue", "Preparing the model", "Drawing", "Finishing")


def went_forwards(world: World, asked: object) -> bool:
    """Whether the message's states came in order and none of them twice in a row."""
    edits = world.edits(asked)
    stages = [place for card in edits for place, words in enumerate(WORDS) if f"**{words}**" in card.text]
    return stages == sorted(stages) and all(before != after for before, after in pairwise(edits))


@pytest.mark.parametrize("word", ["drop", "twice", "mixed", "strange", "noise"])
async def test_a_socket_in_trouble_still_brings_the_picture(world: World, word: str) -> None:
    asked, card = await world.draw(world.alice, f"[{word}] a mill")
    assert len(card.pictures) == 1
    assert world.runs == 1
    assert went_forwards(world, asked)
    assert "1 of 50 used, 0 held" in await world.ask(world.alice, "quota")


@pytest.mark.parametrize("close_code", [None, 1011])
async def test_a_socket_that_breaks_again_and_again_is_opened_again(
    world: World, close_code: int | None
) -> None:
    world.wiro.faults.add(DropSocket(at="task_output", close_code=close_code, breaks=2))
    asked, card = await world.draw(world.alice, "a mill")
    assert len(card.pictures) == 1
    assert went_forwards(world, asked)


@pytest.mark.parametrize(
    "types", [frozenset(), frozenset({"task_end", "task_postprocess_start", "task_postprocess_end"})]
)
async def test_frames_that_never_come_are_asked_for(build: Build, types: frozenset[str]) -> None:
    world = await build(silence_s=0.3)
    world.wiro.faults.add(Mute(types))
    asked, card = await world.draw(world.alice, "a mill")
    assert len(card.pictures) == 1
    assert went_forwards(world, asked)


@pytest.mark.parametrize("fault", [SilentSocket(), RefuseSocket(503)], ids=["silent", "refused"])
async def test_without_any_socket_the_record_alone_is_enough(build: Build, fault: object) -> None:
    world = await build(silence_s=0.3)
    world.wiro.faults.add(fault, times=None)
    asked, card = await world.draw(world.alice, "a mill")
    assert len(card.pictures) == 1
    assert went_forwards(world, asked)


async def test_every_frame_twice_changes_nothing(world: World) -> None:
    world.wiro.faults.add(Duplicate(copies=3))
    world.hold("task_output")
    asked = await world.imagine(world.alice, "a mill", steps=10)
    await world.showing(asked, "10 of 10")
    world.let_go()
    await world.ending(asked)
    assert went_forwards(world, asked)


async def test_where_a_socket_serves_one_task_only_each_task_gets_its_own(build: Build) -> None:
    world = await build(silence_s=0.3)
    world.wiro.faults.add(OneTaskPerSocket(), times=None)
    world.hold("task_start", prompt="one")
    world.hold("task_queue", "task_start", prompt="two")
    first = await world.imagine(world.alice, "one")
    await world.showing(first, "Drawing")
    second = await world.imagine(world.alice, "two")
    await world.showing(second, "In Wiro's queue")
    await world.showing(second, "No news from Wiro")
    assert world.wiro.socket_connections == 1
    world.let_go(2)  # the first goes on to its end, the second to its start
    await world.showing(second, "Drawing")
    world.let_go()
    for asked in (first, second):
        assert len((await world.ending(asked)).pictures) == 1
        assert went_forwards(world, asked)
    third = await world.imagine(world.alice, "one again")
    fourth = await world.imagine(world.bob, "one more")
    for asked in (third, fourth):
        await world.showing(asked, "Drawing")
    assert world.wiro.socket_connections == 2
    world.let_go(2)
    for asked in (third, fourth):
        await world.ending(asked)
