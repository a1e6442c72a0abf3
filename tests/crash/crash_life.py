"""One life of the bot's engine in its own process: real store, client and socket; it ends or is ended."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from itertools import repeat
from pathlib import Path
from random import Random
from typing import Any, Final

import aiohttp

from bot.domain.catalogue.model import Value
from bot.domain.job.errors import JobEnded
from bot.domain.job.job import Job, Output, Stage
from bot.domain.job.ledger import Settlement, settlement_of
from bot.domain.job.output_file import OutputFile, OutputUnavailable
from bot.domain.job.status_update import DeliveryOutcome, StatusUpdate
from bot.domain.job.task import Task, TaskReport
from bot.domain.money import ZERO, Money
from bot.domain.request.run_request import RunRequest
from bot.engines.port import EngineServerFault, EngineUnreachable
from bot.engines.wiro.client import WiroClient
from bot.engines.wiro.engine import WiroEngine
from bot.engines.wiro.signing import Credentials
from bot.engines.wiro.socket import TaskFeed
from bot.services.build import RunOptions, RunParts, build_runs
from bot.services.limits.service import DefaultLimits
from bot.services.runs.context import Timeouts
from bot.services.runs.service import Jobs
from bot.services.runs.unclaimed import SweepSchedule, UnclaimedTaskReconciler
from bot.services.supervisor import Supervisor
from bot.store.sqlite.database import Database
from bot.store.sqlite.jobs import JobStore
from bot.store.sqlite.stores import SqliteStores
from tests.crash.crash_clock import SharedClock
from tests.crash.crash_scenarios import GRACE_S, KEY, LOOK_S, PROMPT, SECRET, SHORT_GRACE_S, Build, Scenario
from tests.crash.crash_steps import Stepped, SteppedFeed, Steps
from tests.support.bot_harness import MemoryLogChannel
from tests.support.samples import MODEL, a_requester, an_origin
from tests.support.sources import MemorySources
from tests.support.wiro import engine_over

DATABASE: Final = "bot.sqlite3"
MESSAGES: Final = "messages.jsonl"
HURRY_S: Final = 100.0  # how much of the clock goes by at once where a charge is waited for
LIFE_S: Final = 600.0  # only a life that hangs takes so long
SEED: Final = 4  # asked for: two members may have the same picture in mind
_ALLOWANCE: Final = DefaultLimits(50, Money.parse("2"), Money.parse("20"))


@dataclass(frozen=True, slots=True)
class Life:
    """`folder` holds the database and the messages; in the first life the members' commands come in."""

    folder: Path
    wiro_port: int
    scenario: Scenario
    kill_at: str | None
    is_first: bool


class InkBoard:
    """A member's message as a file: what was shown is on the disk before anybody is told so.

    A line is an edit of the job's one message. Lines of a job that say the same are the same edit twice.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.running: asyncio.Queue[int] = asyncio.Queue()  # jobs that members see running

    def show(self, news: StatusUpdate) -> None:
        """A passing state is nobody's proof."""
        if news.job.stage is Stage.RUNNING and not news.is_cancelling:
            self.running.put_nowait(news.job.job_id)

    async def finalize(self, news: StatusUpdate, pictures: Sequence[OutputFile]) -> DeliveryOutcome:
        job = news.job
        line = {
            "job_id": job.job_id,
            "stage": job.stage.name,
            "cause": None if job.cause is None else job.cause.name,
            "task_id": job.task_id,
            "cost_pico": None if job.cost is None else job.cost.pico,
            "pictures": [picture.filename for picture in pictures],
        }
        ink = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(ink, json.dumps(line).encode() + b"\n")
            os.fsync(ink)
        finally:
            os.close(ink)
        return DeliveryOutcome.SHOWN

    async def withhold(self, job_id: int) -> None:
        """Nobody reports anything here."""

    def drop(self, job_id: int) -> None:
        """The file stays."""


class LoopbackPictures:
    """Downloads from this machine, which the bot's own downloader refuses to ask."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def fetch(self, output: Output) -> OutputFile:
        try:
            async with self._session.get(output.url or "") as response:
                response.raise_for_status()
                content = await response.read()
        except aiohttp.ClientError as error:
            raise OutputUnavailable(output.name, type(error).__name__) from error
        return OutputFile(output.name, output.content_type, content, output.url)


class LeisurelyWiro(WiroClient):
    """The real client; each look into the list takes its time on the scenario's clock."""

    time: SharedClock

    async def recent_tasks(self, limit: int, *, since_s: float = 0.0) -> list[TaskReport]:
        try:
            return await super().recent_tasks(limit, since_s=since_s)
        finally:
            self.time.advance(LOOK_S)


class BlindWiro(LeisurelyWiro):
    """Wrong on purpose: an unanswered Run is sent again."""

    async def run(self, model: str, parameters: Mapping[str, Value], *, key: str, **given: object) -> Task:
        try:
            return await super().run(model, parameters, key=key)
        except (EngineUnreachable, EngineServerFault):
            return await super().run(model, parameters, key=key)


