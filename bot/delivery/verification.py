"""Final states that progress of unknown outcome may yet overwrite: checked again, and put back.

An edit that hangs or breaks is given up by us, not by Discord: carried out after the final state it would
leave a finished job "Drawing" for ever. Progress leaves the attachments alone, so the card is all there is
to put back.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import discord

from bot.delivery.budgets import Budgets
from bot.delivery.channels import ACCESS_REFUSED, DeliveryChannel, DeliveryChannels, SendFault, fault_of
from bot.delivery.circuit_breaker import circuits_of
from bot.delivery.discord_errors import DISCORD_ERRORS
from bot.domain.clock import Clock
from bot.runtime.bounded import BoundedDict
from bot.view.card import Card

log = logging.getLogger(__name__)

UNSURE_S: Final = 90.0  # an edit that was given up is not carried out later than this
# Between looks. The fifth is later than UNSURE_S and the last, unless Discord lets nobody look by then.
PAUSES_S: Final = (3.0, 5.0, 12.0, 25.0, 46.0, 90.0, 180.0, *[360.0] * 9)
REQUEST_S: Final = 5.0
AT_ONCE: Final = 2  # requests of all checks together: final states of other messages come first
LONGEST_WAIT_S: Final = 30.0  # for room among the edits of a channel
MAX_UNREADABLE: Final = 1_000  # channels remembered
UNREADABLE_S: Final = 600.0  # a channel that may not be read is left alone so long: refusals are counted


@dataclass(frozen=True, slots=True)
class FinalMessage:
    """A message that shows how its job ended. `mark`: words that only the job's progress has."""

    job_id: int
    channel_id: int
    guild_id: int | None
    channels: DeliveryChannels
    ending: Card
    mark: str
    unsure_until_s: float  # monotonic


class FinalMessageVerifier:
    """A handful of requests for each message that is in doubt; for the others none."""

    def __init__(self, budgets: Budgets, clock: Clock, pauses_s: Sequence[float] = PAUSES_S) -> None:
        self._budgets = budgets
        self._clock = clock
        self._pauses_s = pauses_s
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._unreadable_until_s = BoundedDict[int, float](MAX_UNREADABLE)  # by channel

    async def verify(self, message: FinalMessage) -> None:
        """See to it that the ending stands. Ends early where the message is gone or cannot be read."""
        for pause_s in self._pauses_s:
            await asyncio.sleep(pause_s)
            is_sure = self._clock.monotonic() > message.unsure_until_s
            match await self._check(message):
                case None if is_sure:
                    return
                case None | SendFault.TOKEN_EXPIRED | SendFault.TRANSIENT:
                    continue
                case refused:
                    log.info("job %d: its ending is left to itself: %s", message.job_id, refused.name)
                    return

    async def _check(self, message: FinalMessage) -> SendFault | None:
        """Put the ending back where it is overwritten. None: now it stands there."""
        now_s = self._clock.monotonic()
        channel = message.channels.current(now_s)
        if channel is None or now_s < self._unreadable_until_s.get(message.channel_id, now_s):
            return SendFault.NO_ACCESS
        circuits = circuits_of(channel.key, message.channel_id, message.guild_id)
        breaker = self._budgets.breaker
        if self._budgets.bot_pause_s() > 0 or not await breaker.admit(circuits, is_final=False):
            return SendFault.TRANSIENT
        try:
            async with self._turns, asyncio.timeout(REQUEST_S):
                texts = await channel.seen()
            if not any(message.mark in text for text in texts):
                return None
            log.info("job %d: a late edit took the place of its ending", message.job_id)
            pause_s = self._budgets.pause_s(channel.key, message.channel_id, is_final=False)
            await asyncio.sleep(min(pause_s, LONGEST_WAIT_S))
            self._budgets.shared.claim(message.channel_id, is_final=False)
            self._budgets.sent()
            await self._put_back(channel, message.ending)
        except DISCORD_ERRORS as error:
            refused = fault_of(error)
            if refused is SendFault.TOKEN_EXPIRED:
                message.channels.close(channel)
            if refused in ACCESS_REFUSED:
                self._unreadable_until_s[message.channel_id] = self._clock.monotonic() + UNREADABLE_S
            return refused
        return None

    async def _put_back(self, channel: DeliveryChannel, ending: Card) -> None:
        """With the files that the message still has; without them where Discord does not find them."""
        async with self._turns, asyncio.timeout(REQUEST_S):
            try:
                await channel.send(ending, None)
            except discord.HTTPException as error:
                if fault_of(error) is not SendFault.INVALID:
                    raise
                await channel.send(replace(ending, pictures=(), files=()), None)
