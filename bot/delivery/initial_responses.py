"""First answers before everything else: over few connections, with nothing of ours in between."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Final

AT_ONCE: Final = 64  # connections that a burst opens: a new one costs more than the answer it carries
LONGEST_TURN_S: Final = 1.0  # of Discord's 3 s; then all who wait go out on connections more
BURST: Final = 16  # so many on their way at once make everything else wait
LULL_S: Final = 0.02  # of a burst, in which the rest of it may be read from the gateway
LONGEST_BURST_S: Final = 1.5  # then the rest goes on all the same


class InitialResponseLimiter:
    """The first answers of one bot that are on their way: `async with answers:` around each.

    By hand, without a task, a timer or a generator for each of them: a thousand at once are a matter of
    microseconds.

    What it is worth (scene `acks` of the benchmarks: p99 of 1,000 beside a bot that only acknowledges, median
    of five interleaved rounds on two slow cores, 2026-11-26): 0.77 × with it, 0.95 × where all else waits but
    connections are not limited, 1.59 × without it, where the collector never rests either. In the last two a
    first answer was given 10 s.
    """

    def __init__(self) -> None:
        self._on_their_way = 0
        self._sending = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._is_calm = asyncio.Event()
        self._is_calm.set()
        self._patience: asyncio.TimerHandle | None = None  # of those who wait for a turn
        self._lull: asyncio.TimerHandle | None = None  # until the burst may be over
        self._limit: asyncio.TimerHandle | None = None  # until it is called over
        self.on_burst: Callable[[], None] = _nothing
        self.on_calm: Callable[[], None] = _nothing

    async def __aenter__(self) -> None:
        self._on_their_way += 1
        if self._on_their_way == BURST and self._is_calm.is_set():
            self._is_calm.clear()
            self._limit = asyncio.get_running_loop().call_later(LONGEST_BURST_S, self._call_over)
            self.on_burst()
        if self._sending < AT_ONCE:
            self._sending += 1
            return
        try:
            await self._turn()
        except BaseException:
            self._leave()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pass_on()
        self._leave()

    async def calm(self) -> None:
        """Return once no burst of first answers is on its way: what follows takes time from them."""
        await self._is_calm.wait()

    async def _turn(self) -> None:
        loop = asyncio.get_running_loop()
        if self._patience is None:
            self._patience = loop.call_later(LONGEST_TURN_S, self._let_all_in)
        turn = loop.create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # it had been let in
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        self._sending -= 1
        while self._sending < AT_ONCE and self._waiting:
            self._let_in(self._waiting.popleft())

    def _let_in(self, turn: asyncio.Future[None]) -> None:
        if not turn.done():  # else it was cancelled
            self._sending += 1
            turn.set_result(None)

    def _let_all_in(self) -> None:
        self._patience = None
        while self._waiting:
            self._let_in(self._waiting.popleft())

    def _leave(self) -> None:
        self._on_their_way -= 1
        if not self._waiting and self._patience is not None:
            self._patience.cancel()
            self._patience = None
        if self._on_their_way < BURST and not self._is_calm.is_set() and self._lull is None:
            self._lull = asyncio.get_running_loop().call_later(LULL_S, self._end_burst)

    def _end_burst(self) -> None:
        """Unless the rest of it has come meanwhile."""
        self._lull = None
        if self._on_their_way < BURST and not self._is_calm.is_set():
            self._call_over()

    def _call_over(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None
        self._is_calm.set()
        self.on_calm()


def _nothing() -> None:
    return
