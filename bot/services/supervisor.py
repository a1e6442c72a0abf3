"""Keeps background work going: a failed step is logged, counted and tried again, whatever went wrong."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeAlias

from bot.domain.errors import BotError
from bot.services.tasks import Spawn, TaskOwner

log = logging.getLogger(__name__)

Step: TypeAlias = Callable[[], Awaitable[object]]
Delays: TypeAlias = Callable[[], Iterator[float]]  # seconds between tries, growing


class Supervisor(TaskOwner):
    """Owns tasks, and runs steps as such. A step is done unless it fails or returns False.

    `failures` counts failed steps by name, so names are few and fixed.
    """

    def __init__(self, spawn: Spawn) -> None:
        super().__init__(spawn)
        self.failures: Counter[str] = Counter()

    def every(self, name: str, interval_s: float, step: Step, retry_delays: Delays) -> asyncio.Task[None]:
        """Now, and `interval_s` after each time it was done; after each of `retry_delays` while it is not."""
        self.failures[name] += 0
        return self.start(name, self._every(name, interval_s, step, retry_delays))

    def until_done(self, name: str, step: Step, delays: Delays) -> asyncio.Task[None]:
        """Now, and after each of `delays` until it is done or they end."""
        self.failures[name] += 0
        return self.start(name, self._until_done(name, step, delays))

    async def retry(self, name: str, step: Step, delays: Delays) -> bool:
        """After each of `delays` until it is done or they end: it has just been tried in vain."""
        self.failures[name] += 0
        return await self._retry(name, step, delays)

    async def _every(self, name: str, interval_s: float, step: Step, retry_delays: Delays) -> None:
        delays = retry_delays()
        while True:
            if await self._is_done(name, step):
                pause_s, delays = interval_s, retry_delays()
            else:
                pause_s = next(delays, interval_s)
            await asyncio.sleep(pause_s)

    async def _until_done(self, name: str, step: Step, delays: Delays) -> None:
        if not (await self._is_done(name, step) or await self._retry(name, step, delays)):
            log.error("%s: given up; the next start tries again", name)

    async def _retry(self, name: str, step: Step, delays: Delays) -> bool:
        for pause_s in delays():
            await asyncio.sleep(pause_s)
            if await self._is_done(name, step):
                return True
        return False

    async def _is_done(self, name: str, step: Step) -> bool:
        """The border of all background work: nothing passes but the end of its own task."""
        try:
            return await step() is not False
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if current is None or current.cancelling():
                raise
            log.warning("%s: what it waited for was cancelled", name)
        except BotError as error:
            log.warning("%s: %s", name, str(error) or type(error).__name__)
        except Exception:
            log.exception("%s: a fault of ours", name)
        self.failures[name] += 1
        return False
