"""The real database over SQLite in memory: its transactions run in place, after a virtual delay, or fail."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any, Final

from bot.domain.job.job import Stage
from bot.store.sqlite.database import Database
from bot.store.sqlite.group_commit import Write
from bot.store.sqlite.schema import known_migrations, migrate
from tests.simulation.sim_trace import Trace
from tests.simulation.sim_weather import Weather
from tests.simulation.sim_wire import Life, Wire

_RANKS: Final = " ".join(f"WHEN '{stage.name}' THEN {stage.value}" for stage in Stage)
# Seen by SQLite itself at the very change, whatever Python believes.
_WATCHES: Final = f"""
CREATE TEMP TRIGGER stage_watch AFTER UPDATE OF stage ON main.jobs
WHEN (CASE NEW.stage {_RANKS} END) < (CASE OLD.stage {_RANKS} END)
  OR (OLD.stage IN ('SUCCEEDED', 'FAILED', 'CANCELLED') AND NEW.stage IS NOT OLD.stage)
BEGIN SELECT violated('job ' || NEW.job_id || ' went from ' || OLD.stage || ' to ' || NEW.stage); END;

CREATE TEMP TRIGGER task_watch AFTER UPDATE OF task_id ON main.jobs
WHEN OLD.task_id IS NOT NULL AND NEW.task_id IS NOT OLD.task_id
BEGIN SELECT violated('job ' || NEW.job_id || ' changed its task to ' || NEW.task_id); END;

CREATE TEMP TRIGGER told_watch AFTER UPDATE OF is_delivered ON main.jobs
WHEN OLD.is_delivered = 1 AND NEW.is_delivered = 0
BEGIN SELECT violated('job ' || NEW.job_id || ' was told and forgot it'); END;

CREATE TEMP TRIGGER runs_watch AFTER UPDATE OF runs_held ON main.usage
WHEN NEW.runs_held > OLD.runs_held
BEGIN
    SELECT violated('the limit of ' || sim_limit.amount || ' runs is passed: ' || NEW.subject || ' '
                    || NEW.subject_id || ' ' || NEW.window)
    FROM sim_limit
    WHERE sim_limit.subject = NEW.subject AND sim_limit.window = NEW.window AND sim_limit.measure = 'runs'
      AND NEW.channel_id = 0 AND NEW.model = ''
      AND NEW.runs_held + NEW.runs_used > sim_limit.amount;
    SELECT violated('the limit of ' || sim_limit.amount || ' at once is passed: ' || NEW.subject || ' '
                    || NEW.subject_id)
    FROM sim_limit
    WHERE sim_limit.subject = NEW.subject AND sim_limit.window = NEW.window AND sim_limit.measure = 'at_once'
      AND NEW.channel_id = 0 AND NEW.model = ''
      AND NEW.runs_held > sim_limit.amount;
    SELECT violated('the limit of ' || sim_limit.amount || ' picodollars is passed: ' || NEW.subject || ' '
                    || NEW.subject_id || ' ' || NEW.window)
    FROM sim_limit
    WHERE sim_limit.subject = NEW.subject AND sim_limit.window = NEW.window AND sim_limit.measure = 'spend'
      AND NEW.channel_id = 0 AND NEW.model = ''
      AND NEW.spend_held_pico + NEW.spend_used_pico > sim_limit.amount;
