"""Events on their way to one job: progress collapses to the newest, the rest stays in order."""

from __future__ import annotations

import asyncio

from bot.domain.job.events import Event, Progressed, TextStreamed


class Mailbox:
    """For one reader. Writers never wait. Small while it is empty: one stands beside every running job."""

    __slots__ = ("_events", "_is_woken", "_reader")

    def __init__(self) -> None:
        self._events: list[Event] = []  # few: the reader is quicker than Wiro
        self._is_woken = False
        self._reader: asyncio.Future[None] | None = None  # while it waits

    def put(self, event: Event) -> None:
        if self._events:
            newest = self._events[-1]
            if newest == event:
                return
            if type(newest) is type(event) and isinstance(event, (Progressed, TextStreamed)):
                self._events.pop()  # the newer one says all that the older one said
        self._events.append(event)
        self.wake()

    def wake(self) -> None:
        """Let the reader look around although there is no event."""
        self._is_woken = True
        if self._reader is not None:
            _finish(self._reader)

    async def get(self, timeout_s: float) -> Event | None:
        """The oldest event; None after a wake or when nothing came in time."""
        if not self._events and not self._is_woken:
            await self._wait(timeout_s)
        event = self._events.pop(0) if self._events else None
        if not self._events:
            self._is_woken = False
        return event

    async def _wait(self, timeout_s: float) -> None:
        loop = asyncio.get_running_loop()
        self._reader = loop.create_future()
        timer = loop.call_later(timeout_s, _finish, self._reader)
        try:
            await self._reader
        finally:
            timer.cancel()
            self._reader = None


def _finish(reader: asyncio.Future[None]) -> None:
    if not reader.done():
        reader.set_result(None)
