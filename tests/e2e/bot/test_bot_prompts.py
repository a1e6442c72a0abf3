"""A prompt is sent to the model exactly as written, and shown as harmless words."""

from __future__ import annotations

import re

import pytest

from sandbox.wiro.faults import FailTask
from tests.e2e.bot.bot_world import World

NASTY = (
    "@everyone @here <@1456074443980800001> <@&7> <#8> </imagine:9>",
    "[free pictures](https://evil.example) <https://evil.example> https://evil.example/x",
    "```\nrm -rf /\n``` `code` ``more``",
    "**bold** __under__ ~~gone~~ ||spoiler|| *it* _al_",
    "# big\n## less\n> quote\n- item\n-# small\n1. one",
    "<t:0:R> <:emoji:123> :smile: <a:x:1>",
    "\u202eesrever\u202c zero\u200bwidth \u2066x\u2069",
    "\\*escaped\\* \\` back\\\\slashes \\",
    "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324 piled up",
    "%s %(x)s {0} {prompt} ${HOME} $(id) '; DROP TABLE jobs; --",
)


def outside_code(text: str) -> str:
    """The text without code blocks, which Discord shows as they are."""
    return re.sub(r"```.*?```", "", text, flags=re.S)


def is_harmless(text: str) -> bool:
    """Whether Discord would neither mention, link, format nor hide anything a member wrote."""
    bare = re.sub(r"<t:\d+:R>|<@\d{17,20}>|\[jump to it\]\(https://discord\.com/[^)]*\)", "", text)
    bare = re.sub(r"\\.", "", bare)
    bare = re.sub(r"\*\*[^*\n]*\*\*|`[^`\n]*`|^-# |^### ", "", bare, flags=re.M)  # the card's own make-up
    signs = [
        sign for sign in ("](", "**", "__", "~~", "||", "`", "<@", "<#", "<t:", "<:", "://") if sign in bare
    ]
    lines = [line for line in text.splitlines() if re.match(r"\s*(#{1,2} |>>> |> |[-*+] |\d+\. )", line)]
    mentions = re.findall(r"@(?:everyone|here)", bare)
    hidden = re.findall("[\u202a-\u202e\u2066-\u2069]", bare)
    return not (signs or lines or mentions or hidden)


@pytest.mark.parametrize("prompt", NASTY, ids=range(len(NASTY)))
async def test_a_nasty_prompt_reaches_wiro_verbatim_and_discord_harmless(world: World, prompt: str) -> None:
    world.hold("task_start")
    asked = await world.imagine(world.alice, prompt, negative_prompt=prompt)
    await world.showing(asked, "Drawing")
    listed = await world.alice.slash(world.art, "jobs")
    assert is_harmless(world.card(listed).text), world.card(listed).text
    world.let_go()
    await world.ending(asked)
    assert world.parameters()["prompt"] == prompt
    assert world.parameters()["negativePrompt"] == prompt
    for card in world.edits(asked):
        assert is_harmless(card.text), card.text
    info = await world.press(world.bob, asked, "Info")
    text = world.card(info).text
    assert text.count("```") == 4
    assert is_harmless(outside_code(text)), text
    message = asked.response.message
    assert message.mentions == message.role_mentions == message.channel_mentions == []
    assert not message.mention_everyone
    assert not info.response.message.mention_everyone


async def test_a_failure_shows_a_nasty_prompt_as_harmlessly(world: World) -> None:
    world.wiro.faults.add(FailTask("[x](https://evil.example) @everyone"), times=None)
    for prompt in NASTY[:3]:
        _, card = await world.draw(world.alice, prompt)
        assert is_harmless(card.text), card.text


async def test_surrounding_blanks_go_and_nothing_else(world: World) -> None:
    await world.draw(world.alice, "  a  mill \n by night\u00a0 ")
    assert world.parameters()["prompt"] == "a  mill \n by night"


async def test_a_long_prompt_is_cut_on_the_card_alone(world: World) -> None:
    prompt = "word " * 399 + "last!"
    asked, card = await world.draw(world.alice, prompt)
    assert world.parameters()["prompt"] == prompt
    title = card.text.partition("\n")[0]
    assert title.endswith("…")
    assert len(title) < 350
    assert all(len(edit.text) < 4_000 for edit in world.edits(asked))


async def test_two_thousand_signs_that_all_need_escaping_still_fit(world: World) -> None:
    asked, card = await world.draw(world.alice, "*" * 2_000, negative_prompt="`" * 2_000)
    assert len(card.text) < 4_000
    info = await world.press(world.alice, asked, "Info")
    assert "*" * 2_000 in world.card(info).text
    assert len(world.card(info).text) <= 4_000
