"""What can happen to the file: a second process, a full disk, damage, a kill in the middle."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.domain.errors import DatabaseInUse, DatabaseTooNew, DatabaseUnavailable
from bot.domain.job.ledger import settlement_of
from bot.store.sqlite.database import Database
from bot.store.sqlite.jobs import JobStore
from bot.store.sqlite.schema import Migration, known_migrations
from tests.support.store_samples import ROOT, a_job, counters_of, ended, in_child

NUMBERS = [migration.number for migration in known_migrations()]
KNOWN, NEWEST = len(NUMBERS), NUMBERS[-1]

OPEN = """
import asyncio, sys, time
from pathlib import Path
from bot.domain.errors import StoreError
from bot.store.sqlite.database import Database
from tests.support.denied import Denied

async def main():
    started_s, busy = time.monotonic(), Denied()
    try:
        async with Database(Path(sys.argv[1])):
            print("opened")
    except StoreError as error:
        print(type(error).__name__, time.monotonic() - started_s - busy.seconds, error.reason)

asyncio.run(main())
"""

WRITE_UNTIL_FULL = """
import asyncio, resource, sys
from pathlib import Path
from bot.domain.errors import StoreError
from bot.domain.job.ledger import settlement_of
from bot.store.sqlite.database import Database
from bot.store.sqlite.jobs import JobStore
from tests.support.store_samples import NOON_S, a_job, counters_of, ended

async def main():
    async with Database(Path(sys.argv[1])) as database:
        store = JobStore(database)
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
        told = []
        try:
            for first in range(1, 100_000, 10):
                jobs = [a_job(number) for number in range(first, first + 10)]
                await asyncio.gather(*(store.reserve(job, [], counters_of(job)) for job in jobs))
                told += [job.job_id for job in jobs]
        except StoreError as error:
            print(type(error).__name__)
        assert await store.job(told[-1]) is not None
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        final = ended(a_job(1), cost_pico=5)
        assert await store.settle(final, settlement_of(final), NOON_S)
        print(len(told))

asyncio.run(main())
"""

WRITE_FOR_EVER = """
import asyncio, sys
from pathlib import Path
from bot.domain.job.ledger import settlement_of
from bot.store.sqlite.database import Database
from bot.store.sqlite.jobs import JobStore
from tests.support.store_samples import NOON_S, a_job, counters_of, ended

async def main():
    async with Database(Path(sys.argv[1])) as database:
        store = JobStore(database)
        async def caller(name):
            for number in range(10_000):
                job = a_job(name * 10_000 + number)
                await store.reserve(job, [], counters_of(job))
                print("reserved", job.job_id, flush=True)
                final = ended(job, cost_pico=3)
                await store.settle(final, settlement_of(final), NOON_S)
                print("settled", job.job_id, flush=True)
        await asyncio.gather(*(caller(name) for name in range(1, 9)))

asyncio.run(main())
"""

MIGRATE_AND_DIE = """
import os, signal, sqlite3, sys
from bot.store.sqlite.schema import Migration, known_migrations, migrate

number = known_migrations()[-1].number + 1
another = Migration(number, "more", "CREATE TABLE more (a INTEGER) STRICT; INSERT INTO more VALUES (1);")

def die_at(last_step):
    connection = sqlite3.connect(f"{sys.argv[1]}/{last_step}.sqlite3", isolation_level=None)
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("PRAGMA journal_mode = WAL")
    step = 0

    def count(statement):
        nonlocal step
        step += 1
        if step == last_step:
            os.kill(os.getpid(), signal.SIGKILL)

    connection.set_trace_callback(count)
    migrate(connection, (*known_migrations(), another), lambda: 1.0)
    connection.set_trace_callback(None)
    connection.close()

for last_step in range(1, 1_000):
    # Each life is a copy of this process, which has read everything and opened nothing yet.
    life = os.fork()
    if not life:
        die_at(last_step)
        os._exit(0)
    if os.waitstatus_to_exitcode(os.waitpid(life, 0)[1]) == 0:
        print(last_step)
        break
