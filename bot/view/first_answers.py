"""First answers before everything else: over few connections, with nothing of ours in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

AT_ONCE: Final = 64  # connections that a burst opens: a new one costs more than the answer it carries
LONGEST_TURN_S: Final = 1.0  # of Discord's 3 s; then it goes out on a connection more
BURST: Final = 16  # so many on their way at once make everything else wait
LONGEST_BURST_S: Final = 1.5  # then the rest goes on all the same


class FirstAnswers:
    """Counts the first answers of one bot that are on their way."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._on_their_way = 0
        self._is_calm = asyncio.Event()
        self._is_calm.set()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """A first answer goes out within the block."""
        self._on_their_way += 1
        if self._on_their_way >= BURST:
            self._is_calm.clear()
        has_turn = False
        try:
            has_turn = await self._taken()
            yield
        finally:
            if has_turn:
                self._turns.release()
            self._on_their_way -= 1
            if self._on_their_way < BURST:
                self._is_calm.set()

    async def calm(self) -> None:
        """Return once no burst of first answers is on its way: what follows takes time from them."""
        if self._is_calm.is_set():
            return
        try:
            async with asyncio.timeout(LONGEST_BURST_S):
                await self._is_calm.wait()
        except TimeoutError:
            return

    async def _taken(self) -> bool:
        if not self._turns.locked():
            return await self._turns.acquire()
        try:
            async with asyncio.timeout(LONGEST_TURN_S):
                return await self._turns.acquire()
        except TimeoutError:
            return False
