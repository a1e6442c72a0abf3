"""One world from its seed: members ask, press and delete, engines die and start again, until all is quiet."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from bot.domain.errors import StoreError
from bot.domain.limits.limit import Audience, Measure, Window
from bot.domain.limits.policies import LimitKey, LimitPolicy
from bot.domain.moderation.audit import AuditEntry, LimitChange
from bot.domain.money import Money
from bot.services.limits.service import DefaultLimits
from tests.simulation.sim_checks import check_books, check_the_end
from tests.simulation.sim_discord import SimDiscord
from tests.simulation.sim_disk import Disk
from tests.simulation.sim_engine import GUILD, Engine, Parts, SimLogChannel, World, cards_on_the_wire
from tests.simulation.sim_members import Members
from tests.simulation.sim_sky import Sky
from tests.simulation.sim_trace import Trace, Violation
from tests.simulation.sim_weather import a_weather
from tests.simulation.sim_wire import Dead, Life, Wire
from tests.simulation.sim_wiro import SimWiro
from tests.support.virtual_loop import VirtualLoop

START_S: Final = 1_772_359_200.0  # 2026-03-01 10:00 UTC
HORIZON_S: Final = 27 * 3600.0  # a late task is hunted for 24 h
BOOKS_EVERY_S: Final = 240.0
AWAY_S: Final = (0.5, 1.5, 4.0, 20.0, 90.0, 150.0, 600.0, 2400.0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run was, and its digest: the same for the same seed, always."""

    seed: int
    digest: str
    lifecycles: int  # jobs that were on record, all ended and told by the end
    virtual_s: float
    deaths: int
    events: int
    kinds: dict[str, int]
    violation: str = ""
    tail: tuple[str, ...] = ()


