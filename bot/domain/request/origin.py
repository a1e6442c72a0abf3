"""Where a request came from, and where its status message is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a job came from and where its status message is. All ids are Discord snowflakes."""

    user_id: int
    channel_id: int
    guild_id: int | None  # None in a direct message
    message_id: int | None
    is_private: bool
    attachment_limit_bytes: int
    ruled_channel_id: int = 0  # whose limits bind: in a thread, its parent channel; 0: `channel_id` itself
