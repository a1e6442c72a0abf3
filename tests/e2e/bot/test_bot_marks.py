"""Custom ids bear the bot's own mark: forged ones lead nowhere, and those of the release before lead on."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from bot.view.actions.seal import Seal, bare
from tests.e2e.bot.bot_world import World
from tests.support.forged import FORM, PRESS, books, forge, words_of

NONE_OF_OURS = "none of the bot's"


def without_marks(world: World, message: Any) -> None:
    """The message as the release before would have sent it."""

    def strip(node: Any) -> None:
        if isinstance(node, dict):
            if "custom_id" in node:
                node["custom_id"] = bare(node["custom_id"])
            for value in node.values():
                strip(value)
        elif isinstance(node, list):
            for value in node:
                strip(value)

    strip(world.env.backend.get_message(message.channel.id, message.id).components)


async def test_a_press_that_this_bot_did_not_offer_leads_nowhere(world: World) -> None:
    asked, card = await world.draw(world.alice, "an ivory mill")
    await world.idle()
    message, before, info = asked.response.message, await books(world), card.buttons["Info"]
    job_id = str(asked._interaction.id)
    another = Seal(b"k" * 32, 0.0)
    for custom_id in (
        bare(info),  # no mark
        another.marked(bare(info)),  # a mark of somebody else's making
        bare(info) + card.buttons["Delete"][-13:],  # the mark of another button
        info.replace(job_id, str(int(job_id) + 1)),  # another job under the mark
        info.replace("info", "delete"),
    ):
        data = {"custom_id": custom_id, "component_type": 2}
        pressed = await forge(world.alice, world.art, data, kind=PRESS, message=message)
        assert NONE_OF_OURS in words_of(world, pressed), custom_id
        assert "ivory" not in words_of(world, pressed)
    data = {"custom_id": info, "component_type": 2}
    pressed = await forge(world.alice, world.art, data, kind=PRESS, message=message, is_on_message=False)
    assert "ivory" in words_of(world, pressed)
    assert await books(world) == before


@pytest.mark.parametrize("custom_id", ["remix:edit:{}:0:0", "input:{}", "draft:{}:save:0:"])
async def test_a_form_that_this_bot_did_not_open_is_none_of_its_own(world: World, custom_id: str) -> None:
    asked, _ = await world.draw(world.alice, "a mill")
    field = {"type": 4, "custom_id": "prompt", "value": "a boat"}
    data = {
        "custom_id": custom_id.format(asked._interaction.id),
        "components": [{"type": 18, "component": field}],
    }
    message = asked.response.message
    sent = await forge(world.alice, world.art, data, kind=FORM, message=message, is_on_message=False)
    assert NONE_OF_OURS in words_of(world, sent)
    assert world.runs == 1


async def test_buttons_of_the_release_before_work_for_ever(world: World) -> None:
    asked, card = await world.draw(world.alice, "an ivory mill")
    without_marks(world, asked.response.message)
    info = bare(card.buttons["Info"])
    refused = await world.alice.click(asked.response.message, custom_id=info)
    assert NONE_OF_OURS in words_of(world, refused)  # the message is younger than the secret
    world.application.bot.seal = replace(world.application.bot.seal, made_at_s=time.time())
    shown = await world.bob.click(asked.response.message, custom_id=info)
    assert "an ivory mill" in world.card(shown).text
    edit = await world.alice.click(asked.response.message, custom_id=bare(card.buttons["Edit prompt"]))
    assert edit.modal is not None
    await world.ending(await world.alice.submit_modal(edit, {"prompt": "a boat"}))
    again = await world.bob.click(asked.response.message, custom_id=bare(card.buttons["Again"]))
    await world.ending(again)
    await world.alice.click(asked.response.message, custom_id=bare(card.buttons["Delete"]))
    assert asked.response is None


async def test_the_secret_is_made_once(world: World) -> None:
    seal = world.application.bot.seal
    await world.restart()
    assert world.application.bot.seal == seal
