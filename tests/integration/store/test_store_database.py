"""Group commit: one COMMIT for all who wait, success only after it, and nobody left hanging."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.domain.errors import DatabaseFull, DatabaseUnavailable
from bot.store.sqlite.database import CHECKPOINT_AFTER_WRITES, Database
from bot.store.sqlite.schema import Migration

NOTES = (
    Migration(
        1,
        "notes",
        """
        CREATE TABLE note (
            id INTEGER PRIMARY KEY,
            body TEXT NOT NULL,
            of INTEGER REFERENCES note (id)
        ) STRICT;
        """,
    ),
)


@pytest.fixture
async def database(path: Path) -> AsyncIterator[Database]:
    async with Database(path, migrations=NOTES, max_pages=200) as database:
        yield database


def note(body: str) -> Callable[[sqlite3.Connection], str]:
    def unit(sqlite: sqlite3.Connection) -> str:
        sqlite.execute("INSERT INTO note (body) VALUES (?)", (body,))
        return body

    return unit


async def bodies(database: Database) -> list[str]:
    return await database.read(
        lambda sqlite: [row[0] for row in sqlite.execute("SELECT body FROM note ORDER BY id")]
    )


@asynccontextmanager
async def busy(database: Database) -> AsyncIterator[None]:
    """The connection's thread is busy until the block ends; then all that waits becomes one group."""
    is_free = threading.Event()
    blocker = asyncio.ensure_future(database.read(lambda _: is_free.wait(30)))
    await asyncio.sleep(0)
    try:
        yield
        await asyncio.sleep(0)
    finally:
        is_free.set()
    assert await blocker


def refuse(sqlite: sqlite3.Connection) -> None:
    sqlite.execute("INSERT INTO note (body) VALUES ('never')")
    raise LookupError("no")


async def test_all_who_wait_share_one_commit_and_get_their_own_results(database: Database) -> None:
    before = database.commits
    async with busy(database):
        writes = [asyncio.ensure_future(database.write(note(f"{number:03}"))) for number in range(200)]
    results = await asyncio.gather(*writes)
    assert database.commits - before == 1
    assert results == await bodies(database) == [f"{number:03}" for number in range(200)]


async def test_many_callers_in_a_row_need_far_fewer_commits_than_writes(database: Database) -> None:
    async def caller(name: int) -> None:
        for number in range(10):
            await database.write(note(f"{name}.{number}"))

    before = database.commits
    await asyncio.gather(*(caller(name) for name in range(50)))
    assert len(await bodies(database)) == 500
    assert database.commits - before <= 250


async def test_a_unit_that_fails_is_undone_alone_and_only_its_caller_hears(database: Database) -> None:
    async with busy(database):
        tasks = [asyncio.ensure_future(database.write(unit)) for unit in (note("a"), refuse, note("b"))]
    first, error, last = await asyncio.gather(*tasks, return_exceptions=True)
    assert (first, last) == ("a", "b")
    assert isinstance(error, LookupError)
    assert await bodies(database) == ["a", "b"]


async def test_a_unit_that_refuses_before_it_writes_costs_the_others_nothing(database: Database) -> None:
    runs: list[str] = []

    def counted(body: str) -> Callable[[sqlite3.Connection], str]:
        def unit(sqlite: sqlite3.Connection) -> str:
            runs.append(body)
            return note(body)(sqlite)

        return unit

    def refuse_early(sqlite: sqlite3.Connection) -> None:
        sqlite.execute("SELECT count(*) FROM note").fetchone()
        raise LookupError("no")

    async with busy(database):
        tasks = [
            asyncio.ensure_future(database.write(unit)) for unit in (counted("a"), refuse_early, counted("b"))
        ]
    first, error, last = await asyncio.gather(*tasks, return_exceptions=True)
    assert (first, last) == ("a", "b")
    assert isinstance(error, LookupError)
    assert await bodies(database) == runs == ["a", "b"]


async def test_what_went_wrong_in_a_run_that_was_undone_is_not_told(database: Database) -> None:
    """The first of a group refuses what the group is undone for; alone, it would not have."""
    attempts: list[int] = []

    def once(sqlite: sqlite3.Connection) -> str:
        attempts.append(1)
        if len(attempts) == 1:
            raise LookupError("no")
        return note("a")(sqlite)

    async with busy(database):
        tasks = [asyncio.ensure_future(database.write(unit)) for unit in (once, refuse)]
    first, error = await asyncio.gather(*tasks, return_exceptions=True)
    assert (first, isinstance(error, LookupError)) == ("a", True)
    assert await bodies(database) == ["a"]


async def test_a_caller_that_leaves_at_once_leaves_nobody_hanging(database: Database) -> None:
    first = asyncio.ensure_future(database.write(note("a")))
    second = asyncio.ensure_future(database.write(note("b")))
    await asyncio.sleep(0)
    first.cancel()
    assert await asyncio.wait_for(second, 5) == "b"
    with pytest.raises(asyncio.CancelledError):
        await first
    assert await bodies(database) == ["a", "b"]


async def test_sql_that_is_wrong_harms_only_its_caller(database: Database) -> None:
    async with busy(database):
        good = asyncio.ensure_future(database.write(note("a")))
        bad = asyncio.ensure_future(
            database.write(lambda sqlite: sqlite.execute("INSERT INTO nowhere VALUES (1)"))
        )
    assert await good == "a"
    with pytest.raises(DatabaseUnavailable, match="no such table: nowhere"):
        await bad


