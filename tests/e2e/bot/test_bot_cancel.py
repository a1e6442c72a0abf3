"""Cancel: by the owner or a moderator, at every stage; what ran keeps its hold until its charge is known."""

from __future__ import annotations

import discord
import pytest

from sandbox.wiro.faults import Refuse
from tests.e2e.bot.bot_world import Build, World


async def test_a_job_in_our_line_is_cancelled_without_ever_reaching_wiro(build: Build) -> None:
    world = await build(wiro_max_running=1)
    world.hold("task_start")
    first = await world.imagine(world.bob, "one")
    await world.showing(first, "Drawing")
    second = await world.imagine(world.alice, "two")
    third = await world.imagine(world.bob, "three")
    await world.showing(third, "place 2")
    await world.press(world.alice, second, "Cancel")
    card = await world.ending(second)
    assert "Cancelled. Nothing was charged." in card.text
    await world.showing(third, "place 1")
    assert "0 of 50 used, 0 held" in await world.ask(world.alice, "quota")
    world.let_go(2)
    await world.ending(first)
    await world.ending(third)
    assert [task.prompt for task in world.tasks] == ["one", "three"]


async def test_a_job_in_wiros_queue_is_taken_out_of_it(world: World) -> None:
    world.hold("task_queue")
    asked = await world.imagine(world.alice, "a mill")
    await world.showing(asked, "In Wiro's queue")
    await world.press(world.alice, asked, "Cancel")
    card = await world.ending(asked)
    assert "Cancelled. Nothing was charged." in card.text
    assert card.pictures == ()
    assert len(world.wiro.ledger.requests_to("Task/Cancel")) == 1
    assert world.wiro.ledger.requests_to("Task/Kill") == ()
    assert world.tasks[0].status == "task_cancel"
    assert "0 of 50 used, 0 held" in await world.ask(world.alice, "quota")


@pytest.mark.parametrize(
    ("status", "words"), [("task_assign", "Preparing the model"), ("task_start", "Drawing")]
)
async def test_a_job_under_way_is_killed(world: World, status: str, words: str) -> None:
    world.hold(status)
    asked = await world.imagine(world.alice, "a mill")
    await world.showing(asked, words)
    await world.press(world.alice, asked, "Cancel")
    card = await world.ending(asked)
    assert "Cancelled." in card.text
    assert world.wiro.ledger.requests_to("Task/Kill")
    assert world.tasks[0].status == "task_cancel"
    assert "1 held" in await world.ask(world.alice, "quota")  # what it ran for may yet be charged
    assert {"Again", "Info", "Delete"} <= set(card.buttons)


async def test_cancelling_is_said_at_once_and_its_button_goes(world: World) -> None:
    world.hold("task_start")
    asked = await world.imagine(world.alice, "a mill")
    await world.showing(asked, "Drawing")
    await world.press(world.alice, asked, "Cancel")
    await world.ending(asked)
    said = [card for card in world.edits(asked) if "Cancelling…" in card.text]
    assert len(said) <= 1
    assert all(card.buttons == {} for card in said)


async def test_another_member_may_not_cancel_and_is_told_alone(world: World) -> None:
    world.hold("task_start")
    asked = await world.imagine(world.alice, "a mill")
    await world.showing(asked, "Drawing")
    pressed = await world.press(world.bob, asked, "Cancel")
    assert world.told(pressed) == ("Only the member who asked for this picture or a moderator can cancel it.")
    assert "Cancel" in world.card(asked).buttons
    world.let_go()
    card = await world.ending(asked)
    assert len(card.pictures) == 1
    assert world.wiro.ledger.requests_to("Task/Kill") == ()


@pytest.mark.parametrize("permission", ["manage_messages", "manage_guild", "administrator"])
async def test_a_moderator_may_cancel_anybodys(world: World, permission: str) -> None:
    role = world.guild.create_role(permission, permissions=discord.Permissions(**{permission: True}))
    moderator = world.guild.add_member(world.env.create_user("someone"), roles=[role])
    world.hold("task_start")
    asked = await world.imagine(world.alice, "a mill")
    await world.showing(asked, "Drawing")
    pressed = await world.press(moderator, asked, "Cancel")
    card = await world.ending(asked)
    assert "Cancelled." in card.text
    assert pressed.followups == []
    assert world.tasks[0].status == "task_cancel"


async def test_a_cancel_that_comes_too_late_brings_the_picture(world: World) -> None:
    world.hold("task_postprocess_start")
    asked = await world.imagine(world.alice, "a mill")
    await world.showing(asked, "Finishing")
    world.wiro.faults.add(Refuse(0, "Task could not be stopped"), path="Task/Kill", times=None)
    world.wiro.faults.add(Refuse(0, "Task could not be stopped"), path="Task/Cancel", times=None)
    await world.press(world.alice, asked, "Cancel")
    world.let_go()
    card = await world.ending(asked)
    assert len(card.pictures) == 1
    assert "Wiro could not stop it any more." in card.text
    assert "1 of 50 used, 0 held" in await world.ask(world.alice, "quota")
