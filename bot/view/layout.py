"""From a card to Discord's components (Components V2: text, gallery, small print and buttons in one box)."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import groupby
from typing import Any, Final

import discord
from discord import ui

from bot.domain.discord_limits import ROW_BUTTONS
from bot.domain.job.output_file import OutputFile
from bot.view.actions.component import ActionButton
from bot.view.actions.seal import Seal
from bot.view.card import Card

_TEXT, _BODY = "\0text", "\0body"  # stand for the words of a card that is drawn without them
MAX_FRAMES: Final = 256  # of running jobs, two kibibytes each
NO_MENTIONS = discord.AllowedMentions.none()


def layout_of(card: Card, seal: Seal) -> ui.LayoutView:
    """The card as a view that never times out and keeps nothing in the library's memory."""
    box: ui.Container[ui.LayoutView] = ui.Container(accent_colour=card.tone.value)
    for item in _contents(card, seal):
        box.add_item(item)
    for buttons in _button_rows(card, seal):
        box.add_item(ui.ActionRow(*buttons))
    view = ui.LayoutView(timeout=None)
    view.add_item(box)
    return view


def progress_layout_of(card: Card, seal: Seal) -> ui.LayoutView:
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
        if row.button is not None:
            yield ui.Section(row.text, accessory=ActionButton(row.button, seal))
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


def _button_rows(card: Card, seal: Seal) -> Iterator[Sequence[ActionButton]]:
    """Rows from above: buttons that belong together, five at most in each."""
    for _, together in groupby(card.buttons, key=lambda action: action.row):
        row = [ActionButton(action, seal) for action in together]
        yield from (row[at : at + ROW_BUTTONS] for at in range(0, len(row), ROW_BUTTONS))


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