async def test_when_the_commit_fails_everybody_of_the_group_is_told_and_nothing_is_kept(
    database: Database,
) -> None:
    def orphan(sqlite: sqlite3.Connection) -> None:
        sqlite.execute("PRAGMA defer_foreign_keys = ON")  # the violation shows at COMMIT
        sqlite.execute("INSERT INTO note (body, of) VALUES ('orphan', 12345)")

    async with busy(database):
        tasks = [
            asyncio.ensure_future(database.write(unit)) for unit in (note("a"), orphan, refuse, note("b"))
        ]
    errors = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(error, DatabaseUnavailable) for error in errors), errors
    assert len(set(map(id, errors))) == 4
    assert await bodies(database) == []
    assert await database.write(note("after")) == "after"


async def test_a_full_database_refuses_and_serves_again_what_fits(database: Database) -> None:
    await database.write(note("before"))
    async with busy(database):
        tasks = [asyncio.ensure_future(database.write(note(body))) for body in ("a", "x" * 2_000_000, "b")]
    small, huge, other = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(huge, DatabaseFull)
    kept = await bodies(database)
    for body, outcome in (("a", small), ("b", other)):  # told what became of it, either way
        assert isinstance(outcome, DatabaseFull) is (body not in kept)
    assert await database.write(note("after")) == "after"
    assert await bodies(database) == [*kept, "after"]


@pytest.mark.parametrize("cancelled", [0, 1, 2], ids=["first", "middle", "last"])
async def test_a_cancelled_caller_leaves_nobody_hanging(database: Database, cancelled: int) -> None:
    async with busy(database):
        tasks = [asyncio.ensure_future(database.write(note(body))) for body in "abc"]
        await asyncio.sleep(0)
        tasks[cancelled].cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(outcomes.pop(cancelled), asyncio.CancelledError)
    assert outcomes == [body for body in "abc" if body != "abc"[cancelled]]
    assert await bodies(database) == ["a", "b", "c"]


async def test_a_cancelled_caller_whose_unit_fails_is_forgotten(database: Database) -> None:
    async with busy(database):
        task = asyncio.ensure_future(database.write(refuse))
        await asyncio.sleep(0)
        task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await bodies(database) == []


async def test_when_all_callers_are_cancelled_the_next_is_served(database: Database) -> None:
    async with busy(database):
        tasks = [asyncio.ensure_future(database.write(note(body))) for body in "abc"]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert await database.write(note("d")) == "d"
    assert await bodies(database) == ["a", "b", "c", "d"]


async def test_nothing_runs_while_nothing_is_asked(database: Database) -> None:
    await asyncio.gather(*(database.write(note("a")) for _ in range(20)))
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_read_sees_every_write_that_was_told(database: Database) -> None:
    for number in range(20):
        await database.write(note(str(number)))
        assert len(await bodies(database)) == number + 1


async def test_writes_on_their_way_are_finished_by_the_closing(path: Path) -> None:
    database = Database(path, migrations=NOTES)
    await database.open()
    tasks = [asyncio.ensure_future(database.write(note(str(number)))) for number in range(20)]
    await asyncio.sleep(0)
    await database.close()
    assert await asyncio.gather(*tasks) == [str(number) for number in range(20)]
    with pytest.raises(DatabaseUnavailable, match="closed"):
        await database.write(note("late"))
    with pytest.raises(DatabaseUnavailable, match="closed"):
        await database.read(lambda sqlite: None)
    await database.close()
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]  # the log is folded in
    async with Database(path, migrations=NOTES) as again:
        assert (
            await again.read(lambda sqlite: sqlite.execute("SELECT count(*) FROM note").fetchone()[0]) == 20
        )


async def test_a_cancelled_closing_still_commits_what_waits_and_lets_go_of_the_file(path: Path) -> None:
    database = Database(path, migrations=NOTES)
    await database.open()
    async with busy(database):
        write = asyncio.ensure_future(database.write(note("a")))
        await asyncio.sleep(0)
        closing = asyncio.ensure_future(database.close())
        await asyncio.sleep(0)
        closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    assert await write == "a"
    async with Database(path, migrations=NOTES) as again:
        assert await bodies(again) == ["a"]


async def test_the_log_is_folded_into_the_file_when_nobody_waits(database: Database) -> None:
    size_before = database.path.stat().st_size
    for _ in range(CHECKPOINT_AFTER_WRITES):
        await database.write(note("x" * 500))
    await bodies(database)  # behind whatever follows the last commit
    assert database.path.stat().st_size > size_before + CHECKPOINT_AFTER_WRITES * 500


async def test_a_read_that_fails_harms_nobody(database: Database) -> None:
    with pytest.raises(DatabaseUnavailable, match="no such table: nowhere"):
        await database.read(lambda sqlite: sqlite.execute("SELECT * FROM nowhere"))
    assert await database.write(note("after")) == "after"


async def test_a_log_that_cannot_be_folded_in_is_reported_and_loses_nothing(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def stay_inside(sqlite: sqlite3.Connection) -> None:
        sqlite.execute("BEGIN")
        sqlite.execute("SELECT * FROM note").fetchall()

    async with Database(path, migrations=NOTES) as database:
        await database.write(note("kept"))
        await database.read(stay_inside)  # SQLite folds nothing in while a transaction is open
    assert "could not be folded" in caplog.text
    async with Database(path, migrations=NOTES) as again:
        assert await bodies(again) == ["kept"]


async def test_the_promised_settings_are_in_force(database: Database) -> None:
    def unit(sqlite: sqlite3.Connection) -> dict[str, object]:
        names = (
            "journal_mode",
            "synchronous",
            "foreign_keys",
            "locking_mode",
            "recursive_triggers",
            "busy_timeout",
        )
        return {name: sqlite.execute(f"PRAGMA {name}").fetchone()[0] for name in names}

    assert await database.read(unit) == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "locking_mode": "exclusive",
        "recursive_triggers": 1,
        "busy_timeout": 200,
    }
