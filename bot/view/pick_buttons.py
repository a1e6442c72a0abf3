"""Buttons that go on from a result: the job, what to do and the result's place stand in the custom id."""

from __future__ import annotations

import re
from typing import Final, Protocol, cast

import discord
from discord import ui

from bot.view.card import Go, GoAction, Pick, PickAction
from bot.view.case_buttons import NUMBER, number_in

PLACE: Final = "[0-9]{1,4}"
_PICKS: Final = "|".join(action.value for action in PickAction)
_GOES: Final = "|".join(action.value for action in GoAction)


_LOOKS: Final[dict[PickAction, tuple[str, str, discord.ButtonStyle]]] = {
    PickAction.VARY: ("Vary", "🎲", discord.ButtonStyle.secondary),
    PickAction.UPSCALE: ("Upscale", "🔍", discord.ButtonStyle.secondary),
    PickAction.EDIT: ("Edit prompt", "✏️", discord.ButtonStyle.secondary),
    PickAction.REWORD: ("Edit prompt", "✏️", discord.ButtonStyle.secondary),
}


class PickSwitchboard(Protocol):
    """What the client must offer for these buttons to find their way."""

    async def on_pick_button(
        self, interaction: discord.Interaction[discord.Client], press: Pick | Go
    ) -> None: ...


class PickButton(
    ui.DynamicItem[ui.Button[ui.LayoutView]],
    template=rf"pick:(?P<job>{NUMBER}):(?P<action>{_PICKS}):(?P<place>{PLACE})",
):
    """One thing to do with one result."""

    def __init__(self, pick: Pick) -> None:
        label, emoji, style = _LOOKS[pick.action]
        self.pick = pick
        custom_id = f"pick:{pick.job_id}:{pick.action.value}:{pick.place}"
        # Ten numbers in two rows are told apart by their letters alone; a picture on each would be noise.
        if pick.number:
            button = ui.Button[ui.LayoutView](label=f"{label[0]}{pick.number}", custom_id=custom_id)
        else:
            button = ui.Button(label=label, emoji=emoji, style=style, custom_id=custom_id)
        super().__init__(button)

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[discord.Client],  # noqa: ARG003 — the library's signature
        item: ui.Item[ui.LayoutView],  # noqa: ARG003 — the library's signature
        match: re.Match[str],
        /,
    ) -> PickButton:
        return cls(Pick(PickAction(match["action"]), number_in(match["job"]), int(match["place"])))

    async def callback(self, interaction: discord.Interaction[discord.Client]) -> None:
        await cast(PickSwitchboard, interaction.client).on_pick_button(interaction, self.pick)


class GoButton(
    ui.DynamicItem[ui.Button[ui.LayoutView]],
    template=rf"go:(?P<job>{NUMBER}):(?P<action>{_GOES}):(?P<place>{PLACE}):(?P<alone>[01])",
):
    """Run, under what will run and its price."""

    def __init__(self, go: Go) -> None:
        self.go = go
        custom_id = f"go:{go.job_id}:{go.action.value}:{go.place}:{int(go.is_private)}"
        style = discord.ButtonStyle.primary
        super().__init__(ui.Button(label="Run", emoji="▶️", style=style, custom_id=custom_id))

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[discord.Client],  # noqa: ARG003 — the library's signature
        item: ui.Item[ui.LayoutView],  # noqa: ARG003 — the library's signature
        match: re.Match[str],
        /,
    ) -> GoButton:
        job_id, place = number_in(match["job"]), int(match["place"])
        return cls(Go(GoAction(match["action"]), job_id, place, match["alone"] == "1"))

    async def callback(self, interaction: discord.Interaction[discord.Client]) -> None:
        await cast(PickSwitchboard, interaction.client).on_pick_button(interaction, self.go)
