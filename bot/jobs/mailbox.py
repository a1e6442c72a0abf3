"""A job's letter-box: events in, oldest first out; progress keeps only its newest, so it never grows."""

from __future__ import annotations

import asyncio
from collections import deque

from bot.domain.events import Event, Progressed


class Mailbox:
    """For one reader. Writers never wait."""

    def __init__(self) -> None:
        self._events: deque[Event] = deque()
        self._news = asyncio.Event()

    def put(self, event: Event) -> None:
        if self._events:
            newest = self._events[-1]
            if newest == event:
                return
            if isinstance(newest, Progressed) and isinstance(event, Progressed):
                self._events.pop()
        self._events.append(event)
        self._news.set()

    def wake(self) -> None:
        """Let the reader look around although there is no event."""
        self._news.set()

    async def get(self, timeout_s: float) -> Event | None:
        """The oldest event; None after a wake or when nothing came in time."""
        if not self._events:
            try:
                async with asyncio.timeout(timeout_s):
                    await self._news.wait()
            except TimeoutError:
                return None
        event = self._events.popleft() if self._events else None
        if not self._events:
            self._news.clear()
        return event
