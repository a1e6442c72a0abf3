"""Outputs: made in threads, a few at a time, and kept while memory allows."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable

from sandbox.wiro.painter import Subject

_MAX_AT_ONCE = 2  # threads come from the loop's shared pool, which others in the process need too


class OutputCache:
    """Generators are deterministic: what was let go is simply made again. Raises Unreadable as they do."""

    def __init__(self, generate: Callable[[Subject], bytes], *, memory_bytes: int = 64 * 2**20) -> None:
        self._generate = generate
        self._memory_bytes = memory_bytes
        self._kept: OrderedDict[Subject, bytes] = OrderedDict()
        self._held_bytes = 0
        self._slots = asyncio.Semaphore(_MAX_AT_ONCE)

    async def picture(self, subject: Subject) -> bytes:
        kept = self._kept.get(subject)
        if kept is not None:
            self._kept.move_to_end(subject)
            return kept
        async with self._slots:
            data = await asyncio.to_thread(self._generate, subject)
        if subject not in self._kept:
            self._kept[subject] = data
            self._held_bytes += len(data)
        while self._held_bytes > self._memory_bytes and len(self._kept) > 1:
            _, gone = self._kept.popitem(last=False)
            self._held_bytes -= len(gone)
        return data
