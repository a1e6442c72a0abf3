"""When Discord closes a way to the message, the picture takes another; what was deleted stays deleted."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.bot.bot_world import World, seen
from tests.support.clocks import until

TOKEN_EDITS = "/webhooks/*/messages/@original"
CHANNEL_EDITS = "/channels/*/messages/*"


async def drawing(world: World, prompt: str = "a mill", **options: Any) -> Any:
    """A job that is held while it draws."""
    world.hold("task_start")
    asked = await world.imagine(world.alice, prompt, **options)
    await world.showing(asked, "Drawing")
    return asked


async def used(world: World) -> bool:
    return "1 of 50 used, 0 held" in await world.ask(world.alice, "quota")


async def test_a_token_that_expires_midway_leaves_the_channels_own_route(world: World) -> None:
    asked = await drawing(world)
    await world.env.advance_time(16 * 60)
    world.let_go()
    card = await world.ending(asked)
    assert len(card.pictures) == 1
    assert len(asked.response.message.attachments) == 1
    assert world.channel_edits(asked)[-1] == card
    assert len(world.messages(world.bob)) == 1
    assert await used(world)


async def test_past_minute_fourteen_the_token_is_not_even_tried(world: World) -> None:
    asked = await drawing(world)
    before = len(world.edits(asked))
    world.skip(14 * 60 + 1)
    world.let_go()
    card = await world.ending(asked)
    assert len(card.pictures) == 1
    assert len(world.edits(asked)) == before
    assert world.channel_edits(asked)[-1] == card


async def test_a_command_that_is_acknowledged_too_late_starts_nothing_and_is_one_line(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.env.inject_error("POST", "/interactions/*/*/callback", status=404, code=10062, times=None)
    await world.imagine(world.alice, "a lighthouse")
    await until(lambda: "has lapsed" in caplog.text, "the sentence")
    assert [record.levelname for record in caplog.records if "lapsed" in record.message] == ["WARNING"]
    assert "Traceback" not in caplog.text
    assert world.application.services.jobs.running == 0


@pytest.mark.parametrize(("status", "code"), [(401, 50027), (404, 10015), (404, 10062)])
async def test_a_token_that_is_refused_leaves_the_channels_own_route(
    world: World, status: int, code: int
) -> None:
    asked = await drawing(world)
    before = len(world.edits(asked))
    world.env.inject_error("PATCH", TOKEN_EDITS, status=status, code=code, times=None)
    world.let_go()
    card = await world.ending(asked)
    assert len(card.pictures) == 1
    assert len(world.edits(asked)) == before + 1  # one refusal is enough
    assert world.channel_edits(asked)[-1] == card


async def test_of_a_channel_that_is_gone_the_picture_comes_by_letter(world: World) -> None:
    await drawing(world)
    world.env.inject_error("PATCH", TOKEN_EDITS, status=401, code=50027, times=None)
    world.env.inject_error("PATCH", CHANNEL_EDITS, status=404, code=10003, times=None)
    world.let_go()
    (letter,) = await until(lambda: world.letters(world.alice), "the letter")
    assert len(letter.attachments) == 1
    assert f"<#{world.art.id}>" in seen(component.to_dict() for component in letter.components).text
    await world.idle()


async def test_a_channel_that_is_shut_to_the_bot_keeps_its_picture_for_the_history(world: World) -> None:
    asked = await drawing(world)
    before = len(world.edits(asked))
    its_edits = f"/webhooks/*/{asked._interaction.token}/messages/@original"
    world.env.inject_error("PATCH", its_edits, status=403, code=50001, times=None)
    world.let_go()
    await world.idle()
    assert len(world.edits(asked)) <= before + 2  # a passing state and the ending
    assert world.channel_edits(asked) == []
    assert world.letters(world.alice) == []
    assert await used(world)
    assert "a mill" in await world.ask(world.alice, "history")


async def test_a_private_picture_that_outlives_its_token_comes_by_letter(world: World) -> None:
    await drawing(world, "a secret", private=True)
    await world.env.advance_time(16 * 60)
    world.let_go()
    (letter,) = await until(lambda: world.letters(world.alice), "the letter")
    assert len(letter.attachments) == 1
    assert world.messages(world.bob) == []


async def test_a_member_who_takes_no_letters_harms_nobody(world: World) -> None:
    await drawing(world, "a secret", private=True)
    await world.env.advance_time(16 * 60)
    world.env.inject_error("POST", "/channels/*/messages", status=403, code=50007, times=None)
    world.let_go()
    await world.idle()
    assert world.letters(world.alice) == []
    assert await used(world)


async def test_a_message_that_a_moderator_deletes_is_never_raised_from_the_dead(world: World) -> None:
    asked = await drawing(world)
    await world.mod.delete(asked.response.message)
    world.let_go()
    await world.idle()
    assert world.messages(world.bob) == []
    assert world.letters(world.alice) == []
    assert await used(world)
    after = await world.ask(world.alice, "jobs")
    assert "Nothing is running" in after


async def test_unknown_message_ends_the_edits(world: World) -> None:
    asked = await drawing(world)
    before = len(world.edits(asked))
    its_edits = f"/webhooks/*/{asked._interaction.token}/messages/@original"
    world.env.inject_error("PATCH", its_edits, status=404, code=10008, times=None)
    world.let_go()
    await world.idle()
    assert len(world.edits(asked)) == before + 1
    assert world.channel_edits(asked) == []
    assert world.letters(world.alice) == []
    assert await used(world)


async def test_an_edit_that_failed_for_now_is_sent_again(world: World) -> None:
    asked = await drawing(world)
    world.env.inject_error("PATCH", TOKEN_EDITS, status=500, times=2)
    world.let_go()
    card = await world.ending(asked)
    assert len(card.pictures) == 1
    assert world.edits(asked)[-1] == card
    assert world.channel_edits(asked) == []


async def test_a_first_edit_that_fails_hides_nothing_for_long(world: World) -> None:
    world.env.inject_error("PATCH", TOKEN_EDITS, status=502)
    _, card = await world.draw(world.alice, "a mill")
    assert len(card.pictures) == 1


@pytest.mark.parametrize(("status", "code"), [(413, 0), (400, 40005)])
async def test_a_picture_too_large_for_discord_is_linked_in_the_end(
    world: World, status: int, code: int
) -> None:
    world.hold("task_postprocess_start")
    asked = await world.imagine(world.alice, "a mill")
    await world.showing(asked, "Finishing")
    world.env.inject_error("PATCH", TOKEN_EDITS, status=status, code=code, times=2)
    world.let_go()
    card = await world.ending(asked)
    assert card.pictures == ()
    assert asked.response.message.attachments == []
    assert f"](http://{world.wiro.host}:{world.wiro.port}/" in card.text
    assert "save what you want to keep" in card.text
    assert await used(world)


async def test_a_picture_refused_once_as_too_large_is_tried_smaller(world: World) -> None:
    world.hold("task_postprocess_start")
    asked = await world.imagine(world.alice, "a mill")
    await world.showing(asked, "Finishing")
    world.env.inject_error("PATCH", TOKEN_EDITS, status=413, code=40005)
    world.let_go()
    card = await world.ending(asked)
    assert len(card.pictures) == len(asked.response.message.attachments) == 1


async def test_a_refusal_that_cannot_be_told_harms_nobody(world: World) -> None:
    world.env.inject_error("POST", "/webhooks/*", status=500)
    refused = await world.imagine(world.alice, "a mill", model="nobody/nothing")
    assert refused.response is None
    _, card = await world.draw(world.alice, "a mill")
    assert len(card.pictures) == 1


async def test_the_bot_serves_in_direct_messages(world: World) -> None:
    alice = world.alice.user
    world.hold("task_start")
    asked = await alice.slash("imagine", prompt="a mill")
    await world.showing(asked, "Drawing")
    listed = await alice.slash("jobs")
    assert "channels/@me/" in world.card(listed).text
    world.let_go()
    card = await world.ending(asked)
    assert len(card.pictures) == 1
    quota = world.card(await alice.slash("quota")).text
    assert "Your day in direct messages" in quota
    assert "1 of 50 used" in quota
    assert "0 of 50 used" in await world.ask(world.alice, "quota")
    again = await alice.click(asked.response.message, custom_id=card.buttons["Again"])
    await world.showing(again, "Drawing")
    await alice.click(again.response.message, custom_id=world.card(again).buttons["Cancel"])
    assert "Cancelled." in (await world.ending(again)).text
    assert world.messages(world.mod) == []


async def test_a_job_in_direct_messages_outlives_a_restart(world: World) -> None:
    alice = world.alice.user
    world.hold("task_start")
    asked = await alice.slash("imagine", prompt="a mill")
    await world.showing(asked, "Drawing")
    await world.restart()
    world.let_go()
    card = await world.ending(asked)
    assert len(card.pictures) == 1
    assert len(world.letters(world.alice)) == 1
