"""/imagine: every option reaches the model under Wiro's own name, or is refused before anything is held."""

from __future__ import annotations

import io

import pytest
import simcord
from PIL import Image

from cogs.generate import ASPECTS
from sandbox.wiro.fixtures import SAMPLE_MODELS
from tests.e2e.bot.bot_world import World
from tests.support.clocks import until


async def test_a_prompt_becomes_a_picture_in_the_very_message_that_answered(world: World) -> None:
    asked, card = await world.draw(world.alice, "a fox in the snow")
    (message,) = world.messages(world.bob)
    assert message.id == asked.response.id
    assert not message.flags.ephemeral
    assert "a fox in the snow" in card.text
    (attachment,) = message.attachments
    assert card.pictures == (attachment.filename,)
    picture = Image.open(io.BytesIO(await attachment.read()))
    assert picture.format == "PNG"
    (task,) = world.tasks
    assert f"seed `{task.seed}`" in card.text
    assert "stable-diffusion-3-medium" in card.text
    assert "1024 × 1024" in card.text
    assert {"Again", "Info", "Delete"} <= set(card.buttons)


async def test_every_option_reaches_the_model_under_wiros_names(world: World) -> None:
    _, card = await world.draw(
        world.alice,
        "a lighthouse",
        negative_prompt="people, boats",
        width=768,
        height=512,
        steps=7,
        guidance=4.5,
        seed=12345,
        count=2,
    )
    sent = world.parameters()
    assert sent["prompt"] == "a lighthouse"
    assert sent["negativePrompt"] == "people, boats"
    numbers = {name: float(sent[name]) for name in ("width", "height", "steps", "scale", "seed", "samples")}
    assert numbers == {"width": 768, "height": 512, "steps": 7, "scale": 4.5, "seed": 12345, "samples": 2}
    (task,) = world.tasks
    assert task.seed == 12345
    assert "seed `12345`" in card.text
    assert "768 × 512" in card.text
    assert "2 pictures" in card.text


@pytest.mark.parametrize("aspect", ["16:9", "2:3"])
async def test_an_aspect_is_a_size(world: World, aspect: str) -> None:
    width, height = ASPECTS[aspect]
    _, card = await world.draw(world.alice, "hills", aspect=aspect)
    sent = world.parameters()
    assert (int(sent["width"]), int(sent["height"])) == (width, height)
    assert f"{width} × {height}" in card.text


def test_every_aspect_is_what_it_says_at_about_one_megapixel() -> None:
    for name, (width, height) in ASPECTS.items():
        across, down = (int(part) for part in name.split(":"))
        assert width / height == pytest.approx(across / down, rel=0.05)
        assert 0.9e6 < width * height < 1.1e6
        assert width % 64 == height % 64 == 0


async def test_aspect_and_width_together_are_refused_with_nothing_held(world: World) -> None:
    asked = await world.imagine(world.alice, "hills", aspect="1:1", width=512)
    assert "either aspect or width and height" in world.refusal(asked)
    assert world.messages(world.bob) == []
    assert "0 of 50 used, 0 held" in await world.ask(world.alice, "quota")
    assert world.runs == 0


async def test_seed_zero_means_chance_and_the_seed_drawn_is_told(world: World) -> None:
    await world.draw(world.alice, "dice", seed=0)
    _, card = await world.draw(world.alice, "dice", seed=0)
    first, second = world.tasks
    assert first.seed != second.seed
    assert first.seed > 0
    assert f"seed `{second.seed}`" in card.text


async def test_the_same_seed_is_the_same_picture_and_another_is_not(world: World) -> None:
    pictures = []
    for seed in (5, 5, 6):
        asked, _ = await world.draw(world.alice, "a cat", seed=seed)
        pictures.append(await asked.response.message.attachments[0].read())
    assert pictures[0] == pictures[1] != pictures[2]


async def test_discord_itself_holds_options_to_their_bounds(world: World) -> None:
    beyond = {
        "prompt": ("",),
        "steps": (0, 101),
        "guidance": (-0.5, 20.5),
        "count": (0, 5),
        "width": (255, 2049),
        "height": (255, 2049),
        "seed": (-1, 4_294_967_295),
        "aspect": ("5:7",),
    }
    for option, values in beyond.items():
        for value in values:
            with pytest.raises(simcord.OptionError):
                await world.alice.slash(world.art, "imagine", **{"prompt": "x", option: value})
    assert world.runs == 0


