"""The option `model` of every command: suggestions from memory, with prices."""

from __future__ import annotations

from typing import Final

from discord.app_commands import Choice

from bot.discord.client import Interaction
from bot.services.catalogue.service import Catalogue
from bot.view.text.models import suggestion_name

MAX_SUGGESTIONS: Final = 25  # Discord docs, Application commands, autocomplete, 2026
MAX_VALUE_CHARS: Final = 100  # same page


def model_choices(catalogue: Catalogue, interaction: Interaction, current: str) -> list[Choice[str]]:
    """What fits so far. Touches nothing but memory: Discord waits three seconds, people not that long."""
    found = catalogue.suggestions(current, MAX_SUGGESTIONS, interaction.guild_id)
    return [
        Choice(name=suggestion_name(summary), value=summary.slug)
        for summary in found
        if len(summary.slug) <= MAX_VALUE_CHARS
    ]
