"""Room in memory for pictures between their inspection and their delivery: counted in bytes, for each job."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Final

MEMORY_BUDGET_BYTES: Final = 128 * 1024 * 1024  # some eighty pictures of a megapixel as PNG


class MemoryBudget:
    """Bytes that jobs may hold at once. Nobody waits for ever, so no two jobs can block each other."""

    def __init__(self, max_bytes: int = MEMORY_BUDGET_BYTES) -> None:
        self._max_bytes = max_bytes
        self._held: Counter[int] = Counter()
        self._freed = asyncio.Event()

    @property
    def held_bytes(self) -> int:
        """What all jobs hold together."""
        return self._held.total()

    def take(self, job_id: int, size_bytes: int) -> bool:
        """Hold this much more for a job, if there is room for it now."""
        if self.held_bytes + size_bytes > self._max_bytes:
            return False
        self._held[job_id] += size_bytes
        return True

    async def wait_for(self, job_id: int, size_bytes: int, patience_s: float) -> bool:
        """As `take`, waiting a while for others to leave; not for what the job's own share keeps away."""
        if self._held[job_id] + size_bytes > self._max_bytes:
            return False
        try:
            async with asyncio.timeout(patience_s):
                while not self.take(job_id, size_bytes):
                    self._freed.clear()
                    await self._freed.wait()
        except TimeoutError:
            return False
        return True

    def leave(self, job_id: int) -> None:
        """The job holds nothing any more. Harmless when repeated."""
        del self._held[job_id]
        self._freed.set()
