"""Figures by period, a member's pages, erasure here and at Wiro, and the forgetting of what is old."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import DatabaseUnavailable
from bot.domain.job.job import Job, Stage
from bot.domain.job.ledger import settlement_of
from bot.domain.money import Money
from bot.domain.records.errors import ErasureRunning
from bot.engines.port import EngineError, EngineNotFound, EngineServerFault, EngineUnreachable
from bot.services.records.service import PAGE_SIZE, Erasure, Period, Reports, period_bounds
from bot.services.runs.uploads import Uploads
from bot.services.supervisor import Supervisor
from bot.settings import SettingsInvalid, load_settings
from bot.store.sqlite.cases import CaseRecords
from bot.store.sqlite.database import Database
from bot.store.sqlite.jobs import JobStore
from bot.store.sqlite.reports import ReportRecords
from bot.store.sqlite.uploads import UploadRecords
from tests.support.clocks import StoppedClock, until
from tests.support.samples import GUILD, MEMBER, NOON_S, PNG, a_job, a_request, an_origin

DAY_S = 86_400
MIDNIGHT_S = int(NOON_S) - DAY_S // 2
SECRETS = {"discord_token": "x", "wiro_api_key": "x", "wiro_api_secret": ""}


class Eraser:
    """A Wiro of which only the deletion of files is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.deleted: set[str] = set()
        self.faults: dict[str, list[EngineError]] = {}  # by task, one for each attempt
        self.is_down = False
        self.gate = asyncio.Event()
        self.gate.set()

    async def erase(self, task_id: str) -> None:
        self.asked.append(task_id)
        await self.gate.wait()
        if self.is_down:
            raise EngineUnreachable("no route")
        if self.faults.get(task_id):
            raise self.faults[task_id].pop(0)
        self.deleted.add(task_id)


class Lookout:
    """Every address is served until it is gone."""

    def __init__(self) -> None:
        self.gone: set[str] = set()

    async def is_gone(self, address: str) -> bool:
        return address in self.gone


class FaultyRecords(ReportRecords):
    """The real records, whose `forget` fails once when told to."""

    fault: DatabaseUnavailable | None = None

    async def forget(self, job_ids: Sequence[int]) -> None:
        if self.fault is not None:
            fault, self.fault = self.fault, None
            raise fault
        await super().forget(job_ids)


class Office:
    """The reports over a real database, a scripted Wiro, and a clock that stands still."""

    def __init__(self, database: Database) -> None:
        self.store = JobStore(database)
        self.records = FaultyRecords(database)
        self.cases = CaseRecords(database)
        self.wiro = Eraser()
        self.time = StoppedClock()
        self.owner = Supervisor(asyncio.create_task)
        self.told: list[Erasure] = []
        self.attempts = 3
        self.uploads = UploadRecords(database)
        self.lookout = Lookout()
        wiro: Any = self.wiro
        uploads = Uploads(self.uploads, wiro, self.lookout)
        self.reports = Reports(
            self.records, self.cases, self.wiro, self.time.clock, self.owner, self._delays, uploads
        )

    def _delays(self) -> Iterator[float]:
        return repeat(0.0, self.attempts)

    async def tell(self, erasure: Erasure) -> None:
        self.told.append(erasure)

    async def has_ended(self, job_id: int, **changes: Any) -> Job:
        """A job that succeeded and was delivered."""
        job = await self.runs(job_id, **changes)
        ended = replace(
            job,
            stage=Stage.SUCCEEDED,
            task_id=f"t{job_id}",
            cost=Money(job_id),
            outputs=(PNG,),
            detail="words",
        )
        await self.store.settle(ended, settlement_of(ended), job.created_at_s)
        await self.store.mark_delivered(ended)
        return ended

    async def runs(self, job_id: int, **changes: Any) -> Job:
        job = a_job(job_id, **{"created_at_s": self.time.wall(), **changes})
        assert await self.store.reserve(job, (), ())
        return job

    async def erase(self, user_id: int = MEMBER) -> Erasure:
        self.told.clear()
        self.reports.erase(user_id, self.tell)
        await until(lambda: self.told and self.told[-1].is_over)
        return self.told[-1]

    async def job(self, job_id: int) -> Job:
        job = await self.store.job(job_id)
        assert job is not None
        return job


