"""From a card to Discord's components (Components V2: text, gallery, small print and buttons in one box)."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any, Final

import discord
from discord import ui

from bot.domain.picture import Picture
from bot.view.buttons import JobButton, MemberButton
from bot.view.card import Card
from bot.view.case_buttons import CaseButton
from bot.view.draft_buttons import DraftButton
from bot.view.model_buttons import ModelButton
from bot.view.pick_buttons import GoButton, PickButton
from bot.view.text_buttons import TextButton

ROW_BUTTONS: Final = 5  # in one row of buttons (Discord docs, Components reference, 2026)
NO_MENTIONS = discord.AllowedMentions.none()


def layout_of(card: Card) -> ui.LayoutView:
    """The card as a view that never times out and keeps nothing in the library's memory."""
    box: ui.Container[ui.LayoutView] = ui.Container(accent_colour=card.tone.value)
    for item in _contents(card):
        box.add_item(item)
    for buttons in _button_rows(card):
        if buttons:
            box.add_item(ui.ActionRow(*buttons))
    view = ui.LayoutView(timeout=None)
    view.add_item(box)
    return view


def _contents(card: Card) -> Iterator[ui.Item[Any]]:
    if card.text:
        yield ui.TextDisplay(card.text)
    if card.body:
        yield ui.TextDisplay(card.body)
    for row in card.rows:
        if row.press is not None:
            yield ui.Section(row.text, accessory=ModelButton(row.press))
        elif row.action is not None:
            yield ui.Section(row.text, accessory=JobButton(row.action, row.job_id))
        else:
            yield ui.TextDisplay(row.text)
    if card.preview is not None:
        yield ui.MediaGallery(discord.MediaGalleryItem(card.preview.url, spoiler=card.preview.is_spoiler))
    if card.pictures:
        yield ui.MediaGallery(*(discord.MediaGalleryItem(f"attachment://{p}") for p in card.pictures))
    for name in card.files:
        yield ui.File(f"attachment://{name}")
    if card.small_print:
        yield ui.TextDisplay(f"-# {card.small_print}")


def _button_rows(card: Card) -> Iterator[Sequence[ui.DynamicItem[ui.Button[ui.LayoutView]]]]:
    """Rows as they stand from above; some may be empty."""
    yield [TextButton(press) for press in card.text_presses]
    if card.job_id is not None:
        yield [JobButton(action, card.job_id) for action in card.actions]
    yield from _pick_rows(card)
    yield [MemberButton(press) for press in card.presses]
    yield [CaseButton(press) for press in card.case_presses]
    yield [ModelButton(press) for press in card.model_presses]
    for draft_row in card.draft_rows:
        yield [DraftButton(press) for press in draft_row]


def _pick_rows(card: Card) -> Iterator[Sequence[PickButton | GoButton]]:
    """Those with numbers in rows of five for each action, the others in one row."""
    numbered = [pick for pick in card.picks if pick.number]
    for action in dict.fromkeys(pick.action for pick in numbered):
        row = [PickButton(pick) for pick in numbered if pick.action is action]
        yield from (row[at : at + ROW_BUTTONS] for at in range(0, len(row), ROW_BUTTONS))
    plain: list[PickButton | GoButton] = [PickButton(pick) for pick in card.picks if not pick.number]
    yield [GoButton(card.go), *plain] if card.go is not None else plain


def texts_of(message: discord.Message) -> list[str]:
    """The texts of a message that `layout_of` made, from above."""
    view = ui.LayoutView.from_message(message, timeout=None)
    return [item.content for item in view.walk_children() if isinstance(item, ui.TextDisplay)]


def files_of(pictures: Sequence[Picture]) -> list[discord.File]:
    """Fresh file objects of the pictures that have content; each can be sent once."""
    return [
        discord.File(io.BytesIO(picture.content), picture.filename)
        for picture in pictures
        if picture.content is not None
    ]
