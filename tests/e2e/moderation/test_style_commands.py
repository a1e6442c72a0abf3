"""/style: a member's own looks, the server's pinned ones, and who may touch which."""

from __future__ import annotations

import json
from typing import Any

from tests.e2e.moderation.moderation_world import Club
from tests.support.clocks import until


async def save(club: Club, actor: Any, name: str, template: str, **options: Any) -> str:
    return await club.said(actor, "style save", name=name, template=template, **options)


async def names(club: Club, actor: Any, text: str = "", command: str = "style use") -> list[str]:
    found = await actor.autocomplete(club.art, command, "style", text)
    assert all(len(choice["value"]) <= 100 for choice in found)
    return [choice["name"] for choice in found]


async def drawn(club: Club, actor: Any, **options: Any) -> dict[str, Any]:
    """What Wiro was sent for a /style use."""
    asked = await actor.slash(club.art, "style use", **options)
    await club.world.ending(asked)
    return dict(club.world.parameters())


async def test_a_style_goes_around_the_prompt_with_its_options(club: Club) -> None:
    words = await save(
        club,
        club.alice,
        "Oil",
        "{prompt}, oil painting",
        negative_prompt="fog",
        aspect="16:9",
        steps=9,
        guidance=4.5,
    )
    assert "### Kept: Oil" in words
    assert "without fog" in words
    sent = await drawn(club, club.alice, style="oil", prompt="a mill")
    assert sent["prompt"] == "a mill, oil painting"
    assert (sent["negativePrompt"], sent["steps"], sent["scale"]) == ("fog", 9, 4.5)
    assert (sent["width"], sent["height"]) == (1344, 768)
    assert (await drawn(club, club.alice, style="oil", prompt="a mill", count=2))["samples"] == 2


async def test_what_is_given_with_imagine_goes_before_the_style(club: Club) -> None:
    await save(club, club.alice, "Oil", "in oil", negative_prompt="fog", aspect="16:9", steps=9)
    await club.world.draw(club.alice, "a mill", style="oil", negative_prompt="rain", aspect="1:1")
    sent = club.world.parameters()
    assert sent["prompt"] == "a mill, in oil"
    assert (sent["negativePrompt"], sent["steps"]) == ("rain", 9)
    assert (sent["width"], sent["height"]) == (1024, 1024)


async def test_the_styles_model_runs_unless_another_is_named(club: Club) -> None:
    await until(lambda: club.world.application.services.catalogue.reading.read_at_s, "the list of models")
    await save(club, club.alice, "Quick", "{prompt}", model="stabilityai/sdxl-turbo")
    await club.world.draw(club.alice, "a mill", style="quick")
    await club.world.draw(club.alice, "a mill", style="quick", model="stabilityai/stable-diffusion-3-medium")
    assert [task.model.rpartition("/")[2] for task in club.world.tasks] == [
        "sdxl-turbo",
        "stable-diffusion-3-medium",
    ]
    assert "no model called" in await save(club, club.alice, "Bad", "{prompt}", model="nobody/nothing")


async def test_names_are_suggested_the_servers_first(club: Club) -> None:
    await save(club, club.alice, "Oil", "oil")
    await save(club, club.alice, "Ink", "ink")
    await save(club, club.greta, "Noir", "film noir", pin=True)
    assert await names(club, club.alice) == ["📌 Noir", "Ink", "Oil"]
    assert await names(club, club.bob) == ["📌 Noir"]
    assert await names(club, club.alice, "OI", "imagine") == ["📌 Noir", "Oil"]
    listed = await club.said(club.alice, "style list")
    assert listed.index("Noir") < listed.index("### Yours") < listed.index("Ink") < listed.index("Oil")
    await club.world.restart()
    await until(
        lambda: club.world.application.services.styles.names(club.guild.id, club.alice.id, "", 9), "names"
    )
    assert await names(club, club.alice) == ["📌 Noir", "Ink", "Oil"]