@pytest_asyncio.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with Database(tmp_path / "bot.sqlite3") as database:
        office = Office(database)
        yield office
        await office.owner.drain()


# --- periods -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("period", "days_back"),
    [(Period.TODAY, 0), (Period.WEEK, 6), (Period.MONTH, 0), (Period.LAST_30_DAYS, 29)],
)
def test_a_period_is_whole_utc_days_up_to_the_end_of_today(period: Period, days_back: int) -> None:
    # Noon of 1 March 2026, a Sunday: the first of the month, the last of the week.
    assert period_bounds(period, NOON_S) == (MIDNIGHT_S - days_back * DAY_S, MIDNIGHT_S + DAY_S)


@given(st.sampled_from(Period), st.integers(0, 4_000_000_000))
def test_now_lies_in_every_period_of_at_most_31_days(period: Period, now_s: int) -> None:
    since_s, until_s = period_bounds(period, now_s)
    assert since_s <= now_s < until_s
    assert since_s % DAY_S == until_s % DAY_S == 0
    assert DAY_S <= until_s - since_s <= 31 * DAY_S


async def test_figures_are_of_the_server_and_period_asked_for(office: Office) -> None:
    await office.has_ended(5)
    await office.has_ended(6, origin=an_origin(user_id=2))
    await office.has_ended(7, origin=an_origin(guild_id=GUILD + 1))
    report = await office.reports.usage(GUILD, Period.TODAY)
    assert (report.runs, report.spend) == (2, Money(11))
    assert (await office.reports.usage(GUILD, Period.TODAY, user_id=2)).spend == Money(6)
    assert [line.job_id for line in await office.reports.export(GUILD, Period.WEEK)] == [5, 6]
    office.time.forward(DAY_S)
    assert (await office.reports.usage(GUILD, Period.TODAY)).runs == 0
    assert (await office.reports.usage(GUILD, Period.LAST_30_DAYS)).runs == 2


# --- history -----------------------------------------------------------------------------------


async def test_pages_hold_the_members_own_jobs_here_newest_first(office: Office) -> None:
    total = 2 * PAGE_SIZE + 3
    for job_id in range(1, total + 1):
        await office.runs(job_id)
    await office.runs(100, origin=an_origin(user_id=2))
    await office.runs(101, origin=an_origin(guild_id=None))
    newest_first = list(range(total, 0, -1))
    for number in (1, 2, 3):
        page = await office.reports.history(MEMBER, GUILD, number)
        start = (number - 1) * PAGE_SIZE
        assert [job.job_id for job in page.jobs] == newest_first[start : start + PAGE_SIZE]
        assert (page.has_newer, page.has_older) == (number > 1, number < 3)
    past = await office.reports.history(MEMBER, GUILD, 4)
    assert (past.jobs, past.has_newer, past.has_older) == ((), True, False)
    direct = await office.reports.history(MEMBER, None)
    assert [job.job_id for job in direct.jobs] == [101]


async def test_an_empty_history_is_an_empty_first_page(office: Office) -> None:
    page = await office.reports.history(MEMBER, GUILD)
    assert (page.jobs, page.has_newer, page.has_older) == ((), False, False)


async def test_older_and_newer_lead_there_and_back(office: Office) -> None:
    for job_id in range(1, 3 * PAGE_SIZE + 1):
        await office.runs(job_id)
    first = await office.reports.history(MEMBER, GUILD)
    second = await office.reports.older(MEMBER, GUILD, first.jobs[-1].job_id, 2)
    third = await office.reports.older(MEMBER, GUILD, second.jobs[-1].job_id, 3)
    assert not third.has_older
    assert await office.reports.newer(MEMBER, GUILD, third.jobs[0].job_id) == second
    assert await office.reports.newer(MEMBER, GUILD, second.jobs[0].job_id) == first


