"""The bot's voice in log channels, and its hands for verdicts: posts, edits, members found and told."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from http import HTTPStatus
from typing import Any, Final, TypeVar

import discord

from bot.delivery.channels import SendFault, fault_of
from bot.delivery.discord_errors import DISCORD_ERRORS
from bot.domain.discord_limits import TOKEN_LIFE_S
from bot.domain.job.job import Job
from bot.domain.limits.alternatives import Alternative
from bot.domain.limits.bill_alarm import BillAlarm
from bot.domain.limits.budget import BudgetWarning
from bot.domain.moderation.audit import AuditEntry
from bot.domain.moderation.cases import Case, Decision
from bot.domain.moderation.errors import CaseFault, CaseRefused
from bot.domain.request.requester import ChannelContext, Requester
from bot.runtime.bounded import BoundedDict
from bot.view.actions.seal import seal_of
from bot.view.card import Card, Tone
from bot.view.cards.cases import format_answer, open_card
from bot.view.cards.logs import (
    INTRODUCTION,
    alarm_card,
    blocked_card,
    entry_card,
    kept_back_card,
    warning_card,
)
from bot.view.hiding import kept, shown
from bot.view.layout import NO_MENTIONS, layout_of
from bot.view.text.headings import heading

log = logging.getLogger(__name__)

_T = TypeVar("_T")
_S = TypeVar("_S")

KEPT_BACK: Final = "(kept back by this server's AutoMod)"
TIMEOUT_S: Final = 10.0  # for one request to Discord; a moderator's answer is not held up longer
MAX_REMEMBERED: Final = 1_000  # members who wait for an answer; the oldest get theirs by direct message


class DiscordModLog:
    """Implements LogChannel, WarningChannel and Desk of the use cases over discord.py."""

    def __init__(self, client: discord.Client, monotonic: Callable[[], float]) -> None:
        self._client = client
        self._monotonic = monotonic
        self._waiting = BoundedDict[int, tuple[discord.Interaction[discord.Client], float]](MAX_REMEMBERED)

    # --- the log channel -------------------------------------------------------------------------

    async def introduce(self, channel_id: int) -> bool:
        """Say that this is the log channel now. False: the bot cannot write there."""
        return await self._post(channel_id, INTRODUCTION) is not None

    async def announce(self, channel_id: int, entry: AuditEntry) -> None:
        await self._post(channel_id, entry_card(entry), kept_back_card(entry))

    async def tell_blocked(self, channel_id: int, job: Job) -> None:
        await self._post(channel_id, blocked_card(job))

    async def warn(self, channel_id: int, warning: BudgetWarning) -> None:
        await self._post(channel_id, warning_card(warning))

    async def alarm(self, channel_id: int, alarm: BillAlarm) -> None:
        await self._post(channel_id, alarm_card(alarm))

    async def post_case(
        self, channel_id: int, case: Case, alternative: Alternative | None, prompt: str, job: Job | None
    ) -> bool:
        card, spare = open_card(case, alternative, prompt, job), open_card(case, alternative, KEPT_BACK, job)
        return await self._post(channel_id, card, spare) is not None

    # --- the member ------------------------------------------------------------------------------

    def remember(self, case_id: int, interaction: discord.Interaction[discord.Client]) -> None:
        """This interaction, answered to its member alone, can bring the verdict while its token lives."""
        self._waiting[case_id] = (interaction, self._monotonic())

    async def find_requester(self, guild_id: int, channel_id: int, user_id: int) -> Requester:
        place = await self._place(guild_id, channel_id)
        try:
            async with asyncio.timeout(TIMEOUT_S):
                # Client has no method for a member of a server that is not in its cache (discord.py 2.7.1).
                member = await self._client.http.get_member(guild_id, user_id)
        except discord.NotFound:
            raise CaseRefused(CaseFault.MEMBER_LEFT) from None
        except DISCORD_ERRORS as error:
            log.warning("member %d could not be looked up: %s", user_id, type(error).__name__)
            raise CaseRefused(CaseFault.DISCORD_SILENT) from None
        return Requester(user_id, frozenset(int(role_id) for role_id in member["roles"]), place)

    async def is_manager(self, guild_id: int, user_id: int) -> bool:
        try:
            async with asyncio.timeout(TIMEOUT_S):
                guild = await self._client.http.get_guild(guild_id, with_counts=False)
                if int(guild["owner_id"]) == user_id:
                    return True
                member = await self._client.http.get_member(guild_id, user_id)
        except discord.NotFound:
            return False  # they left
        except DISCORD_ERRORS as error:
            log.warning("the roles of member %d could not be read: %s", user_id, type(error).__name__)
            raise CaseRefused(CaseFault.DISCORD_SILENT) from None
        held = {str(guild_id), *(str(role_id) for role_id in member["roles"])}  # everyone has the server's id
        permissions = discord.Permissions.none()
        for role in guild["roles"]:
            if str(role["id"]) in held:
                permissions.value |= int(role["permissions"])
        return permissions.manage_guild or permissions.administrator

    async def tell(self, decision: Decision) -> bool:
        text = format_answer(decision)
        case = decision.case
        interaction, since_s = self._waiting.pop(case.case_id, (None, 0.0))
        if interaction is not None and self._monotonic() - since_s < TOKEN_LIFE_S:
            followup = interaction.followup
            if await self._tried(
                followup.send(text, ephemeral=True, wait=True, allowed_mentions=NO_MENTIONS), "a verdict"
            ):
                return True
        return await self._tried(self._write_to(case, text), "a verdict by direct message") is not None

    async def _write_to(self, case: Case, text: str) -> discord.Message:
        channel = await self._client.create_dm(discord.Object(case.user_id))
        return await channel.send(text, nonce=case.case_id, allowed_mentions=NO_MENTIONS)

    # --- messages --------------------------------------------------------------------------------

    async def post_status(self, case: Case) -> int | None:
        title = heading(case.request, 300) if case.request is not None else "A picture"
        words = f"**Approved by the moderators; starting**\n-# asked for by <@{case.user_id}>"
        channel = self._client.get_partial_messageable(case.channel_id)

        async def send(text: str) -> discord.Message:
            # With a nonce, one that is sent again after a crash in between is still one message.
            return await channel.send(
                view=layout_of(Card(Tone.WAITING, text), seal_of(self._client)),
                nonce=case.press_id or case.case_id,
                allowed_mentions=NO_MENTIONS,
            )

        sending = _sent(send, f"### {title}\n{words}", f"### A request\n{words}")
        message = await self._tried(sending, f"a status message to channel {case.channel_id}")
        return message.id if message is not None else None

    async def take_back(self, channel_id: int, message_id: int) -> None:
        channel = self._client.get_partial_messageable(channel_id)
        await self._tried(channel.get_partial_message(message_id).delete(), "a deletion")

    async def delete_message(self, channel_id: int, message_id: int) -> bool:
        channel = self._client.get_partial_messageable(channel_id)
        return await self._is_done(channel.get_partial_message(message_id).delete(), "a deletion")

    async def show_again(self, channel_id: int, message_id: int, case: Case) -> bool:
        channel = self._client.get_partial_messageable(channel_id)

        async def show() -> None:
            message = await channel.fetch_message(message_id)
            await message.edit(
                view=shown(message, case), attachments=kept(message), allowed_mentions=NO_MENTIONS
            )

        return await self._is_done(show(), "showing again what was reported")

    # --- Discord ---------------------------------------------------------------------------------

    async def _place(self, guild_id: int, channel_id: int) -> ChannelContext:
        try:
            async with asyncio.timeout(TIMEOUT_S):
                channel = await self._client.fetch_channel(channel_id)
                parent_id = channel.parent_id if isinstance(channel, discord.Thread) else None
                if parent_id is not None:
                    channel = await self._client.fetch_channel(parent_id)
        except discord.NotFound:
            raise CaseRefused(CaseFault.CHANNEL_GONE) from None
        except discord.Forbidden:
            # Commands work where the bot itself sees nothing; then nothing restricted is assumed.
            return ChannelContext(guild_id, channel_id)
        except (*DISCORD_ERRORS, discord.InvalidData) as error:
            log.warning("channel %d could not be looked up: %s", channel_id, type(error).__name__)
            raise CaseRefused(CaseFault.DISCORD_SILENT) from None
        if not isinstance(channel, discord.abc.GuildChannel) or channel.guild.id != guild_id:
            raise CaseRefused(CaseFault.CHANNEL_GONE)
        is_nsfw = getattr(channel, "nsfw", False)  # categories have the attribute too, threads do not
        return ChannelContext(guild_id, channel_id, parent_id, bool(is_nsfw))

    async def _post(self, channel_id: int, card: Card, spare: Card | None = None) -> discord.Message | None:
        """`spare`: the same without words of others, for a server whose AutoMod will not have them."""
        channel = self._client.get_partial_messageable(channel_id)

        async def send(card: Card) -> discord.Message:
            return await channel.send(
                view=layout_of(card, seal_of(self._client)), allowed_mentions=NO_MENTIONS
            )

        return await self._tried(_sent(send, card, spare), f"a message to channel {channel_id}")

    async def _is_done(self, request: Coroutine[Any, Any, None], what: str) -> bool:
        """False where it cannot be done, now or later. Raises CaseRefused where Discord does not answer."""
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await request
        except DISCORD_ERRORS as error:
            log.warning("%s did not get through: %s", what, type(error).__name__)
            status = error.status if isinstance(error, discord.HTTPException) else 0
            if 400 <= status < 500 and status != HTTPStatus.TOO_MANY_REQUESTS:
                return False
            raise CaseRefused(CaseFault.DISCORD_SILENT) from None
        return True

    async def _tried(self, request: Coroutine[Any, Any, _T], what: str) -> _T | None:
        """The answer to one request, or None where Discord would not have it; the operator reads why."""
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return await request
        except DISCORD_ERRORS as error:
            log.warning("%s did not get through: %s", what, type(error).__name__)
            return None


async def _sent(
    send: Callable[[_S], Awaitable[discord.Message]], whole: _S, spare: _S | None
) -> discord.Message:
    """What was meant; without the words of others where the server's AutoMod will not have them."""
    try:
        return await send(whole)
    except discord.HTTPException as error:
        if spare is None or fault_of(error) is not SendFault.BLOCKED:
            raise
        return await send(spare)
