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
class Requester_:
    """A member with the roles that Discord states for this very interaction."""

    user_id: int
    role_ids: frozenset[int]
    place: ChannelContext
