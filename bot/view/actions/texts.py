"""Buttons that turn the pages of a text: job, part and page stand in the custom id, so they work for ever."""

from __future__ import annotations

import re
from typing import Final

from discord import ui

from bot.view.actions.base import NUMBER, PressButton, any_of, number_in
from bot.view.card import PageMove, TextPart, TextPress

_LABELS: Final[dict[tuple[TextPart, PageMove], tuple[str, str]]] = {
    (TextPart.ANSWER, PageMove.OPEN): ("Read on", "📖"),
    (TextPart.THINKING, PageMove.OPEN): ("Thinking", "💭"),
    (TextPart.ANSWER, PageMove.BACK): ("Back", "◀️"),
    (TextPart.THINKING, PageMove.BACK): ("Back", "◀️"),
    (TextPart.ANSWER, PageMove.ON): ("On", "▶️"),
    (TextPart.THINKING, PageMove.ON): ("On", "▶️"),
}


class TextButton(
    PressButton[TextPress],
    template=rf"text:(?P<job>{NUMBER}):(?P<part>{any_of(TextPart)}):(?P<page>[0-9]{{1,6}}):(?P<turn>{any_of(PageMove)})",
):
    """One page of what a model said or thought."""

    @staticmethod
    def drawn(press: TextPress) -> ui.Button[ui.LayoutView]:
        label, emoji = _LABELS[press.part, press.turn]
        custom_id = f"text:{press.job_id}:{press.part.value}:{press.page}:{press.turn.value}"
        return ui.Button(label=label, emoji=emoji, custom_id=custom_id)

    @staticmethod
    def read(match: re.Match[str]) -> TextPress:
        part, turn = TextPart(match["part"]), PageMove(match["turn"])
        return TextPress(number_in(match["job"]), part, int(match["page"]), turn)
