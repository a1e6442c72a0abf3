"""A server blocks words: what was made is shown without them, where it belongs, in one more edit."""

from __future__ import annotations

from typing import Any

from sandbox.discord import Limits
from sandbox.wiro.faults import FailTask
from sandbox.wiro.fixtures import WRITER
from tests.e2e.blackbox.blackbox_harness import BlackboxHarness, Opened, labels
from tests.support.clocks import until


def refused(harness: BlackboxHarness) -> list[Any]:
    return [one for one in harness.discord.requests if one.status == 400]


async def with_a_log(harness: BlackboxHarness) -> Any:
    greta = harness.add_manager()
    log = harness.discord.add_channel(harness.guild, "log")
    await greta.slash(harness.channel, "rules log", {"channel": log}, force=True).answered()
    return log


async def test_a_blocked_prompt_is_left_out_and_its_picture_shown_in_its_place(opened: Opened) -> None:
    harness = await opened(limits=Limits())
    harness.discord.set_automod(harness.guild, "lighthouse")
    bot = await harness.start()
    log = await with_a_log(harness)
    message = await harness.ended(harness.imagine(harness.alice, "a Lighthouse, at dusk"))
    assert message.shown_files()
    assert "lighthouse" not in message.text().lower()
    assert "This server's AutoMod blocked the prompt." in message.text()
    assert {"Again", "Info", "Delete", "Vary"} <= set(labels(message))
    assert len(refused(harness)) == 1
    assert harness.discord.direct_channel(harness.alice).messages() == []
    await until(lambda: any("AutoMod" in m.text() for m in log.messages(harness.alice)))
    (told,) = [m.text() for m in log.messages(harness.alice) if "AutoMod" in m.text()]
    assert f"<@{harness.alice.id}>" in told
    assert str(message.id) in told
    books = await harness.stop(bot)
    assert books.kinds == ["post"]
    assert books.jobs[0]["is_delivered"] == 1


async def test_where_only_the_ending_is_blocked_one_more_edit_brings_it(opened: Opened) -> None:
    harness = await opened(limits=Limits())
    harness.wiro.faults.add(FailTask("the lighthouse has fallen into the sea"))
    harness.discord.set_automod(harness.guild, "sea")
    bot = await harness.start()
    message = await harness.ended(harness.imagine(harness.alice, "a lighthouse"))
    assert "The model could not make this picture. Nothing was charged." in message.text()
    assert "sea" not in message.text()
    assert len(refused(harness)) == 1
    assert harness.discord.direct_channel(harness.alice).messages() == []
    await harness.stop(bot)


async def test_a_blocked_answer_is_behind_buttons_and_says_so_where_it_is_blocked_too(
    opened: Opened,
) -> None:
    harness = await opened(limits=Limits())
    harness.discord.set_automod(harness.guild, "python")
    bot = await harness.start()
    message = await harness.ended(harness.imagine(harness.alice, "why", model=WRITER.slug))
    assert "This server's AutoMod blocked the prompt or the answer." in message.text()
    assert "print(" not in message.text()
    assert {"Read on", "Thinking"} <= set(labels(message))
    thoughts = await harness.bob.click(message, "Thinking").answered()
    assert "The question is about why." in thoughts.text()
    page = harness.bob.click(message, "Read on")
    sentence = "This server's AutoMod blocked what was to be shown here."
    await until(lambda: any(sentence in m.text() for m in harness.channel.messages(harness.bob)))
    assert page.acked_at_s is not None
    harness.discord.set_automod(harness.guild)
    shown = await harness.bob.click(message, "Read on").answered()
    assert "python" in shown.text()
    await harness.stop(bot)


async def test_where_hardly_a_word_is_let_through_it_still_says_that_it_has_ended(opened: Opened) -> None:
    harness = await opened(limits=Limits())
    harness.discord.set_automod(harness.guild, "lighthouse", "stable*")
    bot = await harness.start()
    message = await harness.ended(harness.imagine(harness.alice, "a lighthouse"))
    assert message.text().startswith("### It has ended")
    assert {"Again", "Info", "Delete"} <= set(labels(message))
    assert len(refused(harness)) == 2
    assert harness.discord.direct_channel(harness.alice).messages() == []
    books = await harness.stop(bot)
    assert books.jobs[0]["is_delivered"] == 1
