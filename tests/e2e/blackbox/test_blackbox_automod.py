"""A server blocks words: what was made is shown without them, where it belongs, in one more edit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from sandbox.discord import Limits
from sandbox.wiro.faults import FailTask
from sandbox.wiro.fixtures import WRITER
from tests.e2e.blackbox.blackbox_house import BotHarness, eventually, labels

Opened = Callable[..., Awaitable[BotHarness]]
MANAGE_GUILD = 1 << 5


def refused(house: BotHarness) -> list[Any]:
    return [one for one in house.discord.requests if one.status == 400]


async def with_a_log(house: BotHarness) -> Any:
    managers = house.discord.add_role(house.guild, "Managers", permissions=MANAGE_GUILD)
    greta = house.discord.add_member(house.guild, "greta", roles=[managers])
    log = house.discord.add_channel(house.guild, "log")
    await greta.slash(house.channel, "rules log", {"channel": log}, force=True).answered()
    return log


async def test_a_blocked_prompt_is_left_out_and_its_picture_shown_in_its_place(opened: Opened) -> None:
    house = await opened(limits=Limits())
    house.discord.set_automod(house.guild, "lighthouse")
    bot = await house.start()
    log = await with_a_log(house)
    message = await house.ended(house.imagine(house.alice, "a Lighthouse, at dusk"))
    assert message.shown_files()
    assert "lighthouse" not in message.text().lower()
    assert "This server's AutoMod blocked the prompt." in message.text()
    assert {"Again", "Info", "Delete", "Vary"} <= set(labels(message))
    assert len(refused(house)) == 1
    assert house.discord.direct_channel(house.alice).messages() == []
    await eventually(lambda: any("AutoMod" in m.text() for m in log.messages(house.alice)))
    (told,) = [m.text() for m in log.messages(house.alice) if "AutoMod" in m.text()]
    assert f"<@{house.alice.id}>" in told
    assert str(message.id) in told
    books = await house.stop(bot)
    assert books.kinds == ["post"]
    assert books.jobs[0]["is_delivered"] == 1


async def test_where_only_the_ending_is_blocked_one_more_edit_brings_it(opened: Opened) -> None:
    house = await opened(limits=Limits())
    house.wiro.faults.add(FailTask("the lighthouse has fallen into the sea"))
    house.discord.set_automod(house.guild, "sea")
    bot = await house.start()
    message = await house.ended(house.imagine(house.alice, "a lighthouse"))
    assert "The model could not make this picture. Nothing was charged." in message.text()
    assert "sea" not in message.text()
    assert len(refused(house)) == 1
    assert house.discord.direct_channel(house.alice).messages() == []
    await house.stop(bot)


async def test_a_blocked_answer_is_behind_buttons_and_says_so_where_it_is_blocked_too(
    opened: Opened,
) -> None:
    house = await opened(limits=Limits())
    house.discord.set_automod(house.guild, "python")
    bot = await house.start()
    message = await house.ended(house.imagine(house.alice, "why", model=WRITER.slug))
    assert "This server's AutoMod blocked the prompt or the answer." in message.text()
    assert "print(" not in message.text()
    assert {"Read on", "Thinking"} <= set(labels(message))
    thoughts = await house.bob.click(message, "Thinking").answered()
    assert "The question is about why." in thoughts.text()
    page = house.bob.click(message, "Read on")
    sentence = "This server's AutoMod blocked what was to be shown here."
    await eventually(lambda: any(sentence in m.text() for m in house.channel.messages(house.bob)))
    assert page.acked_at_s is not None
    house.discord.set_automod(house.guild)
    shown = await house.bob.click(message, "Read on").answered()
    assert "python" in shown.text()
    await house.stop(bot)


async def test_where_hardly_a_word_is_let_through_it_still_says_that_it_has_ended(opened: Opened) -> None:
    house = await opened(limits=Limits())
    house.discord.set_automod(house.guild, "lighthouse", "stable*")
    bot = await house.start()
    message = await house.ended(house.imagine(house.alice, "a lighthouse"))
    assert message.text().startswith("### It has ended")
    assert {"Again", "Info", "Delete"} <= set(labels(message))
    assert len(refused(house)) == 2
    assert house.discord.direct_channel(house.alice).messages() == []
    books = await house.stop(bot)
    assert books.jobs[0]["is_delivered"] == 1
