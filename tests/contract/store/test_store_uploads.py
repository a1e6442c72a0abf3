"""Files that were sent to Wiro: those of before are on record, and what no job needs any more is found."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.job.job import Job, Stage
from bot.domain.job.ledger import settlement_of
from bot.services.records.ports import ReportStore
from bot.store.sqlite.stores import SqliteStores
from tests.support.store_samples import GUILD, NOON_S, Ledger, a_job, counters_of

URL = "https://cdn1.wiro.ai/1/dog.png"


async def ends(store: Ledger, job: Job, task_id: str | None) -> None:
    ended = replace(job, stage=Stage.FAILED, task_id=task_id)
    await store.settle(ended, settlement_of(ended), NOON_S)
    await store.mark_delivered(job)


async def test_what_no_job_needs_any_more_is_found(
    stores: SqliteStores, store: Ledger, reports: ReportStore
) -> None:
    uploads = stores.uploads
    for job_id, task_id in ((1, "t1"), (2, None), (3, "t3")):
        job = a_job(job_id)
        await store.reserve(job, [], counters_of(job))
        await uploads.kept(
            await uploads.intend(job_id, job_id, GUILD, NOON_S), f"f{job_id}", f"{URL}{job_id}"
        )
        if job_id != 3:
            await ends(store, job, task_id)
    assert [file.url for file in await uploads.unused()] == [f"{URL}2"]  # the third one runs
    await reports.forget([1])
    first, second = await uploads.unused()
    assert (first.task_id, first.file_id, first.guild_id) == ("t1", "f1", GUILD)
    assert [file.upload_id for file in await uploads.unused(2)] == [second.upload_id]
    await uploads.drop([first.upload_id, second.upload_id])
    assert await uploads.unused() == []
