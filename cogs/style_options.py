"""The option `style` of every command: names from memory, the server's first."""

from __future__ import annotations

from discord.app_commands import Choice

from bot.discord.client import Interaction
from bot.domain.discord_limits import SUGGESTIONS
from bot.services.styles.service import Styles


def style_choices(styles: Styles, interaction: Interaction, current: str) -> list[Choice[str]]:
    """What fits so far, without any I/O."""
    found = styles.names(interaction.guild_id, interaction.user.id, current, SUGGESTIONS)
    return [
        Choice(name=f"📌 {style.name}" if style.is_pinned else style.name, value=style.name)
        for style in found
    ]
