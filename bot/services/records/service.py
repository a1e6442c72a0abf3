"""Figures of a period, a member's own records, and their erasure here and at Wiro."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Final, TypeAlias, assert_never

from bot.domain.clock import Clock
from bot.domain.errors import StoreError
from bot.domain.job.job import Job
from bot.domain.limits.limit import Window, window_bounds
from bot.domain.moderation.cases import Case
from bot.domain.records.errors import ErasureRunning
from bot.domain.records.reports import ExportLine, Remembered, UsageReport
from bot.engines.port import Engine, EngineError, EngineNotFound
from bot.services.moderation.ports import CaseStore
from bot.services.records.ports import ReportStore
from bot.services.runs.uploads import Uploads
from bot.services.supervisor import Supervisor

log = logging.getLogger(__name__)

PAGE_SIZE: Final = 8
READ_SLICE: Final = 200  # jobs of one read, so that decisions pass in between
ERASE_BATCH: Final = 5  # tasks that Wiro is asked to clear at once
SWEEP_BATCH: Final = 200
SWEEP_EVERY_S: Final = 86_400.0
TELL_EVERY_S: Final = 2.0
DAY_S: Final = 86_400


class Period(Enum):
    """What figures can be asked for, in UTC days. The value is what a member picks."""

    TODAY = "today"
    WEEK = "week"  # from Monday
    MONTH = "month"
    LAST_30_DAYS = "30 days"


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Some of a member's jobs, newest first. `number` counts from 1."""

    jobs: tuple[Job, ...]
    number: int
    has_newer: bool
    has_older: bool


@dataclass(frozen=True, slots=True)
class Erasure:
    """How far the erasure of a member's records is. Counts are jobs, for Wiro tasks."""

    total: int
    erased: int = 0
    cleared_at_wiro: int = 0
    waiting_at_wiro: int = 0  # could not be cleared (yet)
    files_at_wiro: int = 0  # that the member gave, and that may be there still
    running: tuple[Job, ...] = ()  # left as they are
    is_retrying: bool = False  # those that wait are being tried again
    is_over: bool = False
    has_failed: bool = False  # our own records could not be written


Tell: TypeAlias = Callable[[Erasure], Awaitable[None]]


