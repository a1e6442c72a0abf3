"""Vary, Upscale and Edit prompt: what they show first, what they start, what they refuse."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Mapping
from typing import Any

import aiohttp
import pytest
from PIL import Image

from bot.domain.job.job import Job
from bot.view.files import sources
from tests.e2e.bot.bot_world import Build, Seen, World, seen
from tests.support.clocks import until

UPSCALER = "wiro/upscaler"
KLEIN = "black-forest-labs/flux-2-klein-4b"


async def read(address: str) -> bytes:
    async with aiohttp.ClientSession() as session, session.get(address) as answer:
        assert answer.status == 200
        return await answer.read()


async def given_to(world: World) -> bytes:
    """What the newest task was given, as Wiro keeps it."""
    parameters = world.tasks[-1].parameters
    value = parameters.get("inputImage") or parameters["inputImageUrl"]
    addresses = value if isinstance(value, list) else json.loads(value) if value.startswith("[") else [value]
    return await read(addresses[0])


def attached(asked: Any) -> list[str]:
    """The addresses of a message's pictures."""
    return [attachment.url for attachment in asked.response.message.attachments]


def custom_id(card: Seen, *parts: str) -> str:
    (found,) = [one for one in card.custom_ids if all(part in one for part in parts)]
    return found


async def click(actor: Any, asked: Any, *parts: str) -> Any:
    """Press the one button whose id has all these parts."""
    message = asked.response.message
    return await actor.click(message, custom_id=custom_id(seen(asked.response.components), *parts))


async def edited(actor: Any, opened: Any, prompt: str) -> Any:
    return await actor.submit_modal(opened, {"prompt": prompt})


def price_line(modal: Mapping[str, Any]) -> str:
    return "\n".join(part["content"] for part in modal["components"] if part["type"] == 10)


async def job_of(world: World, asked: Any) -> Job:
    return await world.application.services.jobs.job(asked._interaction.id)


async def output(world: World, asked: Any, place: int = 0) -> bytes:
    """What Wiro made, from where Wiro keeps it."""
    return await read((await job_of(world, asked)).outputs[place].url or "")


async def test_a_variation_shows_its_price_then_runs_on_the_pressers_quota(world: World) -> None:
    made, card = await world.draw(world.alice, "a mill by the sea", aspect="16:9")
    assert "Upscale" not in card.buttons
    asked = await click(world.bob, made, ":vary:")
    shown = world.card(asked)
    assert asked.response.ephemeral
    assert "A variation of this picture" in shown.text
    assert "flux-2-klein-4b · about $0.002 of your $2.00 left today" in shown.text
    assert set(shown.buttons) == {"Run", "Edit prompt"}
    assert world.runs == 1
    went = await world.press(world.bob, asked, "Run")
    ending = await world.ending(went)
    link = f"https://discord.com/channels/{world.guild.id}/{world.art.id}/{made.response.id}"
    assert f"Variation of [a picture]({link})" in ending.text
    _, second = world.tasks
    assert second.prompt == "a mill by the sea"
    assert (second.parameters["width"], second.parameters["height"]) == (1344, 768)
    assert await given_to(world) == await output(world, made)
    assert "1 of 50 used" in await world.ask(world.bob, "quota")
    assert "1 of 50 used" in await world.ask(world.alice, "quota")
    assert asked.response is None  # the confirmation has done its work


async def test_a_model_that_takes_pictures_varies_its_own(world: World) -> None:
    made, _ = await world.draw(world.alice, "a mill", model=KLEIN, steps=7)
    asked = await click(world.alice, made, ":vary:")
    await world.ending(await world.press(world.alice, asked, "Run"))
    first, second = world.tasks
    assert second.parameters["steps"] == 7
    assert second.seed != first.seed


