"""From a card to Discord's components (Components V2: text, gallery, small print and buttons in one box)."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

import discord
from discord import ui

from bot.domain.job.output_file import OutputFile
from bot.view.actions.audit import AuditButton
from bot.view.actions.cases import CaseButton
from bot.view.actions.form_states import DraftButton
from bot.view.actions.jobs import JobButton
from bot.view.actions.members import MemberButton
from bot.view.actions.models import ModelButton
from bot.view.actions.picks import GoButton, PickButton
from bot.view.actions.seal import Seal
from bot.view.actions.texts import TextButton
from bot.view.card import Card, JobPress

_TEXT, _BODY = "\0text", "\0body"  # stand for the words of a card that is drawn without them
MAX_FRAMES: Final = 256  # of running jobs, two kibibytes each
ROW_BUTTONS: Final = 5  # in one row of buttons (Discord docs, Components reference, 2026)
NO_MENTIONS = discord.AllowedMentions.none()


def layout_of(card: Card, seal: Seal) -> ui.LayoutView:
    """The card as a view that never times out and keeps nothing in the library's memory."""
    box: ui.Container[ui.LayoutView] = ui.Container(accent_colour=card.tone.value)
    for item in _contents(card, seal):
        box.add_item(item)
    for buttons in _button_rows(card, seal):
        if buttons:
            box.add_item(ui.ActionRow(*buttons))
    view = ui.LayoutView(timeout=None)
    view.add_item(box)
    return view


def passing_layout_of(card: Card, seal: Seal) -> ui.LayoutView:
    """As `layout_of`, for one of many cards of a job that differ in their words alone: drawn once for all."""
    frame = replace(card, text=_TEXT if card.text else "", body=_BODY if card.body else "")
    return _worded(_drawn(frame, seal), {_TEXT: card.text, _BODY: card.body})


class Drawn(ui.LayoutView):
    """A view that was drawn before: its components as Discord is sent them."""

    def __init__(self, components: list[dict[str, Any]]) -> None:
        super().__init__(timeout=None)
        self._components = components

    def has_components_v2(self) -> bool:
        return True

    def to_components(self) -> list[dict[str, Any]]:
        return self._components


def _worded(components: Sequence[Mapping[str, Any]], words: Mapping[str, str]) -> Drawn:
    (box,) = components
    items = [
        {**item, "content": words[item["content"]]} if item.get("content") in words else item
        for item in box["components"]
    ]
    return Drawn([{**box, "components": items}])


@lru_cache(maxsize=MAX_FRAMES)
def _drawn(card: Card, seal: Seal) -> Sequence[Mapping[str, Any]]:
    view: Any = layout_of(card, seal)  # whose own word has no types
    components: Sequence[Mapping[str, Any]] = view.to_components()
    return components


def _contents(card: Card, seal: Seal) -> Iterator[ui.Item[Any]]:
    if card.text:
        yield ui.TextDisplay(card.text)
    if card.body:
        yield ui.TextDisplay(card.body)
    for row in card.rows:
        if row.press is not None:
            yield ui.Section(row.text, accessory=ModelButton(row.press, seal))
        elif row.action is not None:
            yield ui.Section(row.text, accessory=JobButton(JobPress(row.action, row.job_id), seal))
        else:
            yield ui.TextDisplay(row.text)
    if card.preview is not None:
        yield ui.MediaGallery(discord.MediaGalleryItem(card.preview.url, spoiler=card.preview.is_spoiler))
    if card.pictures:
        media = [f"attachment://{name}" for name in card.pictures]
        yield ui.MediaGallery(*(discord.MediaGalleryItem(url, spoiler=card.is_spoiler) for url in media))
    for name in card.files:
        yield ui.File(f"attachment://{name}", spoiler=card.is_spoiler)
    if card.small_print:
        yield ui.TextDisplay(f"-# {card.small_print}")


def _button_rows(card: Card, seal: Seal) -> Iterator[Sequence[ui.DynamicItem[ui.Button[ui.LayoutView]]]]:
    """Rows as they stand from above; some may be empty."""
    yield [TextButton(press, seal) for press in card.text_presses]
    if card.job_id is not None:
        yield [JobButton(JobPress(action, card.job_id), seal) for action in card.actions]
    yield from _pick_rows(card, seal)
    yield [MemberButton(press, seal) for press in card.presses]
    yield [CaseButton(press, seal) for press in card.case_presses]
    yield [AuditButton(press, seal) for press in card.audit_presses]
    yield [ModelButton(press, seal) for press in card.model_presses]
    for draft_row in card.draft_rows:
        yield [DraftButton(press, seal) for press in draft_row]


def _pick_rows(card: Card, seal: Seal) -> Iterator[Sequence[PickButton | GoButton]]:
    """Those with numbers in rows of five for each action, the others in one row."""
    numbered = [pick for pick in card.picks if pick.number]
    for action in dict.fromkeys(pick.action for pick in numbered):
        row = [PickButton(pick, seal) for pick in numbered if pick.action is action]
        yield from (row[at : at + ROW_BUTTONS] for at in range(0, len(row), ROW_BUTTONS))
    plain: list[PickButton | GoButton] = [PickButton(pick, seal) for pick in card.picks if not pick.number]
    yield [GoButton(card.go, seal), *plain] if card.go is not None else plain


def texts_of(message: discord.Message) -> list[str]:
    """The texts of a message that `layout_of` made, from above."""
    view = ui.LayoutView.from_message(message, timeout=None)
    return [item.content for item in view.walk_children() if isinstance(item, ui.TextDisplay)]


def files_of(pictures: Sequence[OutputFile]) -> list[discord.File]:
    """Fresh file objects of the pictures that have content; each can be sent once."""
    return [
        discord.File(io.BytesIO(picture.content), picture.filename)
        for picture in pictures
        if picture.content is not None
    ]
