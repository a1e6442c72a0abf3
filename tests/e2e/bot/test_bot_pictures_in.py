"""Pictures on their way in: /imagine image:, Use as input, and what is refused before anything is held."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest
from PIL import Image

from sandbox.wiro.faults import Refuse
from tests.e2e.bot.bot_world import Build, World
from tests.support.clocks import until
from tests.support.images import encoded, saved

KLEIN = "black-forest-labs/flux-2-klein-4b"
REFUSED = Refuse(0, "invalid-parameters")


async def read(address: str) -> bytes:
    async with aiohttp.ClientSession() as session, session.get(address) as answer:
        assert answer.status == 200
        return await answer.read()


async def given_to(world: World) -> bytes:
    """What the newest task was given, as Wiro keeps it."""
    value = world.tasks[-1].parameters["inputImage"]
    addresses = value if isinstance(value, list) else json.loads(value) if value.startswith("[") else [value]
    (address,) = addresses
    return await read(address)


def uploads(world: World) -> int:
    return len(world.wiro.ledger.requests_to("File/Upload"))


async def models_are_listed(world: World) -> None:
    await until(lambda: world.application.services.catalogue.picture_takers(1), "the list of models")


async def test_a_picture_goes_in_byte_by_byte(world: World) -> None:
    picture = encoded("JPEG")
    _, card = await world.draw(world.alice, "as a painting", image=("my dog.jpg", picture), model=KLEIN)
    assert len(card.pictures) == 1
    assert await given_to(world) == picture
    (upload,) = world.wiro.ledger.requests_to("File/Upload")
    assert upload.files == (("file", "my_dog.jpg", len(picture)),)
    assert upload.fields["folderid"]


async def test_a_server_has_one_folder_even_when_two_begin_at_once(world: World) -> None:
    for name in ("one.png", "two.png"):
        await world.draw(world.alice, name, image=(name, encoded()), model=KLEIN)
    (made,) = world.wiro.ledger.requests_to("File/FolderCreate")
    assert made.fields["name"] == f"discord-{world.guild.id}"
    assert len({request.fields["folderid"] for request in world.wiro.ledger.requests_to("File/Upload")}) == 1


async def test_a_refused_upload_goes_along_with_run(world: World) -> None:
    world.wiro.faults.add(REFUSED, path="File/Upload", times=None)
    picture = encoded()
    _, card = await world.draw(world.alice, "a mill", image=("mill.png", picture), model=KLEIN)
    assert len(card.pictures) == 1
    assert await given_to(world) == picture
    (run,) = world.wiro.ledger.requests_to("Run/")
    assert run.files == (("inputImage", "mill.png", len(picture)),)
    assert "1 of 50 used, 0 held" in await world.ask(world.alice, "quota")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("cmyk.jpg", encoded("JPEG", mode="CMYK")),
        (
            "turned.jpg",
            encoded("JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0"),
        ),
        ("dot.png", encoded(size=(1, 1))),
        ("still.gif", encoded("GIF", mode="P")),
        ("lies.png", encoded("WEBP")),
    ],
)
async def test_odd_pictures_go_in_unchanged(world: World, name: str, content: bytes) -> None:
    _, card = await world.draw(world.alice, "odd", image=(name, content), model=KLEIN)
    assert card.has_ended
    assert await given_to(world) == content


FRAMES = [Image.new("RGB", (8, 8), shade) for shade in ("red", "blue")]
MOVING = {"save_all": True, "append_images": FRAMES[1:], "duration": 80}


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("notes.txt", b"these are words", "notes.txt is not a picture"),
        ("page.png", b"<!doctype html><p>no", "page.png is not a picture"),
        ("program.png", b"MZ\x90\0", "is not a picture"),
        ("empty.png", b"", "empty.png is an empty file"),
        ("cut.png", encoded()[:200], "cut.png is damaged"),
        ("moving.gif", saved(FRAMES[0], "GIF", **MOVING), "moving.gif"),
        ("moving.png", saved(FRAMES[0], "PNG", **MOVING), "moving.png"),
        ("moving.webp", saved(FRAMES[0], "WEBP", **MOVING), "moving.webp"),
        ("huge.png", saved(Image.new("1", (9_000, 9_000))), "9000 × 9000"),
    ],
)
async def test_what_cannot_go_in_is_refused_before_anything_is_held(
    world: World, name: str, content: bytes, words: str
) -> None:
    asked = await world.imagine(world.alice, "a mill", image=(name, content), model=KLEIN)
    await world.idle()
    assert words in world.refusal(asked)
    assert "Nothing was held" in world.refusal(asked)
    assert world.runs == uploads(world) == 0
    assert "0 of 50 used, 0 held" in await world.ask(world.alice, "quota")


async def test_a_model_that_takes_no_picture_is_named_with_some_that_do(world: World) -> None:
    await models_are_listed(world)
    asked = await world.imagine(world.alice, "a mill", image=("mill.png", encoded()))
    assert "stable-diffusion-3-medium takes no picture" in world.refusal(asked)
    assert f"`{KLEIN}`" in world.refusal(asked)
    assert uploads(world) == world.runs == 0


async def test_strength_alone_is_refused(world: World) -> None:
    asked = await world.imagine(world.alice, "a mill", strength=0.5)
    assert "add the image" in world.refusal(asked)


async def test_a_member_at_a_limit_uploads_nothing(build: Build) -> None:
    world = await build(default_runs_per_day=0)
    asked = await world.imagine(world.alice, "a mill", image=("mill.png", encoded()), model=KLEIN)
    assert "used your 0 runs for today" in world.refusal(asked)
    assert uploads(world) == 0
    assert world.wiro.ledger.requests_to("File/FolderCreate") == ()


async def test_again_uses_what_wiro_keeps(world: World) -> None:
    asked, _ = await world.draw(world.alice, "a mill", image=("mill.png", encoded()), model=KLEIN)
    again = await world.press(world.alice, asked, "Again")
    await world.ending(again)
    first, second = world.tasks
    assert first.parameters["inputImage"] == second.parameters["inputImage"]
    assert uploads(world) == 1


async def use_as_input(world: World, actor: Any, message: Any, **values: Any) -> Any:
    opened = await actor.context_menu(world.art, "Use as input", message)
    return await actor.submit_modal(opened, prefilled(opened.modal) | values)


def prefilled(modal: Any) -> dict[str, Any]:
    """What Discord's client sends of a form that nobody touches."""
    fields = [label["component"] for label in modal["components"] if label["type"] == 18]
    texts = {field["custom_id"]: field.get("value") or "" for field in fields if field["type"] == 4}
    selects = [field for field in fields if field["type"] == 3]
    return texts | {f["custom_id"]: [o["value"] for o in f["options"] if o.get("default")] for f in selects}


