"""Which buttons stand under results, how they are laid out, and that they mean the same for ever."""

from __future__ import annotations

import re
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import discord
import pytest
from discord import ui

from bot.domain.job.job import Job, Output, Parent, Relation, Stage
from bot.domain.job.output_file import OutputFile
from bot.domain.job.status_update import StatusUpdate
from bot.domain.limits.quote import Quote
from bot.domain.money import Money
from bot.view.actions.buttons import Action, ConfirmAction, ConfirmButton, ResultAction, ResultButton
from bot.view.actions.component import ActionButton
from bot.view.card import Card, Preview, Tone
from bot.view.cards.remix import RemixForm, confirmation, prompt_form, ready_card, remix_form
from bot.view.cards.renderer import Look, final_card
from bot.view.cards.results import picks_of, picture_indexes
from bot.view.layout import layout_of
from tests.support.samples import a_job, a_picture, a_request
from tests.support.seals import SEAL

MAX_COMPONENTS = 40  # of one message (Discord docs, Components reference, 2026)

PRESSED: Any = SimpleNamespace(client=SimpleNamespace(seal=SEAL))


def a_result(count: int, **changes: object) -> tuple[Job, list[OutputFile]]:
    pictures = [a_picture(f"{n}.png") for n in range(count)]
    outputs = tuple(Output(p.filename, "image/png", p.url) for p in pictures)
    return a_job(stage=Stage.SUCCEEDED, outputs=outputs, **changes), pictures


async def again(action: Action) -> Action:
    """What the library makes of a press of the button."""
    custom_id = str(ActionButton(action, SEAL).item.custom_id)
    match = re.fullmatch(ActionButton.__discord_ui_compiled_template__, custom_id)
    assert match is not None
    found = await ActionButton.from_custom_id(PRESSED, None, match)  # type: ignore[arg-type]  # the item is not read
    return found.action


def rows_of(card: Card) -> list[list[str]]:
    rows = [item for item in layout_of(card, SEAL).walk_children() if isinstance(item, ui.ActionRow)]
    return [[str(button.item.label) for button in row.children] for row in rows]  # type: ignore[attr-defined]


def test_one_picture_is_varied_enlarged_and_asked_for_in_other_words() -> None:
    job, pictures = a_result(1)
    rows = rows_of(final_card(StatusUpdate(job), pictures, Look(can_upscale=True)))
    assert rows == [["Again", "Info", "Delete", "Report"], ["Vary", "Upscale", "Edit prompt"]]


def test_without_a_model_for_it_nothing_is_enlarged() -> None:
    job, pictures = a_result(3)
    assert {pick.action for pick in picks_of(job, pictures, can_upscale=False)} == {
        ResultButton.VARY,
        ResultButton.EDIT,
    }


@pytest.mark.parametrize("count", [2, 5, 6, 10, 20])
def test_several_pictures_have_numbers_in_rows_that_discord_takes(count: int) -> None:
    job, pictures = a_result(count)
    pictures[10:] = [replace(picture, content=None) for picture in pictures[10:]]  # they are linked
    card = final_card(StatusUpdate(job), pictures, Look(can_upscale=True))
    shown = min(count, 10)
    assert [p.number for p in card.buttons_of(ResultAction) if p.action is ResultButton.VARY] == list(
        range(1, shown + 1)
    )
    assert [p.index for p in card.buttons_of(ResultAction) if p.action is ResultButton.UPSCALE] == list(
        range(shown)
    )
    rows = rows_of(card)
    assert max(len(row) for row in rows) <= 5
    assert len(list(layout_of(card, SEAL).walk_children())) <= MAX_COMPONENTS


def test_numbers_are_those_of_the_pictures_that_are_shown() -> None:
    song = Output("song.mp3", "audio/mpeg", "https://cdn1.wiro.ai/song.mp3")
    job, pictures = a_result(2)
    job = a_job(stage=Stage.SUCCEEDED, outputs=(song, *job.outputs))
    assert picture_indexes(job) == (1, 2)
    found = OutputFile("song.mp3", "audio/mpeg", b"a song", song.url)
    picks = picks_of(job, [found, pictures[1]], can_upscale=False)
    assert [(pick.index, pick.number) for pick in picks if pick.action is ResultButton.VARY] == [(2, 0)]


