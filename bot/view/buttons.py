"""Buttons that work for ever: the job's id and the action stand in the custom id, nothing in memory."""

from __future__ import annotations

import re
from enum import Enum
from typing import Final, Protocol, cast

import discord
from discord import ui

from bot.view.card import Action, MemberAction, MemberPress
from bot.view.case_buttons import NUMBER, CaseButton, number_in
from bot.view.draft_buttons import DraftButton
from bot.view.model_buttons import ModelButton
from bot.view.pick_buttons import GoButton, PickButton
from bot.view.text_buttons import TextButton

_LABELS: Final[dict[Action, tuple[str, str, discord.ButtonStyle]]] = {
    Action.CANCEL: ("Cancel", "⏹️", discord.ButtonStyle.danger),
    Action.AGAIN: ("Again", "🔁", discord.ButtonStyle.primary),
    Action.RETRY: ("Retry", "🔁", discord.ButtonStyle.primary),
    Action.INFO: ("Info", "ℹ️", discord.ButtonStyle.secondary),
    Action.DELETE: ("Delete", "🗑️", discord.ButtonStyle.secondary),
    Action.REPORT: ("Report", "🚩", discord.ButtonStyle.secondary),
    Action.LOG: ("Log", "📜", discord.ButtonStyle.secondary),
}

_MEMBER_LABELS: Final[dict[MemberAction, tuple[str, str, discord.ButtonStyle]]] = {
    MemberAction.NEWER: ("Newer", "◀️", discord.ButtonStyle.secondary),
    MemberAction.OLDER: ("Older", "▶️", discord.ButtonStyle.secondary),
    MemberAction.FORGET: ("Erase it for good", "🗑️", discord.ButtonStyle.danger),
}


class Switchboard(Protocol):
    """What the client must offer for buttons to find their way."""

    async def on_job_button(
        self, interaction: discord.Interaction[discord.Client], action: Action, job_id: int
    ) -> None: ...

    async def on_member_button(
        self, interaction: discord.Interaction[discord.Client], press: MemberPress
    ) -> None: ...


def _any_of(actions: type[Enum]) -> str:
    return "|".join(str(action.value) for action in actions)


class JobButton(
    ui.DynamicItem[ui.Button[ui.LayoutView]],
    template=rf"job:(?P<job>{NUMBER}):(?P<action>{_any_of(Action)})",
):
    """One action on one job."""

    def __init__(self, action: Action, job_id: int) -> None:
        label, emoji, style = _LABELS[action]
        self.action = action
        self.job_id = job_id
        super().__init__(
            ui.Button(label=label, emoji=emoji, style=style, custom_id=f"job:{job_id}:{action.value}")
        )

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[discord.Client],  # noqa: ARG003 — the library's signature
        item: ui.Item[ui.LayoutView],  # noqa: ARG003 — the library's signature
        match: re.Match[str],
        /,
    ) -> JobButton:
        return cls(Action(match["action"]), number_in(match["job"]))

    async def callback(self, interaction: discord.Interaction[discord.Client]) -> None:
        client = cast(Switchboard, interaction.client)
        await client.on_job_button(interaction, self.action, self.job_id)


class MemberButton(
    ui.DynamicItem[ui.Button[ui.LayoutView]],
    template=rf"member:(?P<user>{NUMBER}):(?P<action>{_any_of(MemberAction)}):(?P<cursor>{NUMBER}):(?P<page>[0-9]{{1,9}})",
):
    """A button for one member alone. Whoever answers it compares the presser with `user_id`."""

    def __init__(self, press: MemberPress) -> None:
        label, emoji, style = _MEMBER_LABELS[press.action]
        self.press = press
        custom_id = f"member:{press.user_id}:{press.action.value}:{press.cursor}:{press.page}"
        super().__init__(ui.Button(label=label, emoji=emoji, style=style, custom_id=custom_id))

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[discord.Client],  # noqa: ARG003 — the library's signature
        item: ui.Item[ui.LayoutView],  # noqa: ARG003 — the library's signature
        match: re.Match[str],
        /,
    ) -> MemberButton:
        action, user_id = MemberAction(match["action"]), number_in(match["user"])
        return cls(MemberPress(action, user_id, number_in(match["cursor"]), int(match["page"])))

    async def callback(self, interaction: discord.Interaction[discord.Client]) -> None:
        client = cast(Switchboard, interaction.client)
        await client.on_member_button(interaction, self.press)


BUTTONS: Final = (
    JobButton,
    MemberButton,
    CaseButton,
    ModelButton,
    DraftButton,
    TextButton,
    PickButton,
    GoButton,
)


def is_ours(custom_id: str) -> bool:
    """Whether one of our buttons answers to this custom id."""
    return any(button.__discord_ui_compiled_template__.fullmatch(custom_id) for button in BUTTONS)


def is_on(message: discord.Message | None, custom_id: str) -> bool:
    """Whether the message bears a button with this custom id: discord.py answers no other press at all."""
    if message is None:
        return False
    kind = ui.LayoutView if message.flags.components_v2 else ui.View
    children = kind.from_message(message, timeout=None).walk_children()
    return any(isinstance(item, ui.Button) and item.custom_id == custom_id for item in children)
