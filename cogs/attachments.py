"""Answers that carry files."""

from __future__ import annotations

import io
from collections.abc import Sequence

import discord

from bot.delivery.responses import fill
from bot.discord.client import Interaction
from bot.view.actions.seal import seal_of
from bot.view.card import Card, Tone
from bot.view.files.export import ExportFile
from bot.view.layout import NO_MENTIONS, layout_of


async def fill_with(interaction: Interaction, card: Card, attachments: Sequence[ExportFile]) -> None:
    """The card with the first file that it names as the answer; each further file in a message of its own.

    One file a message: Discord bounds a message's files together as well as each of them.
    """
    first, *further = attachments
    await fill(interaction, card, [_file(first)])
    for attachment in further:
        await interaction.followup.send(
            view=layout_of(Card(Tone.DONE, "", files=(attachment.filename,)), seal_of(interaction.client)),
            file=_file(attachment),
            ephemeral=True,
            allowed_mentions=NO_MENTIONS,
        )


def _file(attachment: ExportFile) -> discord.File:
    return discord.File(io.BytesIO(attachment.content), attachment.filename)
