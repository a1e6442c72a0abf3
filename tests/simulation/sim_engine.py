"""The engine under test, wired as the bot wires it, over the simulated world: all of bot/services is real."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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
from bot.runtime.backoff import jittered_delays
from bot.services.catalogue.service import REFRESH_S, Catalogue
from bot.services.guild_settings.service import GuildSettingsService
from bot.services.limits.budget_alerts import BudgetAlerts
from bot.services.limits.holds import Holds
from bot.services.limits.service import DefaultLimits, LimitService
from bot.services.runs.delivery import ResultDelivery
from bot.services.runs.inputs import Inputs
from bot.services.runs.queue import FairQueue
from bot.services.runs.runner import RunContext, Timeouts
from bot.services.runs.service import Jobs
from bot.services.runs.subscriptions import Tracker
from bot.services.runs.unclaimed import SweepSchedule, UnclaimedTaskReconciler
from bot.services.supervisor import Supervisor
from bot.services.tasks import TaskOwner
from bot.store.sqlite.folders import FolderRecords
from bot.store.sqlite.guilds import GuildRecords
from bot.store.sqlite.jobs import JobStore
from bot.store.sqlite.picture_wishes import PictureWishRecords
from bot.store.sqlite.uploads import UploadRecords
from tests.simulation.sim_discord import SimClient, SimDiscord
from tests.simulation.sim_disk import DatabaseOfALife, Disk
from tests.simulation.sim_feed import SimSockets
from tests.simulation.sim_wire import Life
from tests.simulation.sim_wiro import MODEL, SimWiro, WiroPort
from tests.support.sources import MemorySources
from tests.support.virtual_loop import VirtualLoop

T = TypeVar("T")

GUILD: Final = 700
CHANNELS: Final = (30, 31, 32, 33)

PATIENCE: Final = Timeouts(silence_s=20.0, unknown_grace_s=120.0, deadline_s=900.0)
FALLBACK: Final = Money.parse("0.05")


@contextmanager
def cards_on_the_wire() -> Iterator[None]:
    """Components are made and read by tests of their own: here the card itself goes over the wire."""
    itself = {"layout_of": lambda card, _: card, "passing_layout_of": lambda card, _: card}
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

    async def mark_delivered(self, job_id: int) -> None:
        await self._noting(job_id, super().mark_delivered(job_id))

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
        self.owner = TaskOwner(asyncio.create_task)
        self.budgets = Budgets(clock.monotonic)
        self.client = SimClient(world.discord, life, self.budgets)
        pace = Pace(1.2, _delays(chance, first_s=0.5, cap_s=30))
        self.board = parts.board(
            self.client,
            self.owner.start,
            self.budgets,
            clock,
            pace,  # type: ignore[arg-type]  # a stand-in
        )
        self.database = database = DatabaseOfALife(world.disk, life, world.discord.messages.forgiven)
        self.store = parts.store(database)
        wiro = parts.wiro(world.wiro, life)
        self.sockets = SimSockets(world.wiro, life, serves_one_task=world.serves_one_task)
        self.supervisor = Supervisor(self.owner)
        delays = _delays(chance, first_s=0.5, cap_s=30)
        self.tracker = Tracker(self.sockets.open, self.supervisor, delays)
        self.queue = FairQueue(world.max_running, clock.monotonic, _delays(chance, first_s=2, cap_s=30))
        self.catalogue = Catalogue(wiro, MODEL, clock, self.owner)
        pictures = SimPictures(world.discord, life)
        delivery = ResultDelivery(
            self.store, self.board, pictures, self.owner, _delays(chance, first_s=2, cap_s=60)
        )
        tools = RunContext(
            wiro=wiro,
            store=self.store,
            board=self.board,
            delivery=delivery,
            catalogue=self.catalogue,
            inputs=Inputs(
                wiro, MemorySources(), FolderRecords(database), UploadRecords(database), clock.wall
            ),
            queue=self.queue,
            tracker=self.tracker,
            clock=clock,
            timeouts=PATIENCE,
            poll_delays=_delays(chance, first_s=0.4, cap_s=10),
        )
        self.guilds = GuildRecords(database)
        self.guild_settings = GuildSettingsService(
            self.guilds, world.log_channel, PictureWishRecords(database), lambda _: False
        )
        limit_service = LimitService(
            world.default_limits, self.guild_settings, self.guilds, self.store, clock
        )
        watch = BudgetAlerts(limit_service, self.guild_settings, self.guilds, world.log_channel, clock)
        holds = Holds(self.catalogue, self.store, clock, FALLBACK)
        self.jobs = parts.jobs(tools, self.guild_settings, limit_service, watch, self.owner, chance, holds)
        self.looks = SweepSchedule.after(PATIENCE.unknown_grace_s)
        self.retries = _delays(chance, first_s=2, cap_s=60)
        self.unclaimed = UnclaimedTaskReconciler(
            wiro, self.store, clock, self.owner, self.looks, self.retries
        )
        self.is_ready = False

    async def start(self) -> None:
        await self.jobs.resume()
        self.supervisor.every("list of models", REFRESH_S, self.catalogue.refresh, self.retries)
        self.supervisor.every("late orphans", self.looks.tick_s, self.unclaimed.sweep, self.retries)
        self.is_ready = True


def _delays(chance: Random, *, first_s: float, cap_s: float) -> Callable[[], Iterator[float]]:
    return lambda: jittered_delays(chance, first_s=first_s, cap_s=cap_s)
