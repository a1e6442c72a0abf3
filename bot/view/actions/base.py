"""What all buttons share: a press that stands in the custom id, and the client that hands it on."""

from __future__ import annotations

import re
from enum import Enum
from typing import Final, Generic, Protocol, TypeVar, cast

import discord
from discord import ui

from bot.view.actions.seal import MARK, Seal, Sealed

# Plain digits: \d would also take those of every other script, and int() reads them all.
NUMBER: Final = "[0-9]{1,20}"
MAX_NUMBER: Final = 2**63 - 1  # what the record holds; nothing of ours has a larger id


def number_in(digits: str) -> int:
    """The number in a custom id; one that was made up and is past all ids counts as the largest."""
    return min(int(digits), MAX_NUMBER)


def any_of(actions: type[Enum]) -> str:
    """The part of a pattern that stands for one of these."""
    return "|".join(str(action.value) for action in actions)


class Action(Protocol):
    """All that is known of a press of a button, but who pressed it."""

    @property
    def action(self) -> Enum: ...


ActionT = TypeVar("ActionT", bound=Action)


class ActionHandler(Sealed, Protocol):
    """What the client must offer for presses to find their way."""

    async def pressed(self, interaction: discord.Interaction[discord.Client], press: Action) -> None: ...


class PressButton(ui.DynamicItem[ui.Button[ui.LayoutView]], Generic[ActionT], template="(?!)"):
    """A button that works for ever. Whether the presser may is asked when it is pressed.

    `template` is of the custom id as `drawn` makes it; the mark behind it is the same for all.
    """

    def __init_subclass__(cls, *, template: str = "(?!)") -> None:
        super().__init_subclass__(template=f"(?:{template})(?:{MARK})?")

    def __init__(self, press: ActionT, seal: Seal) -> None:
        self.press = press
        button = self.drawn(press)
        button.custom_id = seal.marked(button.custom_id or "")
        super().__init__(button)

    @staticmethod
    def drawn(press: ActionT) -> ui.Button[ui.LayoutView]:
        """How it looks, with the press in its custom id."""
        raise NotImplementedError

    @staticmethod
    def read(match: re.Match[str]) -> ActionT:
        """The press out of a custom id that matches the template."""
        raise NotImplementedError

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[discord.Client],
        item: ui.Item[ui.LayoutView],  # noqa: ARG003 — the library's signature
        match: re.Match[str],
        /,
    ) -> PressButton[ActionT]:
        return cls(cls.read(match), cast(ActionHandler, interaction.client).seal)

    async def callback(self, interaction: discord.Interaction[discord.Client]) -> None:
        await cast(ActionHandler, interaction.client).pressed(interaction, self.press)
