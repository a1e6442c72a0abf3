"""/privacy: a copy of everything, and its erasure here and at Wiro; sums of money stay."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import discord
import pytest

from bot.domain.request.interactions import NotYours, QuestionExpired
from bot.view.actions.buttons import MemberAction, MemberButton
from sandbox.wiro.faults import Answer, Refuse
from sandbox.wiro.server import Options
from tests.e2e.moderation.moderation_world import BuildClub, Club
from tests.support.clocks import until
from tests.support.images import encoded

LABEL = "Erase it for good"


async def erase(club: Club, actor: Any) -> Any:
    """/privacy delete, confirmed, to its end."""
    asked = await ask(club, actor)
    await club.world.press(actor, asked, LABEL)
    await until(lambda: "Your records are erased" in club.world.card(asked).text)
    return asked


async def ask(club: Club, actor: Any) -> Any:
    asked = await actor.slash(club.art, "privacy delete")
    assert asked.response.ephemeral
    return asked


async def test_the_copy_holds_every_job_wherever_it_was_asked_for(club: Club) -> None:
    world = club.world
    await world.draw(club.alice, "a mill", seed=9, negative_prompt="fog")
    await club.alice.user.slash("imagine", prompt="a secret tree")
    await world.idle()
    await world.draw(club.bob, "a boat")
    asked = await club.alice.slash(club.sketches, "privacy export")
    assert asked.response.ephemeral
    (attachment,) = asked.response.message.attachments
    assert attachment.filename == "my-records.json"
    mill, tree = json.loads(await attachment.read())
    assert (mill["prompt"], mill["negative_prompt"], mill["seed_used"]) == ("a mill", "fog", 9)
    assert mill["server_id"] == str(club.guild.id)
    assert mill["outputs"][0]["address"].startswith("http")
    assert (tree["prompt"], tree["server_id"]) == ("a secret tree", None)


async def test_nothing_kept_is_said_in_a_sentence(club: Club) -> None:
    assert "No prompt or picture of yours is on record" in await club.said(club.ann, "privacy export")
    asked = await ask(club, club.ann)
    assert "nothing to erase" in club.world.card(asked).text
    assert club.world.card(asked).buttons == {}


async def test_an_erasure_takes_texts_here_and_files_at_wiro_and_leaves_sums(club: Club) -> None:
    world = club.world
    drawn, _ = await world.draw(club.alice, "a mill")
    await world.draw(club.bob, "a boat")
    before = await club.said(club.greta, "usage server")
    asked = await erase(club, club.alice)
    text = world.card(asked).text
    assert "The prompts and pictures of 1 job" in text
    assert "Wiro has deleted the files of 1 job" in text
    assert world.card(asked).buttons == {}
    deletions = world.wiro.ledger.requests_to("Task/InputOutputDelete")
    mine = next(task for task in world.tasks if task.parameters["prompt"] == "a mill")
    assert [deletion.fields["tasktoken"] for deletion in deletions] == [mine.token]
    assert await club.said(club.greta, "usage server") == before
    history = await club.alice.slash(club.art, "history")
    assert "The prompt has been erased" in world.card(history).text
    assert "Again" not in world.card(history).buttons
    assert "a boat" in await club.said(club.bob, "history")
    assert "No prompt or picture" in await club.said(club.alice, "privacy export")
    assert drawn.response is not None  # the picture in the channel is not ours to take away unasked


async def test_nothing_happens_before_the_confirmation(club: Club) -> None:
    world = club.world
    await world.draw(club.alice, "a mill")
    text = world.card(await ask(club, club.alice)).text
    assert "Goes, for good" in text
    assert "Stays" in text
    assert "a mill" in await club.said(club.alice, "history")
    assert world.wiro.ledger.requests_to("Task/InputOutputDelete") == ()


async def test_running_jobs_are_named_and_left(club: Club) -> None:
    world = club.world
    await world.draw(club.alice, "a mill")
    world.hold("task_start")
    running = await world.imagine(club.alice, "a boat")
    await world.showing(running, "Drawing")
    asked = await erase(club, club.alice)
    assert "Left alone" in world.card(asked).text
    assert "“a boat”" in world.card(asked).text
    world.let_go()
    card = await world.ending(running)
    assert "a boat" in card.text


async def test_what_wiro_does_not_delete_is_told_and_tried_again(club: Club) -> None:
    world = club.world
    await world.draw(club.alice, "a mill")
    world.wiro.faults.add(Answer(401, b'{"result":false,"errors":[]}'), path="Task/InputOutputDelete")
    asked = await erase(club, club.alice)
    assert "Wiro could not delete the files of 1 job**; the bot is trying again" in world.card(asked).text
    assert "No prompt or picture" in await club.said(club.alice, "privacy export")
    await until(lambda: "Wiro has deleted the files of 1 job" in world.card(asked).text)
    assert "could not" not in world.card(asked).text


async def test_a_second_press_finds_an_erasure_under_way_or_nothing_left(club: Club) -> None:
    world = club.world
    await world.draw(club.alice, "a mill")
    one, other = await ask(club, club.alice), await ask(club, club.alice)
    await world.press(club.alice, one, LABEL)
    await until(lambda: "erased" in world.card(one).text)
    pressed = await world.press(club.alice, other, LABEL)
    await until(lambda: "Your records are erased" in world.card(other).text or pressed.followups)
    assert len(world.wiro.ledger.requests_to("Task/InputOutputDelete")) == 1


async def test_an_erasure_in_direct_messages_works_alike(club: Club) -> None:
    world = club.world
    await world.draw(club.alice, "a mill")
    asked = await club.alice.user.slash("privacy delete")
    await club.alice.user.click(asked.response.message, custom_id=world.card(asked).buttons[LABEL])
    await until(lambda: "Your records are erased" in world.card(asked).text)


def a_press(user_id: int, asked_at_s: int) -> MemberAction:
    return MemberAction(MemberButton.FORGET, user_id, asked_at_s)


async def test_only_the_asker_can_confirm_and_only_for_a_while(club: Club) -> None:
    cog: Any = club.world.application.bot.get_cog("Privacy")
    now = discord.utils.utcnow()
    alice: Any = SimpleNamespace(user=SimpleNamespace(id=club.alice.id), created_at=now)
    now_s = int(now.timestamp())
    with pytest.raises(NotYours):
        await cog.forget(alice, a_press(club.bob.id, now_s))
    for asked_at_s in (now_s - 601, now_s + 60):
        with pytest.raises(QuestionExpired):
            await cog.forget(alice, a_press(club.alice.id, asked_at_s))


KLEIN = "black-forest-labs/flux-2-klein-4b"


async def test_an_erasure_takes_the_pictures_that_were_given_too(club: Club) -> None:
    world = club.world
    await world.draw(club.alice, "a mill", image=("mill.png", encoded()), model=KLEIN)
    await world.draw(club.bob, "a boat", image=("boat.png", encoded()), model=KLEIN)
    assert world.wiro.file_store.names == ["mill.png", "boat.png"]
    asked = await erase(club, club.alice)
    assert world.wiro.file_store.names == ["boat.png"]
    assert "still at Wiro" not in world.card(asked).text


@pytest.mark.parametrize("has_task", [True, False])
async def test_pictures_that_an_erasure_did_not_reach_are_told(build_club: BuildClub, has_task: bool) -> None:
    club = await build_club(options=Options(deletes_uploads=False))
    world = club.world
    if not has_task:
        world.wiro.faults.add(Refuse(0, "Request parameters are invalid."), path="Run/")
    await world.draw(club.alice, "a mill", image=("mill.png", encoded()), model=KLEIN)
    assert world.runs == 1
    asked = await erase(club, club.alice)
    assert "**1 file that you gave is still at Wiro**" in world.card(asked).text
    assert "operator" in world.card(asked).text
    assert world.wiro.file_store.names == ["mill.png"]