async def test_run_takes_its_confirmation_away_as_soon_as_it_has_begun(world: World) -> None:
    made, _ = await world.draw(world.alice, "a mill")
    asked = await click(world.alice, made, ":vary:")
    world.hold("task_output")
    first = await world.press(world.alice, asked, "Run")
    assert asked.response is None  # the client has nothing left to press
    world.let_go()
    await world.ending(first)
    assert world.runs == 2
    assert "2 of 50 used, 0 held" in await world.ask(world.alice, "quota")


async def test_a_confirmation_that_outlived_a_restart_runs_and_pays_once(world: World) -> None:
    made, _ = await world.draw(world.alice, "a mill")
    asked = await click(world.alice, made, ":vary:")
    await world.restart()
    went = await world.press(world.alice, asked, "Run")
    await world.ending(went)
    assert asked.response is not None  # nobody holds its token any more
    again = await world.press(world.alice, asked, "Run")
    assert "started already" in world.refusal(again)
    await world.restart()
    again = await world.press(world.alice, asked, "Run")
    assert "started already" in world.refusal(again)
    assert world.runs == 2
    assert "2 of 50 used, 0 held" in await world.ask(world.alice, "quota")


async def test_several_pictures_are_varied_and_enlarged_by_number(build: Build) -> None:
    world = await build(wiro_upscale_model=UPSCALER)
    made, card = await world.draw(world.alice, "a mill", count=3)
    assert [label for label in card.buttons if label[0] in "VU"] == ["V1", "V2", "V3", "U1", "U2", "U3"]
    asked = await world.press(world.bob, made, "U3")
    assert "made larger" in world.card(asked).text
    assert "upscaler · about $0.004" in world.card(asked).text
    assert set(world.card(asked).buttons) == {"Run"}
    ending = await world.ending(await world.press(world.bob, asked, "Run"))
    assert "Larger version of [a picture]" in ending.text
    assert await given_to(world) == await output(world, made, 2)


async def test_a_picture_that_wiro_cleared_away_is_taken_from_its_message(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "SPARED_PATIENCE_S", 0.2)
    made, _ = await world.draw(world.alice, "a mill")
    asked = await click(world.alice, made, ":vary:")
    await world.application.services.jobs._context.engine.erase(world.tasks[-1].id)
    await world.ending(await world.press(world.alice, asked, "Run"))
    url = attached(made)[0]
    assert await given_to(world) == world.env.backend.cdn.get(url)


async def test_edit_prompt_runs_the_same_with_other_words(world: World) -> None:
    made, _ = await world.draw(world.alice, "a mill", steps=9)
    opened = await click(world.bob, made, ":edit:")
    assert opened.modal["components"][1]["component"]["value"] == "a mill"
    assert "stable-diffusion-3-medium, about $0.0029" in price_line(opened.modal)
    went = await edited(world.bob, opened, "a mill at night")
    ending = await world.ending(went)
    assert "Another prompt for [a picture]" in ending.text
    first, second = world.tasks
    assert (second.prompt, second.seed) == ("a mill at night", first.seed)
    assert second.parameters["steps"] == 9
    assert "1 of 50 used" in await world.ask(world.bob, "quota")


async def test_after_a_restart_the_form_takes_one_press_more(world: World) -> None:
    made, _ = await world.draw(world.alice, "a mill")
    await world.restart()
    ready = await click(world.alice, made, ":edit:")
    assert ready.response.ephemeral
    opened = await world.press(world.alice, ready, "Edit prompt")
    await world.restart()  # while somebody types
    went = await edited(world.alice, opened, "a mill at night")
    assert "a mill at night" in (await world.ending(went)).text


async def test_a_variation_can_be_given_other_words(world: World) -> None:
    made, _ = await world.draw(world.alice, "a mill")
    asked = await click(world.alice, made, ":vary:")
    opened = await world.press(world.alice, asked, "Edit prompt")
    assert "flux-2-klein-4b, about $0.002" in price_line(opened.modal)
    ending = await world.ending(await edited(world.alice, opened, "a mill at night"))
    assert "Variation of [a picture]" in ending.text
    assert world.tasks[-1].prompt == "a mill at night"
    assert await given_to(world) == await output(world, made)


