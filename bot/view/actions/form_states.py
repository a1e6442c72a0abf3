"""The buttons of a form's card: the form's id, the action and a number stand in the custom id."""

from __future__ import annotations

import re
from typing import Final

import discord
from discord import ui

from bot.view.actions.base import NUMBER, PressButton, any_of, number_in
from bot.view.card import FORM_KIND, DraftAction, DraftPress

_LOOKS: Final[dict[DraftAction, tuple[str, discord.ButtonStyle]]] = {
    DraftAction.FILL: ("✏️", discord.ButtonStyle.secondary),
    DraftAction.RESET: ("↩️", discord.ButtonStyle.secondary),
    DraftAction.RUN: ("▶️", discord.ButtonStyle.primary),
}


class DraftButton(
    PressButton[DraftPress],
    template=rf"{FORM_KIND}:(?P<draft>{NUMBER}):(?P<action>{any_of(DraftAction)}):(?P<number>[0-9]{{1,9}})",
):
    """One action on one form. Whose form it is, is asked when it is pressed."""

    @staticmethod
    def drawn(press: DraftPress) -> ui.Button[ui.LayoutView]:
        emoji, style = _LOOKS[press.action]
        return ui.Button(
            label=press.label or None,
            emoji=emoji,
            style=style,
            disabled=press.is_disabled,
            custom_id=press.custom_id,
        )

    @staticmethod
    def read(match: re.Match[str]) -> DraftPress:
        action = DraftAction(match["action"])
        return DraftPress(action, number_in(match["draft"]), int(match["number"]))
