"""Where an interaction comes from, as the use cases want to know it."""

from __future__ import annotations

import discord

from bot.delivery.responses import is_moderator
from bot.discord.client import Interaction
from bot.domain.request.origin import Origin
from bot.domain.request.requester import ChannelContext, Requester


def origin_of(interaction: Interaction, message_id: int | None, *, is_private: bool) -> Origin:
    """The place of a new job. `message_id` is the message that the acknowledgement made."""
    return Origin(
        user_id=interaction.user.id,
        channel_id=interaction.channel_id or 0,
        guild_id=interaction.guild_id,
        message_id=message_id,
        is_private=is_private,
        attachment_limit_bytes=interaction.filesize_limit,
        ruled_channel_id=channel_context_of(interaction).ruled_channel_id,
    )


def requester_of(interaction: Interaction) -> Requester:
    """Who asks or presses, with the roles and permissions that Discord states for this very interaction."""
    user, message = interaction.user, interaction.message
    role_ids: frozenset[int] = frozenset()
    if isinstance(user, discord.Member):
        # Member.roles and get_role ask the guild cache, which is empty without intents.
        role_ids = frozenset(user._roles)  # noqa: SLF001 — discord.py 2.7.1 offers the ids nowhere else
    return Requester(
        user.id,
        role_ids,
        channel_context_of(interaction),
        is_moderator=is_moderator(interaction),
        message_id=message.id if message is not None else None,
        is_alone=interaction.guild_id is None or (message is not None and message.flags.ephemeral),
    )


def channel_context_of(interaction: Interaction) -> ChannelContext:
    """The channel of an interaction.

    A thread counts as not age-restricted unless its parent is known to be: Discord states the flag for the
    channel that an interaction comes from, and discord.py keeps none for threads.
    """
    channel = interaction.channel
    parent_id: int | None = None
    is_age_restricted = False
    match channel:
        case discord.Thread():
            parent_id, is_age_restricted = channel.parent_id, channel.is_nsfw()
        case discord.DMChannel() | discord.GroupChannel() | None:
            pass
        case _:
            is_age_restricted = channel.is_nsfw()
    return ChannelContext(interaction.guild_id, interaction.channel_id or 0, parent_id, is_age_restricted)