async def test_the_bounds_themselves_are_allowed(world: World) -> None:
    await world.draw(world.alice, "high", steps=100, guidance=20.0, width=2048, seed=4_294_967_294)
    sent = world.parameters()
    assert (float(sent["steps"]), float(sent["scale"]), float(sent["width"])) == (100, 20, 2048)
    assert str(sent["seed"]) == "4294967294"
    await world.draw(world.alice, "low", steps=1, guidance=0.0, width=256, height=256, seed=1, count=1)
    sent = world.parameters()
    assert (float(sent["steps"]), float(sent["scale"]), float(sent["width"])) == (1, 0, 256)


async def test_four_pictures_come_in_one_gallery(world: World) -> None:
    asked, card = await world.draw(world.alice, "four winds", count=4)
    message = asked.response.message
    assert card.galleries == 1
    assert len(set(card.pictures)) == 4
    assert [attachment.filename for attachment in message.attachments] == list(card.pictures)
    contents = {await attachment.read() for attachment in message.attachments}
    assert len(contents) == 4
    assert len(world.messages(world.bob)) == 1


async def test_a_private_picture_is_seen_by_its_asker_alone(world: World) -> None:
    asked, card = await world.draw(world.alice, "a secret", private=True)
    assert asked.response.ephemeral
    assert len(card.pictures) == 1
    assert world.messages(world.bob) == []
    assert [message.id for message in world.messages(world.alice)] == [asked.response.id]


async def test_the_model_option_suggests_while_one_types(world: World) -> None:
    await _suggestions_are_loaded(world)
    everything = await world.alice.autocomplete(world.art, "imagine", "model", "")
    assert everything[0]["value"].lower() == "stabilityai/stable-diffusion-3-medium"
    assert len(everything) == min(25, len(SAMPLE_MODELS))
    klein = await world.alice.autocomplete(world.art, "imagine", "model", "KLEIN flux")
    assert [choice["value"].lower() for choice in klein] == ["black-forest-labs/flux-2-klein-4b"]
    assert await world.alice.autocomplete(world.art, "imagine", "model", "nothing like it") == []
    assert all(len(choice["name"]) <= 100 for choice in everything)


async def _suggestions_are_loaded(world: World) -> None:
    await until(lambda: world.application.services.catalogue.suggestions("", 25), "the list of models")


async def test_another_model_runs_and_is_named(world: World) -> None:
    await _suggestions_are_loaded(world)
    (choice,) = await world.alice.autocomplete(world.art, "imagine", "model", "klein")
    _, card = await world.draw(world.alice, "a tulip", model=choice["value"], steps=4)
    (task,) = world.tasks
    assert task.model.lower() == "black-forest-labs/flux.2-klein-4b"
    assert "klein" in card.text.lower()
    assert "$0.002" in card.text


async def test_an_option_the_model_lacks_is_refused_before_anything_is_held(world: World) -> None:
    asked = await world.imagine(
        world.alice, "a tulip", model="black-forest-labs/flux.2-klein-4b", negative_prompt="roses"
    )
    assert "has no setting for negative prompt" in world.refusal(asked)
    assert world.messages(world.bob) == []
    assert "0 of 50 used, 0 held" in await world.ask(world.alice, "quota")
    assert world.runs == 0


async def test_a_value_past_the_models_own_bounds_is_refused_with_those_bounds(world: World) -> None:
    asked = await world.imagine(world.alice, "a tulip", model="stabilityai/sdxl-turbo", steps=11)
    refusal = world.refusal(asked)
    assert "from 1 to 10" in refusal
    assert "11 is not" in refusal
    assert world.runs == 0


async def test_an_unknown_model_is_refused_with_nothing_held(world: World) -> None:
    asked = await world.imagine(world.alice, "a tulip", model="nobody/*nothing*")
    assert "no model called nobody/\\*nothing\\*" in world.refusal(asked)
    assert "0 of 50 used, 0 held" in await world.ask(world.alice, "quota")


async def test_a_blank_prompt_is_refused_to_its_asker_alone(world: World) -> None:
    for blank in ("   ", "\u200b\u200d\u2060", "\n\t \u3164"):
        asked = await world.imagine(world.alice, blank)
        assert "nothing to draw in an empty prompt" in world.refusal(asked)
    assert world.messages(world.bob) == []
    assert world.runs == 0


async def test_a_prompt_of_six_thousand_characters_is_more_than_the_option_takes(world: World) -> None:
    with pytest.raises(simcord.OptionError):
        await world.imagine(world.alice, "x" * 6_000)
    await world.draw(world.alice, "y" * 2_000)
    assert world.parameters()["prompt"] == "y" * 2_000
