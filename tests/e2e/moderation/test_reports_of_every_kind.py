"""A report hides whatever it is about: words with their pages and log, pictures, sounds, files, links."""

from __future__ import annotations

import json
from typing import Any

import discord
import pytest

from bot.domain.job.job import Exposure
from sandbox.wiro.fixtures import ANIMATOR, CLERK, MUSICIAN, SCULPTOR, WRITER
from tests.e2e.moderation.moderation_world import Club
from tests.e2e.moderation.test_cases_ask import button, buttons, words
from tests.e2e.moderation.test_cases_report import Wall, spoilers
from tests.support.forged import PRESS, forge, words_of

TOKEN_EDITS = "/webhooks/*/messages/@original"
ECHO = "||[x]|| and ||[y](z)||"  # what an old way to hide would have taken for its own marks


def components(wall: Wall) -> list[Any]:
    """All that the picture's message shows, as Discord keeps it, but for Report and the ids of components."""
    message = wall.world.env.backend.get_message(wall.club.art.id, wall.picture.id)
    return [_bare(part) for part in json.loads(json.dumps(message.components))]


def _bare(part: dict[str, Any]) -> dict[str, Any]:
    bare = {name: value for name, value in part.items() if name not in {"id", "components", "url"}}
    if "components" in part:
        inner = [_bare(child) for child in part["components"]]
        bare["components"] = [child for child in inner if child.get("label") != "Report"]
    return bare


async def shown_by(club: Club, model: str, prompt: str = "a mill") -> Wall:
    wall = Wall(club)
    await wall.open()
    await club.world.press(club.alice, wall.asked, "Delete")
    wall.asked, _ = await club.world.draw(club.alice, prompt, model=model)
    await club.world.idle()
    return wall


def job_id_of(wall: Wall) -> int:
    return int(button(wall.picture, "Info").split(":")[1])


async def test_an_answer_is_hidden_with_its_thoughts_and_put_back_to_the_letter(club: Club) -> None:
    wall = await shown_by(club, WRITER.slug, ECHO)
    before = components(wall)
    text = words(wall.picture)
    opened = await club.world.press(club.bob, wall.asked, "Thinking")
    assert "The question is about" in club.world.card(opened).text
    pressed = await wall.report()
    assert club.world.told(pressed) == "The answer is hidden, and the moderators decide about it. Thank you."
    assert words(wall.picture).startswith("### Hidden until the moderators decide\nAn answer was reported.")
    assert words(wall.picture).count("\n") == 1
    assert list(buttons(wall.picture)) == ["Info", "Restore", "Delete"]
    assert "### An answer was reported and hidden" in words(wall.case())
    await wall.press("Restore")
    assert words(wall.picture) == text
    assert components(wall) == before


async def test_the_pages_of_a_hidden_answer_are_for_its_judges_alone(club: Club) -> None:
    wall = await shown_by(club, WRITER.slug, "why")
    thinking = button(wall.picture, "Thinking")
    info = await club.world.press(club.alice, wall.asked, "Info")
    log = club.world.card(info).buttons["Log"]
    await wall.report()
    for again in (False, True):  # after a restart, too
        if again:
            await club.world.restart()
        for actor in (club.alice, club.bob):
            pressed = await forge(actor, club.art, _data(thinking), kind=PRESS, message=wall.picture)
            assert "hidden until the moderators decide" in words_of(club.world, pressed)
        pressed = await forge(club.alice, club.art, _data(log), kind=PRESS, message=wall.picture)
        assert "hidden until the moderators decide" in words_of(club.world, pressed)
        read = await wall.press("Thinking")
        assert "The question is about why." in club.world.card(read).text
        facts = await club.world.press(club.bob, wall.asked, "Info")
        assert "reported and is hidden" in club.world.card(facts).text
        assert "why" not in club.world.card(facts).text
    await wall.press("Restore")
    pressed = await forge(club.bob, club.art, _data(thinking), kind=PRESS, message=wall.picture)
    assert "The question is about why." in words_of(club.world, pressed)


@pytest.mark.parametrize(
    ("model", "told"),
    [
        (None, "The picture is hidden"),
        (ANIMATOR.slug, "The picture is hidden"),
        (MUSICIAN.slug, "The sound is hidden"),
        (SCULPTOR.slug, "The file is hidden"),
        (CLERK.slug, "The file is hidden"),
    ],
)
async def test_files_of_every_kind_go_behind_spoilers_and_come_back(
    club: Club, model: str | None, told: str
) -> None:
    wall = await shown_by(club, model or club.world.application.services.catalogue.default_model)
    before, names = components(wall), [file.filename for file in wall.picture.attachments]
    pressed = await wall.report()
    assert told in club.world.told(pressed)
    assert all(spoilers(wall.picture) + _file_spoilers(wall.picture))
    assert [file.filename for file in wall.picture.attachments] == names
    assert "mill" not in words(wall.picture)
    await wall.press("Restore")
    assert components(wall) == before
    assert [file.filename for file in wall.picture.attachments] == names


async def test_links_to_what_is_too_large_are_hidden(club: Club) -> None:
    wall = Wall(club)
    wall.log = club.guild.create_text_channel("log")
    await club.said(club.greta, "rules log", channel=wall.log)
    club.world.hold("task_postprocess_start")
    wall.asked = await club.world.imagine(club.alice, "a mill")
    await club.world.showing(wall.asked, "Finishing")
    club.world.env.inject_error("PATCH", TOKEN_EDITS, status=413, code=40005, times=2)
    club.world.let_go()
    await club.world.ending(wall.asked)
    await club.world.idle()
    before = components(wall)
    assert "](http" in words(wall.picture)
    await wall.report()
    assert "http" not in words(wall.picture)
    await wall.press("Restore")
    assert components(wall) == before


async def test_nothing_goes_on_from_what_is_hidden_and_info_alone_stays(club: Club) -> None:
    wall = await shown_by(club, club.world.application.services.catalogue.default_model)
    old = buttons(wall.picture)
    job_id = job_id_of(wall)
    await wall.report()
    runs = club.world.runs
    seal = club.world.application.bot.seal
    made = [seal.marked(f"job:{job_id}:retry"), seal.marked(f"go:{job_id}:vary:0:0")]
    presses = [old["Again"], old["Vary"], old["Edit prompt"], *made]
    for custom_id in presses:
        for actor in (club.alice, club.bob, club.greta):
            pressed = await forge(actor, club.art, _data(custom_id), kind=PRESS, message=wall.picture)
            assert "hidden until the moderators decide" in words_of(club.world, pressed), custom_id
    assert club.world.runs == runs
    history = club.world.card(await club.alice.slash(club.art, "history"))
    assert "hidden until the moderators decide" in history.text
    assert not [custom_id for custom_id in history.custom_ids if custom_id.startswith(f"job:{job_id}:")]
    assert (await club.world.application.services.jobs.job(job_id)).exposure is Exposure.HIDDEN


def _file_spoilers(message: discord.Message) -> list[bool]:
    view = discord.ui.LayoutView.from_message(message)
    return [item.spoiler for item in view.walk_children() if isinstance(item, discord.ui.File)]


def _data(custom_id: str) -> dict[str, Any]:
    return {"custom_id": custom_id, "component_type": 2}
