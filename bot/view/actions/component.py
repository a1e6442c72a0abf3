"""The one component that all buttons are: its custom id holds the action, the client hands it on."""

from __future__ import annotations

import re
from typing import Protocol, cast

import discord
from discord import ui

from bot.view.actions.buttons import PATTERN, Action, action_of, custom_id_of
from bot.view.actions.seal import MARK, Seal, Sealed, bare


class ActionHandler(Sealed, Protocol):
    """What the client must offer for presses to find their way."""

    async def pressed(self, interaction: discord.Interaction[discord.Client], action: Action) -> None: ...


class ActionButton(ui.DynamicItem[ui.Button[ui.LayoutView]], template=f"(?:{PATTERN})(?:{MARK})?"):
    """A button that works for ever. Whether the presser may is asked when it is pressed."""

    def __init__(self, action: Action, seal: Seal) -> None:
        self.action = action
        look = action.look
        super().__init__(
            ui.Button(
                label=look.label or None,
                emoji=look.emoji,
                style=look.style,
                disabled=look.is_disabled,
                custom_id=seal.marked(custom_id_of(action)),
            )
        )

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[discord.Client],
        item: ui.Item[ui.LayoutView],  # noqa: ARG003 — the library's signature
        match: re.Match[str],
        /,
    ) -> ActionButton:
        action = cast(Action, read(match.string))  # it matches the template, which is that of all actions
        return cls(action, cast(ActionHandler, interaction.client).seal)

    async def callback(self, interaction: discord.Interaction[discord.Client]) -> None:
        await cast(ActionHandler, interaction.client).pressed(interaction, self.action)


def read(custom_id: str) -> Action | None:
    """The action of one of our buttons, with its mark or from before there was one; None for another's."""
    return action_of(bare(custom_id))


def job_on(message: discord.Message) -> int | None:
    """The job that one of our own messages shows, by its buttons."""
    for item in ui.LayoutView.from_message(message, timeout=None).walk_children():
        job_id = getattr(read(item.custom_id or ""), "job_id", None) if isinstance(item, ui.Button) else None
        if job_id is not None:
            return int(job_id)
    return None


def is_on(message: discord.Message | None, custom_id: str) -> bool:
    """Whether the message bears a button with this custom id: discord.py answers no other press at all."""
    if message is None:
        return False
    kind = ui.LayoutView if message.flags.components_v2 else ui.View
    children = kind.from_message(message, timeout=None).walk_children()
    return any(isinstance(item, ui.Button) and item.custom_id == custom_id for item in children)