class Reports:
    """Reads figures and records; owns the erasures. Raises the StoreError family."""

    def __init__(
        self,
        records: ReportStore,
        cases: CaseStore,
        engine: Engine,
        clock: Clock,
        supervisor: Supervisor,
        delays: Callable[[], Iterator[float]],
        uploads: Uploads,
    ) -> None:
        """`delays` gives the seconds before each new attempt at Wiro, and ends: then it is left alone."""
        self._records = records
        self._cases = cases
        self._engine = engine
        self._clock = clock
        self._supervisor = supervisor
        self._delays = delays
        self._uploads = uploads
        self._erasing: set[int] = set()

    # --- figures -------------------------------------------------------------------------------

    async def usage(self, guild_id: int, period: Period, user_id: int | None = None) -> UsageReport:
        """Of a server, or of one of its members there."""
        since_s, until_s = period_bounds(period, self._clock.wall())
        return await self._records.usage_report(guild_id, since_s, until_s, user_id)

    async def export(self, guild_id: int, period: Period) -> Sequence[ExportLine]:
        """Every job of a server in the period, oldest first."""
        since_s, until_s = period_bounds(period, self._clock.wall())
        return await self._records.export(guild_id, since_s, until_s)

    # --- a member's own ------------------------------------------------------------------------

    async def history(self, user_id: int, guild_id: int | None, number: int = 1) -> HistoryPage:
        """The page of this number; without jobs where it lies past the end. Cost grows with the number."""
        before: int | None = None
        left = (number - 1) * PAGE_SIZE
        while left > 0:
            skipped = await self._records.history(user_id, guild_id, before, min(left, READ_SLICE))
            if not skipped:
                return HistoryPage((), number, has_newer=before is not None, has_older=False)
            before = skipped[-1].job_id
            left -= len(skipped)
        return await self._page(user_id, guild_id, before, number)

    async def older(self, user_id: int, guild_id: int | None, than_id: int, number: int) -> HistoryPage:
        """The page after the job `than_id`. Costs the same wherever it is."""
        return await self._page(user_id, guild_id, than_id, number)

    async def newer(self, user_id: int, guild_id: int | None, than_id: int) -> HistoryPage:
        """The page before the job `than_id`; its number is counted anew, as more jobs may have come.

        It is full, unless `than_id` lies past the end: then it is the last page.
        """
        nearest: deque[Job] = deque(maxlen=PAGE_SIZE)
        seen = 0
        before: int | None = None
        while jobs := await self._records.history(user_id, guild_id, before, READ_SLICE):
            newer = [job for job in jobs if job.job_id > than_id]
            nearest.extend(newer)
            seen += len(newer)
            if len(newer) < len(jobs):
                break
            before = jobs[-1].job_id
        number = max(1, -(-seen // PAGE_SIZE))
        if number == 1:
            return await self._page(user_id, guild_id, None, 1)
        older = await self._records.history(user_id, guild_id, nearest[-1].job_id, 1)
        if not older:
            return await self.history(user_id, guild_id, number)
        return HistoryPage(tuple(nearest), number, has_newer=True, has_older=True)

    async def records_of(self, user_id: int) -> Sequence[Job]:
        """Every job of a member that has not been forgotten, in any server and in direct messages."""
        return await self._records.records_of(user_id)

    async def asks_of(self, user_id: int) -> Sequence[Case]:
        """What a member asked moderators for and is still on record."""
        return await self._cases.asks_of(user_id)

    async def remembered(self, user_id: int) -> Sequence[Remembered]:
        """What a member last filled in, by model."""
        return await self._records.remembered(user_id)

    async def _page(self, user_id: int, guild_id: int | None, before: int | None, number: int) -> HistoryPage:
        jobs = await self._records.history(user_id, guild_id, before, PAGE_SIZE + 1)
        return HistoryPage(
            tuple(jobs[:PAGE_SIZE]), number, has_newer=before is not None, has_older=len(jobs) > PAGE_SIZE
        )

    # --- forgetting ----------------------------------------------------------------------------

    def erase(self, user_id: int, tell: Tell) -> None:
        """Start erasing what is kept of a member's ended jobs; `tell` hears how far it is, and the end.

        Raises ErasureRunning while an earlier one is under way.
        """
        if user_id in self._erasing:
            raise ErasureRunning
        self._erasing.add(user_id)
        self._supervisor.start(f"erase records of {user_id}", self._erase(user_id, tell))

    async def _erase(self, user_id: int, tell: Tell) -> None:
        teller = _Teller(tell, self._clock)
        try:
            waiting = await self._erase_here(user_id, teller)
        except StoreError as error:
            log.warning("the erasure of a member's records stopped: %s", error.reason)
            await teller.tell(replace(teller.last, is_over=True, has_failed=True))
            return
        finally:
            self._erasing.discard(user_id)
        await self._clear_later(waiting, teller, user_id)

    async def _erase_here(self, user_id: int, teller: _Teller) -> list[str]:
        """Erase batch by batch, Wiro first while it answers. The tasks that Wiro has still to clear.

        Wiro first: a batch that a stop of the bot interrupts is still on record to be asked for again.
        """
        await self._cases.forget_requests(self._clock.wall(), user_id)
        await self._records.forget_remembered(user_id)
        records = await self._records.records_of(user_id)
        ended = [job for job in records if job.is_finished]
        state = Erasure(len(ended), running=tuple(job for job in records if not job.is_finished))
        waiting: list[str] = []
        for start in range(0, len(ended), ERASE_BATCH):
            await teller.tell(state)
            batch = ended[start : start + ERASE_BATCH]
            tasks = [job.task_id for job in batch if job.task_id is not None]
            # After a first failure the rest waits: erasing our own records must not wait for Wiro.
            left = tasks if waiting else await self._clear(tasks)
            waiting += left
            await self._records.forget([job.job_id for job in batch])
            state = replace(
                state,
                erased=state.erased + len(batch),
                cleared_at_wiro=state.cleared_at_wiro + len(tasks) - len(left),
                waiting_at_wiro=len(waiting),
            )
        if not waiting:
            state = replace(state, files_at_wiro=await self._uploads.erase(user_id))
        await teller.tell(replace(state, is_over=not waiting, is_retrying=bool(waiting)))
        return waiting

    async def _clear_later(self, waiting: list[str], teller: _Teller, user_id: int) -> None:
        """Try again what Wiro did not clear, until it has or the delays end."""
        if not waiting:
            return
        asked_before, cleared_before = len(waiting), teller.last.cleared_at_wiro

        def state() -> Erasure:
            cleared = cleared_before + asked_before - len(waiting)
            return replace(teller.last, cleared_at_wiro=cleared, waiting_at_wiro=len(waiting))

        async def clear() -> bool:
            left: list[str] = []
            for start in range(0, len(waiting), ERASE_BATCH):
                left += await self._clear(waiting[start : start + ERASE_BATCH])
            waiting[:] = left
            if waiting:
                await teller.tell(state())
            return not waiting

        if not await self._supervisor.retry("erasure at the engine", clear, self._delays):
            log.warning("Wiro did not delete the files of tasks %s", ", ".join(waiting))
        files = await self._files_left(user_id)
        await teller.tell(replace(state(), is_over=True, is_retrying=False, files_at_wiro=files))

    async def _files_left(self, user_id: int) -> int:
        try:
            return await self._uploads.erase(user_id)
        except StoreError as error:
            log.warning("a member's files at Wiro could not be looked for: %s", error.reason)
            return 0

    async def _clear(self, task_ids: Sequence[str]) -> list[str]:
        """Ask Wiro to delete what these tasks were given and made. Those it did not."""
        cleared = await asyncio.gather(*(self._is_cleared(task_id) for task_id in task_ids))
        return [task_id for task_id, is_cleared in zip(task_ids, cleared, strict=True) if not is_cleared]

    async def _is_cleared(self, task_id: str) -> bool:
        try:
            await self._engine.erase(task_id)
        except EngineNotFound:
            return True  # Wiro has nothing of it any more
        except EngineError as error:
            log.warning("the files of task %s were not deleted: %s", task_id, error.message)
            return False
        return True

    # --- retention -----------------------------------------------------------------------------

    async def forget_older(self, retention_days: int) -> int:
        """Forget ended jobs and asked cases from more than so many days ago, in batches. How many."""
        before_s = self._clock.wall() - retention_days * DAY_S
        forgotten = await self._cases.forget_requests(before_s)
        forgotten += await self._records.forget_remembered_before(before_s)
        last_id = None
        while jobs := await self._records.old_jobs(before_s, SWEEP_BATCH):
            if jobs[0].job_id == last_id:
                log.error("job %d is to be forgotten and stays", last_id)
                break
            last_id = jobs[0].job_id
            await self._records.forget([job.job_id for job in jobs])
            forgotten += len(jobs)
        if forgotten:
            log.info("forgot the prompts of %d jobs older than %d days", forgotten, retention_days)
        return forgotten


class _Teller:
    """Passes an erasure's states on, passing ones only so often."""

    def __init__(self, tell: Tell, clock: Clock) -> None:
        self._tell = tell
        self._clock = clock
        self._told_s: float | None = None
        self.last = Erasure(0)

    async def tell(self, state: Erasure) -> None:
        self.last = state
        now_s = self._clock.monotonic()
        is_milestone = state.is_over or state.erased == state.total
        if is_milestone or self._told_s is None or now_s - self._told_s >= TELL_EVERY_S:
            self._told_s = now_s
            await self._tell(state)


def period_bounds(period: Period, now_s: float) -> tuple[int, int]:
    """Epoch seconds of the period's start (inclusive) and of the end of today (exclusive), in UTC days."""
    midnight_s, tomorrow_s = window_bounds(Window.DAY, now_s)
    match period:
        case Period.TODAY:
            return midnight_s, tomorrow_s
        case Period.WEEK:
            return window_bounds(Window.WEEK, now_s)[0], tomorrow_s
        case Period.MONTH:
            return window_bounds(Window.MONTH, now_s)[0], tomorrow_s
        case Period.LAST_30_DAYS:
            first = datetime.fromtimestamp(midnight_s, UTC) - timedelta(days=29)
            return int(first.timestamp()), tomorrow_s
        case _:
            assert_never(period)
