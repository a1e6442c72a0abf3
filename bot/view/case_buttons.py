"""Buttons of cases: the case's id and the action stand in the custom id, so they work after every restart."""

from __future__ import annotations

import re
from typing import Final, Protocol, cast

import discord
from discord import ui

from bot.view.card import CaseAction, CasePress

# Plain digits: \d would also take those of every other script, and int() reads them all.
NUMBER: Final = "[0-9]{1,20}"
MAX_NUMBER: Final = 2**63 - 1  # what the record holds; nothing of ours has a larger id

_LABELS: Final[dict[CaseAction, tuple[str, str, discord.ButtonStyle]]] = {
    CaseAction.ASK: ("Ask a moderator", "🙋", discord.ButtonStyle.primary),
    CaseAction.APPROVE: ("Approve once", "✅", discord.ButtonStyle.success),
    CaseAction.GRANT: ("Grant 5 today", "🎁", discord.ButtonStyle.primary),
    CaseAction.DENY: ("Deny", "✖️", discord.ButtonStyle.secondary),
    CaseAction.BLOCK: ("Block", "⛔", discord.ButtonStyle.danger),
    CaseAction.RESTORE: ("Restore", "👁️", discord.ButtonStyle.success),
    CaseAction.DELETE: ("Delete", "🗑️", discord.ButtonStyle.danger),
}


def number_in(digits: str) -> int:
    """The number in a custom id; one that was made up and is past all ids counts as the largest."""
    return min(int(digits), MAX_NUMBER)


class CaseSwitchboard(Protocol):
    """What the client must offer for buttons of cases to find their way."""

    async def on_case_button(
        self, interaction: discord.Interaction[discord.Client], press: CasePress
    ) -> None: ...


class CaseButton(
    ui.DynamicItem[ui.Button[ui.LayoutView]],
    template=rf"case:(?P<case>{NUMBER}):(?P<action>{'|'.join(action.value for action in CaseAction)})",
):
    """One action on one case. Whether the presser may is asked when it is pressed."""

    def __init__(self, press: CasePress) -> None:
        label, emoji, style = _LABELS[press.action]
        self.press = press
        custom_id = f"case:{press.case_id}:{press.action.value}"
        super().__init__(ui.Button(label=label, emoji=emoji, style=style, custom_id=custom_id))

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[discord.Client],  # noqa: ARG003 — the library's signature
        item: ui.Item[ui.LayoutView],  # noqa: ARG003 — the library's signature
        match: re.Match[str],
        /,
    ) -> CaseButton:
        return cls(CasePress(CaseAction(match["action"]), number_in(match["case"])))

    async def callback(self, interaction: discord.Interaction[discord.Client]) -> None:
        client = cast(CaseSwitchboard, interaction.client)
        await client.on_case_button(interaction, self.press)
