"""Buttons that go on from a result: the job, what to do and the result's place stand in the custom id."""

from __future__ import annotations

import re
from typing import Final

import discord
from discord import ui

from bot.view.actions.base import NUMBER, PressButton, any_of, number_in
from bot.view.card import ConfirmAction, GoAction, PickAction, ResultAction

PLACE: Final = "[0-9]{1,4}"

_LOOKS: Final[dict[PickAction, tuple[str, str, discord.ButtonStyle]]] = {
    PickAction.VARY: ("Vary", "🎲", discord.ButtonStyle.secondary),
    PickAction.UPSCALE: ("Upscale", "🔍", discord.ButtonStyle.secondary),
    PickAction.EDIT: ("Edit prompt", "✏️", discord.ButtonStyle.secondary),
    PickAction.REWORD: ("Edit prompt", "✏️", discord.ButtonStyle.secondary),
}


class PickButton(
    PressButton[ResultAction],
    template=rf"pick:(?P<job>{NUMBER}):(?P<action>{any_of(PickAction)}):(?P<place>{PLACE})",
):
    """One thing to do with one result."""

    @staticmethod
    def drawn(press: ResultAction) -> ui.Button[ui.LayoutView]:
        label, emoji, style = _LOOKS[press.action]
        custom_id = f"pick:{press.job_id}:{press.action.value}:{press.place}"
        # Ten numbers in two rows are told apart by their letters alone; a picture on each would be noise.
        if press.number:
            return ui.Button(label=f"{label[0]}{press.number}", custom_id=custom_id)
        return ui.Button(label=label, emoji=emoji, style=style, custom_id=custom_id)

    @staticmethod
    def read(match: re.Match[str]) -> ResultAction:
        return ResultAction(PickAction(match["action"]), number_in(match["job"]), int(match["place"]))


class GoButton(
    PressButton[ConfirmAction],
    template=rf"go:(?P<job>{NUMBER}):(?P<action>{any_of(GoAction)}):(?P<place>{PLACE}):(?P<alone>[01])",
):
    """Run, under what will run and its price."""

    @staticmethod
    def drawn(press: ConfirmAction) -> ui.Button[ui.LayoutView]:
        custom_id = f"go:{press.job_id}:{press.action.value}:{press.place}:{int(press.is_private)}"
        return ui.Button(label="Run", emoji="▶️", style=discord.ButtonStyle.primary, custom_id=custom_id)

    @staticmethod
    def read(match: re.Match[str]) -> ConfirmAction:
        job_id, place = number_in(match["job"]), int(match["place"])
        return ConfirmAction(GoAction(match["action"]), job_id, place, match["alone"] == "1")
