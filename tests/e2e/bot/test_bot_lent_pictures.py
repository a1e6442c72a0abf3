"""Others' pictures as input: one gate for every way in, by the moderators' rule and the owner's own word."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.domain.moderation.audit import AuditEntry, PicturesChange
from bot.domain.moderation.rules import PictureRule
from tests.e2e.bot.bot_world import World
from tests.e2e.bot.test_bot_pictures_in import KLEIN, models_are_listed, use_as_input
from tests.e2e.bot.test_bot_remix import click
from tests.support.forged import words_of
from tests.support.images import encoded

Way = Callable[[World], Awaitable[Any]]
OWN_ONLY, NOT_MADE_HERE, CLOSED = (
    "only your own pictures may go",
    "what the bot made may go",
    "nobody else use",
)


async def allow(world: World, rule: PictureRule, channel_id: int = 0) -> None:
    entry = AuditEntry(world.guild.id, world.mod.id, PicturesChange(channel_id, None, rule), 0.0)
    await world.application.services.guild_settings.set_picture_rule(channel_id, rule, entry)


async def close(world: World, actor: Any) -> None:
    said = await actor.slash(world.art, "privacy pictures", allow="nobody")
    assert "Nobody but you" in world.card(said).text


async def a_message_as_input(world: World) -> Any:
    message = await world.bob.send(world.art, "my dog", attachments=[("dog.png", encoded())])
    return await use_as_input(world, world.alice, message, prompt="as a drawing")


async def again_with_an_upload(world: World) -> Any:
    made, _ = await world.draw(world.bob, "as a painting", image=("dog.png", encoded()), model=KLEIN)
    return await world.press(world.alice, made, "Again")


async def an_output_as_input(world: World) -> Any:
    made, _ = await world.draw(world.bob, "a mill")
    return await use_as_input(world, world.alice, made.response.message, prompt="as a drawing")


async def a_variation(world: World) -> Any:
    made, _ = await world.draw(world.bob, "a mill")
    return await click(world.alice, made, ":vary:")


async def a_reworded_upload(world: World) -> Any:
    made, _ = await world.draw(world.bob, "as a painting", image=("dog.png", encoded()), model=KLEIN)
    opened = await click(world.alice, made, ":edit:")
    return await world.alice.submit_modal(opened, {"prompt": "as a sketch"})


UPLOADS: tuple[Way, ...] = (a_message_as_input, again_with_an_upload, a_reworded_upload)
OUTPUTS: tuple[Way, ...] = (an_output_as_input, a_variation)


def is_refused(world: World, asked: Any, words: str) -> bool:
    return words in words_of(world, asked) and "Nothing was held" in words_of(world, asked)


async def is_let_in(world: World, asked: Any) -> bool:
    """A picture comes of it, or a confirmation is shown."""
    if "Run" in world.card(asked).buttons:
        return True
    return len((await world.ending(asked)).pictures) == 1


@pytest.mark.parametrize("way", UPLOADS)
async def test_what_others_sent_goes_in_where_the_moderators_let_it(world: World, way: Way) -> None:
    await models_are_listed(world)
    assert is_refused(world, await way(world), NOT_MADE_HERE)
    await allow(world, PictureRule.ANYONE, world.art.id)
    assert await is_let_in(world, await way(world))
    await close(world, world.bob)
    assert is_refused(world, await way(world), CLOSED)


@pytest.mark.parametrize("way", OUTPUTS)
async def test_what_the_bot_made_for_others_goes_in_unless_somebody_minds(world: World, way: Way) -> None:
    await models_are_listed(world)
    assert await is_let_in(world, await way(world))
    await allow(world, PictureRule.OWN)
    assert is_refused(world, await way(world), OWN_ONLY)
    await allow(world, PictureRule.ANYONE)
    await close(world, world.bob)
    assert is_refused(world, await way(world), CLOSED)
    await world.bob.slash(world.art, "privacy pictures", allow="others")
    assert await is_let_in(world, await way(world))


async def test_a_confirmation_from_before_is_held_to_the_rule_of_now(world: World) -> None:
    made, _ = await world.draw(world.bob, "a mill")
    asked = await click(world.alice, made, ":vary:")
    await close(world, world.bob)
    assert is_refused(world, await world.press(world.alice, asked, "Run"), CLOSED)
    assert world.runs == 1


async def test_ones_own_go_in_under_every_rule(world: World) -> None:
    await models_are_listed(world)
    await allow(world, PictureRule.OWN)
    await close(world, world.alice)
    made, card = await world.draw(world.alice, "as a painting", image=("dog.png", encoded()), model=KLEIN)
    assert len(card.pictures) == 1
    assert await is_let_in(world, await world.press(world.alice, made, "Again"))
    message = await world.alice.send(world.art, "my dog", attachments=[("dog.png", encoded())])
    assert await is_let_in(world, await use_as_input(world, world.alice, message, prompt="as a drawing"))
    own = made.response.message
    assert await is_let_in(world, await use_as_input(world, world.alice, own, prompt="as a drawing"))
    assert await is_let_in(world, await click(world.alice, made, ":vary:"))
    assert "may_be_used_by" in await exported(world, world.alice)


async def exported(world: World, actor: Any) -> str:
    asked = await actor.slash(world.art, "privacy export")
    (file,) = asked.response.message.attachments
    return str((await file.read()).decode())
