"""Buttons of models: action and slug stand in the custom id, so they work after every restart."""

from __future__ import annotations

import re
from typing import Final

import discord
from discord import ui

from bot.view.actions.base import PressButton, any_of
from bot.view.actions.seal import ROOM
from bot.view.card import ModelAction, ModelPress

_LABELS: Final[dict[ModelAction, tuple[str, str, discord.ButtonStyle]]] = {
    ModelAction.DETAILS: ("Details", "🔎", discord.ButtonStyle.secondary),
    ModelAction.RUN: ("Run", "▶️", discord.ButtonStyle.primary),
    ModelAction.PAGE: ("Page", "📄", discord.ButtonStyle.secondary),
}
_BETWEEN: Final = "|"  # the parts of a page's id; what was searched for comes last and may hold it


def custom_id_of(press: ModelPress) -> str:
    """``model:details:owner/project``, ``model:page:2|text-to-image|stable``."""
    subject = press.slug
    if press.action is ModelAction.PAGE:
        subject = _BETWEEN.join((str(press.page), press.category.replace(_BETWEEN, " "), press.search))
    return f"model:{press.action.value}:{subject}"


def has_room(press: ModelPress) -> bool:
    """Whether it fits into a custom id, however Discord counts: a press that does not is not offered."""
    custom_id = custom_id_of(press)
    return len(custom_id.encode("utf-16-le", "surrogatepass")) // 2 <= ROOM


def press_in(action: ModelAction, subject: str) -> ModelPress:
    """The press that this id stands for; a page that was made up is the first."""
    if action is not ModelAction.PAGE:
        return ModelPress(action, subject)
    number, category, search = [*subject.split(_BETWEEN, 2), "", ""][:3]
    is_number = number.isascii() and number.isdecimal() and len(number) < 7
    return ModelPress(action, page=max(1, int(number)) if is_number else 1, category=category, search=search)


class ModelButton(
    PressButton[ModelPress],
    template=rf"model:(?P<action>{any_of(ModelAction)}):(?P<subject>[^\n]{{0,100}}?)",
):
    """One action on one model, or another page of the list."""

    @staticmethod
    def drawn(press: ModelPress) -> ui.Button[ui.LayoutView]:
        label, emoji, style = _LABELS[press.action]
        if press.action is ModelAction.PAGE:
            label = f"{label} {press.page:,}"
        return ui.Button(label=label, emoji=emoji, style=style, custom_id=custom_id_of(press))

    @staticmethod
    def read(match: re.Match[str]) -> ModelPress:
        return press_in(ModelAction(match["action"]), match["subject"])
