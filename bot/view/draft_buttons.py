"""The buttons of a form's card: the form's id, the action and a number stand in the custom id."""

from __future__ import annotations

import re
from typing import Final, Protocol, cast

import discord
from discord import ui

from bot.view.card import FORM_KIND, DraftAction, DraftPress
from bot.view.case_buttons import NUMBER, number_in

_ACTIONS: Final = "|".join(action.value for action in DraftAction)
_LOOKS: Final[dict[DraftAction, tuple[str, discord.ButtonStyle]]] = {
    DraftAction.FILL: ("✏️", discord.ButtonStyle.secondary),
    DraftAction.RESET: ("↩️", discord.ButtonStyle.secondary),
    DraftAction.RUN: ("▶️", discord.ButtonStyle.primary),
}


class DraftSwitchboard(Protocol):
    """What the client must offer for buttons of forms to find their way."""

    async def on_draft_button(
        self, interaction: discord.Interaction[discord.Client], press: DraftPress
    ) -> None: ...


class DraftButton(
    ui.DynamicItem[ui.Button[ui.LayoutView]],
    template=rf"{FORM_KIND}:(?P<draft>{NUMBER}):(?P<action>{_ACTIONS}):(?P<number>[0-9]{{1,9}})",
):
    """One action on one form. Whose form it is, is asked when it is pressed."""

    def __init__(self, press: DraftPress) -> None:
        emoji, style = _LOOKS[press.action]
        self.press = press
        super().__init__(
            ui.Button(
                label=press.label or None,
                emoji=emoji,
                style=style,
                disabled=press.is_disabled,
                custom_id=press.custom_id,
            )
        )

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[discord.Client],  # noqa: ARG003 — the library's signature
        item: ui.Item[ui.LayoutView],  # noqa: ARG003 — the library's signature
        match: re.Match[str],
        /,
    ) -> DraftButton:
        action = DraftAction(match["action"])
        return cls(DraftPress(action, number_in(match["draft"]), int(match["number"])))

    async def callback(self, interaction: discord.Interaction[discord.Client]) -> None:
        client = cast(DraftSwitchboard, interaction.client)
        await client.on_draft_button(interaction, self.press)
