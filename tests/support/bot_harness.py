"""The use cases wired to a scripted Wiro, a board in memory and a real database file."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import repeat
from pathlib import Path
from random import Random
from typing import Any

from bot.domain.errors import StoreError
from bot.domain.job.events import Event
from bot.domain.job.job import Job, Stage
from bot.domain.job.ledger import Settlement
from bot.domain.limits.budget import BudgetWarning
from bot.domain.limits.limit import Limit, Scope, Subject, Window
from bot.domain.moderation.audit import AuditEntry
from bot.domain.money import Money
from bot.services.build import RunOptions, RunParts, build_runs
from bot.services.limits.service import DefaultLimits
from bot.services.runs.context import Timeouts
from bot.services.supervisor import Supervisor
from bot.store.sqlite.database import Database
from bot.store.sqlite.jobs import JobStore
from bot.store.sqlite.stores import SqliteStores
from sandbox.engine.fake import FakeEngine
from tests.support.board import MemoryBoard, MemoryPictures
from tests.support.clocks import SteppedClock, until
from tests.support.samples import GUILD, MODEL, a_request, a_requester, an_origin
from tests.support.sources import MemorySources
from tests.support.wiro import FakeSockets, ScriptedWiro, engine_over

DEFAULT_LIMITS = DefaultLimits(50, Money.parse("2"), Money.parse("20"))
PATIENCE = Timeouts(silence_s=0.06, unknown_grace_s=120.0, deadline_s=3600.0)


def tiny_delays() -> Iterator[float]:
    return repeat(0.004)


class FaultyStore(JobStore):
    """The real store, whose next calls of a method fail as `faults` says."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.faults: defaultdict[str, deque[StoreError]] = defaultdict(deque)
        self.saves: list[Job] = []

    def _may_fail(self, method: str) -> None:
        if self.faults[method]:
            raise self.faults[method].popleft()

    async def reserve(
        self, job: Job, limits: Sequence[Limit], counters: Sequence[tuple[Scope, Window]]
    ) -> bool:
        self._may_fail("reserve")
        return await super().reserve(job, limits, counters)

    async def save(self, job: Job) -> None:
        self._may_fail("save")
        self.saves.append(job)
        await super().save(job)

    async def request_cancel(self, job_id: int) -> None:
        self._may_fail("request_cancel")
        await super().request_cancel(job_id)

    async def settle(self, job: Job, settlement: Settlement | None, at_s: float) -> bool:
        self._may_fail("settle")
        return await super().settle(job, settlement, at_s)

    async def mark_delivered(self, job: Job) -> None:
        self._may_fail("mark_delivered")
        await super().mark_delivered(job)

    async def resume(self, job_ids: Sequence[int]) -> Sequence[Job]:
        self._may_fail("resume")
        return await super().resume(job_ids)

    async def job(self, job_id: int) -> Job | None:
        self._may_fail("job")
        return await super().job(job_id)

    async def claimed(self, task_ids: Sequence[str]) -> frozenset[str]:
        self._may_fail("claimed")
        return await super().claimed(task_ids)


class MemoryLogChannel:
    """Keeps what was announced."""

    def __init__(self) -> None:
        self.entries: list[AuditEntry] = []
        self.blocked: list[Job] = []
        self.warnings: list[BudgetWarning] = []

    async def tell_blocked(self, _channel_id: int, job: Job) -> None:
        self.blocked.append(job)

    async def announce(self, _channel_id: int, entry: AuditEntry) -> None:
        self.entries.append(entry)

    async def warn(self, _channel_id: int, warning: BudgetWarning) -> None:
        self.warnings.append(warning)


