"""Every button there is, and whether a custom id belongs to one of them."""

from __future__ import annotations

from typing import Any, Final

import discord
from discord import ui

from bot.view.actions.audit import AuditButton
from bot.view.actions.base import PressButton, number_in
from bot.view.actions.cases import CaseButton
from bot.view.actions.form_states import DraftButton
from bot.view.actions.jobs import JobButton
from bot.view.actions.members import MemberButton
from bot.view.actions.models import ModelButton
from bot.view.actions.picks import GoButton, PickButton
from bot.view.actions.texts import TextButton

BUTTONS: Final[tuple[type[PressButton[Any]], ...]] = (
    JobButton,
    MemberButton,
    CaseButton,
    AuditButton,
    ModelButton,
    DraftButton,
    TextButton,
    PickButton,
    GoButton,
)


def is_ours(custom_id: str) -> bool:
    """Whether one of our buttons answers to this custom id."""
    return any(button.__discord_ui_compiled_template__.fullmatch(custom_id) for button in BUTTONS)


def job_on(message: discord.Message) -> int | None:
    """The job that one of our own messages shows, by its buttons."""
    for item in ui.LayoutView.from_message(message, timeout=None).walk_children():
        if isinstance(item, ui.Button):
            for button in BUTTONS:
                match = button.__discord_ui_compiled_template__.fullmatch(item.custom_id or "")
                if match is not None and "job" in match.groupdict():
                    return number_in(match["job"])
    return None


def is_on(message: discord.Message | None, custom_id: str) -> bool:
    """Whether the message bears a button with this custom id: discord.py answers no other press at all."""
    if message is None:
        return False
    kind = ui.LayoutView if message.flags.components_v2 else ui.View
    children = kind.from_message(message, timeout=None).walk_children()
    return any(isinstance(item, ui.Button) and item.custom_id == custom_id for item in children)
