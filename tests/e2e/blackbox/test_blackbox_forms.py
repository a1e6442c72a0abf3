"""/run over the network: a form in steps, files in it, two presses at once, and a restart in between."""

import re
from decimal import Decimal

import pytest

from sandbox.discord import ClientRefused, Interaction, Message, Person, Upload
from sandbox.wiro.fixtures import SIXTY_INPUTS, UPSCALER
from tests.e2e.blackbox.blackbox_harness import Opened, labels
from tests.support.images import encoded


async def step(person: Person, card: Message, label: str, **values: object) -> Interaction:
    """Open one step of the form and send it; keys are ids of its fields."""
    opened = await person.click(card, label).acked()
    assert opened.ack_type == 9
    sent = person.submit_modal(opened, values)
    await sent.until(lambda: sent.acked_at_s is not None, what="an acknowledgement")
    return sent


def run_button(card: Message) -> str:
    return next(label for label in labels(card) if label.startswith("Run"))


async def shown(card: Message, asked: Interaction, words: str) -> None:
    await asked.until(lambda: words in card.text(), what=words)


async def test_a_picture_goes_in_byte_by_byte_and_two_presses_start_one_job(opened: Opened) -> None:
    harness = await opened()
    content = encoded(mode="L")
    bot = await harness.start()
    asked = harness.alice.slash(harness.channel, "run", {"model": UPSCALER.slug})
    card = await asked.answered()
    assert card.is_ephemeral
    assert "**Input Image** is missing" in card.text()
    with pytest.raises(ClientRefused):
        harness.alice.click(card, run_button(card))
    with pytest.raises(ClientRefused):
        await step(harness.alice, card, "Fill in", factor=["3"])  # the client itself asks for the file
    await step(harness.alice, card, "Fill in", inputImage=Upload("notes.txt", b"not a picture"))
    await shown(card, asked, "takes a picture, and “notes.txt” is none")
    await step(harness.alice, card, "Fill in", inputImage=Upload("small.png", content), factor=["3"])
    await shown(card, asked, "**Factor** 3 ×")

    harness.hold("task_start")
    label = run_button(card)
    price = Decimal(re.findall(r"\$([\d.]+)", label)[0])
    assert price > 0
    presses = [harness.alice.click(card, label), harness.alice.click(card, label)]
    for press in presses:
        await press.answered()
    (second,) = [press for press in presses if press.messages[0].is_ephemeral]
    (first,) = [press for press in presses if press is not second]
    assert "just been run" in second.messages[0].text()
    harness.let_go()
    message = await harness.ended(first)
    assert harness.seen_by(harness.bob) == [message]
    assert message.text().startswith("### upscaler")
    await shown(card, asked, f"/{message.channel.id}/{message.id}")
    assert run_button(card).startswith("Run once more")
    assert harness.runs == 1
    (upload,) = harness.wiro.ledger.requests_to("File/Upload")
    assert [(name, size) for _, name, size in upload.files] == [("small.png", len(content))]
    run = harness.wiro.ledger.requests_to("Run/")[0].fields
    kept = harness.wiro.file_store.fetch(*str(run["inputImageUrl"]).split("/")[-2:])
    assert kept is not None
    assert kept.data == content
    info = await harness.bob.click(message, "Info").answered()
    for words in ("factor 3", "inputImage small.png"):
        assert words in info.text()
    await harness.recorded(bot, 1)
    books = await harness.stop(bot)
    assert (books.stages, books.kinds) == (["SUCCEEDED"], ["post"])
    assert books.posted == harness.billed


async def test_what_was_typed_before_a_restart_is_in_the_next_form(opened: Opened) -> None:
    harness = await opened()
    bot = await harness.start()
    asked = harness.alice.slash(harness.channel, "run", {"model": SIXTY_INPUTS.slug})
    card = await asked.answered()
    assert sum(label.startswith("Fill in") for label in labels(card)) == 12
    await step(harness.alice, card, "Fill in 1/12", prompt="a mill", extras=["x1", "x2"])
    await shown(card, asked, "**Prompt** a mill")
    opened_before = await harness.alice.click(card, "Fill in 2/12").acked()
    await bot.terminate()
    bot = await harness.start()
    late = harness.alice.submit_modal(opened_before, {"knob1": "3", "mood": "Mood 7"})
    for gone in (late, harness.alice.click(card, run_button(card))):
        told = await gone.answered()
        assert told.is_ephemeral
        assert "use /run again" in told.text()
    anew = await harness.alice.slash(harness.channel, "run", {"model": SIXTY_INPUTS.slug}).answered()
    for words in ("**Prompt** a mill", "**Extras** Extra 1, Extra 2", "**Knob 1** 3", "**Mood** Mood 7"):
        assert words in anew.text()
    assert harness.runs == 0
    await harness.stop(bot)
