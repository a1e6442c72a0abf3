"""Buttons of cases: the case's id and the action stand in the custom id, so they work after every restart."""

from __future__ import annotations

import re
from typing import Final

import discord
from discord import ui

from bot.view.actions.base import NUMBER, PressButton, any_of, number_in
from bot.view.card import CaseAction, CasePress

_LABELS: Final[dict[CaseAction, tuple[str, str, discord.ButtonStyle]]] = {
    CaseAction.ASK: ("Ask a moderator", "🙋", discord.ButtonStyle.primary),
    CaseAction.APPROVE: ("Approve once", "✅", discord.ButtonStyle.success),
    CaseAction.GRANT: ("Grant 5 today", "🎁", discord.ButtonStyle.primary),
    CaseAction.DENY: ("Deny", "✖️", discord.ButtonStyle.secondary),
    CaseAction.BLOCK: ("Block", "⛔", discord.ButtonStyle.danger),
    CaseAction.RESTORE: ("Restore", "👁️", discord.ButtonStyle.success),
    CaseAction.DELETE: ("Delete", "🗑️", discord.ButtonStyle.danger),
}


class CaseButton(
    PressButton[CasePress],
    template=rf"case:(?P<case>{NUMBER}):(?P<action>{any_of(CaseAction)})",
):
    """One action on one case. Whether the presser may is asked when it is pressed."""

    @staticmethod
    def drawn(press: CasePress) -> ui.Button[ui.LayoutView]:
        label, emoji, style = _LABELS[press.action]
        custom_id = f"case:{press.case_id}:{press.action.value}"
        return ui.Button(label=label, emoji=emoji, style=style, custom_id=custom_id)

    @staticmethod
    def read(match: re.Match[str]) -> CasePress:
        return CasePress(CaseAction(match["action"]), number_in(match["case"]))