async def test_what_is_made_of_a_private_picture_stays_private(world: World) -> None:
    made, _ = await world.draw(world.alice, "a secret", private=True)
    asked = await click(world.alice, made, ":vary:")
    went = await world.press(world.alice, asked, "Run")
    ending = await world.ending(went)
    assert went.response.ephemeral
    assert "Variation of a picture" in ending.text
    opened = await click(world.alice, made, ":edit:")
    other = await edited(world.alice, opened, "another secret")
    await world.ending(other)
    assert other.response.ephemeral
    assert world.messages(world.bob) == []


async def test_a_member_at_a_limit_is_refused_before_anything_moves(build: Build) -> None:
    world = await build(default_runs_per_day=1)
    made, _ = await world.draw(world.alice, "a mill")
    asked = await click(world.alice, made, ":vary:")
    refused = await world.press(world.alice, asked, "Run")
    assert "used your 1 run for today" in world.refusal(refused)
    assert len(world.wiro.ledger.requests_to("File/")) == 0
    refused = await world.press(world.alice, asked, "Run")  # it may be pressed again: nothing was started
    assert "used your 1 run for today" in world.refusal(refused)
    opened = await click(world.alice, made, ":edit:")
    other = await edited(world.alice, opened, "a mill at night")
    told = [
        str(answer.content) + str(answer.components)
        for answer in (other.response, *other.followups)
        if answer
    ]
    assert "used your 1 run for today" in told[0]
    assert "a mill at night" in told[1]


async def test_an_erased_picture_cannot_be_gone_on_from(world: World) -> None:
    made, _ = await world.draw(world.alice, "a mill")
    confirmed = await click(world.bob, made, ":vary:")
    question = await world.alice.slash(world.art, "privacy delete")
    await world.press(world.alice, question, "Erase it for good")
    await until(lambda: "erased" in world.card(question).text.lower(), "the erasure")
    await until(lambda: "records are erased" in world.card(question).text, "the erasure")
    for asked in (
        await click(world.bob, made, ":vary:"),
        await click(world.bob, made, ":edit:"),
        await world.press(world.bob, confirmed, "Run"),
    ):
        assert "no record of this picture" in world.refusal(asked)
    assert world.runs == 1


async def test_a_picture_of_another_kind_has_no_such_buttons(world: World) -> None:
    _, card = await world.draw(world.alice, "a song", model="wiro/tune-maker")
    assert {"Vary", "Upscale", "Edit prompt"}.isdisjoint(card.buttons)


async def test_a_model_withdrawn_meanwhile_is_told(build: Build) -> None:
    world = await build(wiro_vary_model="nobody/nothing")
    made, _ = await world.draw(world.alice, "a mill")
    asked = await click(world.alice, made, ":vary:")
    assert "no model called nobody/nothing" in world.refusal(asked)


async def test_two_who_vary_the_same_picture_each_pay_for_their_own(world: World) -> None:
    made, _ = await world.draw(world.alice, "a mill")
    asked = [await click(who, made, ":vary:") for who in (world.alice, world.bob)]
    went = [
        await world.press(who, one, "Run") for who, one in zip((world.alice, world.bob), asked, strict=True)
    ]
    await asyncio.gather(*(world.ending(one) for one in went))
    assert world.runs == 3
    assert "1 of 50 used" in await world.ask(world.bob, "quota")
    assert "2 of 50 used" in await world.ask(world.alice, "quota")


async def test_a_turned_picture_has_its_parents_shape(world: World) -> None:
    made, _ = await world.draw(world.alice, "a mill", width=512, height=768)
    asked = await click(world.alice, made, ":vary:")
    await world.ending(await world.press(world.alice, asked, "Run"))
    with Image.open(io.BytesIO(await given_to(world))) as image:
        assert image.format == "PNG"
    assert (world.tasks[-1].parameters["width"], world.tasks[-1].parameters["height"]) == (512, 768)
