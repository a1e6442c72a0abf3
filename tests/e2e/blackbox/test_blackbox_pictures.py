"""Pictures in, over the network: byte by byte, into one folder, also where Wiro's upload refuses them."""

import asyncio
import io
import json
import random
from typing import Any

from PIL import Image

from sandbox.discord import Upload
from sandbox.wiro.faults import Refuse
from tests.e2e.blackbox.blackbox_harness import BlackboxHarness, Opened, fetched, labels, same_day
from tests.support.clocks import until
from tests.support.images import saved

KLEIN = "black-forest-labs/flux-2-klein-4b"


def a_picture(seed: int = 1, kind: str = "PNG") -> bytes:
    noise = random.Random(seed).randbytes(120 * 80 * 3)
    return saved(Image.frombytes("RGB", (120, 80), noise), kind)


def pixels(content: bytes) -> bytes:
    with Image.open(io.BytesIO(content)) as picture:
        return picture.tobytes()


async def given_to(harness: BlackboxHarness, place: int = -1) -> bytes:
    """What a task was given, as Wiro keeps it."""
    parameters = harness.wiro.ledger.tasks[place].parameters
    value: Any = parameters.get("inputImage") or parameters["inputImageUrl"]
    addresses = value if isinstance(value, list) else json.loads(value) if value.startswith("[") else [value]
    return await fetched(addresses[0])


async def test_pictures_go_in_unchanged_and_two_first_ones_share_a_folder(opened: Opened) -> None:
    harness = await opened()
    bot = await harness.start()
    pictures = [a_picture(1), a_picture(2, "JPEG")]
    asked = [
        harness.imagine(who, name, image=Upload(name, picture), model=KLEIN)
        for who, name, picture in zip(
            (harness.alice, harness.bob), ("one.png", "two.jpg"), pictures, strict=True
        )
    ]
    for one in asked:
        await harness.ended(one)
    by_prompt = {task.prompt: n for n, task in enumerate(harness.wiro.ledger.tasks)}
    assert [await given_to(harness, by_prompt[name]) for name in ("one.png", "two.jpg")] == pictures
    (folder,) = harness.wiro.ledger.requests_to("File/FolderCreate")
    assert folder.fields["name"] == f"discord-{harness.guild.id}"
    uploads = harness.wiro.ledger.requests_to("File/Upload")
    assert len({upload.fields["folderid"] for upload in uploads}) == 1
    await harness.stop(bot)
    harness.wiro.faults.add(Refuse(0, "invalid-parameters"), path="File/Upload", times=None)
    bot = await harness.start()
    third = harness.imagine(harness.alice, "three", image=Upload("3.png", pictures[0]), model=KLEIN)
    message = await harness.ended(third)
    assert await given_to(harness) == pictures[0]
    assert harness.wiro.ledger.requests_to("Run/")[-1].files == (("inputImage", "3.png", len(pictures[0])),)
    assert len(harness.wiro.ledger.requests_to("File/FolderCreate")) == 1  # it is on record
    again = harness.alice.click(message, "Again")
    await harness.ended(again)
    assert await given_to(harness) == pictures[0]
    books = await harness.stop(bot)
    assert books.kinds == ["post"] * 4


async def test_apps_vary_and_a_run_pressed_twice(opened: Opened) -> None:
    await same_day()
    harness = await opened()
    bot = await harness.start(WIRO_UPSCALE_MODEL="wiro/upscaler")
    picture = a_picture(3)
    message = harness.alice.post(harness.channel, "my dog", [Upload("dog.png", picture)])
    opened_form = await harness.alice.use_on(message, "Use as input").acked()
    made = await harness.ended(harness.alice.submit_modal(opened_form, {"Prompt": "as a drawing"}))
    assert await given_to(harness) == picture
    assert {"Vary", "Upscale", "Edit prompt"} <= set(labels(made))

    asked = harness.bob.click(made, "Upscale")
    confirmation = await asked.answered()
    assert "upscaler · about $0.004 of your $2.00 left today" in confirmation.text()
    harness.hold("task_output")
    both = [harness.bob.click(confirmation, "Run"), harness.bob.click(confirmation, "Run")]
    await until(lambda: all(one.messages for one in both))
    harness.let_go()
    refused = await asyncio.gather(*(_refusal_or_ending(harness, one) for one in both))
    assert sorted(refused, key=bool)[0] == ""
    assert "started already" in sorted(refused, key=bool)[1]
    assert harness.runs == 2
    # Discord's copy says besides that AI made it.
    assert pixels(await given_to(harness)) == pixels(await fetched(made.attachments[0].url))

    edit = await harness.alice.click(made, "Edit prompt").acked()
    edited = await harness.ended(harness.alice.submit_modal(edit, {"Prompt": "as a painting"}))
    assert "Another prompt for [a picture]" in edited.text()
    books = await harness.stop(bot)
    assert books.kinds == ["post"] * 3
    assert len({job["user_id"] for job in books.jobs}) == 2


async def _refusal_or_ending(harness: BlackboxHarness, asked: Any) -> str:
    """Empty for the press that started it."""
    await asked.until(lambda: bool(asked.messages), what="an answer")
    first = asked.messages[0]
    if first.is_ephemeral:
        return await harness.refused(asked)
    await harness.ended(asked)
    return ""
