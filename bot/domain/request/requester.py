"""Who asks, and where: what rules and limits look at. All ids are Discord snowflakes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ChannelContext:
    """A channel as rules see it. In a thread, `parent_id` is its channel; rules of that channel bind too."""

    guild_id: int | None  # None in a direct message
    channel_id: int
    parent_id: int | None = None
    is_age_restricted: bool = False

    @property
    def ruled_channel_id(self) -> int:
        """The channel whose limits and rules bind here."""
        return self.parent_id or self.channel_id


@dataclass(frozen=True, slots=True)
class Requester:
    """A member who wants something, with what Discord states of them for this very interaction."""

    user_id: int
    role_ids: frozenset[int]
    channel: ChannelContext
    is_moderator: bool = False  # in this channel
    message_id: int | None = None  # that bears what was pressed
    is_alone: bool = False  # nobody else sees that message: it is ephemeral, or in direct messages
