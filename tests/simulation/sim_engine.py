"""The engine under test, wired as the bot wires it, over the simulated world: all of bot/services is real."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Final, TypeVar
from unittest.mock import patch

from bot.delivery import channels
from bot.delivery.budgets import Budgets
from bot.delivery.editor import Pace
from bot.delivery.status_messages import DiscordStatusMessages
from bot.domain.clock import Clock
from bot.domain.errors import StoreError
from bot.domain.job.job import Job, Output
from bot.domain.job.ledger import Settlement
from bot.domain.job.output_file import OutputFile, OutputUnavailable, OutputUnusable
from bot.domain.limits.budget import BudgetWarning
from bot.domain.moderation.audit import AuditEntry
from bot.domain.money import Money
from bot.runtime.backoff import backoff
from bot.services.build import RunOptions, RunParts, build_runs
from bot.services.catalogue.service import REFRESH_S
from bot.services.limits.service import DefaultLimits
from bot.services.runs.context import Timeouts
from bot.services.runs.service import Jobs
from bot.services.runs.unclaimed import SweepSchedule, UnclaimedTaskReconciler
from bot.services.supervisor import Supervisor
from bot.store.sqlite.jobs import JobStore
from bot.store.sqlite.stores import SqliteStores
from tests.simulation.sim_discord import SimClient, SimDiscord
from tests.simulation.sim_disk import DatabaseOfALife, Disk
from tests.simulation.sim_feed import SimSockets
from tests.simulation.sim_wire import Life
from tests.simulation.sim_wiro import MODEL, SimWiro, WiroPort
from tests.support.sources import MemorySources
from tests.support.virtual_loop import VirtualLoop
from tests.support.wiro import engine_over

T = TypeVar("T")

GUILD: Final = 700
CHANNELS: Final = (30, 31, 32, 33)

PATIENCE: Final = Timeouts(silence_s=20.0, unknown_grace_s=120.0, deadline_s=900.0)
FALLBACK: Final = Money.parse("0.05")


@contextmanager
def cards_on_the_wire() -> Iterator[None]:
    """Components are made and read by tests of their own: here the card itself goes over the wire."""
    itself = {"layout_of": lambda card, _: card, "progress_layout_of": lambda card, _: card}
    with patch.multiple(channels, texts_of=lambda texts: texts, **itself):
        yield


class SimPictures:
    """Downloads: a few bytes, late or spoilt."""

    def __init__(self, discord_: SimDiscord, life: Life) -> None:
        self._world = discord_
        self._life = life

    async def fetch(self, output: Output) -> OutputFile:
        chance = self._world.chance
        await self._world.wire.pause(self._life, chance.choice((0.05, 0.3, 2.0)))
        if chance.random() < self._world.weather.picture_fault:
            kind = chance.choice((OutputUnavailable, OutputUnusable))
            raise kind(output.name, "simulated")
        return OutputFile(output.name, output.content_type, b"a picture", output.url)


class WatchedStore(JobStore):
    """The real store. What the disk refused explains why a later engine knows less than was shown."""

    def __init__(self, database: DatabaseOfALife) -> None:
        super().__init__(database)
        self._forgiven = database.forgiven

    async def save(self, job: Job) -> None:
        await self._noting(job.job_id, super().save(job))

    async def settle(self, job: Job, settlement: Settlement | None, at_s: float) -> bool:
        return await self._noting(job.job_id, super().settle(job, settlement, at_s))

    async def mark_delivered(self, job: Job) -> None:
        await self._noting(job.job_id, super().mark_delivered(job))

    async def _noting(self, job_id: int, change: Awaitable[T]) -> T:
        try:
            return await change
        except StoreError:
            self._forgiven.add(job_id)
            raise


class SimLogChannel:
    """Keeps what moderators were warned of."""

    def __init__(self) -> None:
        self.warnings: list[BudgetWarning] = []

    async def tell_blocked(self, _channel_id: int, job: Job) -> None:
        """There is no AutoMod here."""

    async def announce(self, _channel_id: int, entry: AuditEntry) -> None:
        """Nothing is changed by moderators here."""

    async def warn(self, _channel_id: int, warning: BudgetWarning) -> None:
        self.warnings.append(warning)


@dataclass(frozen=True, slots=True)
class World:
    """What outlives every engine."""

    loop: VirtualLoop
    chance: Random
    wiro: SimWiro
    discord: SimDiscord
    disk: Disk
    wall: Callable[[], float]
    default_limits: DefaultLimits
    log_channel: SimLogChannel
    max_running: int | None
    serves_one_task: bool


@dataclass(slots=True)
class Parts:
    """The classes an engine is made of; a wrong build changes some."""

    wiro: Callable[[SimWiro, Life], WiroPort] = WiroPort
    store: Callable[[DatabaseOfALife], JobStore] = WatchedStore
    board: type[DiscordStatusMessages] = DiscordStatusMessages
    jobs: type[Jobs] = Jobs


class Engine:
    """One life of the bot's engine."""

    def __init__(self, world: World, life: Life, parts: Parts) -> None:
        self.life = life
        chance = Random(world.chance.getrandbits(64))
        clock = Clock(wall=world.wall, monotonic=world.loop.time)
        self.clock = clock
        self.owner = self.supervisor = Supervisor(asyncio.create_task)
        delays = partial(backoff, chance)
        self.budgets = Budgets(clock.monotonic)
        self.client = SimClient(world.discord, life, self.budgets)
        pace = Pace(1.2, delays(first_s=0.5, cap_s=30))
        self.board = parts.board(
            self.client,
            self.owner.start,
            self.budgets,
            clock,
            pace,  # type: ignore[arg-type]  # a stand-in
        )
        self.database = database = DatabaseOfALife(world.disk, life, world.discord.messages.forgiven)
        self.store = parts.store(database)
        stores = SqliteStores(database)
        stores.jobs = self.store
        self.sockets = SimSockets(world.wiro, life, serves_one_task=world.serves_one_task)
        self.engine = engine_over(
            parts.wiro(world.wiro, life),
            self.sockets.open,
            self.supervisor,
            delays(first_s=0.5, cap_s=30),
            stores.folders,
            world.max_running,
        )
        run_parts = RunParts(
            stores=stores,
            engine=self.engine,
            sources=MemorySources(),
            pictures=SimPictures(world.discord, life),
            status_messages=self.board,
            log_channel=world.log_channel,
            supervisor=self.supervisor,
            clock=clock,
            chance=chance,
            backoff=delays,
        )
        options = RunOptions(
            default_model=MODEL,
            default_limits=world.default_limits,
            timeouts=PATIENCE,
        )
        runs = build_runs(run_parts, options, parts.jobs)
        self.guilds, self.guild_settings, self.jobs = stores.guilds, runs.guild_settings, runs.jobs
        self.queue = runs.context.queue
        self.catalogue = runs.context.catalogue
        self.sweeps = SweepSchedule.after(PATIENCE.unknown_grace_s)
        self.retries = delays(first_s=2, cap_s=60)
        self.unclaimed = UnclaimedTaskReconciler(
            self.engine, self.store, clock, self.owner, self.sweeps, self.retries
        )
        self.is_ready = False

    async def start(self) -> None:
        await self.jobs.resume()
        self.supervisor.every("list of models", REFRESH_S, self.catalogue.refresh, self.retries)
        self.supervisor.every("late orphans", self.sweeps.tick_s, self.unclaimed.sweep, self.retries)
        self.is_ready = True
