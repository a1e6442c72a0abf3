"""A restart in the middle: every job finishes in the same message, with one Run."""

from __future__ import annotations

import pytest

from sandbox.wiro.faults import Drop, ListLag
from tests.e2e.bot.bot_world import Build, World, seen
from tests.support.clocks import until


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("task_queue", "In Wiro's queue"),
        ("task_start", "Drawing"),
        ("task_postprocess_start", "Finishing"),
    ],
)
async def test_a_job_finishes_in_its_own_message_after_a_restart(
    world: World, status: str, words: str
) -> None:
    world.hold(status)
    asked = await world.imagine(world.alice, "a mill")
    await world.showing(asked, words)
    before = len(world.edits(asked))
    await world.restart()
    assert "1 held" in await world.ask(world.alice, "quota")
    world.let_go()
    card = await world.ending(asked)
    assert len(card.pictures) == 1
    assert len(asked.response.message.attachments) == 1
    assert world.runs == 1
    assert [message.id for message in world.messages(world.bob)] == [asked.response.id]
    assert len(world.edits(asked)) == before
    assert world.channel_edits(asked)[-1] == card
    assert "1 of 50 used, 0 held" in await world.ask(world.alice, "quota")


async def test_what_ended_while_the_bot_was_away_is_delivered_when_it_is_back(world: World) -> None:
    world.hold("task_start")
    asked = await world.imagine(world.alice, "a mill", count=2)
    await world.showing(asked, "Drawing")
    await world.shut_down()
    world.let_go()
    await until(lambda: world.tasks[0].is_terminal, "Wiro to end")
    await world.come_back()
    card = await world.ending(asked)
    assert len(card.pictures) == 2
    assert world.runs == 1
    await world.idle()
    assert await world.application.services.jobs.resume() == 0


async def test_the_line_outlives_a_restart_in_its_order(build: Build) -> None:
    world = await build(wiro_max_running=1)
    world.hold("task_start")
    asked = [await world.imagine(world.alice, word) for word in ("one", "two", "three")]
    await world.showing(asked[0], "Drawing")
    await world.showing(asked[2], "place 2")
    await world.restart()
    world.let_go(3)
    for each in asked:
        assert len((await world.ending(each)).pictures) == 1
    assert [task.prompt for task in world.tasks] == ["one", "two", "three"]


async def test_cancel_works_on_a_job_taken_up(world: World) -> None:
    world.hold("task_start")
    asked = await world.imagine(world.alice, "a mill")
    await world.showing(asked, "Drawing")
    await world.restart()
    await world.press(world.alice, asked, "Cancel")
    card = await world.ending(asked)
    assert "Cancelled." in card.text
    assert world.tasks[0].status == "task_cancel"


async def test_jobs_lists_what_was_taken_up(world: World) -> None:
    world.hold("task_start")
    asked = await world.imagine(world.alice, "a mill")
    await world.showing(asked, "Drawing")
    await world.restart()
    text = await world.ask(world.bob, "jobs")
    assert "a mill" in text
    assert str(asked.response.id) in text


async def test_a_private_picture_comes_by_letter_when_its_token_is_gone(world: World) -> None:
    world.hold("task_start")
    asked = await world.imagine(world.alice, "a secret", private=True)
    await world.showing(asked, "Drawing")
    await world.restart()
    world.let_go()
    (letter,) = await until(lambda: world.letters(world.alice), "the letter")
    card = seen(component.to_dict() for component in letter.components)
    assert "a secret" in card.text
    assert f"<#{world.art.id}>" in card.text
    assert len(letter.attachments) == 1
    assert world.messages(world.bob) == []
    assert world.runs == 1


async def test_a_message_deleted_meanwhile_stays_deleted_and_the_job_settles(world: World) -> None:
    world.hold("task_start")
    asked = await world.imagine(world.alice, "a mill")
    await world.showing(asked, "Drawing")
    await world.shut_down()
    await world.mod.delete(asked.response.message)
    await world.come_back()
    world.let_go()
    await world.idle()
    assert world.messages(world.mod) == []
    assert world.letters(world.alice) == []
    assert "1 of 50 used, 0 held" in await world.ask(world.alice, "quota")


async def test_a_run_without_an_answer_is_found_after_a_restart_and_never_sent_again(world: World) -> None:
    world.wiro.faults.add(ListLag(0.4))
    world.wiro.faults.add(Drop(), path="Run/")
    asked = await world.imagine(world.alice, "a mill")
    await world.showing(asked, "Wiro did not answer; checking whether it took the request")
    await world.restart()
    card = await world.ending(asked)
    assert len(card.pictures) == 1
    assert world.runs == 1


async def test_two_restarts_are_no_worse_than_one(world: World) -> None:
    world.hold("task_start", "task_postprocess_start")
    asked = await world.imagine(world.alice, "a mill")
    await world.showing(asked, "Drawing")
    await world.restart()
    world.let_go()
    await world.showing(asked, "Finishing")
    await world.restart()
    world.let_go()
    assert len((await world.ending(asked)).pictures) == 1
    assert world.runs == 1