class Simulation:
    """Use `run`. Everything random comes from the one seed."""

    def __init__(self, seed: int, lives: int, parts: Parts | None = None, *, keep: bool = False) -> None:
        self.seed = seed
        self.chance = Random(seed)
        self.parts = parts or Parts()
        self.asked_for = lives
        self.loop = VirtualLoop()
        self.trace = Trace(self.loop.time)
        self.trace.on_failure = self._on_failure
        if keep:
            self.trace.keep = []
        self.wire = Wire(self.loop, self.chance, self.trace)
        chance = self.chance
        self.weather = a_weather(chance)
        wiro = SimWiro(self.wire, self.weather, chance, self.trace, self.wall)
        discord_ = SimDiscord(self.wire, self.weather, chance, self.trace)
        disk = Disk(self.wire, self.weather, chance, self.trace)
        wiro.asked = disk.jobs_for
        self.members = chance.randint(3, 12)
        runs = chance.choice((6, 50, 1000))
        spend, stop = chance.choice(("0.5", "1000")), chance.choice(("100000", "100000", "20"))
        default_limits = DefaultLimits(
            runs,
            Money.parse(spend),
            Money.parse(stop),
            server_spend_per_day=Money.parse(chance.choice((stop, "8"))),
            person_spend_per_day=Money.parse(chance.choice((stop, "3"))),
        )
        self.world = World(
            loop=self.loop,
            chance=chance,
            wiro=wiro,
            discord=discord_,
            disk=disk,
            wall=self.wall,
            default_limits=default_limits,
            log_channel=SimLogChannel(),
            max_running=chance.choice((None, 4)),
            serves_one_task=chance.random() < 0.25,
        )
        disk.limit("member", "day", "runs", default_limits.runs_per_day)
        disk.limit("member", "day", "spend", default_limits.spend_per_day.pico)
        for subject, cap in (
            ("person", default_limits.person_spend_per_day),
            ("server", default_limits.server_spend_per_day),
            ("operator", default_limits.operator_spend_per_day),
        ):
            disk.limit(subject, "day", "spend", cap.pico if cap is not None else 0)
        self.engine: Engine | None = None
        self._serving: asyncio.Task[None] | None = None
        self.deaths = 0
        self._people = Members(self)
        self._sky = Sky(self.world, self.weather, chance)
        self._last_submit_s = 0.0
        self._deaths_at_event: list[int] = []
        self._faults: list[str] = []
        self.loop.set_exception_handler(self._on_stray)
        self._is_finishing = False
        self._is_over = False

    def wall(self) -> float:
        return START_S + self.loop.now_s + self.weather.skew_s

    # --- the whole run ---------------------------------------------------------------------------

    def run(self) -> Outcome:
        listener = _Listener(self._faults)
        logger = logging.getLogger("bot")
        before = (logger.level, logger.propagate)
        logger.setLevel(logging.ERROR)
        logger.propagate = False
        logger.addHandler(listener)
        violation = ""
        try:
            self._foresee()
            with cards_on_the_wire():
                self.loop.run_forever()
        except AssertionError as error:
            violation = f"{type(error).__name__}: {error}"
        finally:
            logger.removeHandler(listener)
            logger.setLevel(before[0])
            logger.propagate = before[1]
            self._bury_everything()
        jobs = self.world.disk.sqlite.execute("SELECT count(*) FROM jobs").fetchone()[0]
        self.world.disk.sqlite.close()
        return Outcome(
            seed=self.seed,
            digest=self.trace.digest,
            lifecycles=jobs,
            virtual_s=self.loop.now_s,
            deaths=self.deaths,
            events=self.trace.events,
            kinds=dict(self.trace.kinds),
            violation=violation,
            tail=tuple(self.trace.keep or self.trace.tail) if violation else (),
        )

    def _bury_everything(self) -> None:
        if self.engine is not None:
            self.engine.life.is_alive = False
        self.loop.strike()
        self.loop.close()

    def _foresee(self) -> None:
        """Promise the world's events."""
        chance, loop = self.chance, self.loop
        loop.fate(0.0, self._birth)
        span_s = self.asked_for * chance.choice((0.3, 2.0, 10.0))
        for number in range(self.asked_for):
            at_s = 1.0 + span_s * (chance.random() if number % 3 else int(4 * chance.random()) / 4)
            loop.fate(at_s, self._people.somebody_asks, number)
            self._last_submit_s = max(self._last_submit_s, at_s)
        for _ in range(chance.randint(0, 5)):
            if chance.random() < 0.4:
                loop.fate(span_s * 1.2 * chance.random(), self._doom)
            else:
                self._deaths_at_event.append(chance.randint(1, self.asked_for * 25))
        self.trace.on_event = self._on_event
        for _ in range(chance.randint(0, 3)):
            down_s = chance.choice((5.0, 30.0, 120.0, 400.0))
            loop.fate(span_s * chance.random(), self._sky.wiro_goes_down, down_s)
        for _ in range(chance.randint(0, 3)):
            down_s = chance.choice((3.0, 20.0, 60.0, 600.0))
            loop.fate(span_s * chance.random(), self._sky.discord_goes_down, down_s)
        if chance.random() < 0.3:
            loop.fate(span_s * chance.random(), self._sky.channel_closes)
        if chance.random() < 0.3:
            loop.fate(span_s * chance.random(), self._sky.clock_jumps)
        loop.fate(self._last_submit_s + 300.0, self._sky.calm)
        loop.fate(BOOKS_EVERY_S, self._look_at_books)
        loop.fate(self._last_submit_s + 10.0, self._look_around)

    # --- life and death --------------------------------------------------------------------------

    def _birth(self) -> None:
        if self._is_over:
            return
        self.trace.note("birth", self.deaths)
        self.engine = engine = Engine(self.world, Life(self.deaths), self.parts)
        self._serving = self.start_task(self._starting(engine))

    async def _starting(self, engine: Engine) -> None:
        try:
            if self.deaths == 0:
                await self._furnish(engine)
            await engine.start()
        except StoreError:
            self.trace.note("start-failed")
            self._doom()
            return
        await engine.database.failed()
        self.trace.note("database-failed")  # the bot stops then, and is started again
        self._doom()

    async def _furnish(self, engine: Engine) -> None:
        """The server's own limits, watched as well as kept."""
        if self.chance.random() < 0.5:
            return
        at_once = self.chance.randint(1, 4)
        dimension = LimitKey(Measure.AT_ONCE, Window.EVER)
        change = LimitChange(Audience.EVERYONE, 0, dimension, None, at_once)
        entry = AuditEntry(GUILD, 1, change, self.wall())
        try:
            await engine.guild_settings.set_limit(
                LimitPolicy(Audience.EVERYONE, 0, dimension, at_once), entry
            )
        except StoreError:
            return
        self.world.disk.limit("member", "ever", "at_once", at_once)

    def _on_event(self, number: int) -> None:
        if number in self._deaths_at_event:
            self._doom()

    def _doom(self) -> None:
        self.loop.doom(self._die)

    def _die(self) -> None:
        """No clean-up of the engine's reaches the world."""
        engine = self.engine
        if engine is None or self._is_over:
            return
        engine.life.is_alive = False
        self._forsake()
        self.engine = None
        self.loop.strike()
        self.deaths += 1
        away_s = self.chance.choice(AWAY_S)
        self.trace.note("death", away_s)
        self.loop.fate(away_s, self._birth)
        if self._is_finishing:  # cut off while it let go in order: once more, then
            self._is_finishing = False
            self.loop.fate(10.0, self._look_around)

    def _forsake(self) -> None:
        """The engine goes: endings that it would have looked at again are left to themselves.

        So are private messages: their tokens go with it.
        """
        messages = self.world.discord.messages
        for message in messages.by_id.values():
            message.is_forsaken |= message.is_private
        for task in self.loop.living:
            if task.get_name().startswith("verification of job "):
                messages.by_job[int(task.get_name().split()[-1])].is_forsaken = True

    def _on_failure(self, violation: Violation) -> None:
        def end() -> None:
            raise violation

        self.loop.doom(end)

    def _on_stray(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """asyncio has an exception that nobody took."""
        error = context.get("exception")
        if not isinstance(error, (GeneratorExit, Dead)):
            self._faults.append(f"{context.get('message')} {error!r}")

    def start_task(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """A task of the engine's process: it dies with it."""
        return self.loop.create_task(coroutine)

    # --- watching --------------------------------------------------------------------------------

    def _look_at_books(self) -> None:
        if self._is_over:
            return
        if self._faults:
            self.trace.fail(f"a fault of ours: {self._faults[0]}")
        check_books(self.world, self.trace)
        if self.loop.now_s > self._last_submit_s + HORIZON_S + 4 * max(AWAY_S):
            self.trace.fail("it never comes to rest")
        is_long_ago = self.loop.now_s > self._last_submit_s + 3600  # then late charges alone are booked
        self.loop.fate(10 * BOOKS_EVERY_S if is_long_ago else BOOKS_EVERY_S, self._look_at_books)

    def _look_around(self) -> None:
        """Whether all is done; then the engine is let go in order, and its leavings are looked at."""
        if self._is_over:
            return
        engine = self.engine
        if engine is not None and engine.is_ready and not self.weather.run_lost and self._is_quiet(engine):
            self._is_finishing = True
            self.start_task(self._finish(engine))
            return
        if self.loop.now_s > self._last_submit_s + HORIZON_S:
            check_the_end(self.world, self.engine, self.loop, self.trace)
            self.trace.fail("it never comes to rest")
        is_long_ago = self.loop.now_s > self._last_submit_s + 3600
        self.loop.fate(120.0 if is_long_ago else 10.0, self._look_around)

    def _is_quiet(self, engine: Engine) -> bool:
        world = self.world
        if self.loop.now_s < self._last_submit_s + 301.0 or engine.jobs.running or world.wiro.live:
            return False
        sqlite = world.disk.sqlite
        is_open = sqlite.execute(
            "SELECT 1 FROM jobs LEFT JOIN resolution USING (job_id)"
            " WHERE is_delivered = 0 OR resolution.job_id IS NULL LIMIT 1"
        ).fetchone()
        if is_open is not None:
            return False
        known = {
            row[0]
            for row in sqlite.execute(
                "SELECT task_id FROM jobs JOIN resolution USING (job_id)"
                " WHERE task_id IS NOT NULL AND kind <> 'void' UNION SELECT task_id FROM late_bill"
            )
        }
        return all(task.billed.pico == 0 or task_id in known for task_id, task in world.wiro.tasks.items())

    async def _finish(self, engine: Engine) -> None:
        self.trace.note("drain")
        self._forsake()
        await engine.jobs.drain()
        if self._serving is not None:
            self._serving.cancel()
        self.loop.fate(0.0, self._end, engine)

    def _end(self, engine: Engine) -> None:
        self._is_over = True
        if self._faults:
            self.trace.fail(f"a fault of ours: {self._faults[0]}")
        check_the_end(self.world, engine, self.loop, self.trace)
        self.trace.note("end", self._people.submitted)
        self.loop.stop()


class _Listener(logging.Handler):
    """Hears of exceptions that nobody foresaw."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._faults = faults

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info:
            formatter = logging.Formatter()
            self._faults.append(f"{record.getMessage()} {formatter.formatException(record.exc_info)}")