def test_words_and_songs_have_no_such_buttons() -> None:
    answer = Output("answer", "text/markdown", None, text="forty-two")
    song = Output("song.mp3", "audio/mpeg", "https://cdn1.wiro.ai/song.mp3")
    job = a_job(stage=Stage.SUCCEEDED, outputs=(answer, song))
    pictures = [OutputFile("song.mp3", "audio/mpeg", b"a song", song.url)]
    assert picks_of(job, pictures, can_upscale=True) == ()


def test_a_picture_without_words_has_none_to_edit() -> None:
    job, pictures = a_result(1, request=a_request(prompt=""))
    assert [pick.action for pick in picks_of(job, pictures, can_upscale=False)] == [ResultButton.VARY]


@pytest.mark.parametrize("action", list(ResultButton))
async def test_a_button_is_found_again_by_its_id(action: ResultButton) -> None:
    assert await again(ResultAction(action, 12, 3, number=4)) == ResultAction(action, 12, 3)


@pytest.mark.parametrize(
    "go",
    [ConfirmAction(ConfirmButton.VARY, 12, 0), ConfirmAction(ConfirmButton.UPSCALE, 12, 9, is_private=True)],
)
async def test_a_confirmation_is_found_again_by_its_id(go: ConfirmAction) -> None:
    assert await again(go) == go


@pytest.mark.parametrize(
    "custom_id", ["remix:edit:1:0", "remix:edit:1:0:2", "remix:vary:1:0:0", "remix:edit:x:0:0", "remix:"]
)
def test_a_form_that_was_made_up_is_none(custom_id: str) -> None:
    assert remix_form(custom_id) is None


def test_a_form_comes_back_as_what_it_was_opened_for() -> None:
    job = a_job()
    pick = ResultAction(ResultButton.REWORD, job.job_id, 2)
    form = prompt_form(pick, job, model="a/varier", price=Money.parse("0.002"))
    found = remix_form(form.custom_id)
    assert found is not None
    assert found == RemixForm(ResultButton.REWORD, job.job_id, 2, is_private=False)
    text = form.children[0]
    assert isinstance(text, ui.TextDisplay)
    assert text.content == "A variation with these words, with varier, about $0.002."


def test_a_confirmation_shows_its_picture_and_hides_what_was_hidden() -> None:
    quote = Quote(a_request(), Money.parse("0.002"), Money.parse("1.20"))
    card = confirmation(
        quote, ConfirmAction(ConfirmButton.VARY, 1, 0), Preview("https://cdn/x.png", is_spoiler=True)
    )
    (gallery,) = [item for item in layout_of(card, SEAL).walk_children() if isinstance(item, ui.MediaGallery)]
    assert [(item.media.url, item.spoiler) for item in gallery.items] == [("https://cdn/x.png", True)]
    assert rows_of(card) == [["Run", "Edit prompt"]]
    assert "about $0.002 of your $1.20 left today" in card.text
    assert rows_of(ready_card(ResultAction(ResultButton.EDIT, 1), None)) == [["Edit prompt"]]


@pytest.mark.parametrize(
    ("parent", "words"),
    [
        (Parent(9, Relation.VARIATION), "-# Variation of a picture"),
        (
            Parent(9, Relation.EDIT, 700, 30, 900),
            "-# Another prompt for [a picture](https://discord.com/channels/700/30/900)",
        ),
        (
            Parent(9, Relation.UPSCALE, None, 31, 901),
            "-# Larger version of [a picture](https://discord.com/channels/@me/31/901)",
        ),
    ],
)
def test_a_child_names_its_parent(parent: Parent, words: str) -> None:
    job, pictures = a_result(1, parent=parent)
    assert final_card(StatusUpdate(job), pictures).text.splitlines()[1] == words


def test_a_card_without_buttons_has_no_rows() -> None:
    assert rows_of(Card(Tone.DONE, "done")) == []
    assert isinstance(layout_of(Card(Tone.DONE, "done"), SEAL), discord.ui.LayoutView)
