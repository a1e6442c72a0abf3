"""From a card to Discord's components (Components V2: text, gallery, small print and buttons in one box)."""

from __future__ import annotations

import io
from collections.abc import Sequence

import discord
from discord import ui

from bot.domain.picture import Picture
from bot.view.buttons import JobButton, MemberButton
from bot.view.card import Card
from bot.view.case_buttons import CaseButton

NO_MENTIONS = discord.AllowedMentions.none()


def layout_of(card: Card) -> ui.LayoutView:
    """The card as a view that never times out and keeps nothing in the library's memory."""
    box: ui.Container[ui.LayoutView] = ui.Container(accent_colour=card.tone.value)
    if card.text:
        box.add_item(ui.TextDisplay(card.text))
    for row in card.rows:
        if row.action is None:
            box.add_item(ui.TextDisplay(row.text))
        else:
            box.add_item(ui.Section(row.text, accessory=JobButton(row.action, row.job_id)))
    if card.pictures:
        box.add_item(ui.MediaGallery(*(discord.MediaGalleryItem(f"attachment://{p}") for p in card.pictures)))
    for name in card.files:
        box.add_item(ui.File(f"attachment://{name}"))
    if card.small_print:
        box.add_item(ui.TextDisplay(f"-# {card.small_print}"))
    if card.actions and card.job_id is not None:
        box.add_item(ui.ActionRow(*(JobButton(action, card.job_id) for action in card.actions)))
    if card.presses:
        box.add_item(ui.ActionRow(*(MemberButton(press) for press in card.presses)))
    if card.case_presses:
        box.add_item(ui.ActionRow(*(CaseButton(press) for press in card.case_presses)))
    view = ui.LayoutView(timeout=None)
    view.add_item(box)
    return view


def files_of(pictures: Sequence[Picture]) -> list[discord.File]:
    """Fresh file objects of the pictures that have content; each can be sent once."""
    return [
        discord.File(io.BytesIO(picture.content), picture.filename)
        for picture in pictures
        if picture.content is not None
    ]
