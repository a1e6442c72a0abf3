"""The option `model` of every command: suggestions from memory, with prices."""

from __future__ import annotations

from discord.app_commands import Choice

from bot.discord.client import Interaction
from bot.domain.discord_limits import SUGGESTION_CHARS, SUGGESTIONS
from bot.services.catalogue.service import Catalogue
from bot.view.text.models import suggestion_name


def model_choices(catalogue: Catalogue, interaction: Interaction, current: str) -> list[Choice[str]]:
    """What fits so far. Touches nothing but memory: Discord waits three seconds, people not that long."""
    found = catalogue.suggestions(current, SUGGESTIONS, interaction.guild_id)
    return [
        Choice(name=suggestion_name(summary), value=summary.slug)
        for summary in found
        if len(summary.slug) <= SUGGESTION_CHARS
    ]
