"""Copies of the database: of a file nobody has open, of one in use, and how they are proven."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.domain.errors import DatabaseUnavailable
from bot.domain.job.ledger import settlement_of
from bot.operator.backup import BackupFailed, make_backup
from bot.operator.maintenance_socket import COPIED, STILL, WHOLE, maintenance_socket, socket_address
from bot.store.sqlite.backup import proven
from bot.store.sqlite.database import CHECKPOINT_AFTER_WRITES, Database
from bot.store.sqlite.jobs import JobStore
from tests.support.store_samples import NOON_S, a_job, counters_of, ended


async def fill(store: JobStore, jobs: range) -> None:
    async def one(job_id: int) -> None:
        job = a_job(job_id)
        await store.reserve(job, [], counters_of(job))
        if job_id % 2:
            await store.settle(ended(job, cost_pico=900), settlement_of(ended(job, cost_pico=900)), NOON_S)

    await asyncio.gather(*(one(job_id) for job_id in jobs))


def content(path: Path) -> bytes:
    return path.read_bytes()


def jobs_in(copy: Path) -> int:
    with closing(sqlite3.connect(f"{copy.as_uri()}?mode=ro&immutable=1", uri=True)) as sqlite:
        (number,) = sqlite.execute("SELECT count(*) FROM jobs").fetchone()
        return int(number)


async def test_a_file_that_nobody_has_open_is_copied_and_can_be_used(path: Path, tmp_path: Path) -> None:
    async with Database(path) as database:
        await fill(JobStore(database), range(1, 40))
    target = tmp_path / "copies" / "bot.sqlite3"
    target.parent.mkdir()
    sentence = make_backup(path, target)
    assert sentence == f"{target}: {target.stat().st_size:,} bytes, intact; its books balance."
    assert [file.name for file in target.parent.iterdir()] == ["bot.sqlite3"]
    assert target.stat().st_mode & 0o777 == 0o600
    async with Database(target) as copy:
        assert await JobStore(copy).audit() == []
        assert len(await JobStore(copy).unfinished()) == 39
    async with Database(path) as original:
        assert await JobStore(original).audit() == []


async def test_what_a_killed_bot_left_in_the_log_is_in_the_copy(path: Path, tmp_path: Path) -> None:
    left = tmp_path / "left"
    async with Database(path) as database:
        await fill(JobStore(database), range(1, 12))
        shutil.copytree(path.parent, left)
    make_backup(left / path.name, tmp_path / "copy")
    assert jobs_in(tmp_path / "copy") == 11


async def test_nothing_is_overwritten(path: Path, tmp_path: Path) -> None:
    async with Database(path):
        pass
    target = tmp_path / "mine"
    target.write_text("precious")
    with pytest.raises(BackupFailed, match="exists, and nothing is overwritten"):
        make_backup(path, target)
    assert target.read_text() == "precious"
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    with pytest.raises(BackupFailed, match="exists"):
        make_backup(path, tmp_path / "dangling")
    assert not (tmp_path / "nowhere").exists()
    for folder in (tmp_path, Path("/"), Path()):
        with pytest.raises(BackupFailed, match="exists"):
            make_backup(path, folder)


async def test_what_cannot_be_copied_leaves_nothing_behind(path: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    with pytest.raises(BackupFailed, match="no database at"):
        make_backup(path, folder / "copy")
    async with Database(path):
        pass
    with pytest.raises(BackupFailed, match="cannot be written: No such file"):
        make_backup(path, folder / "copy")
    folder.mkdir()
    foreign, empty = tmp_path / "foreign", tmp_path / "empty"
    foreign.write_bytes(b"not a database at all" * 500)
    empty.touch()
    for source, words in ((foreign, "not a database"), (empty, "no database of this bot")):
        with pytest.raises(BackupFailed, match=words):
            make_backup(source, folder / "copy")
    assert list(folder.iterdir()) == []
    assert not (tmp_path / "empty-wal").exists()


async def test_a_damaged_page_or_wrong_books_are_found_in_the_copy(path: Path, tmp_path: Path) -> None:
    async with Database(path) as database:
        await fill(JobStore(database), range(1, 200))
    torn, cooked = tmp_path / "torn", tmp_path / "cooked"
    shutil.copy(path, torn)
    size = torn.stat().st_size
    with torn.open("r+b") as file:
        file.seek(4096)
        file.write(bytes(size - 4096))
    with pytest.raises(DatabaseUnavailable, match=r"damaged|malformed"):
        proven(torn)
    shutil.copy(path, cooked)
    with closing(sqlite3.connect(cooked)) as sqlite:
        sqlite.execute("UPDATE usage SET runs_used = runs_used + 1")
        sqlite.commit()
    with pytest.raises(BackupFailed, match="books do not balance"):
        make_backup(cooked, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


async def test_a_file_of_another_version_is_copied_as_it_is(path: Path, tmp_path: Path) -> None:
    async with Database(path):
        pass
    with closing(sqlite3.connect(path)) as sqlite:
        sqlite.execute("INSERT INTO migration VALUES (9999, 'later', '', 0)")
        sqlite.commit()
    sentence = make_backup(path, tmp_path / "copy")
    assert sentence.endswith("of another version of the bot: not audited.")
    assert not proven(tmp_path / "copy")


async def test_a_database_stands_still_while_writing_goes_on(path: Path, tmp_path: Path) -> None:
    async with Database(path) as database:
        store = JobStore(database)
        await fill(store, range(1, 20))
        async with database.standing_still():
            before = content(path)
            for start in range(100, 100 + 2 * CHECKPOINT_AFTER_WRITES, 64):
                await fill(store, range(start, start + 64))
            assert len(await store.unfinished()) > CHECKPOINT_AFTER_WRITES
            assert content(path) == before
        (tmp_path / "copy").write_bytes(before)
        assert proven(tmp_path / "copy")
        assert jobs_in(tmp_path / "copy") == 19
        for job_id in range(1000, 1000 + CHECKPOINT_AFTER_WRITES):
            await fill(store, range(job_id, job_id + 1))
        assert len(content(path)) > len(before)
        assert await store.audit() == []


async def test_a_database_that_is_closed_meanwhile_does_not_vouch_for_the_copy(path: Path) -> None:
    database = Database(path)
    await database.open()
    with pytest.raises(DatabaseUnavailable, match="closed"):
        async with database.standing_still():
            await database.close()


async def test_a_file_in_use_is_copied_through_the_door_while_writing_goes_on(
    path: Path, tmp_path: Path
) -> None:
    async with Database(path) as database, maintenance_socket(database):
        store = JobStore(database)
        await fill(store, range(1, 30))
        copying = asyncio.create_task(asyncio.to_thread(make_backup, path, tmp_path / "copy"))
        written = 30
        while not copying.done():
            await fill(store, range(written, written + 1))
            written += 1
        assert "its books balance" in await copying
        assert 29 <= jobs_in(tmp_path / "copy") <= written
        assert await store.audit() == []


async def test_a_file_in_use_without_a_door_is_not_copied(path: Path, tmp_path: Path) -> None:
    async with Database(path):
        with pytest.raises(BackupFailed, match="in use, and no running bot answers"):
            await asyncio.to_thread(make_backup, path, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


async def knock(path: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    with socket_address(path) as address:
        return await asyncio.open_unix_connection(address)


def a_door_in(folder: Path) -> list[tuple[str, str]]:
    return [(file.name, oct(file.stat().st_mode)) for file in folder.iterdir() if file.name.endswith(".door")]


async def test_a_door_that_closes_never_says_that_the_copy_is_whole(path: Path) -> None:
    async with Database(path) as database:
        async with maintenance_socket(database):
            reader, writer = await knock(path)
            assert await reader.readline() == STILL
        assert await reader.read() == b""  # and the command takes that for a failure
        writer.close()
        async with database.standing_still():
            pass


async def test_visitors_come_one_by_one_and_a_mute_one_harms_nobody(path: Path) -> None:
    async with Database(path) as database, maintenance_socket(database), asyncio.timeout(300):
        first, first_writer = await knock(path)
        second, second_writer = await knock(path)
        assert await first.readline() == STILL
        first_writer.close()
        assert await second.readline() == STILL
        second_writer.write(COPIED)
        assert await second.readline() == WHOLE
        second_writer.close()
        third, third_writer = await knock(path)
        assert await third.readline() == STILL
        third_writer.write(b"x" * 200_000)
        third_writer.write_eof()
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await third.readexactly(1)
        third_writer.close()


async def test_a_door_that_cannot_be_opened_is_told_and_the_bot_goes_on(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with Database(path) as database:
        with socket_address(path) as address:
            os.mkdir(address)  # noqa: PTH102 — nothing else runs
        async with maintenance_socket(database):
            assert "no backup can be made while the bot runs" in caplog.text
            assert await JobStore(database).unfinished() == []


async def test_a_door_is_its_owners_alone_and_gone_with_the_bot(path: Path, tmp_path: Path) -> None:
    """Nobody else can take its name: it lies in the database's own folder."""
    deep = tmp_path / "/".join(["folder"] * 20) / "bot.sqlite3"
    for place in (path, deep):
        async with Database(place) as database, maintenance_socket(database):
            assert a_door_in(place.parent) == [(f".{place.name}.door", oct(0o140600))]
            reader, writer = await knock(place)
            assert await reader.readline() == STILL
            writer.close()
        assert a_door_in(place.parent) == []


async def test_the_door_of_a_bot_that_was_killed_is_replaced(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with Database(path) as database:
        with socket.socket(socket.AF_UNIX) as left, socket_address(path) as address:
            left.bind(address)
        async with maintenance_socket(database):
            reader, writer = await knock(path)
            assert await reader.readline() == STILL
            writer.close()
    assert "no backup" not in caplog.text
