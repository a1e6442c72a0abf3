"""The channels to a status message, and what Discord's refusals mean for them."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from enum import Enum, auto
from typing import Any, Final, Protocol, cast

import aiohttp
import discord

from bot.delivery.budgets import Key, channel_key, token_key
from bot.delivery.discord_errors import CONNECTION_ERRORS
from bot.domain.discord_limits import BOT_FILE_BYTES
from bot.domain.job.output_file import OutputFile
from bot.view.actions.seal import seal_of
from bot.view.card import Card
from bot.view.layout import NO_MENTIONS, files_of, layout_of, progress_layout_of, texts_of


class SendFault(Enum):
    """Why Discord did not take a message over a channel."""

    TOKEN_EXPIRED = auto()  # another channel may work
    CHANNEL_GONE = auto()
    NO_ACCESS = auto()  # no permission, no longer in the server, no DM
    MESSAGE_GONE = auto()  # deleted: it stays deleted
    TOO_LARGE = auto()
    INVALID = auto()  # Discord will not have this body, ever
    BLOCKED = auto()  # the server's AutoMod will not have these words
    TRANSIENT = auto()  # 5xx, reset, timeout, 429: worth another try


# Discord docs, Opcodes and status codes, JSON error codes (2026).
_BY_CODE: Final[dict[int, SendFault]] = {
    50027: SendFault.TOKEN_EXPIRED,  # invalid webhook token
    10015: SendFault.TOKEN_EXPIRED,  # unknown webhook
    10062: SendFault.TOKEN_EXPIRED,  # unknown interaction
    10008: SendFault.MESSAGE_GONE,
    10003: SendFault.CHANNEL_GONE,
    50001: SendFault.NO_ACCESS,
    50007: SendFault.NO_ACCESS,  # this user takes no direct messages
    50013: SendFault.NO_ACCESS,
    40005: SendFault.TOO_LARGE,
    200000: SendFault.BLOCKED,  # message blocked by automatic moderation; so are edits of a bot
    200001: SendFault.BLOCKED,  # title blocked by automatic moderation
}
_BY_STATUS: Final[dict[int, SendFault]] = {
    400: SendFault.INVALID,
    401: SendFault.TOKEN_EXPIRED,
    403: SendFault.NO_ACCESS,
    404: SendFault.MESSAGE_GONE,
    413: SendFault.TOO_LARGE,
}


ACCESS_REFUSED: Final = frozenset({SendFault.CHANNEL_GONE, SendFault.NO_ACCESS})


def fault_of(error: Exception) -> SendFault:
    """What one of DISCORD_ERRORS means."""
    if isinstance(error, discord.HTTPException):
        return _BY_CODE.get(error.code) or _BY_STATUS.get(error.status, SendFault.TRANSIENT)
    return SendFault.TRANSIENT


def may_yet_apply(error: Exception) -> bool:
    """Whether an edit that failed with one of DISCORD_ERRORS may be carried out all the same, even later."""
    if isinstance(error, discord.HTTPException):
        return error.status >= 500
    return isinstance(error, CONNECTION_ERRORS) and not isinstance(error, aiohttp.ClientConnectorError)


class DeliveryChannel(Protocol):
    """One way for one message to reach Discord."""

    key: Key
    limit_bytes: int
    closes_at_s: float  # monotonic
    takes_progress: bool

    async def send(self, card: Card, pictures: Sequence[OutputFile] | None) -> None:
        """Show the card. `pictures` None leaves the attachments alone; otherwise they replace them."""
        ...

    async def seen(self) -> Sequence[str]:
        """The texts of the message as it is now; none where there is no message yet."""
        ...


# Who asked and with what words: of an interaction that stands beside a running job, only the token is used.
_DROPPED_ATTRIBUTES: Final = (
    "data",
    "user",
    "message",
    "_original_response",
    "_cs_response",
    "_cs_followup",
    "_cs_namespace",
)


def _slimmed(interaction: discord.Interaction[discord.Client]) -> discord.Interaction[discord.Client]:
    """A copy that keeps a few hundred bytes instead of a few thousand."""
    slim: Any = copy(interaction)
    for name in _DROPPED_ATTRIBUTES:
        if hasattr(slim, name):
            delattr(slim, name)
    if isinstance(getattr(slim, "channel", None), (discord.abc.GuildChannel, discord.Thread)):
        # It holds its server, and all that came with it.
        slim.channel = slim.client.get_partial_messageable(slim.channel.id, guild_id=slim.guild_id)
    return cast("discord.Interaction[discord.Client]", slim)


def _layout(
    card: Card, pictures: Sequence[OutputFile] | None, client: discord.Client
) -> discord.ui.LayoutView:
    draw = progress_layout_of if pictures is None else layout_of
    return draw(card, seal_of(client))


class TokenChannel:
    """Through the interaction's token: its own rate limit, no channel permission, 15 minutes."""

    __slots__ = ("_interaction", "_message_id", "closes_at_s", "key", "limit_bytes")

    takes_progress = True

    def __init__(
        self,
        interaction: discord.Interaction[discord.Client],
        limit_bytes: int,
        closes_at_s: float,
        message_id: int | None = None,
    ) -> None:
        self._interaction = _slimmed(interaction)
        self._message_id = message_id
        self.closes_at_s = closes_at_s
        self.key: Key = token_key(interaction.token)
        self.limit_bytes = limit_bytes

    async def send(self, card: Card, pictures: Sequence[OutputFile] | None) -> None:
        await self._interaction.edit_original_response(
            view=_layout(card, pictures, self._interaction.client),
            attachments=discord.utils.MISSING if pictures is None else files_of(pictures),
            allowed_mentions=NO_MENTIONS,
        )

    async def take_back(self) -> None:
        """Delete the message."""
        await self._interaction.delete_original_response()

    async def say_alone(self, text: str) -> None:
        """A message of its own that the asker alone sees."""
        await self._interaction.followup.send(text, ephemeral=True, allowed_mentions=NO_MENTIONS)

    async def seen(self) -> Sequence[str]:
        if self._message_id is None:
            return ()
        # The library answers for the original response from its memory.
        return texts_of(await self._interaction.followup.fetch_message(self._message_id))


