"""What stops the taking of work: open until the bot goes; who waits for something slow is then told so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.domain.request.interactions import NotAccepting


class ShutdownGate:
    """Closed once and for good."""

    def __init__(self) -> None:
        self._is_open = True
        self._waits: set[asyncio.Timeout] = set()

    @property
    def is_open(self) -> bool:
        return self._is_open

    def close(self) -> None:
        """Whoever waits in a `while_open` block leaves it now, and nobody enters another."""
        self._is_open = False
        now_s = asyncio.get_running_loop().time()
        for wait in self._waits:
            wait.reschedule(now_s)

    @asynccontextmanager
    async def while_open(self) -> AsyncIterator[None]:
        """For a wait that changes nothing: cut short when the bot stops. Raises NotAccepting."""
        if not self._is_open:
            raise NotAccepting
        wait = asyncio.timeout(None)
        try:
            async with wait:
                self._waits.add(wait)
                yield
        except TimeoutError:
            if wait.expired():
                raise NotAccepting from None
            raise
        finally:
            self._waits.discard(wait)
