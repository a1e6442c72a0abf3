"""`check` looks at a database and changes nothing; whatever is made is for its owner alone."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.domain.errors import DatabaseDamaged, DatabaseTooNew, DatabaseUnavailable
from bot.operator.exposed import exposed_files
from bot.operator.restore import restore
from bot.store.sqlite.database import Database
from bot.store.sqlite.jobs import JobStore
from bot.store.sqlite.look import Look, looked_at
from bot.store.sqlite.schema import Migration, known_migrations
from tests.support.store_samples import NOON_S, a_job, counters_of


def everything_in(folder: Path) -> dict[Path, tuple[bytes, int, int]]:
    return {
        file: (file.read_bytes() if file.is_file() else b"", file.stat().st_mode, file.stat().st_mtime_ns)
        for file in (folder, *folder.rglob("*"))
    }


def modes_in(folder: Path) -> dict[str, str]:
    return {file.name: oct(file.stat().st_mode & 0o777) for file in (folder, *folder.iterdir())}


def tear(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(8192)
        file.write(b"\xff" * 4096 * 3)


@asynccontextmanager
async def look_at(path: Path, folder: Path) -> AsyncIterator[Look | None]:
    """Nothing in the folder is another afterwards."""
    before = everything_in(folder)
    async with looked_at(path, lambda: NOON_S) as look:
        yield look
    assert everything_in(folder) == before


async def test_a_look_at_nothing_makes_nothing(tmp_path: Path) -> None:
    async with look_at(tmp_path / "data" / "new" / "bot.sqlite3", tmp_path) as look:
        assert look is None


async def test_where_nothing_can_be_made_a_look_says_so() -> None:
    with pytest.raises(DatabaseUnavailable, match="nothing can be made in /proc"):
        async with looked_at(Path("/proc/nowhere/bot.sqlite3"), lambda: NOON_S):
            pass


async def test_a_look_at_an_old_database_tells_what_the_next_start_brings(path: Path, tmp_path: Path) -> None:
    newest = known_migrations()[-1]
    async with Database(path, migrations=known_migrations()[:-1]):
        pass
    async with look_at(path, tmp_path) as look:
        assert look is not None
        assert look.migrations == (newest,)
        assert await JobStore(look.database).audit() == []  # of the copy, brought up to date
    async with Database(path):
        pass
    async with look_at(path, tmp_path) as look:
        assert look is not None
        assert look.migrations == ()


async def test_a_look_sees_what_a_killed_bot_left_in_its_log_and_leaves_it_there(
    path: Path, tmp_path: Path
) -> None:
    left = tmp_path / "left"
    async with Database(path) as database:
        job = a_job(1)
        await JobStore(database).reserve(job, [], counters_of(job))
        shutil.copytree(path.parent, left, ignore=shutil.ignore_patterns("left"))
    assert (left / f"{path.name}-wal").stat().st_size > 0
    async with look_at(left / path.name, left) as look:
        assert look is not None
        assert await JobStore(look.database).job(1) is not None


async def test_what_a_look_complains_of_bears_the_name_of_the_file(path: Path, tmp_path: Path) -> None:
    newer = Migration(9_999, "from the future", "CREATE TABLE later (x INTEGER) STRICT;")
    async with Database(path, migrations=(*known_migrations(), newer)):
        pass
    with pytest.raises(DatabaseTooNew):
        async with look_at(path, tmp_path):
            pass
    torn = tmp_path / "torn.sqlite3"
    async with Database(torn):
        pass
    tear(torn)
    with pytest.raises(DatabaseDamaged) as damaged:
        async with look_at(torn, tmp_path):
            pass
    assert str(torn) in damaged.value.reason
    assert "wiro-check" not in damaged.value.reason


@pytest.fixture
def _generous() -> AsyncIterator[None]:
    before = os.umask(0o000)
    yield
    os.umask(before)


@pytest.mark.usefixtures("_generous")
async def test_what_is_made_is_for_its_owner_alone_however_generous_the_machine(tmp_path: Path) -> None:
    path = tmp_path / "data" / "bot.sqlite3"
    async with Database(path):
        assert modes_in(path.parent) == {
            "data": "0o700",
            "bot.sqlite3": "0o600",
            "bot.sqlite3-wal": "0o600",
        }
        assert exposed_files(path) == []


@pytest.fixture
async def made(path: Path) -> Path:
    async with Database(path):
        return path


def test_files_of_before_that_others_may_read_are_named(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings, path, backup = Path(".env"), made, tmp_path / "backup"
    settings.touch()
    settings.chmod(0o640)
    path.chmod(0o644)
    shutil.copy(path, backup)
    assert exposed_files(path) == [settings, path]
    settings.chmod(0o600)
    restore(path, backup, lambda: NOON_S)
    assert exposed_files(path) == []  # neither the database nor the one that is kept
    (kept,) = path.parent.glob("*.before-restore-*")
    kept.chmod(0o604)
    assert exposed_files(path) == [kept]