async def test_the_picture_of_a_message_becomes_an_input(world: World) -> None:
    picture = encoded()
    message = await world.alice.send(world.art, "look", attachments=[("dog.png", picture)])
    asked = await use_as_input(world, world.alice, message, prompt="as a drawing")
    assert len((await world.ending(asked)).pictures) == 1
    assert await given_to(world) == picture
    assert "klein" in world.tasks[-1].model
    assert "1 of 50 used" in await world.ask(world.alice, "quota")


async def test_one_of_several_pictures_is_chosen(world: World) -> None:
    one, two = encoded(), encoded("JPEG")
    message = await world.alice.send(
        world.art, "look", attachments=[("1.png", one), ("a.txt", b"hi"), ("2.jpg", two)]
    )
    asked = await use_as_input(world, world.alice, message, prompt="as a drawing", picture=["1"])
    await world.ending(asked)
    assert await given_to(world) == two


async def test_a_result_of_the_bot_can_be_used_too(world: World) -> None:
    made, _ = await world.draw(world.bob, "a mill")
    asked = await use_as_input(world, world.alice, made.response.message, prompt="at night")
    assert len((await world.ending(asked)).pictures) == 1


async def test_a_message_without_a_picture_is_told_so(world: World) -> None:
    message = await world.alice.send(world.art, "no picture", attachments=[("a.txt", b"hi")])
    asked = await world.alice.context_menu(world.art, "Use as input", message)
    assert "There is no picture in it" in world.refusal(asked)


async def test_what_was_typed_comes_back_with_a_refusal(world: World) -> None:
    message = await world.alice.send(world.art, "look", attachments=[("dog.png", encoded())])
    asked = await use_as_input(world, world.alice, message, prompt="as a drawing", strength="lots")
    refused, kept = [answer for answer in (asked.response, *asked.followups) if answer is not None]
    assert "strength can be a number from 0 to 1, and lots is not" in refused.content
    assert refused.ephemeral
    assert kept.ephemeral
    assert "as a drawing" in str(kept.components)
    assert world.runs == 0


async def test_a_form_from_before_a_restart_loses_no_words(world: World) -> None:
    message = await world.alice.send(world.art, "look", attachments=[("dog.png", encoded())])
    opened = await world.alice.context_menu(world.art, "Use as input", message)
    await world.restart()
    asked = await world.alice.submit_modal(opened, prefilled(opened.modal) | {"prompt": "as a drawing"})
    refused, kept = [answer for answer in (asked.response, *asked.followups) if answer is not None]
    assert "does not remember any more which picture" in refused.content
    assert "as a drawing" in str(kept.components)