END;
"""  # noqa: S608 — put together from the stages' names

_schemas: list[bytes] = []  # the migrated, empty file: every world starts with the same one


class Disk:
    """Outlives every engine: the file."""

    def __init__(self, wire: Wire, weather: Weather, chance: Random, trace: Trace) -> None:
        self.wire = wire
        self.weather = weather
        self.chance = chance
        self.trace = trace
        self.violations: list[str] = []
        self.sqlite = sqlite3.connect(":memory:", isolation_level=None, cached_statements=256)
        if not _schemas:
            migrate(self.sqlite, known_migrations(), lambda: 0.0)
            _schemas.append(self.sqlite.serialize())
        else:
            self.sqlite.deserialize(_schemas[0])
        self.sqlite.row_factory = sqlite3.Row
        self.sqlite.create_function("violated", 1, self._violated)
        self.sqlite.execute("PRAGMA foreign_keys = ON")
        self.sqlite.execute("PRAGMA recursive_triggers = ON")
        self.sqlite.execute(
            "CREATE TEMP TABLE sim_limit (subject TEXT, window TEXT, measure TEXT, amount INTEGER)"
        )
        self.sqlite.executescript(_WATCHES)
        self._failing_until_s = 0.0

    def limit(self, subject: str, window: str, measure: str, amount: int) -> None:
        """To be watched for, independently of who asks for it to be kept."""
        self.sqlite.execute("INSERT INTO sim_limit VALUES (?, ?, ?, ?)", (subject, window, measure, amount))

    def jobs_for(self, key: tuple[str, str]) -> int:
        """How many jobs on record are for a task with this prompt and seed."""
        query = "SELECT count(*) FROM jobs WHERE prompt = ? AND seed = ?"
        return int(self.sqlite.execute(query, (key[0], int(key[1]))).fetchone()[0])

    def check(self) -> None:
        if self.violations:
            self.trace.fail(self.violations[0])

    def delay_s(self) -> float:
        if self.weather.disk_slow and self.chance.random() < self.weather.disk_slow:
            return self.chance.choice((0.3, 2.0, 12.0))
        return 0.001

    def fault(self) -> sqlite3.OperationalError | None:
        """How this transaction fails, if it does. Full disks stay full for a while."""
        now_s = self.wire.loop.now_s
        if now_s >= self._failing_until_s:
            if not self.weather.disk_fails or self.chance.random() >= self.weather.disk_fails:
                return None
            self._failing_until_s = now_s + self.chance.choice((0.0, 0.0, 3.0, 40.0))
        error = sqlite3.OperationalError("the simulated disk has no room")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        error.sqlite_errorname = "SQLITE_FULL"
        self.trace.note("disk-fault")
        return error

    def is_unreadable(self) -> bool:
        is_so = bool(self.weather.disk_fails) and self.chance.random() < self.weather.disk_fails / 4
        if is_so:
            self.trace.note("disk-unreadable")
        return is_so

    def _violated(self, sentence: str) -> None:
        self.violations.append(sentence)


class _InPlace:
    """Stands where aiosqlite's connection stands: one caller after the other, each after the disk's delay."""

    def __init__(self, disk: Disk, life: Life) -> None:
        self._disk = disk
        self._life = life
        self._free_at_s = 0.0

    async def _execute(self, function: Callable[..., Any], *arguments: object) -> Any:
        loop = self._disk.wire.loop
        delay_s = self._disk.delay_s()
        # One thread does it all: who comes later waits for who came before.
        self._free_at_s = max(self._free_at_s, loop.now_s) + delay_s
        result = await self._disk.wire.call(
            self._life,
            lambda: function(*arguments) if self._life.is_alive else None,
            there_s=self._free_at_s - loop.now_s,
            back_s=0.0,
        )
        self._disk.check()
        return result

    async def close(self) -> None:
        """The file stays with the disk."""


class DatabaseOfALife(Database):
    """The real database class with the thread taken out, over the one file of a world."""

    def __init__(self, disk: Disk, life: Life, forgiven: set[int]) -> None:
        self.forgiven = forgiven  # jobs of which a change was refused
        super().__init__(Path("simulated.sqlite3"), migrations=())
        self._disk = disk
        self._sqlite = disk.sqlite
        self._connection = _InPlace(disk, life)  # type: ignore[assignment]  # the one method that is used

    def _commit(self, sqlite: sqlite3.Connection, group: Sequence[Write[Any]]) -> None:
        fault = self._disk.fault()
        if fault is not None:
            raise fault
        super()._commit(sqlite, group)
        self._disk.trace.note("commit", len(group))

    def _run_read(self, unit: Callable[[sqlite3.Connection], Any]) -> Any:
        if self._disk.is_unreadable():
            error = sqlite3.OperationalError("the simulated disk cannot be read")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR_READ
            error.sqlite_errorname = "SQLITE_IOERR_READ"
            raise error
        return super()._run_read(unit)

    def _checkpoint(self, mode: str) -> None:
        """There is no log to fold in."""
