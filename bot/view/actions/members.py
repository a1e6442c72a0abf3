"""Buttons for one member alone: the member, the action and where to go on stand in the custom id."""

from __future__ import annotations

import re
from typing import Final

import discord
from discord import ui

from bot.view.actions.base import NUMBER, PressButton, any_of, number_in
from bot.view.card import MemberAction, MemberPress

_LABELS: Final[dict[MemberAction, tuple[str, str, discord.ButtonStyle]]] = {
    MemberAction.NEWER: ("Newer", "◀️", discord.ButtonStyle.secondary),
    MemberAction.OLDER: ("Older", "▶️", discord.ButtonStyle.secondary),
    MemberAction.FORGET: ("Erase it for good", "🗑️", discord.ButtonStyle.danger),
}


class MemberButton(
    PressButton[MemberPress],
    template=rf"member:(?P<user>{NUMBER}):(?P<action>{any_of(MemberAction)}):(?P<cursor>{NUMBER}):(?P<page>[0-9]{{1,9}})",
):
    """A button for one member alone. Whoever answers it compares the presser with `user_id`."""

    @staticmethod
    def drawn(press: MemberPress) -> ui.Button[ui.LayoutView]:
        label, emoji, style = _LABELS[press.action]
        custom_id = f"member:{press.user_id}:{press.action.value}:{press.cursor}:{press.page}"
        return ui.Button(label=label, emoji=emoji, style=style, custom_id=custom_id)

    @staticmethod
    def read(match: re.Match[str]) -> MemberPress:
        action, user_id = MemberAction(match["action"]), number_in(match["user"])
        return MemberPress(action, user_id, number_in(match["cursor"]), int(match["page"]))