class BotHarness:
    """One run of the bot's use cases. `wiro` outlives it, as Wiro does."""

    def __init__(
        self,
        store: FaultyStore,
        wiro: ScriptedWiro,
        *,
        engine: FakeEngine | None = None,
        max_running: int | None = None,
        timeouts: Timeouts = PATIENCE,
        default_limits: DefaultLimits = DEFAULT_LIMITS,
    ) -> None:
        self.store = store
        self.wiro = wiro
        self.time = SteppedClock()
        self.board = MemoryBoard()
        self.sources = MemorySources()
        self.stores: Any = SqliteStores(store._database)
        self.stores.jobs = store
        self.uploads, self.guilds = self.stores.uploads, self.stores.guilds
        self.pictures = MemoryPictures()
        self.sockets = FakeSockets()
        self.owner = self.supervisor = Supervisor(asyncio.create_task)
        self.log_channel = MemoryLogChannel()
        self.engine = engine_over(wiro, self.sockets.open, self.supervisor, tiny_delays, at_once=max_running)
        self._news: FakeSockets | FakeEngine = engine or self.sockets
        parts = RunParts(
            stores=self.stores,
            engine=engine or self.engine,
            sources=self.sources,
            pictures=self.pictures,
            status_messages=self.board,
            log_channel=self.log_channel,
            supervisor=self.supervisor,
            clock=self.time.clock,
            chance=Random(7),
            backoff=lambda *_, **__: tiny_delays,
        )
        options = RunOptions(default_model=MODEL, default_limits=default_limits, timeouts=timeouts)
        runs = build_runs(parts, options)
        self.context, self.guild_settings, self.limit_service = (
            runs.context,
            runs.guild_settings,
            runs.limit_service,
        )
        self.queue, self.catalogue = self.context.queue, self.context.catalogue
        self.holds, self.jobs = runs.holds, runs.jobs

    async def submit(self, job_id: int = 1, *, user_id: int = 1, channel_id: int = 30, **request: Any) -> Job:
        job = await self.jobs.submit(
            job_id,
            a_request(**request),
            an_origin(user_id=user_id, channel_id=channel_id),
            a_requester(user_id=user_id, channel_id=channel_id),
        )
        assert job is not None
        return job

    async def submit_and_watch(self, job_id: int = 1, **given: Any) -> str:
        """Submit, and wait until the task's socket is listened to. The task's id."""
        await self.submit(job_id, **given)
        return await self.watched(job_id)

    async def watched(self, job_id: int = 1) -> str:
        await until(lambda: self._news.is_watching(self.task_of(job_id)))
        return self.task_of(job_id)

    def task_of(self, job_id: int) -> str:
        runner = self.jobs._followers.get(job_id)
        return (runner.job.task_id or "") if runner is not None else ""

    async def hears(self, task_id: str, *events: Event) -> None:
        for event in events:
            self._news.say(task_id, event)
            await asyncio.sleep(0)

    async def end_of(self, job_id: int = 1) -> Job:
        """Wait until nobody follows the job any more; the job as it is on record."""
        await until(lambda: job_id not in self.jobs._followers)
        job = await self.store.job(job_id)
        assert job is not None
        return job

    async def stage_reached(self, stage: Stage, job_id: int = 1) -> None:
        await until(lambda: any(n.job.job_id == job_id and n.job.stage >= stage for n in self.board.shown))

    async def stop(self) -> None:
        await self.jobs.drain()

    async def spent(self, user_id: int = 1) -> tuple[int, int, int, int]:
        """Runs used, runs held, picodollars used, picodollars held of a member today."""
        scope = Scope(Subject.MEMBER, GUILD, user_id)
        usage = await self.store.usage(scope, Window.DAY, self.time.clock.wall())
        return usage.runs_used, usage.runs_held, usage.spend_used_pico, usage.spend_held_pico


@asynccontextmanager
async def a_harness(path: Path, wiro: ScriptedWiro | None = None, **given: Any) -> AsyncIterator[BotHarness]:
    """A harness over the file at `path`; drained and audited at the end."""
    async with Database(path) as database:
        harness = BotHarness(FaultyStore(database), wiro or ScriptedWiro(), **given)
        try:
            yield harness
        finally:
            await harness.stop()
        assert await harness.store.audit() == []