async def test_newer_is_a_full_page_although_jobs_came_meanwhile(office: Office) -> None:
    for job_id in range(1, 2 * PAGE_SIZE + 1):
        await office.runs(job_id)
    second = await office.reports.history(MEMBER, GUILD, 2)
    await office.runs(1_000)
    page = await office.reports.newer(MEMBER, GUILD, second.jobs[0].job_id)
    assert [job.job_id for job in page.jobs] == list(range(2 * PAGE_SIZE, PAGE_SIZE, -1))
    assert (page.number, page.has_newer, page.has_older) == (2, True, True)
    first = await office.reports.newer(MEMBER, GUILD, page.jobs[0].job_id)
    assert first.jobs[0].job_id == 1_000
    assert (first.number, first.has_newer) == (1, False)


async def test_a_cursor_past_everything_leads_to_the_last_page(office: Office) -> None:
    for job_id in range(1, PAGE_SIZE + 3):
        await office.runs(job_id)
    page = await office.reports.newer(MEMBER, GUILD, 0)
    assert page == await office.reports.history(MEMBER, GUILD, 2)
    assert (page.number, page.has_newer, page.has_older) == (2, True, False)


# --- erasure -----------------------------------------------------------------------------------


async def test_an_erasure_takes_the_texts_and_leaves_the_sums(office: Office) -> None:
    for job_id in (5, 6, 7):
        await office.has_ended(job_id, request=a_request(negative_prompt="fog"))
    before = await office.reports.usage(GUILD, Period.TODAY)
    end = await office.erase()
    assert (end.total, end.erased, end.cleared_at_wiro, end.waiting_at_wiro) == (3, 3, 3, 0)
    assert office.wiro.deleted == {"t5", "t6", "t7"}
    for job_id in (5, 6, 7):
        job = await office.job(job_id)
        assert (job.request.prompt, job.request.negative_prompt, job.detail, job.outputs) == (
            "",
            None,
            "",
            (),
        )
        assert job.cost == Money(job_id)
    assert await office.reports.usage(GUILD, Period.TODAY) == before
    assert await office.store.audit() == []
    assert await office.reports.records_of(MEMBER) == []


async def test_running_jobs_and_those_of_others_are_left(office: Office) -> None:
    await office.has_ended(5)
    await office.runs(6)
    await office.has_ended(7, origin=an_origin(user_id=2))
    end = await office.erase()
    assert [job.job_id for job in end.running] == [6]
    assert office.wiro.asked == ["t5"]
    assert (await office.job(6)).request.prompt
    assert (await office.job(7)).request.prompt


async def test_many_jobs_are_erased_in_batches_and_the_progress_is_told(office: Office) -> None:
    for job_id in range(1, 24):
        await office.has_ended(job_id)
    office.wiro.gate.clear()
    office.reports.erase(MEMBER, office.tell)
    await until(lambda: len(office.wiro.asked) == 5)
    assert [state.erased for state in office.told] == [0]
    office.time.forward(10)
    office.wiro.gate.set()
    await until(lambda: office.told[-1].is_over)
    assert [state.erased for state in office.told] == [0, 5, 23]


async def test_a_second_erasure_of_the_same_member_waits_for_its_turn(office: Office) -> None:
    await office.has_ended(5)
    office.wiro.gate.clear()
    office.reports.erase(MEMBER, office.tell)
    with pytest.raises(ErasureRunning):
        office.reports.erase(MEMBER, office.tell)
    office.wiro.gate.set()
    await until(lambda: office.told[-1:] and office.told[-1].is_over)
    assert (await office.erase()).total == 0


async def test_what_wiro_does_not_delete_is_tried_again_and_told_as_a_number(office: Office) -> None:
    for job_id in (5, 6, 7):
        await office.has_ended(job_id)
    office.wiro.faults = {"t6": [EngineServerFault("oops"), EngineServerFault("oops")]}
    end = await office.erase()
    assert [(s.waiting_at_wiro, s.is_retrying) for s in office.told if s.erased == 3] == [
        (1, True),
        (1, True),
        (0, False),
    ]
    assert end.cleared_at_wiro == 3
    assert office.wiro.asked.count("t6") == 3


