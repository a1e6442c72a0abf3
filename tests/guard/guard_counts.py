"""The use cases, the board and the database as the bot wires them, over a scripted Wiro and Discord: counted.

Every time is a tenth of the real one: ten ticks to an interval of edits, as ten ticks a second to one second.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from itertools import pairwise, repeat
from pathlib import Path
from random import Random
from typing import Any, Final

import bot.store.sqlite.database as database_module
from bot.delivery.apologies import Apologies
from bot.delivery.budgets import Budgets
from bot.delivery.editor import Pace
from bot.delivery.status_messages import DiscordStatusMessages
from bot.domain.job.events import Progressed, Reached, Settled
from bot.domain.job.job import Progress, Stage
from bot.domain.money import Money
from bot.services.build import RunOptions, RunParts, build_runs
from bot.services.limits.service import DefaultLimits
from bot.services.runs.intakes import Intakes
from bot.services.supervisor import Supervisor
from bot.store.sqlite.database import Database
from bot.store.sqlite.intakes import IntakeRecords
from bot.store.sqlite.stores import SqliteStores
from tests.support.board import MemoryPictures
from tests.support.bot_harness import MemoryLogChannel
from tests.support.clocks import SteppedClock, until
from tests.support.discord_side import FakeClient, FakeInteraction
from tests.support.samples import MODEL, PNG, a_request, a_requester, an_origin
from tests.support.sources import MemorySources, MemoryUploads
from tests.support.wiro import FakeSockets, ScriptedWiro, engine_over

INTERVAL_S: Final = 0.1
TICK_S: Final = 0.01
TICKS: Final = 60
CHANNEL: Final = 30


@dataclass(slots=True)
class Counts:
    """What some jobs took, and for how long they ran."""

    jobs: int
    elapsed_s: float
    edits: int
    unchanged: int
    transactions: int
    hops: int  # to the database's thread
    asked: int  # requests to Wiro
    sockets: int
    tasks: int  # of asyncio


class Wired:
    """One bot without the libraries at its borders."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.spawned = 0
        self.wiro, self.sockets = ScriptedWiro(), FakeSockets()
        self.interactions: dict[int, FakeInteraction] = {}
        owner = Supervisor(self._spawn)
        clock = SteppedClock().clock
        client: Any = FakeClient()
        pace = Pace(INTERVAL_S, lambda: repeat(0.01))
        self.board = DiscordStatusMessages(client, owner.start, Budgets(clock.monotonic), clock, pace)
        self.engine = engine_over(self.wiro, self.sockets.open, owner, lambda: repeat(0.2))
        stores: Any = SqliteStores(database)
        stores.uploads = MemoryUploads()
        parts = RunParts(
            stores=stores,
            engine=self.engine,
            sources=MemorySources(),
            pictures=MemoryPictures(),
            status_messages=self.board,
            log_channel=MemoryLogChannel(),
            supervisor=owner,
            clock=clock,
            chance=Random(7),
            backoff=lambda *_, **__: lambda: repeat(0.2),
        )
        limits = DefaultLimits(10**6, Money(10**18), Money(10**18))
        runs = build_runs(parts, RunOptions(default_model=MODEL, default_limits=limits))
        self.jobs = runs.jobs
        self.intakes = Intakes(IntakeRecords(database), Apologies(client), owner)

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        self.spawned += 1
        return asyncio.create_task(coroutine)

    async def imagine(self, job_id: int) -> None:
        """A member's command, as the cog hands it on."""
        self.interactions[job_id] = interaction = FakeInteraction(job_id)
        interaction.token = f"token-{job_id}"
        attached: Any = interaction
        origin = an_origin(user_id=job_id, channel_id=CHANNEL, message_id=job_id)
        with self.intakes.on_record(job_id, origin), self.board.attached(attached):
            await self.jobs.submit(job_id, a_request(), origin, a_requester(job_id, CHANNEL))

    async def live(self, count: int) -> Counts:
        """So many jobs in one channel from the command to the picture, each with its ticks."""
        loop = asyncio.get_running_loop()
        spawned, commits = self.spawned, self.database.commits
        begun_s = loop.time()
        with counted_hops() as hops:
            await asyncio.gather(*(self.imagine(job_id) for job_id in range(1, count + 1)))
            await until(lambda: len(self.sockets.registered) == count)
            task_ids = [task.task_id for task in self.sockets.registered]
            for stage in (Stage.PREPARING, Stage.RUNNING):
                self._say(task_ids, Reached(stage))
            for step in range(1, TICKS + 1):
                await asyncio.sleep(TICK_S)
                self._say(task_ids, Progressed(Progress(step, TICKS)))
            ending = Settled(is_success=True, cost=Money(5), outputs=(PNG,), elapsed_s=6.0)
            for task_id in task_ids:
                self.wiro.tell(task_id, ending)
            self._say(task_ids, Reached(Stage.FINISHING))
            await until(lambda: self.jobs.running == 0)
        sent = [interaction.mod_log for interaction in self.interactions.values()]
        return Counts(
            jobs=count,
            elapsed_s=loop.time() - begun_s,
            edits=sum(len(mod_log.requests) for mod_log in sent),
            unchanged=sum(_unchanged(mod_log.texts) for mod_log in sent),
            transactions=self.database.commits - commits,
            hops=len(hops),
            asked=len(self.wiro.runs)
            + self.wiro.details_asked
            + self.wiro.lists_asked
            + self.wiro.models_asked,
            sockets=len(self.sockets.feeds),
            tasks=self.spawned - spawned,
        )

    def _say(self, task_ids: list[str], event: Any) -> None:
        for task_id in task_ids:
            self.sockets.say(task_id, event)


@contextmanager
def counted_hops() -> Iterator[list[str]]:
    """The name of each function that goes over to the database's thread within the block."""
    hops: list[str] = []
    hop = database_module._hop

    async def counted(connection: Any, function: Any, *arguments: object) -> Any:
        hops.append(function.__name__)
        return await hop(connection, function, *arguments)

    database_module._hop = counted
    try:
        yield hops
    finally:
        database_module._hop = hop


def _unchanged(texts: list[str]) -> int:
    passing = texts[:-1]  # the ending comes with its picture
    return sum(one == other for one, other in pairwise(passing))


@asynccontextmanager
async def wired(path: Path, kind: type[Database] = Database) -> AsyncIterator[Wired]:
    """Drained at the end."""
    async with kind(path) as database:
        bot = Wired(database)
        try:
            yield bot
        finally:
            await bot.jobs.drain()
