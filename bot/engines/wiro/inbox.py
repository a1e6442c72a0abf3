"""Events waiting for a slow reader: the latest progress wins, so memory is bounded by the tasks there are."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TypeAlias

from bot.domain.job.events import Event, Gap, Progressed, Reached, TextStreamed, Unrecognised

_Key: TypeAlias = tuple[str, str, object]


class EventInbox:
    """At most one event of a kind waits for each task: one progress, one of each stage, two kinds of gap.

    A repeated event takes the place of the one that waits; a gap moves behind everything that came before it.
    """

    def __init__(self) -> None:
        self._waiting: OrderedDict[_Key, Event] = OrderedDict()
        self._arrived = asyncio.Event()
        self._is_closed = False

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, task_id: str, event: Event) -> None:
        """Add an event; nothing once the inbox is closed."""
        if self._is_closed:
            return
        key = (task_id, type(event).__name__, _kind(event))
        self._waiting[key] = event
        if isinstance(event, Gap):
            self._waiting.move_to_end(key)
        self._arrived.set()

    def discard(self, task_id: str) -> None:
        """Drop what waits for a task."""
        for key in [key for key in self._waiting if key[0] == task_id]:
            del self._waiting[key]

    def close(self) -> None:
        """Drop everything; readers come to their end."""
        self._is_closed = True
        self._waiting.clear()
        self._arrived.set()

    async def get(self) -> tuple[str, Event] | None:
        """The oldest event with its task, as soon as there is one; None once the inbox is closed."""
        while not self._waiting:
            if self._is_closed:
                return None
            self._arrived.clear()
            await self._arrived.wait()
        key, event = self._waiting.popitem(last=False)
        return key[0], event


def _kind(event: Event) -> object:
    match event:
        case Reached(stage):
            return stage
        case Gap(reason):
            return reason == CONNECTED
        case Unrecognised(type_name):
            return type_name
        case Progressed() | TextStreamed():
            return None
        case _:
            return event


CONNECTED = "connected"  # the reason of the gap that opens a connection; every other one ends it
