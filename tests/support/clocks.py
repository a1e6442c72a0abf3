"""A clock that runs as usual and can be put forward, and bounded waiting."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

from bot.domain.clock import Clock
from tests.support.samples import NOON_S

PATIENCE_S = 600.0  # only a test that fails waits so long


class SteppedClock:
    """Goes as the running loop does, from `NOON_S`; `forward` jumps on both faces, `put_right` on one."""

    def __init__(self) -> None:
        self._now = asyncio.get_running_loop().time
        self._started_s = self._now()
        self._ahead_s = 0.0
        self._wall_ahead_s = 0.0
        self.clock = Clock(wall=self.wall, monotonic=self.monotonic)

    def forward(self, seconds: float) -> None:
        self._ahead_s += seconds

    def put_right(self, seconds: float) -> None:
        """As an operator or a time server does; either way."""
        self._wall_ahead_s += seconds

    def wall(self) -> float:
        return NOON_S + self.monotonic() + self._wall_ahead_s

    def monotonic(self) -> float:
        return self._now() - self._started_s + self._ahead_s


class StoppedClock:
    """Stands still until it is moved: for what only counts."""

    def __init__(self) -> None:
        self.now_s = 1_000.0
        self.clock = Clock(wall=self.wall, monotonic=self.monotonic)

    def forward(self, seconds: float) -> None:
        self.now_s += seconds

    def wall(self) -> float:
        return NOON_S + self.now_s

    def monotonic(self) -> float:
        return self.now_s


async def until(is_so: Callable[[], Any], what: str = "") -> Any:
    """The first true value of what may be a coroutine function; whoever waits too long fails by itself."""
    pause_s = 0.001
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not (value := await found if inspect.isawaitable(found := is_so()) else found):
                await asyncio.sleep(pause_s)
                pause_s = min(0.01, pause_s * 1.2)  # another process wants the cores
    except TimeoutError:
        raise AssertionError(f"did not happen in {PATIENCE_S:g} s: {what or is_so}") from None
    return value


async def settle_down(rounds: int = 20) -> None:
    """Let everything that is ready run."""
    for _ in range(rounds):
        await asyncio.sleep(0)
