"""Requests on their way in, on record: away with the reservation, left over where no job came of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.job.job import Job
from bot.domain.limits.limit import LimitReached
from bot.domain.request.intake import Intake
from bot.services.runs.ports import IntakeStore
from bot.store.sqlite.stores import SqliteStores
from tests.support.store_samples import Ledger, a_job, counters_of, runs_a_day


@pytest.fixture
def intakes(stores: SqliteStores) -> IntakeStore:
    return stores.intakes


def of(job: Job) -> Intake:
    origin = job.origin
    return Intake(origin.message_id or 0, job.job_id, origin.channel_id, origin.user_id, origin.is_private)


def a_shown_job(job_id: int, message_id: int = 900) -> Job:
    job = a_job(job_id)
    return replace(job, origin=replace(job.origin, message_id=message_id))


async def test_what_no_job_came_of_is_left_over(intakes: IntakeStore) -> None:
    left = [replace(of(a_shown_job(1)), message_id=number, is_private=number == 2) for number in (3, 2)]
    for intake in left:
        await intakes.change([intake], [])
    assert await intakes.left_over() == left[::-1]
    await intakes.change([], [2])
    assert await intakes.left_over() == left[:1]


async def test_a_reservation_takes_its_intake_away_and_no_other(store: Ledger, intakes: IntakeStore) -> None:
    job, other = a_shown_job(1), a_shown_job(2, 901)
    await intakes.change([of(job)], [])
    await intakes.change([of(other)], [])
    assert await store.reserve(job, [], counters_of(job))
    assert await intakes.left_over() == [of(other)]


async def test_a_refusal_leaves_it_until_it_is_told(store: Ledger, intakes: IntakeStore) -> None:
    job = a_shown_job(1)
    await intakes.change([of(job)], [])
    with pytest.raises(LimitReached):
        await store.reserve(job, [runs_a_day(job.origin.user_id, 0)], counters_of(job))
    assert await intakes.left_over() == [of(job)]


async def test_one_that_is_put_down_too_late_is_not_left_over(store: Ledger, intakes: IntakeStore) -> None:
    job = a_shown_job(1)
    await store.reserve(job, [], counters_of(job))
    await intakes.change([of(job)], [])
    again = replace(of(job), message_id=902)  # the same job asked for once more, in another answer
    await intakes.change([again], [])
    assert await intakes.left_over() == [again]
