"""Words of a model: shown as they come, read on page by page, gone when they were erased; logs of runs."""

from __future__ import annotations

from sandbox.wiro.faults import NoOutputs, Refuse, StderrNoise
from sandbox.wiro.fixtures import MUSICIAN, WRITER
from tests.e2e.bot.bot_world import Build, World


async def test_thoughts_and_log_are_told_to_their_asker_alone(world: World) -> None:
    asked, card = await world.draw(world.alice, "why", model=WRITER.slug)
    assert "about **why**." in card.text
    thoughts = await world.press(world.bob, asked, "Thinking")
    assert thoughts.response.ephemeral
    assert "The question is about why." in world.card(thoughts).text
    info = await world.press(world.alice, asked, "Info")
    assert "About this answer" in world.card(info).text
    log = await world.press(world.alice, info, "Log")
    assert log.response.ephemeral
    assert "about **why**." in world.card(log).text
    assert [file.filename for file in log.response.message.attachments] == ["log.txt"]


async def test_what_was_erased_is_not_read_on(world: World) -> None:
    asked, _ = await world.draw(world.alice, "why", model=WRITER.slug)
    info = await world.press(world.alice, asked, "Info")
    await world.idle()
    erased = await world.alice.slash(world.art, "privacy delete")
    await world.press(world.alice, erased, "Erase it for good")
    await world.showing(erased, "Your records are erased")
    pressed = await world.press(world.bob, asked, "Thinking")
    assert "has been erased from the bot's records" in world.refusal(pressed)
    pressed = await world.press(world.alice, info, "Log")
    assert "has been erased from the bot's records" in world.refusal(pressed)


async def test_private_words_stay_private(world: World) -> None:
    asked, _ = await world.draw(world.alice, "a secret", private=True, model=WRITER.slug)
    mine = await world.press(world.alice, asked, "Thinking")
    assert mine.response.ephemeral
    assert "about a secret" in world.card(mine).text
    assert world.messages(world.bob) == []


async def test_a_log_is_for_owner_and_moderators_and_may_run(build: Build) -> None:
    world = await build()
    world.wiro.faults.add(StderrNoise())
    world.hold("task_output")
    asked = await world.imagine(world.alice, "a mill")
    await world.showing(asked, "28 of 28")
    log = await world.press(world.mod, asked, "Log")
    assert "Generate: 100% 28/28" in world.card(log).text
    assert "Log" in world.card(log).buttons
    refused = await world.press(world.bob, asked, "Log")
    assert "a moderator can read the log of it" in world.refusal(refused)
    world.let_go()
    await world.ending(asked)
    info = await world.press(world.bob, asked, "Info")
    assert "Log" not in world.card(info).buttons


async def test_a_log_that_wiro_keeps_no_more_is_told(world: World) -> None:
    asked, _ = await world.draw(world.alice, "a mill")
    info = await world.press(world.alice, asked, "Info")
    await world.idle()
    world.wiro.faults.add(Refuse(1, "There is no task yet."), path="Task/Detail")
    log = await world.press(world.alice, info, "Log")
    assert "keeps no log of this run any more" in world.refusal(log)
    world.wiro.faults.add(Refuse(0, "closed for repairs"), path="Task/Detail")
    log = await world.press(world.alice, info, "Log")
    assert "the log cannot be read" in world.refusal(log)


async def test_an_answer_that_stands_in_the_log_alone_is_heard(world: World) -> None:
    world.wiro.faults.add(NoOutputs())
    _, card = await world.draw(world.alice, "why", model=WRITER.slug)
    assert "about **why**." in card.text
    assert "1 of 50 used, 0 held" in await world.ask(world.alice, "quota")


async def test_a_model_that_makes_nothing_is_told_and_costs_nothing(world: World) -> None:
    world.wiro.faults.add(NoOutputs())
    _, card = await world.draw(world.alice, "a tune", model=MUSICIAN.slug)
    assert "no output at all. You were not charged." in card.text
    assert "0 of 50 used, 0 held" in await world.ask(world.alice, "quota")
