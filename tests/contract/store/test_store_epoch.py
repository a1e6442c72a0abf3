"""A job is written by its newest owner alone: what an older one writes is refused, and changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from bot.domain.job.errors import LeaseLost
from bot.domain.job.job import Job, Stage
from bot.domain.job.ledger import settlement_of
from bot.domain.limits.limit import OPERATOR, Usage, Window
from tests.support.store_samples import NOON_S, Ledger, a_job, counters_of, ended

JOB = a_job(1)
ENDED = ended(JOB, cost_pico=5)


async def save(store: Ledger, job: Job) -> object:
    return await store.save(replace(job, stage=Stage.RUNNING, sent_at_s=NOON_S, task_id="77"))


async def settle(store: Ledger, job: Job) -> object:
    end = replace(ENDED, epoch=job.epoch)
    return await store.settle(end, settlement_of(end), NOON_S)


async def mark(store: Ledger, job: Job) -> object:
    return await store.mark_delivered(job)


async def test_whoever_resumes_a_job_owns_it_in_the_next_epoch(store: Ledger) -> None:
    for job_id, at_s in ((1, NOON_S + 1), (2, NOON_S), (3, NOON_S + 2)):
        job = a_job(job_id, at_s=at_s)
        await store.reserve(job, [], counters_of(job))
    told = ended(a_job(3, at_s=NOON_S + 2), cost_pico=1)
    await store.settle(told, settlement_of(told), NOON_S)
    await store.mark_delivered(told)
    assert [(job.job_id, job.epoch) for job in await store.resume([3, 1, 2, 404])] == [(2, 1), (1, 1)]
    assert [(job.job_id, job.epoch) for job in await store.resume([1])] == [(1, 2)]
    assert [(job.job_id, job.epoch) for job in await store.unfinished()] == [(2, 1), (1, 2)]
    assert await store.job(3) == replace(told, is_delivered=True)
    assert list(await store.resume([])) == []


@pytest.mark.parametrize("write", [save, settle, mark])
@pytest.mark.parametrize("has_ended", [False, True], ids=["running", "ended"])
async def test_an_older_owner_writes_nothing(
    store: Ledger, write: Callable[[Ledger, Job], Awaitable[object]], *, has_ended: bool
) -> None:
    await store.reserve(JOB, [], counters_of(JOB))
    if has_ended:
        await store.settle(ENDED, settlement_of(ENDED), NOON_S)
    (owned,) = await store.resume([1])
    before = (await store.job(1), await store.usage(OPERATOR, Window.DAY, NOON_S))
    with pytest.raises(LeaseLost):
        await write(store, JOB)
    assert (await store.job(1), await store.usage(OPERATOR, Window.DAY, NOON_S)) == before
    assert await store.audit() == []
    await write(store, owned)  # the same word of its newest owner counts


async def test_of_many_owners_of_one_job_only_the_newest_settles(store: Ledger) -> None:
    await store.reserve(JOB, [], counters_of(JOB))
    owners = [JOB, *[(await store.resume([1]))[0] for _ in range(9)]]
    answers = await asyncio.gather(*(settle(store, owner) for owner in owners), return_exceptions=True)
    assert [type(answer) for answer in answers] == [LeaseLost] * 9 + [bool]
    assert await store.usage(OPERATOR, Window.DAY, NOON_S) == Usage(1, 0, 5, 0)


async def test_a_wish_to_cancel_is_anybodys(store: Ledger) -> None:
    await store.reserve(JOB, [], counters_of(JOB))
    await store.resume([1])
    await store.request_cancel(1)
    (job,) = await store.unfinished()
    assert job.is_cancel_asked
