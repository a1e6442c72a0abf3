"""Latest-wins editing of one message: many states in, few edits out, the final one always."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeAlias

from bot.delivery.acceptance import wait_until_accepted
from bot.delivery.budgets import Budgets, Key
from bot.delivery.channels import (
    ACCESS_REFUSED,
    DeliveryChannel,
    DeliveryChannels,
    SendFault,
    fault_of,
    may_yet_apply,
)
from bot.delivery.circuit_breaker import CircuitKey, circuits_of
from bot.delivery.discord_errors import DISCORD_ERRORS
from bot.delivery.verification import PAUSES_S, UNSURE_S
from bot.domain.clock import Clock
from bot.domain.job.output_file import OutputFile
from bot.domain.job.status_update import StatusUpdate
from bot.view.card import Card
from bot.view.cards.renderer import status_card
from bot.view.cards.wordless import wordless_status

log = logging.getLogger(__name__)

PROGRESS_TIMEOUT_S: Final = 5.0  # then the next state is tried; an edit that hangs holds up nothing longer
FINAL_TIMEOUT_S: Final = 15.0  # for one attempt, and for its upload:
UPLOAD_BYTES_PER_S: Final = 200_000
FINAL_TRIES: Final = 8
LONGEST_FINAL_PAUSE_S: Final = 65.0  # that a 429 may ask for: a channel's hidden limit is one of a minute
PROGRESS_TRIES: Final = 5  # in a row, for one message

Start: TypeAlias = Callable[[str, Coroutine[Any, Any, None]], asyncio.Task[None]]


@dataclass(frozen=True, slots=True)
class Pace:
    """How often progress may be shown, and the pauses between tries at a final state and checks of it."""

    interval_s: float
    retry_delays: Callable[[], Iterator[float]]
    verify_pauses_s: Sequence[float] = PAUSES_S


class MessageEditor:
    """One message: one edit in flight, one pending. A task exists only while something is unshown."""

    __slots__ = (
        "_budgets",
        "_channel_id",
        "_channels",
        "_clock",
        "_failures",
        "_guild_id",
        "_is_finalizing",
        "_last_edit_s",
        "_pace",
        "_pending",
        "_pump",
        "_shown",
        "_sleep",
        "_start",
        "blocked",
        "edits",
        "is_gone",
        "unsure_until_s",
    )

    def __init__(
        self,
        channel_id: int,
        channels: DeliveryChannels,
        start: Start,
        budgets: Budgets,
        clock: Clock,
        pace: Pace,
        guild_id: int | None = None,
    ) -> None:
        self._channel_id = channel_id
        self._guild_id = guild_id
        self._channels = channels
        self._start = start
        self._budgets = budgets
        self._clock = clock
        self._pace = pace
        self._pending: StatusUpdate | None = None
        self._shown: Card | None = None
        self._pump: asyncio.Task[None] | None = None
        self._last_edit_s = float("-inf")
        self._failures = 0
        self._is_finalizing = False
        self._sleep: asyncio.Timeout | None = None  # while the pump waits
        self.is_gone = False
        self.blocked = 0  # how often AutoMod has refused: first words of others are left out, then all else
        self.edits = 0
        self.unsure_until_s = float("-inf")  # until then progress that was sent may yet appear

    @property
    def shown(self) -> Card | None:
        """The card that Discord took last; None where that is not known."""
        return self._shown

    def doubt(self) -> None:
        """Progress was sent, and nobody will hear what became of it."""
        self.unsure_until_s = self._clock.monotonic() + UNSURE_S

    def show(self, news: StatusUpdate) -> None:
        """Progress. Shown unless a newer state or the final one comes first."""
        if self._is_finalizing or self.is_gone:
            return
        self._pending = news
        if self._pump is None or self._pump.done():
            self._pump = self._start(f"status {news.job.job_id}", self._pump_until_shown())

    async def stop_progress(self) -> None:
        """No more progress; returns when none is in flight."""
        self._is_finalizing = True
        self._pending = None
        if self._sleep is not None:
            _end_now(self._sleep)
        if self._pump is not None:
            await asyncio.wait([self._pump])

    async def send_final(
        self, channel: DeliveryChannel, card: Card, pictures: Sequence[OutputFile], tries: int = FINAL_TRIES
    ) -> SendFault | None:
        """Try until it is shown (None) or trying is no use: the reason."""
        for delay_s in self._final_delays(tries):
            await asyncio.sleep(delay_s)
            if not await self._until_allowed(channel):
                return SendFault.TRANSIENT
            refused = await self._send(channel, card, pictures, is_final=True)
            if refused is not SendFault.TRANSIENT:
                return refused
        return SendFault.TRANSIENT

    async def _until_allowed(self, channel: DeliveryChannel) -> bool:
        """Wait as the headers say; False where that takes so long that another channel may be quicker."""
        with self._budgets.shared.final_waits(self._channel_id):
            while True:
                pause_s = self._budgets.pause_s(channel.key, self._channel_id, is_final=True)
                if pause_s > LONGEST_FINAL_PAUSE_S:
                    return False
                if pause_s <= 0:
                    return True
                await asyncio.sleep(pause_s)

    def _final_delays(self, tries: int) -> Iterator[float]:
        yield 0.0
        delays = self._pace.retry_delays()
        for _ in range(tries - 1):
            yield next(delays)

    async def _pump_until_shown(self) -> None:
        try:
            await self._show_newest()
        finally:
            self._pump = None

    async def _show_newest(self) -> None:
        while self._pending is not None and not self._is_finalizing and not self.is_gone:
            channel = self._channels.current(self._clock.monotonic())
            if channel is None:
                return
            pause_s = max(
                self._last_edit_s + self._pace.interval_s - self._clock.monotonic(),
                self._budgets.pause_s(channel.key, self._channel_id, is_final=False),
            )
            if pause_s > 0:
                await self._sleep_unless_final(pause_s)
                continue
            news, self._pending = self._pending, None
            card = wordless_status(news) if self.blocked else status_card(news)
            if card == self._shown or self.blocked > 1:
                continue
            await self._send_progress(channel, card, news)

    async def _send_progress(self, channel: DeliveryChannel, card: Card, news: StatusUpdate) -> None:
        match await self._send(channel, card, None, is_final=False):
            case None:
                self._failures = 0
            case SendFault.MESSAGE_GONE:
                self.is_gone = True
            case SendFault.TOKEN_EXPIRED:
                self._channels.close(channel)
                self._pending = self._pending or news
            case SendFault.BLOCKED:
                self.blocked += 1
                self._pending = self._pending or news
            case SendFault.TRANSIENT if self._failures < PROGRESS_TRIES:
                self._failures += 1
                self._pending = self._pending or news
            case _:
                pass  # this state stays unshown; the next one, or the final one, will be tried

    async def _sleep_unless_final(self, pause_s: float) -> None:
        try:
            async with asyncio.timeout(pause_s) as self._sleep:
                await asyncio.get_running_loop().create_future()
        except TimeoutError:
            return
        finally:
            self._sleep = None

    async def _send(
        self, channel: DeliveryChannel, card: Card, pictures: Sequence[OutputFile] | None, *, is_final: bool
    ) -> SendFault | None:
        self._budgets.shared.claim(self._channel_id, is_final=is_final)
        circuits = circuits_of(channel.key, self._channel_id, self._guild_id)
        if not await self._is_admitted(circuits, is_final=is_final):
            return SendFault.CHANNEL_GONE if self._budgets.breaker.is_gone(circuits) else SendFault.NO_ACCESS
        self._last_edit_s = self._clock.monotonic()
        self._budgets.sent()
        self.edits += 1
        refusals: list[Key] = []
        try:
            with self._budgets.breaker.in_flight(circuits):
                if is_final:
                    async with asyncio.timeout(_final_timeout_s(pictures or ())):
                        with self._budgets.listened(channel.key, partial(refusals.append, channel.key)):
                            await wait_until_accepted(
                                self._start,
                                f"final by {channel.key[0]}",
                                partial(channel.send, card, pictures),
                            )
                else:
                    await self._send_unless_refused(channel, card, refusals)
        except DISCORD_ERRORS as error:
            refused = fault_of(error)
            if refused in ACCESS_REFUSED:
                self._budgets.breaker.refused(circuits, is_gone=refused is SendFault.CHANNEL_GONE)
            # A channel's window is shared: the refused edit may have been another message's.
            if not refusals or channel.key[0] != "token":
                self._shown = None  # it may have been applied all the same
                if not is_final and may_yet_apply(error):
                    self.doubt()
            log.info("edit through %s: %s (%s)", channel.key[0], refused.name, type(error).__name__)
            return refused
        finally:
            self._last_edit_s = self._clock.monotonic()
        self._budgets.breaker.succeeded(circuits)
        self._shown = card
        return None

    async def _is_admitted(self, circuits: Sequence[CircuitKey], *, is_final: bool) -> bool:
        """Progress that waits for other requests gives way to the final state."""
        if is_final:
            return await self._budgets.breaker.admit(circuits, is_final=True)
        try:
            async with asyncio.timeout(None) as self._sleep:
                return await self._budgets.breaker.admit(circuits, is_final=False)
        except TimeoutError:
            return False
        finally:
            self._sleep = None

    async def _send_unless_refused(self, channel: DeliveryChannel, card: Card, refusals: list[Key]) -> None:
        """Send progress; a 429 ends the attempt at once.

        discord.py sleeps through a 429 with the token's lock held (webhook/async_.py, 2.7.1), and a
        final state would wait behind it. A refused edit was not applied, so dropping it is safe.
        """
        async with asyncio.timeout(PROGRESS_TIMEOUT_S) as limit:

            def refuse() -> None:
                refusals.append(channel.key)
                _end_now(limit)

            with self._budgets.listened(channel.key, refuse):
                await channel.send(card, None)


def _end_now(limit: asyncio.Timeout) -> None:
    if not limit.expired():
        limit.reschedule(asyncio.get_running_loop().time())


def _final_timeout_s(pictures: Sequence[OutputFile]) -> float:
    size_bytes = sum(len(picture.content) for picture in pictures if picture.content is not None)
    return FINAL_TIMEOUT_S + size_bytes / UPLOAD_BYTES_PER_S
