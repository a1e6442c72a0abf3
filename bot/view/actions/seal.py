"""The mark in every custom id of ours: what comes back with it was made by this bot, for this very use."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, field
from typing import Final, Protocol, cast

import discord

from bot.domain.discord_limits import CUSTOM_ID_CHARS

MARK_BYTES: Final = 9  # of 32: each guess would cost a request to Discord
MARK: Final = "~[A-Za-z0-9_-]{12}"
ROOM: Final = CUSTOM_ID_CHARS - 13  # what the mark leaves

_MARKED: Final = re.compile(rf"(?P<bare>.*)(?P<mark>{MARK})", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Seal:
    """The bot's own secret. Custom ids from before it was made, at `made_at_s`, bear no mark."""

    key: bytes = field(repr=False)
    made_at_s: float

    def marked(self, custom_id: str) -> str:
        """A custom id to be sent; it has at most ROOM characters."""
        return custom_id + self._mark(custom_id)

    def opened(self, custom_id: str, message_id: int | None) -> str | None:
        """A custom id that came back, without its mark; None for one that this bot never made.

        `message_id` is the message that it stands on, if any: one from before the secret may bear none.
        """
        found = _MARKED.fullmatch(custom_id)
        if found is not None:
            is_genuine = hmac.compare_digest(found["mark"], self._mark(found["bare"]))
            return found["bare"] if is_genuine else None
        is_old = (
            message_id is not None and discord.utils.snowflake_time(message_id).timestamp() < self.made_at_s
        )
        return custom_id if is_old else None

    def _mark(self, custom_id: str) -> str:
        digest = hmac.digest(self.key, custom_id.encode("utf-8", "surrogatepass"), hashlib.sha256)
        return "~" + base64.urlsafe_b64encode(digest[:MARK_BYTES]).decode()


class Sealed(Protocol):
    """The client, as far as it matters here."""

    @property
    def seal(self) -> Seal: ...


def seal_of(client: discord.Client) -> Seal:
    """The seal of the bot that this client is."""
    return cast(Sealed, client).seal


def bare(custom_id: str) -> str:
    """A custom id without its mark, for looking at our own messages; whether it is genuine is not asked."""
    found = _MARKED.fullmatch(custom_id)
    return found["bare"] if found is not None else custom_id
