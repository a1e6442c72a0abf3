"""Figures equal plain sums; members find, and lose, their own records and nobody else's."""

from __future__ import annotations

import asyncio
import tempfile
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.job.job import Job, Output, Stage
from bot.domain.job.ledger import Resolution, Settlement, settlement_of
from bot.domain.limits.limit import OPERATOR, Window
from bot.domain.money import MAX_PICO, ZERO, Money
from bot.domain.records.reports import DaySpend, ExportLine, Share, UsageReport
from bot.services.records.ports import ReportStore
from tests.contract.store.conftest import OpenStores
from tests.support.store_samples import (
    CHANNEL,
    DAY_S,
    GUILD,
    MODEL,
    NOON_S,
    Ledger,
    a_job,
    counters_of,
    ended,
)

NOON = int(NOON_S)
MIDNIGHT = NOON - DAY_S // 2
SECRET = "a prompt that nobody else may ever read"


async def run(store: Ledger, job: Job, final: Job | None = None, *, is_delivered: bool = True) -> None:
    assert await store.reserve(job, [], counters_of(job))
    if final is not None:
        assert await store.settle(final, settlement_of(final), NOON_S)
        if is_delivered:
            await store.mark_delivered(job)


async def done(store: Ledger, job: Job, cost_pico: int = 10) -> None:
    await run(store, job, ended(job, cost_pico=cost_pico))


async def test_a_report_tells_charges_failures_and_holds_apart(store: Ledger, reports: ReportStore) -> None:
    await done(store, a_job(1), 500)
    await done(store, a_job(2, user_id=2, channel_id=31, ruled_channel_id=CHANNEL, model="Big/Model"), 900)
    await done(store, a_job(3, at_s=NOON_S - DAY_S), 40)
    await run(store, a_job(4), ended(a_job(4), Stage.FAILED))
    await run(store, a_job(5), ended(a_job(5), Stage.FAILED, 70))
    await run(store, a_job(6, hold_pico=321))
    await done(store, a_job(7, guild_id=GUILD + 1), 8)
    await done(store, a_job(8, at_s=NOON_S + DAY_S), 8)
    report = await reports.usage_report(GUILD, NOON - DAY_S, NOON + DAY_S)
    assert report == UsageReport(
        since_s=NOON - DAY_S,
        until_s=NOON + DAY_S,
        runs=3,
        failed=2,
        spend=Money(1_440),
        held=Money(321),
        by_member=(Share("2", 1, Money(900)), Share("1", 2, Money(540))),
        by_channel=(Share("30", 3, Money(1_440)),),
        by_model=(Share("big/model", 1, Money(900)), Share(MODEL, 2, Money(540))),
        by_day=(
            DaySpend(MIDNIGHT - DAY_S, MODEL, Money(40)),
            DaySpend(MIDNIGHT, "big/model", Money(900)),
            DaySpend(MIDNIGHT, MODEL, Money(500)),
        ),
    )
    mine = await reports.usage_report(GUILD, NOON - DAY_S, NOON + DAY_S, user_id=2)
    assert (mine.runs, mine.failed, mine.spend, mine.held) == (1, 0, Money(900), ZERO)
    empty = await reports.usage_report(GUILD, 0, 100)
    assert empty == UsageReport(0, 100, 0, 0, ZERO, ZERO, (), (), (), ())


async def test_absurd_bills_are_reported_as_far_as_money_goes(store: Ledger, reports: ReportStore) -> None:
    for job_id in (1, 2):
        await done(store, a_job(job_id), MAX_PICO)
    report = await reports.usage_report(GUILD, 0, NOON + DAY_S)
    assert report.spend == report.by_member[0].spend == report.by_day[0].spend == Money(MAX_PICO)


RUNS = st.tuples(
    st.integers(1, 3),
    st.sampled_from([30, 31]),
    st.sampled_from(["a/b", "c/d"]),
    st.integers(-40 * DAY_S, 40 * DAY_S).map(lambda shift_s: NOON_S + shift_s),
    st.sampled_from([None, *Resolution]),
    st.integers(0, 2**40),
)
PERIODS = st.integers(-45 * DAY_S, 45 * DAY_S).map(lambda shift_s: NOON + shift_s)


