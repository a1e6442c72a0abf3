"""Files that were sent to Wiro: those of before are on record, and what no job needs any more is found."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

from bot.domain.job.job import Job, Stage
from bot.domain.job.ledger import settlement_of
from bot.domain.request.files import InputFile
from bot.store.sqlite.database import Database
from bot.store.sqlite.jobs import _INSERT, JobStore
from bot.store.sqlite.reports import ReportRecords
from bot.store.sqlite.rows import row_of, values_of_row
from bot.store.sqlite.schema import known_migrations
from bot.store.sqlite.uploads import UploadRecords
from tests.integration.store.store_samples import GUILD, NOON_S, a_job, counters_of

URL = "https://cdn1.wiro.ai/1/dog.png"


async def ends(store: JobStore, job: Job, task_id: str | None) -> None:
    ended = replace(job, stage=Stage.FAILED, task_id=task_id)
    await store.settle(ended, settlement_of(ended), NOON_S)
    await store.mark_delivered(job.job_id)


async def test_what_no_job_needs_any_more_is_found(database: Database, store: JobStore) -> None:
    uploads = UploadRecords(database)
    for job_id, task_id in ((1, "t1"), (2, None), (3, "t3")):
        job = a_job(job_id)
        await store.reserve(job, [], counters_of(job))
        await uploads.kept(
            await uploads.intend(job_id, job_id, GUILD, NOON_S), f"f{job_id}", f"{URL}{job_id}"
        )
        if job_id != 3:
            await ends(store, job, task_id)
    assert [file.url for file in await uploads.unused()] == [f"{URL}2"]  # the third one runs
    await ReportRecords(database).forget([1])
    first, second = await uploads.unused()
    assert (first.task_id, first.file_id, first.guild_id) == ("t1", "f1", GUILD)
    assert [file.upload_id for file in await uploads.unused(2)] == [second.upload_id]
    await uploads.drop([first.upload_id, second.upload_id])
    assert await uploads.unused() == []


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