"""


async def fill(path: Path, count: int = 60) -> None:
    async with Database(path) as database:
        store = JobStore(database)
        for job_id in range(1, count + 1):
            await store.reserve(a_job(job_id), [], counters_of(a_job(job_id)))


async def test_a_second_process_gives_up_at_once_and_says_why(path: Path) -> None:
    async with Database(path):
        child = in_child(OPEN, path)
    name, elapsed_s, reason = child.stdout.split(" ", 2)
    assert name == "DatabaseInUse"
    assert str(path) in reason
    assert "in use by another process" in reason
    assert float(elapsed_s) < 3  # 0.2 s are meant
    assert in_child(OPEN, path).stdout == "opened\n"


async def test_a_second_owner_in_this_process_is_refused_too_and_does_no_harm(path: Path) -> None:
    async with Database(path) as database:
        with pytest.raises(DatabaseInUse):
            await Database(path).open()
        with pytest.raises(DatabaseUnavailable, match="open already"):
            await database.open()
        assert await JobStore(database).reserve(a_job(1), [], [])


async def test_a_full_disk_is_told_and_everything_told_before_is_kept(path: Path) -> None:
    child = in_child(WRITE_UNTIL_FULL, path)
    assert child.stderr == ""
    name, told = child.stdout.split()
    assert name == "DatabaseFull"
    assert int(told) > 10
    async with Database(path) as database:
        store = JobStore(database)
        assert [job.job_id for job in await store.unfinished()][: int(told)] == list(range(1, int(told) + 1))
        settled = await store.job(1)
        assert settled is not None
        assert settled.is_terminal
        assert await store.audit() == []


def told_until_killed(path: Path, output: Path) -> list[list[str]]:
    """What a writing process said it had committed before it was killed."""
    env = {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", WRITE_FOR_EVER, path]
    with output.open("w") as told, subprocess.Popen(command, stdout=told, env=env) as child:  # noqa: S603 — our own interpreter and code
        patience_s = time.monotonic() + 600
        while output.stat().st_size < 20_000 and time.monotonic() < patience_s:
            time.sleep(0.01)
        child.kill()
    return [line.split() for line in output.read_text().splitlines(keepends=True) if line.endswith("\n")]


async def test_a_kill_loses_nothing_that_was_told(path: Path, tmp_path: Path) -> None:
    lines = told_until_killed(path, tmp_path / "told")
    assert len(lines) > 500
    async with Database(path) as database:
        store = JobStore(database)
        assert await store.audit() == []
        for verb, job_id in lines:
            job = await store.job(int(job_id))
            assert job is not None
            assert job.is_terminal or verb == "reserved"


def test_a_kill_at_any_step_of_a_migration_leaves_before_or_after(tmp_path: Path) -> None:
    seen: set[int] = set()
    child = in_child(MIGRATE_AND_DIE, tmp_path)
    assert (child.returncode, child.stderr) == (0, "")
    steps = int(child.stdout)  # the first life that was not killed
    for last_step in range(1, steps + 1):
        path = tmp_path / f"{last_step}.sqlite3"
        connection = sqlite3.connect(path)
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        triggers = connection.execute("SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'").fetchone()[
            0
        ]
        numbers = [row[0] for row in connection.execute("SELECT number FROM migration")] if tables else []
        columns = {row[1] for row in connection.execute("PRAGMA table_info(jobs)")}
        is_sound = connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        connection.close()
        assert is_sound
        assert numbers == [*NUMBERS, NEWEST + 1][: len(numbers)]
        assert ({"jobs", "usage", "resolution"} <= tables) is (1 in numbers)
        assert ({"cases", "grants", "audit_log"} <= tables) is (2 in numbers)
        assert ("late_bill" in tables) is (3 in numbers)
        assert triggers == (0, 6, 8, *[10] * 4, *[12] * KNOWN)[len(numbers)]
        assert ("is_cancel_asked" in columns) is (4 in numbers)
        assert ("more" in tables) is (NEWEST + 1 in numbers)
        seen.add(len(numbers))
    assert len(numbers) == KNOWN + 1
    assert seen == set(range(KNOWN + 2))


async def test_a_migration_that_fails_leaves_the_file_as_it_was(path: Path) -> None:
    await fill(path, 3)
    bad = Migration(NEWEST + 1, "bad", "CREATE TABLE half (a INT) STRICT; INSERT INTO nowhere VALUES (1);")
    with pytest.raises(DatabaseUnavailable, match="no such table: nowhere"):
        await Database(path, migrations=(*known_migrations(), bad)).open()
    good = Migration(NEWEST + 1, "good", "CREATE TABLE half (a INTEGER) STRICT;")
    async with Database(path, migrations=(*known_migrations(), good), wall=lambda: 42.5) as database:
        assert len(await JobStore(database).unfinished()) == 3
        rows = await database.read(
            lambda sqlite: [tuple(row) for row in sqlite.execute("SELECT * FROM migration")]
        )
        assert rows[KNOWN] == (NEWEST + 1, "good", good.sha256, 42.5)
    with pytest.raises(DatabaseTooNew, match=f"at migration {NEWEST + 1}, this version knows {NEWEST}"):
        await Database(path).open()


async def test_a_migration_that_was_rewritten_after_the_fact_is_refused(path: Path) -> None:
    await fill(path, 1)
    first, *others = known_migrations()
    with pytest.raises(DatabaseUnavailable, match="not the one that was applied"):
        await Database(path, migrations=(Migration(1, first.name, first.sql + "\n"), *others)).open()


async def test_the_file_of_another_program_is_left_alone(path: Path) -> None:
    path.parent.mkdir()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE recipes (id INTEGER)")
    connection.close()
    with pytest.raises(DatabaseUnavailable, match="another program: it has recipes"):
        await Database(path).open()


def damage(path: Path, content: bytes) -> None:
    """Overwrite the root page of the jobs from its first byte on."""
    connection = sqlite3.connect(path)
    (page,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'jobs'").fetchone()
    connection.close()
    damaged = bytearray(path.read_bytes())
    damaged[4096 * (page - 1) : 4096 * (page - 1) + len(content)] = content
    path.write_bytes(damaged)


def cut_off_last_page(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 4096)


@pytest.mark.parametrize(
    "content", [b"\xa5" * 2048, b"\0" * 4096, b"\x02"], ids=["noise", "zeros", "one_byte"]
)
async def test_a_damaged_page_is_found_at_the_start(path: Path, content: bytes) -> None:
    await fill(path)
    damage(path, content)
    with pytest.raises(DatabaseUnavailable, match=f"{path} is damaged"):
        await Database(path).open()


async def test_a_page_that_is_gone_is_found_at_the_start(path: Path) -> None:
    await fill(path)
    cut_off_last_page(path)
    with pytest.raises(DatabaseUnavailable, match=str(path)):
        await Database(path).open()


@pytest.fixture(params=[b"not a database at all, but long enough " * 30, b"short"], ids=["long", "short"])
def no_database(path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    path.parent.mkdir()
    path.write_bytes(request.param)
    yield path
    assert path.read_bytes() == request.param


async def test_a_file_that_is_no_database_is_refused_and_kept(no_database: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match="not a database"):
        await Database(no_database).open()


async def test_a_place_that_cannot_hold_a_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match="unable to open"):
        await Database(tmp_path).open()
    (tmp_path / "file").write_text("x")
    with pytest.raises(DatabaseUnavailable, match="file"):
        await Database(tmp_path / "file" / "bot.sqlite3").open()


async def test_a_failed_opening_lets_go_of_the_file(path: Path) -> None:
    await fill(path, 1)
    with pytest.raises(DatabaseTooNew):
        await Database(path, migrations=()).open()
    async with Database(path) as database:
        final = ended(a_job(1))
        assert await JobStore(database).settle(final, settlement_of(final), 1.0)
