"""Buttons that turn the pages of a text: job, part and page stand in the custom id, so they work for ever."""

from __future__ import annotations

import re
from typing import Final, Protocol, cast

import discord
from discord import ui

from bot.view.card import TextPart, TextPress, Turn
from bot.view.case_buttons import NUMBER, number_in

_LABELS: Final[dict[tuple[TextPart, Turn], tuple[str, str]]] = {
    (TextPart.ANSWER, Turn.OPEN): ("Read on", "📖"),
    (TextPart.THINKING, Turn.OPEN): ("Thinking", "💭"),
    (TextPart.ANSWER, Turn.BACK): ("Back", "◀️"),
    (TextPart.THINKING, Turn.BACK): ("Back", "◀️"),
    (TextPart.ANSWER, Turn.ON): ("On", "▶️"),
    (TextPart.THINKING, Turn.ON): ("On", "▶️"),
}
_PARTS: Final = "|".join(part.value for part in TextPart)
_TURNS: Final = "|".join(turn.value for turn in Turn)


class TextSwitchboard(Protocol):
    """What the client must offer for buttons of texts to find their way."""

    async def on_text_button(
        self, interaction: discord.Interaction[discord.Client], press: TextPress
    ) -> None: ...


class TextButton(
    ui.DynamicItem[ui.Button[ui.LayoutView]],
    template=rf"text:(?P<job>{NUMBER}):(?P<part>{_PARTS}):(?P<page>[0-9]{{1,6}}):(?P<turn>{_TURNS})",
):
    """One page of what a model said or thought."""

    def __init__(self, press: TextPress) -> None:
        label, emoji = _LABELS[press.part, press.turn]
        self.press = press
        custom_id = f"text:{press.job_id}:{press.part.value}:{press.page}:{press.turn.value}"
        super().__init__(ui.Button(label=label, emoji=emoji, custom_id=custom_id))

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[discord.Client],  # noqa: ARG003 — the library's signature
        item: ui.Item[ui.LayoutView],  # noqa: ARG003 — the library's signature
        match: re.Match[str],
        /,
    ) -> TextButton:
        part, turn = TextPart(match["part"]), Turn(match["turn"])
        return cls(TextPress(number_in(match["job"]), part, int(match["page"]), turn))

    async def callback(self, interaction: discord.Interaction[discord.Client]) -> None:
        client = cast(TextSwitchboard, interaction.client)
        await client.on_text_button(interaction, self.press)
