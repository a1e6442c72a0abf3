"""A clock that runs as usual and can be put forward, and bounded waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bot.domain.clock import Clock
from tests.support.samples import NOON_S

PATIENCE_S = 300.0  # only a test that fails waits so long


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


async def until(is_so: Callable[[], object]) -> None:
    """Wait until it is so; a test that waits too long fails by itself."""
    async with asyncio.timeout(PATIENCE_S):
        while not is_so():  # noqa: ASYNC110 — what is waited for knows nothing of being waited for
            await asyncio.sleep(0.001)


async def settle_down(rounds: int = 20) -> None:
    """Let everything that is ready run."""
    for _ in range(rounds):
        await asyncio.sleep(0)