class BotChannel:
    """As the bot itself: works for ever, needs the bot in the channel, shares the channel's limit."""

    __slots__ = ("_channel_id", "_client", "_message_id", "key", "limit_bytes")

    takes_progress = True
    closes_at_s = float("inf")

    def __init__(self, client: discord.Client, channel_id: int, message_id: int) -> None:
        self._client = client
        self._channel_id = channel_id
        self._message_id = message_id
        self.key: Key = channel_key(channel_id)
        self.limit_bytes = BOT_FILE_BYTES

    async def send(self, card: Card, pictures: Sequence[OutputFile] | None) -> None:
        channel = self._client.get_partial_messageable(self._channel_id)
        await channel.get_partial_message(self._message_id).edit(
            view=_layout(card, pictures, self._client),
            attachments=discord.utils.MISSING if pictures is None else files_of(pictures),
            allowed_mentions=NO_MENTIONS,
        )

    async def seen(self) -> Sequence[str]:
        """Needs Read Message History besides (Discord docs, Get Channel Message, 2026)."""
        channel = self._client.get_partial_messageable(self._channel_id)
        return texts_of(await channel.get_partial_message(self._message_id).fetch())


class DirectMessageChannel:
    """A new direct message to the member, in the last place. The nonce keeps a repeated send one message."""

    __slots__ = ("_client", "_job_id", "_user_id", "key", "limit_bytes")

    takes_progress = False
    closes_at_s = float("inf")

    def __init__(self, client: discord.Client, user_id: int, job_id: int) -> None:
        self._client = client
        self._user_id = user_id
        self._job_id = job_id
        self.key: Key = ("direct", str(user_id))
        self.limit_bytes = BOT_FILE_BYTES

    async def send(self, card: Card, pictures: Sequence[OutputFile] | None) -> None:
        channel = await self._client.create_dm(discord.Object(self._user_id))
        await channel.send(
            view=layout_of(card, seal_of(self._client)),
            files=files_of(pictures or ()),
            nonce=self._job_id,
            allowed_mentions=NO_MENTIONS,
        )

    async def seen(self) -> Sequence[str]:
        return ()


class DeliveryChannels:
    """The channels to one message, best first. One that Discord closed is not tried again."""

    __slots__ = ("_channels",)

    def __init__(self, candidates: Sequence[DeliveryChannel]) -> None:
        self._channels = list(candidates)

    def current(self, now_s: float) -> DeliveryChannel | None:
        """The channel for progress, or None."""
        return next((r for r in self._channels if r.takes_progress and now_s < r.closes_at_s), None)

    def for_final(self, now_s: float) -> Sequence[DeliveryChannel]:
        """Every open channel, in the order to try them."""
        return [r for r in self._channels if now_s < r.closes_at_s]

    def close(self, channel: DeliveryChannel, refused: SendFault = SendFault.TOKEN_EXPIRED) -> None:
        """Not over this one again. Where access is refused, every channel to that place is closed."""
        if refused in ACCESS_REFUSED:
            self._channels = [
                r for r in self._channels if (r.key[0] == "direct") != (channel.key[0] == "direct")
            ]
        elif channel in self._channels:
            self._channels.remove(channel)
