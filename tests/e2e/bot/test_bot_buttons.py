"""Again, Retry, Info and Delete: on the presser's own quota, after restarts, for those who may."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.view.actions.buttons import (
    CaseButton,
    ConfirmButton,
    FormButton,
    JobButton,
    MemberButton,
    ModelButton,
    ResultButton,
)
from bot.view.text.said import TextPart
from sandbox.wiro.faults import FailTask
from tests.e2e.bot.bot_world import Build, World


async def test_every_button_there_is_has_somebody_who_answers_it(world: World) -> None:
    kinds = (
        JobButton,
        CaseButton,
        FormButton,
        ConfirmButton,
        MemberButton,
        ModelButton,
        ResultButton,
        TextPart,
    )
    assert [action for kind in kinds for action in kind if not world.application.bot.answers(action)] == []


async def test_again_is_the_same_request_with_a_new_seed(world: World) -> None:
    asked, _ = await world.draw(world.alice, "a mill", steps=5, aspect="3:2", seed=99, negative_prompt="fog")
    again = await world.press(world.alice, asked, "Again")
    await world.ending(again)
    first, second = world.tasks
    assert second.seed != first.seed == 99
    for name in ("prompt", "steps", "width", "height", "negativePrompt", "samples"):
        assert str(second.parameters[name]) == str(first.parameters[name])
    assert again.response.id != asked.response.id
    assert len(world.card(asked).pictures) == 1


async def test_again_counts_on_the_pressers_own_quota(build: Build) -> None:
    world = await build(default_runs_per_day=1)
    asked, _ = await world.draw(world.alice, "a mill")
    again = await world.press(world.bob, asked, "Again")
    await world.ending(again)
    for member in (world.alice, world.bob):
        assert "1 of 1 used, 0 held" in await world.ask(member, "quota")
    refused = await world.press(world.alice, asked, "Again")
    assert "used your 1 run for today" in world.refusal(refused)
    assert len(world.messages(world.mod)) == 2
    card = await world.press(world.bob, again, "Info")
    assert f"by <@{world.bob.id}>" in world.card(card).text


async def test_again_under_a_private_picture_stays_private(world: World) -> None:
    asked, _ = await world.draw(world.alice, "a secret", private=True)
    again = await world.press(world.alice, asked, "Again")
    await world.ending(again)
    assert again.response.ephemeral
    assert world.messages(world.bob) == []


async def test_retry_after_a_failure_is_the_very_same_request(world: World) -> None:
    world.wiro.faults.add(FailTask())
    asked, card = await world.draw(world.alice, "a mill", seed=77, steps=3)
    assert {"Retry", "Info", "Delete"} <= set(card.buttons)
    retried = await world.press(world.alice, asked, "Retry")
    card = await world.ending(retried)
    assert len(card.pictures) == 1
    first, second = world.tasks
    assert first.seed == second.seed == 77
    assert "1 of 50 used, 0 held" in await world.ask(world.alice, "quota")


async def test_info_tells_everything_to_its_asker_alone(world: World) -> None:
    prompt = ("A very long tale. " * 111 + "The end.")[:2000]
    asked, card = await world.draw(world.alice, prompt, negative_prompt="fog", steps=5, guidance=3.5, seed=9)
    assert "The end." not in card.text
    answer = await world.press(world.bob, asked, "Info")
    assert answer.response.ephemeral
    text = world.card(answer).text
    (task,) = world.tasks
    assert prompt in text
    assert "Without:\n```\nfog\n```" in text
    for fact in ("**Seed** `9`", "**Steps** 5", "**Guidance** 3.5", "1024 × 1024", f"<@{world.alice.id}>"):
        assert fact in text
    assert f"**Wiro task** `{task.id}`" in text
    assert task.token not in text


async def test_info_of_a_running_job_works_through_its_ending(world: World) -> None:
    asked, _ = await world.draw(world.alice, "[fail] a mill")
    answer = await world.press(world.bob, asked, "Info")
    assert "[fail] a mill" in world.card(answer).text


@pytest.mark.parametrize("who", ["alice", "mod"])
async def test_owner_and_moderator_may_delete(world: World, who: str) -> None:
    asked, _ = await world.draw(world.alice, "a mill")
    await world.press(getattr(world, who), asked, "Delete")
    assert asked.response is None
    assert world.messages(world.bob) == []
    assert "1 of 50 used" in await world.ask(world.alice, "quota")


async def test_others_may_not_delete_and_are_told_alone(world: World) -> None:
    asked, _ = await world.draw(world.alice, "a mill")
    pressed = await world.press(world.bob, asked, "Delete")
    assert "Only the member who asked for this picture or a moderator can delete it." in world.told(pressed)
    assert [message.id for message in world.messages(world.mod)] == [asked.response.id]


async def test_a_private_picture_can_be_deleted_by_its_owner(world: World) -> None:
    asked, _ = await world.draw(world.alice, "a secret", private=True)
    await world.press(world.alice, asked, "Delete")
    assert asked.response is None


async def test_buttons_work_after_a_restart(world: World) -> None:
    asked, _ = await world.draw(world.alice, "a mill")
    await world.restart()
    info = await world.press(world.bob, asked, "Info")
    assert "a mill" in world.card(info).text
    again = await world.press(world.bob, asked, "Again")
    assert len((await world.ending(again)).pictures) == 1
    refused = await world.press(world.bob, asked, "Delete")
    assert "can delete it" in world.told(refused)
    await world.press(world.alice, asked, "Delete")
    assert asked.response is None


async def test_a_button_without_a_record_says_so(world: World, tmp_path: Path) -> None:
    asked, _ = await world.draw(world.alice, "a mill")
    seal = world.application.bot.seal
    await world.restart(database_url=f"sqlite:///{tmp_path / 'another.sqlite3'}")
    pressed = await world.press(world.alice, asked, "Info")
    assert "none of the bot's" in world.refusal(pressed)  # the secret of its mark went with the record
    world.application.bot.seal = seal
    for label in ("Again", "Info"):
        pressed = await world.press(world.alice, asked, label)
        assert "no record of this picture any more" in world.refusal(pressed)
    pressed = await world.press(world.alice, asked, "Delete")
    assert "no record of this picture any more" in world.told(pressed)
    assert world.runs == 1