class HastyStore(JobStore):
    """Wrong on purpose: what is on record when a run ends is all that it is ever charged."""

    async def settle(self, job: Job, settlement: Settlement | None, at_s: float) -> bool:
        final = replace(job, is_charge_open=False, cost=job.cost or ZERO)
        return await super().settle(final, settlement or settlement_of(final), at_s)


def tiny_delays() -> Iterator[float]:
    return repeat(0.003)


def live(life: Life, time: SharedClock, steps: Steps) -> None:
    """Live until nothing is left to do, or until the step at which the process is killed."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", force=True)
    asyncio.run(_live(life, time, steps))


async def _live(life: Life, time: SharedClock, steps: Steps) -> None:
    async with asyncio.timeout(LIFE_S), AsyncExitStack() as stack:
        database = await stack.enter_async_context(Database(life.folder / DATABASE, wall=time.ticking))
        session = await stack.enter_async_context(
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), trace_configs=[steps.trace_sending()])
        )
        owner = Supervisor(asyncio.create_task)
        stack.push_async_callback(owner.drain)
        engine = _engine(life, time, steps, database, session, owner)
        jobs = engine.jobs
        if life.scenario.is_stopped:
            owner.start("members who cancel", _cancel_what_runs(engine))
        await jobs.resume()
        for member in range(1, life.scenario.members + 1 if life.is_first else 1):
            request = RunRequest(MODEL, PROMPT, steps=2, seed=SEED)
            await jobs.submit(member, request, an_origin(user_id=member), a_requester(user_id=member))
        while jobs.running:  # noqa: ASYNC110 — what is waited for knows nothing of being waited for
            await asyncio.sleep(0.002)
        if life.scenario.is_late:
            await _until_charged(engine, time, owner)
        await jobs.drain()


async def _cancel_what_runs(engine: Engine) -> None:
    while True:
        job_id = await engine.board.running.get()
        with suppress(JobEnded):
            await engine.jobs.cancel(job_id, a_requester(job_id))


async def _until_charged(engine: Engine, time: SharedClock, owner: Supervisor) -> None:
    """What Wiro may still charge is asked after, as hours go by."""
    looks = SweepSchedule(first_s=GRACE_S, tick_s=0.002)
    unclaimed = UnclaimedTaskReconciler(engine.wiro, engine.store, time.clock(), owner, looks, tiny_delays)
    owner.every("late orphans", looks.tick_s, unclaimed.sweep, tiny_delays)
    while await JobStore(engine.database).open_charges():
        time.advance(HURRY_S)
        await asyncio.sleep(0.01)


@dataclass(frozen=True, slots=True)
class Engine:
    """What of an engine its life has to do with."""

    jobs: Jobs
    board: InkBoard
    wiro: WiroEngine
    store: Any
    database: Database


def _engine(
    life: Life,
    time: SharedClock,
    steps: Steps,
    database: Database,
    session: aiohttp.ClientSession,
    owner: Supervisor,
) -> Engine:
    """The engine as the bot wires it, each port in steps."""
    clock, build = time.clock(), life.scenario.build
    kind = BlindWiro if build is Build.RETRIES_BLINDLY else LeisurelyWiro
    base = f"127.0.0.1:{life.wiro_port}/v1"
    client = kind(session, f"http://{base}", Credentials(KEY, SECRET), clock=clock, delays=tiny_delays)
    client.time = time
    store = Stepped("store", (HastyStore if build is Build.HASTY else JobStore)(database), steps)
    ink = InkBoard(life.folder / MESSAGES)
    board = Stepped("board", ink, steps)
    pictures = Stepped("pictures", LoopbackPictures(session), steps)

    def open_feed() -> SteppedFeed:
        feed = TaskFeed(session, f"ws://{base}", spawn=asyncio.create_task, delays=tiny_delays)
        return SteppedFeed(feed, steps)

    grace_s = SHORT_GRACE_S if build is Build.IMPATIENT else GRACE_S
    stores = SqliteStores(database)
    api: Any = Stepped("wiro", client, steps)
    wiro = engine_over(api, open_feed, owner, tiny_delays, stores.folders)
    stores.jobs = store  # type: ignore[assignment]  # in steps
    parts = RunParts(
        stores=stores,
        engine=wiro,
        sources=MemorySources(),
        pictures=pictures,
        status_messages=board,
        log_channel=MemoryLogChannel(),
        supervisor=owner,
        clock=clock,
        chance=Random(7),
        backoff=lambda *_, **__: tiny_delays,
    )
    timeouts = Timeouts(silence_s=0.5, unknown_grace_s=grace_s, deadline_s=36_000.0)
    options = RunOptions(default_model=MODEL, default_limits=_ALLOWANCE, timeouts=timeouts)
    jobs = build_runs(parts, options).jobs
    return Engine(jobs, ink, wiro, store, database)
