"""A backup put back: nothing is overwritten or done twice, and a kill in between is mended by a retry."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.errors import DatabaseUnavailable
from bot.domain.job.job import Stage
from bot.domain.moderation.cases import Case, CaseKind, Verdict
from bot.operator.backup import BackupFailed, make_backup
from bot.operator.restore import restore
from bot.store.sqlite.cases import CaseRecords
from bot.store.sqlite.database import Database
from bot.store.sqlite.jobs import JobStore
from tests.support.store_samples import NOON_S, a_job, counters_of, in_child

RESTORE_AND_DIE = """
import os, signal, sys
from pathlib import Path
from bot.operator.restore import restore

last_step, step = int(sys.argv[3]), 0

def count(event, arguments):
    global step
    if event in {"os.rename", "os.remove", "open", "shutil.copyfile", "sqlite3.connect", "os.chmod"}:
        if event == "open" and "sqlite3" not in str(arguments[0]):
            return
        step += 1
        if step == last_step:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(count)
restore(Path(sys.argv[1]), Path(sys.argv[2]), lambda: 1_700_000_000.0)
"""


async def fill(path: Path, *stages: Stage) -> None:
    async with Database(path) as database:
        store = JobStore(database)
        for job_id, stage in enumerate(stages, start=1):
            job = a_job(job_id)
            await store.reserve(job, [], counters_of(job))
            if stage is not Stage.SUBMITTING:
                await store.save(replace(job, stage=stage, sent_at_s=NOON_S, task_id=str(job_id)))


async def read_jobs(path: Path) -> list[int]:
    async with Database(path) as database:
        return [job.job_id for job in await JobStore(database).unfinished()]


def filled(path: Path, *stages: Stage) -> None:
    asyncio.run(fill(path, *stages))


def jobs_of(path: Path) -> list[int]:
    return asyncio.run(read_jobs(path))


async def test_a_request_that_waited_at_the_backup_is_looked_for_and_never_sent(
    path: Path, tmp_path: Path
) -> None:
    await fill(path, Stage.SUBMITTING, Stage.RUNNING)
    async with Database(path) as database:
        cases = CaseRecords(database)
        await cases.open_case(Case(9, CaseKind.ASK, 1, 2, 3, 3, NOON_S))
        await cases.decide(9, Verdict.APPROVED, 4, NOON_S, 500)
    make_backup(path, tmp_path / "copy")
    restore(path, tmp_path / "copy", lambda: NOON_S)
    async with Database(path) as database:
        waited, running = await JobStore(database).unfinished()
        assert waited.sent_at_s == waited.created_at_s
        assert (running.stage, running.task_id) == (Stage.RUNNING, "2")
        assert await CaseRecords(database).to_do() == []


def test_what_was_there_is_kept_with_its_log_and_never_overwritten(path: Path, tmp_path: Path) -> None:
    filled(path, Stage.RUNNING)
    make_backup(path, tmp_path / "copy")
    for content in (b"first", b"second"):
        path.write_bytes(content)
        path.with_name(path.name + "-wal").write_bytes(b"log of " + content)
        restore(path, tmp_path / "copy", lambda: 1_700_000_000.0)
    kept = path.with_name(f"{path.name}.before-restore-20231114-221320")
    assert kept.read_bytes() == b"first"
    assert kept.with_name(kept.name + "-wal").read_bytes() == b"log of first"
    assert kept.with_name(kept.name + "-2").read_bytes() == b"second"
    assert kept.with_name(kept.name + "-2-wal").read_bytes() == b"log of second"
    assert jobs_of(path) == [1]
    assert (tmp_path / "copy").exists()


async def test_a_database_in_use_is_not_replaced(path: Path, tmp_path: Path) -> None:
    await fill(path, Stage.RUNNING)
    make_backup(path, tmp_path / "copy")
    async with Database(path):
        child = in_child(RESTORE_AND_DIE, path, tmp_path / "copy", 0)
        assert "BackupFailed" in child.stderr
        assert "stop the bot first" in child.stderr
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_restore_killed_at_any_step_leaves_the_old_file_or_a_refusal_and_the_next_one_finishes(
    path: Path, tmp_path: Path
) -> None:
    filled(path, Stage.RUNNING)
    make_backup(path, tmp_path / "copy")
    filled(path, Stage.RUNNING, Stage.RUNNING)  # the second came after the backup
    good = path.read_bytes()
    seen = set()
    for last_step in range(1, 60):
        for file in path.parent.iterdir():
            file.unlink()
        path.write_bytes(good)
        child = in_child(RESTORE_AND_DIE, path, tmp_path / "copy", last_step)
        if path.exists():
            seen.add(len(jobs_of(path)))
        else:
            with pytest.raises(DatabaseUnavailable, match="a restore was interrupted"):
                jobs_of(path)
            assert any(file.read_bytes() == good for file in path.parent.glob("*.before-restore-*"))
            seen.add(0)
        if child.returncode == 0:
            break
        restore(path, tmp_path / "copy", lambda: NOON_S)
        assert jobs_of(path) == [1]
        assert not path.with_name(path.name + ".restoring").exists()
    assert child.returncode == 0, child.stderr
    assert seen == {0, 1, 2}


async def test_a_backup_of_an_older_version_is_brought_up_to_date(path: Path, tmp_path: Path) -> None:
    old = tmp_path / "old.sqlite3"
    async with Database(old, migrations=Database(path)._migrations[:3]):
        pass
    restore(path, old, lambda: NOON_S)
    assert await read_jobs(path) == []


def test_a_damaged_or_newer_backup_is_refused_before_anything_is_touched(path: Path, tmp_path: Path) -> None:
    filled(path, *[Stage.RUNNING] * 60)
    make_backup(path, tmp_path / "copy")
    newer = tmp_path / "newer"
    newer.write_bytes((tmp_path / "copy").read_bytes())
    with closing(sqlite3.connect(newer)) as sqlite, sqlite:
        sqlite.execute("INSERT INTO migration VALUES (99, 'later', '', 0)")
    os.truncate(tmp_path / "copy", (tmp_path / "copy").stat().st_size - 4096)
    before = path.read_bytes()
    for backup in (tmp_path / "copy", newer):
        with pytest.raises(BackupFailed, match="not be restored"):
            restore(path, backup, lambda: NOON_S)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]
