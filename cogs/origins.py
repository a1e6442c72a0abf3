"""Where an interaction comes from, as the use cases want to know it."""

from __future__ import annotations

import discord

from bot.delivery.responses import is_moderator
from bot.discord.client import Interaction
from bot.domain.job.access import Requester
from bot.domain.request.origin import Origin
from bot.domain.request.requester import ChannelContext, Requester_


def origin_of(interaction: Interaction, message_id: int | None, *, is_private: bool) -> Origin:
    """The place of a new job. `message_id` is the message that the acknowledgement made."""
    return Origin(
        user_id=interaction.user.id,
        channel_id=interaction.channel_id or 0,
        guild_id=interaction.guild_id,
        message_id=message_id,
        is_private=is_private,
        attachment_limit_bytes=interaction.filesize_limit,
        ruled_channel_id=place_of(interaction).ruled_channel_id,
    )


def requester_of(interaction: Interaction) -> Requester:
    """Who pressed or asked, with the permissions that Discord states for this very interaction."""
    message = interaction.message
    return Requester(
        asker_of(interaction),
        is_moderator=is_moderator(interaction),
        message_id=message.id if message is not None else None,
        is_alone=interaction.guild_id is None or (message is not None and message.flags.ephemeral),
    )


def asker_of(interaction: Interaction) -> Requester_:
    """Who asks, with the roles that Discord states for this very interaction, and where."""
    user = interaction.user
    role_ids: frozenset[int] = frozenset()
    if isinstance(user, discord.Member):
        # Member.roles and get_role ask the guild cache, which is empty without intents.
        role_ids = frozenset(user._roles)  # noqa: SLF001 — discord.py 2.7.1 offers the ids nowhere else
    return Requester_(user.id, role_ids, place_of(interaction))


def place_of(interaction: Interaction) -> ChannelContext:
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