@settings(max_examples=40, deadline=None)
@given(st.lists(RUNS, max_size=25), PERIODS, PERIODS, st.none() | st.integers(1, 3))
def test_every_report_equals_plain_sums(
    open_stores: OpenStores,
    runs: list[tuple[int, int, str, float, Resolution | None, int]],
    since_s: int,
    until_s: int,
    user_id: int | None,
) -> None:
    sums: dict[str, dict[object, int]] = defaultdict(lambda: defaultdict(int))
    for whom, channel_id, model, at_s, resolution, pico in runs:
        if not since_s <= at_s < until_s or user_id not in (None, whom):
            continue
        if resolution is Resolution.POST:
            sums["runs"]["all"] += 1
            for name, key in (("member", str(whom)), ("channel", str(channel_id)), ("model", model)):
                sums[name][key] += pico
            sums["day"][int(at_s) // DAY_S * DAY_S, model] += pico
        else:
            sums["held" if resolution is None else "failed"]["all"] += 5 if resolution is None else 1

    async def history(folder: Path) -> None:
        async with open_stores(folder) as stores:
            store = stores.jobs
            for job_id, (whom, channel_id, model, at_s, resolution, pico) in enumerate(runs, start=1):
                job = a_job(job_id, user_id=whom, hold_pico=5, at_s=at_s, channel_id=channel_id, model=model)
                await store.reserve(job, [], counters_of(job))
                if resolution is not None:
                    amount = ZERO if resolution is Resolution.VOID else Money(pico)
                    await store.settle(ended(job), Settlement(resolution, amount), NOON_S)
            report = await stores.reports.usage_report(GUILD, since_s, until_s, user_id)
            assert (report.runs, report.failed) == (sums["runs"]["all"], sums["failed"]["all"])
            assert report.held == Money(sums["held"]["all"])
            assert report.spend == Money(sum(sums["member"].values()))
            for name, shares in (
                ("member", report.by_member),
                ("channel", report.by_channel),
                ("model", report.by_model),
            ):
                assert {share.key: share.spend.pico for share in shares} == sums[name]
                assert list(shares) == sorted(shares, key=lambda share: -share.spend.pico)
                assert sum(share.runs for share in shares) == report.runs
            assert [((d.day, d.model), d.spend.pico) for d in report.by_day] == sorted(sums["day"].items())

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(history(Path(folder)))


async def test_an_export_has_every_job_of_the_period_once_oldest_first(
    store: Ledger, reports: ReportStore
) -> None:
    instants = [NOON_S + (number // 10) for number in range(50)]
    await asyncio.gather(
        *(run(store, a_job(500 - number, at_s=at_s)) for number, at_s in enumerate(instants))
    )
    await run(store, a_job(900, at_s=NOON_S + 5))
    final = replace(ended(a_job(500), cost_pico=42), elapsed_s=4.75)
    await store.settle(final, settlement_of(final), NOON_S)
    lines = await reports.export(GUILD, NOON, NOON + 5)
    expected = sorted((at_s, 500 - number) for number, at_s in enumerate(instants))
    assert [(line.created_at_s, line.job_id) for line in lines] == expected
    assert [line for line in lines if line.job_id == 500] == [
        ExportLine(500, NOON_S, 1, CHANNEL, MODEL, "SUCCEEDED", Money(42), 4.75)
    ]
    assert all(line.charged == ZERO and line.stage == "SUBMITTING" for line in lines if line.job_id != 500)
    assert await reports.export(GUILD + 1, 0, NOON * 2) == []


async def test_a_history_is_read_page_by_page_here_and_in_direct_messages(
    store: Ledger, reports: ReportStore
) -> None:
    for job_id in range(1, 8):
        await run(store, a_job(job_id, guild_id=None if job_id == 4 else GUILD))
    await run(store, a_job(9, user_id=2))
    first = await reports.history(1, GUILD, None, 3)
    assert [job.job_id for job in first] == [7, 6, 5]
    assert [job.job_id for job in await reports.history(1, GUILD, 5, 3)] == [3, 2, 1]
    assert [job.job_id for job in await reports.history(1, None, None, 3)] == [4]
    assert [job.job_id for job in await reports.records_of(1)] == [1, 2, 3, 4, 5, 6, 7]
    assert await reports.history(1, GUILD, 1, 3) == []


def a_secret(job_id: int, at_s: float = NOON_S) -> tuple[Job, Job]:
    job = a_job(job_id, at_s=at_s)
    job = replace(job, request=replace(job.request, prompt=SECRET, negative_prompt=SECRET))
    output = Output("0.png", "image/png", f"https://cdn/{SECRET}", text=SECRET)
    return job, replace(ended(job, cost_pico=42), detail=SECRET, outputs=(output,), elapsed_s=2.0)


async def test_what_is_forgotten_is_gone_and_the_money_stays(store: Ledger, reports: ReportStore) -> None:
    job, final = a_secret(1)
    await run(store, job, final)
    report = await reports.usage_report(GUILD, 0, NOON * 2)
    usage = await store.usage(OPERATOR, Window.DAY, NOON_S)
    await reports.forget([1, 2, 3])
    found = await store.job(1)
    erased = replace(final.request, prompt="", negative_prompt=None)
    assert found == replace(
        final, request=erased, detail="", outputs=(), is_delivered=True, is_forgotten=True
    )
    assert await reports.history(1, GUILD, None, 5) == [found]
    assert await reports.records_of(1) == []
    assert await reports.usage_report(GUILD, 0, NOON * 2) == report
    assert await store.usage(OPERATOR, Window.DAY, NOON_S) == usage
    assert await store.audit() == []


async def test_a_job_is_not_forgotten_before_its_member_has_been_told(
    store: Ledger, reports: ReportStore
) -> None:
    jobs = [a_secret(job_id) for job_id in (1, 2, 3)]
    await run(store, jobs[0][0])
    await run(store, *jobs[1], is_delivered=False)
    await run(store, *jobs[2])
    await reports.forget([1, 2, 3])
    assert [job.request.prompt for job in await reports.history(1, GUILD, None, 5)] == ["", SECRET, SECRET]
    assert [job.job_id for job in await reports.records_of(1)] == [1, 2]
    await store.mark_delivered(a_job(2))
    await reports.forget([1, 2])
    assert [job.job_id for job in await reports.records_of(1)] == [1]


async def test_old_jobs_are_those_past_that_still_have_their_texts(
    store: Ledger, reports: ReportStore
) -> None:
    for job_id in range(1, 6):
        await run(store, *a_secret(job_id, NOON_S - job_id))
    await run(store, a_secret(6, NOON_S - 100)[0])
    await run(store, *a_secret(7, NOON_S - 101), is_delivered=False)
    assert [job.job_id for job in await reports.old_jobs(NOON_S - 1, 3)] == [5, 4, 3]
    await reports.forget([5, 4, 3])
    assert [job.job_id for job in await reports.old_jobs(NOON_S - 1, 3)] == [2]
