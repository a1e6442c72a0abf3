"""Buttons that work for ever: the job's id and the action stand in the custom id, nothing in memory."""

from __future__ import annotations

import re
from typing import Final

import discord
from discord import ui

from bot.view.actions.base import NUMBER, PressButton, any_of, number_in
from bot.view.card import Action, JobPress

_LABELS: Final[dict[Action, tuple[str, str, discord.ButtonStyle]]] = {
    Action.CANCEL: ("Cancel", "⏹️", discord.ButtonStyle.danger),
    Action.AGAIN: ("Again", "🔁", discord.ButtonStyle.primary),
    Action.RETRY: ("Retry", "🔁", discord.ButtonStyle.primary),
    Action.INFO: ("Info", "ℹ️", discord.ButtonStyle.secondary),
    Action.DELETE: ("Delete", "🗑️", discord.ButtonStyle.secondary),
    Action.REPORT: ("Report", "🚩", discord.ButtonStyle.secondary),
    Action.LOG: ("Log", "📜", discord.ButtonStyle.secondary),
}


class JobButton(
    PressButton[JobPress],
    template=rf"job:(?P<job>{NUMBER}):(?P<action>{any_of(Action)})",
):
    """One action on one job."""

    @staticmethod
    def drawn(press: JobPress) -> ui.Button[ui.LayoutView]:
        label, emoji, style = _LABELS[press.action]
        custom_id = f"job:{press.job_id}:{press.action.value}"
        return ui.Button(label=label, emoji=emoji, style=style, custom_id=custom_id)

    @staticmethod
    def read(match: re.Match[str]) -> JobPress:
        return JobPress(Action(match["action"]), number_in(match["job"]))
