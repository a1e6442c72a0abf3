"""The bot's figures about itself: counters it keeps anyway, read together, and the event loop's delay."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from bot.delivery.budgets import Budgets
from bot.domain.errors import StoreError
from bot.domain.job.job import Stage
from bot.domain.records.reconciliation import Reckoning
from bot.engines.wiro.socket import SocketTally
from bot.services.limits.service import LimitService
from bot.services.runs.bookkeeper import Bookkeeper
from bot.services.runs.ports import Queue
from bot.services.runs.service import Jobs
from bot.store.sqlite.bill_alarms import AlarmRecords
from bot.store.sqlite.database import Database

log = logging.getLogger(__name__)

SAMPLE_EVERY_S: Final = 1.0
SAMPLES: Final = 60  # kept: the last minute
SLOW_S: Final = 0.5  # late enough that members notice, and the log tells


class LoopLag:
    """How late the event loop wakes who sleeps, sampled every second."""

    def __init__(
        self, monotonic: Callable[[], float], sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._monotonic = monotonic
        self._sleep = sleep
        self._lags_s: deque[float] = deque([0.0], maxlen=SAMPLES)

    @property
    def last_s(self) -> float:
        return self._lags_s[-1]

    @property
    def worst_s(self) -> float:
        """Of the last minute."""
        return max(self._lags_s)

    async def sample(self) -> None:
        """One sleep: a step of background work."""
        before_s = self._monotonic()
        await self._sleep(SAMPLE_EVERY_S)
        lag_s = max(0.0, self._monotonic() - before_s - SAMPLE_EVERY_S)
        self._lags_s.append(lag_s)
        if lag_s > SLOW_S:
            log.warning("the event loop was held up for %.2f s", lag_s)


@dataclass(frozen=True, slots=True)
class Reading:
    """Every figure at one moment. `held_pico` is None where the database did not say."""

    is_connected: bool
    jobs: Mapping[Stage, int]
    waiting: int
    running: int
    edits: int
    rate_limited: int
    gaps: int
    reconnects: int
    sockets: int
    held_pico: int | None
    surprises: int | None  # bills past all that was foreseen, since the database was made
    disbelieved: int | None  # bills that are to be reconciled by hand
    commits: int
    lag_s: float
    worst_lag_s: float
    failures: Mapping[str, int]
    reckoning: Reckoning | None  # None until the first one


@dataclass(frozen=True, slots=True)
class Meters:
    """Where the figures stand."""

    is_connected: Callable[[], bool]
    jobs: Jobs
    queue: Queue
    budgets: Budgets
    sockets: SocketTally
    limit_service: LimitService
    database: Database
    lag: LoopLag
    failures: Mapping[str, int]  # of background work, by name
    bookkeeper: Bookkeeper

    async def read(self) -> Reading:
        """All of them. A database that fails leaves its figure out: the others are wanted all the more."""
        held_pico = surprises = disbelieved = None
        try:
            held_pico = await self.limit_service.held_pico()
            surprises, disbelieved = await AlarmRecords(self.database).counts()
        except StoreError as error:
            log.warning("the figures of money could not be read: %s", error.reason)
        return Reading(
            is_connected=self.is_connected(),
            jobs=self.jobs.stages,
            waiting=len(self.queue),
            running=self.queue.running,
            edits=self.budgets.edits,
            rate_limited=self.budgets.rate_limited,
            gaps=self.sockets.gaps,
            reconnects=self.sockets.reconnects,
            sockets=self.sockets.open,
            held_pico=held_pico,
            surprises=surprises,
            disbelieved=disbelieved,
            commits=self.database.commits,
            lag_s=self.lag.last_s,
            worst_lag_s=self.lag.worst_s,
            failures=self.failures,
            reckoning=self.bookkeeper.last,
        )