async def test_our_records_are_erased_although_wiro_is_down(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    for job_id in range(1, 13):
        await office.has_ended(job_id)
    office.wiro.is_down = True
    office.attempts = 0
    end = await office.erase()
    assert (end.erased, end.cleared_at_wiro, end.waiting_at_wiro, end.is_retrying) == (12, 0, 12, False)
    assert await office.reports.records_of(MEMBER) == []
    # After the first batch failed, nobody was kept waiting for Wiro.
    assert len(office.wiro.asked) == 5
    assert "t1, t2" in caplog.text


async def test_a_task_that_wiro_no_longer_knows_counts_as_deleted(office: Office) -> None:
    await office.has_ended(5)
    office.wiro.faults = {"t5": [EngineNotFound("task-not-exist", code=1)]}
    end = await office.erase()
    assert (end.cleared_at_wiro, end.waiting_at_wiro) == (1, 0)


async def test_an_erasure_that_cannot_be_written_says_so_and_can_be_asked_for_again(office: Office) -> None:
    await office.has_ended(5)
    office.records.fault = DatabaseUnavailable("locked")
    end = await office.erase()
    assert (end.has_failed, end.erased, end.total) == (True, 0, 1)
    assert (await office.job(5)).request.prompt
    assert (await office.erase()).erased == 1


async def test_a_stop_in_the_middle_leaves_the_rest_to_be_asked_for_again(office: Office) -> None:
    for job_id in range(1, 8):
        await office.has_ended(job_id)
    office.wiro.gate.clear()
    office.reports.erase(MEMBER, office.tell)
    await until(lambda: len(office.wiro.asked) == 5)
    await office.owner.drain()
    assert len(await office.reports.records_of(MEMBER)) == 7
    office.wiro.gate.set()
    assert (await office.erase()).erased == 7


# --- retention ---------------------------------------------------------------------------------


async def test_only_what_is_older_than_the_setting_is_forgotten(office: Office) -> None:
    await office.has_ended(5)
    await office.runs(6)
    office.time.forward(10 * DAY_S)
    await office.has_ended(7)
    assert await office.reports.forget_older(11) == 0
    assert await office.reports.forget_older(9) == 1
    prompts = {job_id: (await office.job(job_id)).request.prompt for job_id in (5, 6, 7)}
    assert prompts == {5: "", 6: "a lighthouse at dusk", 7: "a lighthouse at dusk"}
    assert await office.store.audit() == []


async def test_more_than_one_batch_is_forgotten_in_one_sweep(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.services.records.service.SWEEP_BATCH", 2)
    for job_id in range(1, 6):
        await office.has_ended(job_id)
    office.time.forward(2 * DAY_S)
    assert await office.reports.forget_older(1) == 5
    assert await office.reports.forget_older(1) == 0


async def test_a_sweep_that_the_disk_cut_short_is_made_good_by_the_next(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    await office.has_ended(5)
    office.records.fault = DatabaseUnavailable("locked")
    office.time.forward(2 * DAY_S)
    with caplog.at_level(logging.INFO, "bot.services.records.service"):
        await office.owner.until_done("forget", partial(office.reports.forget_older, 1), lambda: iter((0.0,)))
    assert (await office.job(5)).request.prompt == ""
    assert caplog.messages[-1] == "forgot the prompts of 1 jobs older than 1 days"


@pytest.mark.parametrize(("text", "days"), [("", None), ("1", 1), ("365", 365)])
def test_the_setting_is_a_number_of_days_or_nothing(text: str, days: int | None) -> None:
    settings = load_settings(_env_file=None, prompt_retention_days=text, **SECRETS)
    assert settings.prompt_retention_days == days


@pytest.mark.parametrize("text", ["0", "-1", "a week", "1.5"])
def test_another_setting_is_refused_by_name(text: str) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        load_settings(_env_file=None, prompt_retention_days=text, **SECRETS)
    assert "PROMPT_RETENTION_DAYS" in json.dumps(refused.value.sentences)
