"""Time as the stand-in sees it: a clock that tests may move, growing ids, and waiting for a change."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime

DISCORD_EPOCH_MS = 1_420_070_400_000
PATIENCE_S = 600.0  # of whoever waits here: only a hang takes so long


class Clock:
    """Wall time plus an offset; only the life of tokens and the age of messages follow the offset."""

    def __init__(self) -> None:
        self.offset_s = 0.0

    def now_s(self) -> float:
        return time.time() + self.offset_s

    def advance(self, seconds_s: float) -> None:
        self.offset_s += seconds_s

    def iso(self) -> str:
        return datetime.fromtimestamp(self.now_s(), UTC).isoformat()


class Snowflakes:
    """Ids that always grow and carry the real time, as discord.py reads ages from them."""

    def __init__(self) -> None:
        self._last = 0

    def take(self) -> int:
        stamp = (int(time.time() * 1000) - DISCORD_EPOCH_MS) << 22
        self._last = max(self._last + 1, stamp)
        return self._last


class Changes:
    """Wakes everyone who waits for something in the stand-in to become true."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()
        self._due: asyncio.TimerHandle | None = None

    def tell(self) -> None:
        """Wakes the waiting within 2 ms, once for all changes of that time: a thousand may be waiting."""
        if self._waiting and self._due is None:
            self._due = asyncio.get_running_loop().call_later(0.002, self._wake)

    def _wake(self) -> None:
        self._due = None
        for future in self._waiting:
            if not future.done():
                future.set_result(None)

    async def until(self, holds: Callable[[], bool], *, timeout_s: float, what: str) -> None:
        """Returns when `holds()` is true; raises TimeoutError naming `what` after `timeout_s` seconds.

        Looks again at every change here and, as `holds` may look at the bot too, at least 20 times a second.
        """
        deadline = time.monotonic() + timeout_s
        while not holds():
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                raise TimeoutError(f"not seen within {timeout_s:g} s: {what}")
            future = asyncio.get_running_loop().create_future()
            self._waiting.add(future)
            try:
                await asyncio.wait([future], timeout=min(left_s, 0.05))
            finally:
                self._waiting.discard(future)