async def test_pinning_takes_manage_server_and_is_audited_and_announced(club: Club) -> None:
    log = club.guild.create_text_channel("log")
    await club.said(club.greta, "rules log", channel=log)
    refusal = await save(club, club.alice, "Noir", "film noir", pin=True)
    assert "permission Manage Server can pin styles" in refusal
    assert await names(club, club.alice) == []
    await save(club, club.greta, "Noir", "film noir", pin=True)
    replaced = await save(club, club.greta, "NOIR", "{prompt}, darker", pin=True)
    assert "### Replaced: 📌 NOIR" in replaced
    assert "Before: “film noir”" in replaced
    assert (await drawn(club, club.alice, style="noir", prompt="a mill"))["prompt"] == "a mill, darker"
    assert "can delete a pinned style" in await club.said(club.alice, "style delete", name="noir")
    assert "### Deleted: 📌 NOIR" in await club.said(club.greta, "style delete", name="noir")
    entries = [e for e in await club.audit() if e.action.startswith("style")]
    assert [(e.action, e.before, e.after) for e in entries] == [
        ("style delete", "“{prompt}, darker”", "no style"),
        ("style save", "“film noir”", "“{prompt}, darker”"),
        ("style save", "no style", "“film noir”"),
    ]
    told = club.world.messages(club.greta, log)
    assert len(told) == 2 + len(entries)  # after the channel's introduction and the rule that names it


async def test_own_styles_are_nobody_elses_and_are_not_audited(club: Club) -> None:
    await save(club, club.alice, "Oil", "oil")
    asked = await club.bob.slash(club.art, "style use", style="oil", prompt="a mill")
    assert "no style called oil" in club.world.refusal(asked)
    assert "no style called oil" in await club.said(club.greta, "style delete", name="oil")
    assert club.world.runs == 0
    assert await club.audit() == []
    assert "There are no styles here yet" in await club.said(club.bob, "style list")


async def test_what_cannot_be_kept_or_used_is_said_in_a_sentence(club: Club) -> None:
    assert "needs a name" in await save(club, club.alice, "\u200b", "oil")
    assert "has no text" in await save(club, club.alice, "Oil", " , ")
    await save(club, club.alice, "Long", "x" * 1_000)
    asked = await club.alice.slash(club.art, "style use", style="long", prompt="y" * 1_500)
    assert "together are longer than 2,000 characters" in club.world.refusal(asked)
    blank = await club.alice.slash(club.art, "style use", style="long", prompt=" \u200b ")
    assert "nothing to draw in an empty prompt" in club.world.refusal(blank)
    for number in range(24):
        await save(club, club.alice, f"n{number}", "oil")
    assert "You have 25 styles here" in await save(club, club.alice, "Oil", "oil")
    assert "### Replaced" in await save(club, club.alice, "LONG", "oil")
    assert "0 of 50 used, 0 held" in await club.said(club.alice, "quota")


async def test_the_servers_word_rules_bind_what_a_style_adds(club: Club) -> None:
    await club.said(club.greta, "rules word add", text="blood")
    await save(club, club.alice, "Gore", "blood")
    asked = await club.alice.slash(club.art, "style use", style="gore", prompt="a mill")
    assert "a word of this prompt" in club.world.refusal(asked)


async def test_styles_are_in_the_copy_of_ones_records_and_go_with_them(club: Club) -> None:
    await save(club, club.alice, "Oil", "oil", steps=9)
    await club.alice.user.slash("style save", name="Direct", template="ink")
    exported = await club.alice.slash(club.art, "privacy export")
    (attachment,) = exported.response.message.attachments
    records = json.loads(await attachment.read())
    assert {(record["style"], record["template"], record["server_id"]) for record in records} == {
        ("Oil", "oil", str(club.guild.id)),
        ("Direct", "ink", None),
    }
    question = await club.alice.slash(club.art, "privacy delete")
    assert "your own styles" in club.world.card(question).text
    await club.world.press(club.alice, question, "Erase it for good")
    await until(lambda: "Your records are erased" in club.world.card(question).text, "the erasure")
    assert await names(club, club.alice) == []
    assert "no styles here yet" in await club.said(club.alice, "style list")
    assert "No prompt or picture" in await club.said(club.alice, "privacy export")
