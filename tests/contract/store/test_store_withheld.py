"""Reports on record: they hide what they are about, so often a day; a verdict is in force at once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.job.job import Exposure
from bot.domain.job.ledger import settlement_of
from bot.domain.moderation.cases import Case, CaseKind, Report, Verdict
from bot.services.moderation.ports import CaseStore
from bot.services.records.ports import ReportStore
from tests.support.store_samples import CHANNEL, GUILD, NOON_S, Ledger, a_job, ended

SHOWN = '[{"type": 10, "content": "||[x]||"}]'


def a_report(job_id: int, opened_by: int = 2, at_s: float = NOON_S) -> Case:
    return Case(job_id, CaseKind.REPORT, GUILD, CHANNEL, 1, opened_by, at_s, job_id=job_id, shown=SHOWN)


async def reported(cases: CaseStore, store: Ledger, job_id: int, **given: Any) -> Report:
    await store.reserve(a_job(job_id), [], [])
    return await cases.open_report(a_report(job_id, **given), 5, NOON_S - 60)


async def exposure_of(store: Ledger, job_id: int) -> Exposure:
    job = await store.job(job_id)
    assert job is not None
    return job.exposure


async def test_a_report_hides_its_job_and_keeps_what_was_shown(cases: CaseStore, store: Ledger) -> None:
    report = await reported(cases, store, 1)
    assert report == Report(replace(a_report(1), is_hiding=True), is_new=True, has_hidden=True)
    assert await exposure_of(store, 1) is Exposure.HIDDEN
    again = await cases.open_report(a_report(1, opened_by=3), 5, NOON_S - 60)
    assert (again.case, again.is_new, again.has_hidden) == (report.case, False, False)


async def test_of_many_reports_at_once_one_hides(cases: CaseStore, store: Ledger) -> None:
    await store.reserve(a_job(1), [], [])
    reports = await asyncio.gather(
        *(cases.open_report(a_report(1, opened_by=number), 5, NOON_S - 60) for number in range(2, 40))
    )
    assert sum(report.has_hidden for report in reports) == sum(report.is_new for report in reports) == 1


async def test_past_five_a_day_a_member_reports_without_hiding(cases: CaseStore, store: Ledger) -> None:
    for job_id in range(1, 6):
        assert (await reported(cases, store, job_id)).has_hidden
    sixth = await reported(cases, store, 6)
    assert (sixth.is_new, sixth.has_hidden) == (True, False)
    assert (sixth.case.is_hiding, sixth.case.shown) == (False, None)
    assert await exposure_of(store, 6) is Exposure.SHOWN
    other = await cases.open_report(a_report(6, opened_by=3, at_s=NOON_S + 9), 5, NOON_S - 60)
    assert (other.is_new, other.has_hidden) == (False, True)
    assert (other.case.shown, other.case.opened_by) == (SHOWN, 3)
    assert await exposure_of(store, 6) is Exposure.HIDDEN
    tomorrow = await cases.open_report(a_report(7, at_s=NOON_S + 86_400), 5, NOON_S + 86_000)
    assert tomorrow.has_hidden


@pytest.mark.parametrize(
    ("verdict", "exposure"),
    [
        (Verdict.RESTORED, Exposure.SHOWN),
        (Verdict.DELETED, Exposure.REMOVED),
        (Verdict.BLOCKED, Exposure.HIDDEN),
    ],
)
async def test_a_verdict_is_in_force_with_its_decision(
    cases: CaseStore, store: Ledger, reports: ReportStore, verdict: Verdict, exposure: Exposure
) -> None:
    await reported(cases, store, 1)
    assert await cases.decide(1, verdict, 9, NOON_S + 1)
    assert not await cases.decide(1, Verdict.RESTORED, 9, NOON_S + 2)
    assert await exposure_of(store, 1) is exposure
    seen = [job.job_id for job in await reports.history(1, GUILD, None, 9)]
    assert seen == ([] if exposure is Exposure.REMOVED else [1])
    (open_still,) = await cases.to_do()
    assert open_still.shown == SHOWN
    await cases.carried_out(1)
    done = await cases.case(1)
    assert done is not None
    assert done.shown is None


async def test_a_job_that_moves_on_stays_hidden(cases: CaseStore, store: Ledger) -> None:
    await reported(cases, store, 1)
    job = await store.job(1)
    assert job is not None
    final = ended(replace(job, exposure=Exposure.SHOWN))
    await store.settle(final, settlement_of(final), NOON_S + 1)
    assert await exposure_of(store, 1) is Exposure.HIDDEN


async def test_what_a_message_showed_is_erased_with_its_members_records(
    cases: CaseStore, store: Ledger
) -> None:
    await reported(cases, store, 1)
    await cases.forget_requests(NOON_S + 1, 5)
    kept = await cases.case(1)
    await cases.forget_requests(NOON_S + 1, 1)
    erased = await cases.case(1)
    assert kept is not None
    assert erased is not None
    assert (kept.shown, erased.shown) == (SHOWN, None)
