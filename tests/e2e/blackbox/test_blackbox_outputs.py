"""Whatever a model makes reaches the member: words as they come, galleries, sound, shapes, pages, logs."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from sandbox.discord import Interaction, Message
from sandbox.wiro.faults import Spoil, StderrNoise
from sandbox.wiro.fixtures import (
    ANIMATOR,
    CLERK,
    MANY_PICTURES,
    MUSICIAN,
    SAMPLE_MODELS,
    SCULPTOR,
    WRITER,
)
from sandbox.wiro.pace import Pace
from sandbox.wiro.spoilt import Spoilt
from tests.e2e.blackbox.blackbox_harness import BlackboxHarness, Opened, labels
from tests.support.clocks import until

LENGTH = 200_000
NOVELIST = replace(
    WRITER,
    id="2102",
    project="novelist",
    items=tuple(
        replace(item, default=str(LENGTH), maximum=Decimal(LENGTH)) if item.id == "maxCharacters" else item
        for item in WRITER.items
    ),
)


def names(message: Message) -> list[str]:
    return [file.filename for file in message.shown_files()]


def in_galleries(message: Message) -> int:
    return sum(len(part["items"]) for part in message.walk() if part["type"] == 12)


async def run_form(harness: BlackboxHarness, prompt: str, model: str) -> Interaction:
    """/run with this prompt and the model's own defaults, by bob."""
    card = await harness.bob.slash(harness.channel, "run", {"model": model}).answered()
    opened = await harness.bob.click(
        card, next(label for label in labels(card) if "Fill in" in label)
    ).acked()
    harness.bob.submit_modal(opened, {"prompt": prompt})
    await until(lambda: prompt in card.text())
    return harness.bob.click(card, next(label for label in labels(card) if label.startswith("Run")))


async def test_words_come_as_they_are_said_and_end_with_their_thoughts_folded(opened: Opened) -> None:
    harness = await opened(pace=Pace(scale=0.4))
    bot = await harness.start()
    asked = harness.imagine(harness.alice, "why the sky is blue", model=WRITER.slug)
    message = await harness.ended(asked)
    shown = [revision.text for revision in message.revisions]
    assert any("thinking… (" in text for text in shown)
    growing = [text for text in shown if "**Answering**" in text]
    assert len(growing) > 1
    assert "why the sky is blue**." in growing[-1]
    assert '```python\nprint("' in message.text()
    assert message.attachments == []
    assert labels(message)[0] == "Thinking"
    assert {"Again", "Info", "Delete"} < set(labels(message))
    thoughts = await harness.bob.click(message, "Thinking").answered()
    assert thoughts.is_ephemeral
    assert "The question is about why the sky is blue." in thoughts.text()
    books = await harness.stop(bot)
    assert books.kinds == ["post"]
    assert books.posted == harness.billed


async def test_a_very_long_answer_is_turned_page_by_page_and_attached_whole(opened: Opened) -> None:
    harness = await opened(models=(*SAMPLE_MODELS, NOVELIST))
    bot = await harness.start()
    message = await harness.ended(harness.imagine(harness.alice, "a novel", model=NOVELIST.slug))
    (file,) = message.shown_files()
    assert file.filename == "answer.md"
    whole = file.data.decode()
    assert len(whole) > LENGTH - 1_000
    assert f"{len(whole):,} characters; the whole answer is attached" in message.text()
    assert max(len(revision.text) for revision in message.revisions) <= 4_000

    page = await harness.bob.click(message, "Read on").answered()
    assert page.is_ephemeral
    await harness.stop(bot)
    bot = await harness.start()
    seen = [page.text()]
    for _ in range(3):
        turned = seen[-1]
        harness.bob.click(page, "On")
        await until(lambda turned=turned: page.text() != turned)  # type: ignore[misc] # bound at once
        seen.append(page.text())
    harness.bob.click(page, "Back")
    await until(lambda: page.text() == seen[-2])
    for text in seen:
        (line, *_) = [line for line in text.splitlines() if len(line) > 40]
        assert line in whole
    info = await harness.alice.click(message, "Info").answered()
    log = await harness.alice.click(info, "Log").answered()
    assert log.is_ephemeral
    assert names(log) == ["log.txt"]
    assert log.shown_files()[0].data.decode().strip() == whole.strip()
    books = await harness.stop(bot)
    assert books.posted == harness.billed


async def test_outputs_of_every_kind_are_attached_shown_or_linked(opened: Opened) -> None:
    harness = await opened()
    harness.wiro.faults.add(StderrNoise(), prompt="a tune")
    harness.wiro.faults.add(Spoil(Spoilt.HUGE), prompt="noise")
    bot = await harness.start(OPERATOR_SPEND_PER_DAY="100")
    kinds = {MUSICIAN: ("a tune", "0.wav"), SCULPTOR: ("a box", "0.glb"), CLERK: ("a page", "0.pdf")}
    asked = {
        name: harness.imagine(harness.alice, prompt, model=model.slug)
        for model, (prompt, name) in kinds.items()
    }
    gif = harness.imagine(harness.alice, "a loop", model=ANIMATOR.slug)
    twenty = await run_form(harness, "twenty", MANY_PICTURES.slug)
    large = harness.imagine(harness.bob, "noise")
    for name, one in asked.items():
        message = await harness.ended(one)
        assert names(message) == [name]
        assert in_galleries(message) == 0
    assert names(await harness.ended(gif)) == ["0.gif"]

    message = await harness.ended(twenty)
    assert names(message) == [f"{n}.png" for n in range(10)]
    assert in_galleries(message) == 10
    assert all(f"[{n}.png](http" in message.text() for n in range(10, 20))
    assert "limited time" in message.text()

    message = await harness.ended(large)
    assert "is shown smaller; [original](http" in message.text()

    tune = asked["0.wav"].original
    assert tune is not None
    info = await harness.alice.click(tune, "Info").answered()
    log = await harness.alice.click(info, "Log").answered()
    (file,) = log.shown_files()
    assert b"Generate: 100%" in file.data
    theirs = await harness.bob.click(tune, "Info").answered()
    assert "Log" not in labels(theirs)
    moderators = await harness.mod.click(tune, "Info").answered()
    assert "Log" in labels(moderators)
    books = await harness.stop(bot)
    assert books.kinds == ["post"] * 6
    assert books.posted == harness.billed
