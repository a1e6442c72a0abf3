"""Files of earlier schemas, brought up to date with all that they hold."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from bot.domain.job.job import Job
from bot.domain.limits.limit import Measure
from bot.domain.moderation.audit import (
    GrantChange,
    WordsChange,
)
from bot.domain.request.files import InputFile
from bot.store.sqlite.database import Database
from bot.store.sqlite.guilds import GuildRecords
from bot.store.sqlite.jobs import _INSERT, JobStore
from bot.store.sqlite.rows import row_of, values_of_row
from bot.store.sqlite.schema import known_migrations, migrate
from bot.store.sqlite.uploads import UploadRecords
from tests.contract.store.test_store_audit_log import CHANGES, entry_of
from tests.contract.store.test_store_late_bills import BILL, LATER_S, given_up, record_late_charge, unanswered
from tests.contract.store.test_store_uploads import URL
from tests.support.store_samples import (
    CHANNEL,
    GUILD,
    INSERT_ENTRY,
    NOON_S,
    a_job,
    audit_of,
)


async def test_an_entry_written_before_a_field_was_added_takes_its_default(
    database: Database, guilds: GuildRecords
) -> None:
    row = (GUILD, 9, "grant", '{"user_id": 5, "measure": "runs"}', "null", "3", NOON_S)
    await database.write(lambda sqlite: sqlite.execute(INSERT_ENTRY, row).rowcount)
    assert await audit_of(guilds) == [entry_of(GrantChange(5, Measure.RUNS, 3))]


async def test_what_was_kept_as_words_is_read_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite3"
    connection = (
        sqlite3.connect(path, autocommit=True)
        if hasattr(sqlite3, "LEGACY_TRANSACTION_CONTROL")
        else (sqlite3.connect(path, isolation_level=None))
    )
    migrate(connection, [m for m in known_migrations() if m.name != "audit_data"], time.time)
    words = ("rules word add", 'the word `"x"`', "", "refused\n# loud ❄")
    insert = (
        "INSERT INTO audit_log (guild_id, actor_id, action, subject, before, after, at_s) "
        "VALUES (?, 9, ?, ?, ?, ?, ?)"
    )
    connection.execute(insert, (GUILD, *words, NOON_S))
    connection.execute(insert, (GUILD + 1, "rules log", "the log channel", "none", "<#5>", NOON_S))
    connection.close()
    async with Database(path) as database:
        guilds = GuildRecords(database)
        await guilds.note(entry_of(CHANGES[0]))
        assert await audit_of(guilds) == [entry_of(CHANGES[0]), entry_of(WordsChange(*words))]
        assert len(await audit_of(guilds, GUILD + 1)) == 1


def copy_as_of_then(sqlite: sqlite3.Connection, today: Path) -> None:
    """Every row of a file of today, in the tables and columns that this one has."""
    with closing(sqlite3.connect(today)) as source:
        source.row_factory = sqlite3.Row
        for table in ("jobs", "reservation", "reservation_usage", "resolution", "usage"):
            known = [row[1] for row in sqlite.execute(f"PRAGMA table_info({table})")]
            for row in source.execute(f"SELECT * FROM {table}"):  # noqa: S608 — names of our own
                values = [row[column] for column in known]
                into = f"INSERT INTO {table} ({', '.join(known)})"
                sqlite.execute(f"{into} VALUES ({', '.join('?' * len(known))})", values)


async def test_a_file_from_before_late_bills_is_brought_up_to_date(path: Path) -> None:
    today = path.with_name("today.sqlite3")
    async with Database(today) as database:
        old = await given_up(JobStore(database))
    async with Database(path, migrations=known_migrations()[:2]) as database:
        await database.write(lambda sqlite: copy_as_of_then(sqlite, today))
    async with Database(path) as database:
        store = JobStore(database)
        assert await unanswered(store) == [old]
        assert await record_late_charge(store, 1, "101", BILL)
        assert await store.audit() == []
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT * FROM late_bill").fetchall()
    connection.close()
    assert rows == [(1, "101", BILL.pico, LATER_S)]


async def test_files_of_before_are_on_record_once_under_who_gave_them(path: Path) -> None:
    before = [migration for migration in known_migrations() if migration.number != 9]
    file = InputFile("inputImage", "https://cdn.discordapp.com/1/dog.png", "dog.png", stored_url=URL)
    async with Database(path, migrations=before) as database:
        store = JobStore(database)
        for job_id, user_id in ((1, 7), (2, 8)):  # the second one pressed Again
            job = a_job(job_id)
            request, origin = replace(job.request, files=(file,)), replace(job.origin, user_id=user_id)
            row = replace(job, request=request, origin=origin)
            await database.write(lambda sqlite, row=row: _insert(sqlite, row))
        assert len(await store.unfinished()) == 2
    async with Database(path) as database:
        store, uploads = JobStore(database), UploadRecords(database)
        for job in await store.unfinished():
            await database.write(
                lambda sqlite, job_id=job.job_id: sqlite.execute(
                    "UPDATE jobs SET stage = 'FAILED', is_delivered = 1 WHERE job_id = ?", (job_id,)
                )
            )
        (found,) = await uploads.unused()
        assert found.url == URL
        assert [found] == await uploads.unused(7)


def _insert(sqlite: sqlite3.Connection, job: Job) -> None:
    sqlite.execute(_INSERT, values_of_row(row_of(job)))


def test_what_was_reported_before_this_was_on_record_is_hidden_still(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "old.sqlite3", isolation_level=None)
    migrate(connection, [m for m in known_migrations() if m.name != "withheld"], lambda: NOON_S)
    row = row_of(a_job(1))
    del row["exposure"]
    for job_id, verdict in enumerate(("open", "restored", "deleted", "blocked"), 1):
        connection.execute(
            f"INSERT INTO jobs ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",  # noqa: S608 — ours
            tuple((row | {"job_id": job_id}).values()),
        )
        decided = (None, None) if verdict == "open" else (9, NOON_S)
        connection.execute(
            "INSERT INTO cases (case_id, kind, guild_id, channel_id, user_id, opened_by, opened_at_s, "
            "is_private, job_id, verdict, decided_by, decided_at_s) "
            "VALUES (?, 'report', ?, ?, 1, 2, ?, 0, ?, ?, ?, ?)",
            (job_id, GUILD, CHANNEL, NOON_S, job_id, verdict, *decided),
        )
    migrate(connection, known_migrations(), lambda: NOON_S)
    exposures = [name for (name,) in connection.execute("SELECT exposure FROM jobs ORDER BY job_id")]
    connection.close()
    assert exposures == ["HIDDEN", "SHOWN", "REMOVED", "HIDDEN"]
