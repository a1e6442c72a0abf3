"""Latest-wins editing of one message: many states in, few edits out, the ending always."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from bot.domain.clock import Clock
from bot.domain.news import News
from bot.domain.picture import Picture
from bot.view.budget import Budgets
from bot.view.card import Card
from bot.view.renderer import status_card
from bot.view.routes import EDIT_ERRORS, Refused, Route, Ways, refusal

log = logging.getLogger(__name__)

PASSING_TIMEOUT_S: Final = (
    10.0  # then the next state is tried; a hanging edit never holds up an ending longer
)
ENDING_TIMEOUT_S: Final = 60.0  # for one attempt, upload included
ENDING_TRIES: Final = 8
PASSING_TRIES: Final = 5  # in a row, for one message

Start: TypeAlias = Callable[[str, Coroutine[Any, Any, None]], asyncio.Task[None]]


@dataclass(frozen=True, slots=True)
class Pace:
    """How often passing states may be shown, and the pauses between tries at an ending."""

    interval_s: float
    retry_delays: Callable[[], Iterator[float]]


class MessageEditor:
    """One message: one edit in flight, one pending. A task exists only while something is unshown."""

    def __init__(
        self,
        channel_id: int,
        ways: Ways,
        start: Start,
        budgets: Budgets,
        clock: Clock,
        pace: Pace,
    ) -> None:
        self._channel_id = channel_id
        self._ways = ways
        self._start = start
        self._budgets = budgets
        self._clock = clock
        self._pace = pace
        self._pending: News | None = None
        self._shown: Card | None = None
        self._pump: asyncio.Task[None] | None = None
        self._last_edit_s = float("-inf")
        self._failures = 0
        self._is_ending = asyncio.Event()
        self.is_gone = False
        self.edits = 0

    def show(self, news: News) -> None:
        """A passing state. Shown unless a newer one or the ending comes first."""
        if self._is_ending.is_set() or self.is_gone:
            return
        self._pending = news
        if self._pump is None or self._pump.done():
            self._pump = self._start(f"status {news.job.job_id}", self._pump_until_shown())

    async def stop_passing(self) -> None:
        """No more passing states; returns when none is in flight."""
        self._is_ending.set()
        self._pending = None
        if self._pump is not None and not self._pump.done():
            await asyncio.wait([self._pump])

    async def send_ending(self, route: Route, card: Card, pictures: Sequence[Picture]) -> Refused | None:
        """Try until it is shown (None) or trying is no use: the reason."""
        for delay_s in self._ending_delays():
            pause_s = self._budgets.pause_s(route.key, self._channel_id, is_ending=True)
            await asyncio.sleep(max(pause_s, delay_s))
            refused = await self._send(route, card, pictures, is_ending=True)
            if refused is not Refused.PASSING:
                return refused
        return Refused.PASSING

    def _ending_delays(self) -> Iterator[float]:
        yield 0.0
        delays = self._pace.retry_delays()
        for _ in range(ENDING_TRIES - 1):
            yield next(delays)

    async def _pump_until_shown(self) -> None:
        while self._pending is not None and not self._is_ending.is_set() and not self.is_gone:
            route = self._ways.current(self._clock.monotonic())
            if route is None:
                return
            pause_s = max(
                self._last_edit_s + self._pace.interval_s - self._clock.monotonic(),
                self._budgets.pause_s(route.key, self._channel_id, is_ending=False),
            )
            if pause_s > 0:
                await self._sleep_unless_ending(pause_s)
                continue
            news, self._pending = self._pending, None
            card = status_card(news)
            if card == self._shown:
                continue
            await self._send_passing(route, card, news)

    async def _send_passing(self, route: Route, card: Card, news: News) -> None:
        match await self._send(route, card, None, is_ending=False):
            case None:
                self._failures = 0
            case Refused.MESSAGE_GONE:
                self.is_gone = True
            case Refused.WAY_CLOSED | Refused.NO_ACCESS:
                self._ways.close(route)
                self._pending = self._pending or news
            case Refused.PASSING if self._failures < PASSING_TRIES:
                self._failures += 1
                self._pending = self._pending or news
            case _:
                pass  # this state stays unshown; the next one, or the ending, will be tried

    async def _sleep_unless_ending(self, pause_s: float) -> None:
        try:
            async with asyncio.timeout(pause_s):
                await self._is_ending.wait()
        except TimeoutError:
            return

    async def _send(
        self, route: Route, card: Card, pictures: Sequence[Picture] | None, *, is_ending: bool
    ) -> Refused | None:
        self._last_edit_s = self._clock.monotonic()
        self._budgets.spent(self._channel_id, is_ending=is_ending)
        self.edits += 1
        try:
            if is_ending:
                async with asyncio.timeout(ENDING_TIMEOUT_S):
                    await route.send(card, pictures)
            else:
                async with asyncio.timeout(PASSING_TIMEOUT_S):
                    await self._send_unless_refused(route, card)
        except EDIT_ERRORS as error:
            refused = refusal(error)
            if not self._budgets.refusal_of(route.key).is_set():
                self._shown = None  # it may have been applied all the same
            log.info("edit through %s: %s (%s)", route.key[0], refused.name, type(error).__name__)
            return refused
        finally:
            self._last_edit_s = self._clock.monotonic()
        self._shown = card
        return None

    async def _send_unless_refused(self, route: Route, card: Card) -> None:
        """Send a passing state; a 429 ends the attempt at once.

        discord.py sleeps through a 429 with the token's lock held (webhook/async_.py, 2.7.1), and an
        ending would wait behind it. A refused edit was not applied, so dropping it is safe.
        """
        is_refused = self._budgets.refusal_of(route.key)
        is_refused.clear()
        sending = asyncio.ensure_future(route.send(card, None))
        refused = asyncio.ensure_future(is_refused.wait())
        try:
            await asyncio.wait({sending, refused}, return_when=asyncio.FIRST_COMPLETED)
            if not sending.done():
                raise TimeoutError
            await sending
        finally:
            for future in (sending, refused):
                if not future.done():
                    future.cancel()
            await asyncio.gather(sending, refused, return_exceptions=True)
