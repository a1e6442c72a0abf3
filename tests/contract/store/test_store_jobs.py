"""Jobs on record: what is kept, what is found again, what an ending makes final."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.errors import DatabaseUnavailable
from bot.domain.job.errors import JobNotFound
from bot.domain.job.job import Cause, Job, Output, Progress, Stage
from bot.domain.job.ledger import Resolution, Settlement, settlement_of
from bot.domain.limits.limit import OPERATOR, LimitReached, Usage, Window, member_scope
from bot.domain.money import MAX_PICO, ZERO, Money
from bot.domain.request.origin import Origin
from bot.domain.request.run_request import RunRequest
from bot.services.catalogue.ports import SAMPLE
from tests.contract.store.conftest import OpenStores
from tests.support.store_samples import (
    DAY_S,
    GUILD,
    NOON_S,
    Ledger,
    a_job,
    counters_of,
    ended,
    operator_spend_a_day,
    runs_a_day,
)

MODEL = a_job(1).request.model


async def reserve(store: Ledger, job: Job) -> bool:
    return await store.reserve(job, [], counters_of(job))


async def settle(store: Ledger, job: Job, at_s: float = NOON_S) -> bool:
    return await store.settle(job, settlement_of(job), at_s)


FULL_JOB = Job(
    job_id=2**62,
    origin=Origin(11, 22, None, 44, is_private=True, attachment_limit_bytes=26_214_400),
    request=RunRequest("owner/model", "größer 🏔️", "dull", 512, 768, 30, 6.5, 99, 4),
    seed=4_294_967_294,
    hold=Money(3_510_000_000),
    created_at_s=NOON_S + 0.25,
    stage=Stage.SUBMITTING,
)


async def test_every_field_of_a_job_survives_a_reopening(open_stores: OpenStores, tmp_path: Path) -> None:
    moved = replace(FULL_JOB, stage=Stage.RUNNING, sent_at_s=5.5, task_id="881", progress=Progress(3, 30))
    final = replace(
        moved,
        stage=Stage.FAILED,
        cause=Cause.OUTPUT_UNUSABLE,
        detail="not a picture",
        cost=Money(7),
        elapsed_s=4.75,
        outputs=(
            Output("0.png", "image/png", "https://cdn/0.png", 12),
            Output("t", "text/plain", None, None, "é"),
        ),
    )
    async with open_stores(tmp_path) as stores:
        store = stores.jobs
        assert await reserve(store, FULL_JOB)
        assert await store.job(FULL_JOB.job_id) == FULL_JOB
        await store.save(moved)
        assert await store.job(FULL_JOB.job_id) == moved
        assert await settle(store, final)
        await store.mark_delivered(final)
    async with open_stores(tmp_path) as stores:
        assert await stores.jobs.job(FULL_JOB.job_id) == replace(final, is_delivered=True)
        assert await stores.jobs.audit() == []


async def test_a_job_nobody_recorded_is_not_found(store: Ledger) -> None:
    assert await store.job(5) is None
    with pytest.raises(JobNotFound):
        await store.save(a_job(5))
    with pytest.raises(JobNotFound):
        await settle(store, ended(a_job(5)))
    with pytest.raises(JobNotFound):
        await store.mark_delivered(a_job(5))


async def test_the_same_interaction_twice_is_one_job(store: Ledger) -> None:
    job = a_job(1)
    answers = await asyncio.gather(
        *(store.reserve(job, [runs_a_day(1, 1)], counters_of(job)) for _ in range(5))
    )
    assert sorted(answers) == [False, False, False, False, True]
    assert await store.usage(OPERATOR, Window.DAY, NOON_S) == Usage(0, 1, 0, 1_000)


async def test_a_refused_job_leaves_nothing_behind(store: Ledger) -> None:
    job = a_job(1)
    with pytest.raises(LimitReached) as refusal:
        await store.reserve(job, [runs_a_day(1, 0)], counters_of(job))
    assert (refusal.value.limit, refusal.value.used, refusal.value.held, refusal.value.asked) == (0, 0, 0, 1)
    assert refusal.value.resets_at_s == int(NOON_S) + DAY_S // 2
    assert await store.job(1) is None
    assert await store.usage(OPERATOR, Window.DAY, NOON_S) == Usage()
    assert await store.audit() == []


async def test_an_ended_job_stays_as_it_ended(store: Ledger) -> None:
    job = a_job(1)
    await reserve(store, job)
    final = ended(job, Stage.SUCCEEDED, 900)
    assert await settle(store, final)
    await store.save(replace(job, stage=Stage.RUNNING))
    assert not await settle(store, ended(job, Stage.FAILED, 5_000))
    assert await store.job(1) == final
    assert await store.usage(OPERATOR, Window.DAY, NOON_S) == Usage(1, 0, 900, 0)


async def test_only_settle_ends_a_job_and_settle_only_ends(store: Ledger) -> None:
    await reserve(store, a_job(1))
    with pytest.raises(ValueError, match="settled, not saved"):
        await store.save(ended(a_job(1)))
    with pytest.raises(ValueError, match="saved, not settled"):
        await store.settle(a_job(1), Settlement(Resolution.VOID, ZERO), NOON_S)
    assert await store.audit() == []


async def test_a_task_once_known_is_kept_and_belongs_to_one_job(store: Ledger) -> None:
    for job_id in (1, 2):
        await reserve(store, a_job(job_id))
    await store.save(replace(a_job(1), stage=Stage.QUEUED, task_id="77"))
    await store.save(replace(a_job(1), stage=Stage.RUNNING))
    with pytest.raises(DatabaseUnavailable):
        await store.save(replace(a_job(2), stage=Stage.QUEUED, task_id="77"))
    found = await store.job(1)
    assert found is not None
    assert (found.stage, found.task_id) == (Stage.RUNNING, "77")
    assert await store.claimed(["76", "77", "odd ' \ud800"]) == {"77"}
    assert await store.claimed([]) == frozenset()


async def test_unfinished_are_those_who_run_or_were_not_told_oldest_first(store: Ledger) -> None:
    for job_id, at_s in ((1, NOON_S + 3), (2, NOON_S + 2), (3, NOON_S + 1), (4, NOON_S)):
        await reserve(store, a_job(job_id, at_s=at_s))
    for job_id in (3, 4):
        await settle(store, ended(a_job(job_id), cost_pico=1))
    for job_id in (2, 4):
        await store.mark_delivered(a_job(job_id))  # job 2 has not ended: telling early finishes nothing
    assert [job.job_id for job in await store.unfinished()] == [3, 2, 1]


async def test_the_median_is_taken_over_the_latest_successes_of_the_model(store: Ledger) -> None:
    assert (await store.model_history(MODEL, NOON_S)).median_s is None
    for number in range(SAMPLE + 10):
        job = a_job(number + 1, at_s=NOON_S + number)
        await reserve(store, job)
        await settle(store, replace(ended(job, cost_pico=1), elapsed_s=1_000.0 if number < 10 else 4.0))
    failed = a_job(999, at_s=NOON_S + 999)
    await reserve(store, failed)
    await settle(store, replace(ended(failed, Stage.FAILED), elapsed_s=9_999.0))
    assert (await store.model_history(MODEL, NOON_S)).median_s == 4.0
    assert (await store.model_history("another/model", NOON_S)).median_s is None


async def test_a_charge_belongs_to_the_day_of_its_reservation(store: Ledger) -> None:
    before_midnight_s = NOON_S + DAY_S / 2 - 1
    job = a_job(1, at_s=before_midnight_s)
    await reserve(store, job)
    await settle(store, ended(job, cost_pico=5_000), at_s=before_midnight_s + 60)  # more than was held
    mine = member_scope(GUILD, 1)
    assert await store.usage(mine, Window.DAY, NOON_S) == Usage(1, 0, 5_000, 0)
    assert await store.usage(mine, Window.DAY, before_midnight_s + 60) == Usage()
    assert await store.audit() == []


@pytest.mark.parametrize(
    ("settlement", "members", "operators"),
    [
        pytest.param(Settlement(Resolution.POST, Money(7)), Usage(1, 0, 7, 0), Usage(1, 0, 7, 0), id="post"),
        pytest.param(Settlement(Resolution.VOID, ZERO), Usage(), Usage(), id="void"),
        pytest.param(Settlement(Resolution.WRITE_OFF, Money(7)), Usage(), Usage(1, 0, 7, 0), id="write_off"),
    ],
)
async def test_a_settlement_charges_those_it_should(
    store: Ledger, settlement: Settlement, members: Usage, operators: Usage
) -> None:
    await reserve(store, a_job(1))
    assert await store.settle(ended(a_job(1), Stage.FAILED, 7), settlement, NOON_S)
    assert await store.usage(member_scope(GUILD, 1), Window.DAY, NOON_S) == members
    assert await store.usage(OPERATOR, Window.DAY, NOON_S) == operators
    assert await store.audit() == []


async def test_absurd_bills_still_settle_and_the_books_agree(store: Ledger) -> None:
    for job_id in (1, 2, 3):
        await reserve(store, a_job(job_id))
        assert await settle(store, ended(a_job(job_id), cost_pico=MAX_PICO - 1))
    usage = await store.usage(OPERATOR, Window.DAY, NOON_S)
    assert usage == Usage(3, 0, MAX_PICO, 0)
    with pytest.raises(LimitReached):
        await store.reserve(a_job(4), [operator_spend_a_day()], counters_of(a_job(4)))
    assert await store.audit() == []


async def test_a_limit_is_counted_even_where_no_counter_was_named(store: Ledger) -> None:
    await store.reserve(a_job(1), [runs_a_day(1, 1)], [])
    with pytest.raises(LimitReached):
        await store.reserve(a_job(2), [runs_a_day(1, 1)], [])


@pytest.mark.parametrize(
    "prompt",
    [
        "lone \ud800 half",
        "pair \ud83d\ude00 in halves",
        "\udfff",
        "nul \0 inside",
        "\ufeff bom",
        "\u202e rtl \U0001f469\u200d\U0001f469 \uffff",
    ],
    ids=["lone", "halves", "only", "nul", "bom", "odd"],
)
async def test_odd_text_is_kept_as_far_as_utf_8_goes(store: Ledger, prompt: str) -> None:
    job = a_job(1)
    job = replace(job, request=replace(job.request, prompt=prompt, negative_prompt=prompt))
    await reserve(store, job)
    await settle(
        store, replace(ended(job), detail=prompt, outputs=(Output(prompt, "text/plain", None, text=prompt),))
    )
    found = await store.job(1)
    assert found is not None
    expected = (
        prompt.replace("\ud83d\ude00", "😀")
        .replace("\ud800", "\ufffd")
        .replace("\udfff", "\ufffd")
        .replace("\0", "")
    )
    assert found.request.prompt == found.request.negative_prompt == found.detail == expected
    assert found.outputs[0].name == found.outputs[0].text == expected


async def test_a_wish_to_cancel_stays_and_comes_too_late_for_what_has_ended(store: Ledger) -> None:
    for job_id in (1, 2):
        await reserve(store, a_job(job_id))
    await store.request_cancel(1)
    await store.save(replace(a_job(1), sent_at_s=NOON_S))  # by somebody who has not heard of it
    found = await store.job(1)
    assert found is not None
    assert (found.is_cancel_asked, found.sent_at_s) == (True, NOON_S)
    await settle(store, ended(a_job(2)))
    await store.request_cancel(2)
    await store.request_cancel(404)
    late = await store.job(2)
    assert late is not None
    assert not late.is_cancel_asked
