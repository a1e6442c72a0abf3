"""The ledger: no limit is ever passed, nothing is counted twice, nothing is ever taken back."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from collections.abc import Awaitable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.errors import StoreError
from bot.domain.job.job import Job, Stage
from bot.domain.job.ledger import Resolution, Settlement, settlement_of
from bot.domain.limits.limit import (
    OPERATOR,
    Limit,
    LimitReached,
    Scope,
    Usage,
    Window,
    member_scope,
    window_bounds,
)
from bot.domain.money import ZERO, Money
from bot.store.sqlite.database import Database
from bot.store.sqlite.jobs import JobStore
from bot.store.sqlite.rows import COLUMNS
from tests.integration.store.store_samples import (
    DAY_S,
    GUILD,
    NOON_S,
    a_job,
    counters_of,
    ended,
    operator_spend_a_day,
    runs_a_day,
)


async def granted(attempt: Awaitable[bool]) -> bool:
    try:
        return await attempt
    except LimitReached:
        return False


@pytest.mark.parametrize("is_money", [False, True], ids=["runs", "dollars"])
async def test_of_two_hundred_who_want_the_last_unit_exactly_one_gets_it(
    store: JobStore, is_money: bool
) -> None:
    def limits_of(job: Job) -> list[Limit]:
        return [operator_spend_a_day(10_999)] if is_money else [runs_a_day(1, 10)]

    for job_id in range(1, 10):
        await store.reserve(a_job(job_id), limits_of(a_job(job_id)), counters_of(a_job(job_id)))
    jobs = [a_job(job_id, user_id=job_id if is_money else 1) for job_id in range(1_000, 1_200)]
    answers = await asyncio.gather(
        *(granted(store.reserve(job, limits_of(job), counters_of(job))) for job in jobs)
    )
    assert answers.count(True) == 1
    assert await store.usage(OPERATOR, Window.DAY, NOON_S) == Usage(0, 10, 0, 10_000)
    assert await store.audit() == []


async def test_of_fifty_settlements_of_one_job_exactly_one_counts(store: JobStore) -> None:
    job = a_job(1)
    await store.reserve(job, [], counters_of(job))
    ends = [ended(job, Stage.SUCCEEDED, 100 + number) for number in range(50)]
    answers = await asyncio.gather(*(store.settle(end, settlement_of(end), NOON_S) for end in ends))
    assert answers.count(True) == 1
    winner = ends[answers.index(True)]
    assert await store.job(1) == winner
    assert winner.cost is not None
    assert await store.usage(OPERATOR, Window.DAY, NOON_S) == Usage(1, 0, winner.cost.pico, 0)


@pytest.mark.parametrize("table", ["reservation", "reservation_usage", "resolution"])
@pytest.mark.parametrize(
    "change",
    ["UPDATE {} SET job_id = 2", "DELETE FROM {}", "REPLACE INTO {} SELECT * FROM {}"],
    ids=["update", "delete", "replace"],
)
async def test_nothing_in_the_ledger_is_changed_or_deleted(
    database: Database, store: JobStore, table: str, change: str
) -> None:
    await store.reserve(a_job(1), [], counters_of(a_job(1)))
    await store.settle(ended(a_job(1)), settlement_of(ended(a_job(1))), NOON_S)
    with pytest.raises(StoreError, match="the ledger only grows"):
        await database.write(lambda sqlite: sqlite.execute(change.replace("{}", table)).rowcount)
    with pytest.raises(StoreError, match="FOREIGN KEY"):
        await database.write(lambda sqlite: sqlite.execute("DELETE FROM jobs").rowcount)
    assert await store.audit() == []


MEMBERS, OPERATORS = "counter ('member', 700, 1, 0, '', 'day'", "counter ('operator', 0, 0, 0, '', 'day'"


@pytest.mark.parametrize(
    ("tampering", "finding"),
    [
        pytest.param(
            "UPDATE usage SET runs_held = runs_held + 1 WHERE subject = 'member'", MEMBERS, id="held"
        ),
        pytest.param("UPDATE usage SET spend_used_pico = 5 WHERE subject = 'operator'", OPERATORS, id="used"),
        pytest.param("DELETE FROM usage", "the ledger says", id="lost"),
        pytest.param(
            "INSERT INTO usage VALUES ('member', 1, 1, 0, '', 'day', 0, 1, 0, 0, 0)",
            "('member', 1, 1",
            id="invented",
        ),
        pytest.param(
            "UPDATE jobs SET stage = 'FAILED' WHERE job_id = 1", "job 1 has ended without", id="unresolved"
        ),
        pytest.param(
            "UPDATE jobs SET stage = 'RUNNING' WHERE job_id = 2",
            "job 2 is resolved and has not",
            id="reopened",
        ),
        pytest.param("UPDATE jobs SET user_id = 9 WHERE job_id = 1", "job 1 and its reservation", id="owner"),
        pytest.param(
            f"INSERT INTO jobs ({COLUMNS}) SELECT 3, {COLUMNS.partition(', ')[2]} FROM jobs WHERE job_id = 1",  # noqa: S608 — constants
            "job 3 has no reservation",
            id="unreserved",
        ),
        pytest.param(
            "INSERT INTO reservation_usage VALUES (1, 'member', 5, 5, 0, '', 'day', 0)",
            "was not made",
            id="window",
        ),
    ],
)
async def test_the_audit_finds_every_contradiction(
    database: Database, store: JobStore, tampering: str, finding: str
) -> None:
    for job_id in (1, 2):
        await store.reserve(a_job(job_id), [], counters_of(a_job(job_id)))
    await store.settle(ended(a_job(2)), settlement_of(ended(a_job(2))), NOON_S)
    assert await store.audit() == []
    await database.write(lambda sqlite: sqlite.execute(tampering).rowcount)
    assert any(finding in sentence for sentence in await store.audit()), await store.audit()


async def test_the_audit_finds_rows_whose_parent_is_gone(path: Path) -> None:
    async with Database(path) as database:
        await JobStore(database).reserve(a_job(1), [], counters_of(a_job(1)))
    vandal = sqlite3.connect(path, isolation_level=None)  # without the settings that the store insists on
    vandal.execute("DELETE FROM jobs")
    vandal.close()
    async with Database(path) as database:
        assert "row 1 of reservation belongs to no row of jobs" in await JobStore(database).audit()


async def test_the_cost_of_a_decision_does_not_grow_with_history(database: Database, store: JobStore) -> None:
    """Counted in steps of SQLite's own machine, which no busy computer can stretch."""

    async def steps_of(job: Job) -> int:
        steps = 0

        def count() -> int:
            nonlocal steps
            steps += 1
            return 0

        await database.read(lambda sqlite: sqlite.set_progress_handler(count, 1))
        await store.reserve(job, [runs_a_day(1, 10**6), operator_spend_a_day()], counters_of(job))
        await database.read(lambda sqlite: sqlite.set_progress_handler(None, 1))
        return steps

    await store.reserve(a_job(1), [], counters_of(a_job(1)))
    young = await steps_of(a_job(2))
    await asyncio.gather(
        *(store.reserve(a_job(number), [], counters_of(a_job(number))) for number in range(3, 2_000))
    )
    assert await steps_of(a_job(5_000)) <= young + 20


# Histories: what a plain list of everything that happened says must be what the counters say.

USERS = st.integers(1, 3)
TIMES = st.sampled_from([NOON_S, NOON_S + DAY_S / 2 - 0.001, NOON_S + DAY_S / 2, NOON_S - DAY_S])
AMOUNTS = st.integers(0, 60)


@dataclass(frozen=True)
class Reserve:
    job_id: int
    user_id: int
    hold_pico: int
    at_s: float


@dataclass(frozen=True)
class Settle:
    job_id: int
    resolution: Resolution
    amount_pico: int


STEPS = st.one_of(
    st.builds(Reserve, st.integers(1, 25), USERS, AMOUNTS, TIMES),
    st.builds(Settle, st.integers(1, 25), st.sampled_from(Resolution), AMOUNTS),
)
RUNS_LIMIT, SPEND_LIMIT_PICO = 4, 150


class Books:
    """The same history, kept the slow and obvious way."""

    def __init__(self) -> None:
        self.jobs: dict[int, Job] = {}
        self.settled: dict[int, Settlement] = {}

    def usage(self, scope: Scope, at_s: float) -> Usage:
        runs_used = runs_held = used_pico = held_pico = 0
        for job in self.jobs.values():
            is_counted = scope in (OPERATOR, member_scope(GUILD, job.origin.user_id))
            if not is_counted or window_bounds(Window.DAY, job.created_at_s) != window_bounds(
                Window.DAY, at_s
            ):
                continue
            settlement = self.settled.get(job.job_id)
            if settlement is None:
                runs_held, held_pico = runs_held + 1, held_pico + job.hold.pico
            elif settlement.resolution is Resolution.POST or (
                settlement.resolution is Resolution.WRITE_OFF and scope == OPERATOR
            ):
                runs_used, used_pico = runs_used + 1, used_pico + settlement.amount.pico
        return Usage(runs_used, runs_held, used_pico, held_pico)

    def may(self, job: Job) -> bool:
        mine = self.usage(member_scope(GUILD, job.origin.user_id), job.created_at_s)
        all_of = self.usage(OPERATOR, job.created_at_s)
        fits = all_of.spend_used_pico + all_of.spend_held_pico + job.hold.pico <= SPEND_LIMIT_PICO
        return mine.runs_used + mine.runs_held < RUNS_LIMIT and fits


async def replay(store: JobStore, books: Books, step: Reserve | Settle) -> None:
    if isinstance(step, Reserve):
        job = a_job(step.job_id, user_id=step.user_id, hold_pico=step.hold_pico, at_s=step.at_s)
        limits = [runs_a_day(step.user_id, RUNS_LIMIT), operator_spend_a_day(SPEND_LIMIT_PICO)]
        is_expected = job.job_id not in books.jobs and books.may(job)
        assert await granted(store.reserve(job, limits, counters_of(job))) == is_expected
        if is_expected:
            books.jobs[job.job_id] = job
    elif step.job_id in books.jobs:
        is_void = step.resolution is Resolution.VOID
        settlement = Settlement(step.resolution, ZERO if is_void else Money(step.amount_pico))
        final = ended(books.jobs[step.job_id], Stage.FAILED)
        assert await store.settle(final, settlement, NOON_S) == (step.job_id not in books.settled)
        books.settled.setdefault(step.job_id, settlement)


@settings(max_examples=60, deadline=None)
@given(st.lists(STEPS, max_size=40))
def test_in_every_history_counters_equal_sums_and_no_limit_is_passed(steps: list[Reserve | Settle]) -> None:
    async def history(path: Path) -> None:
        async with Database(path) as database:
            store, books = JobStore(database), Books()
            for step in steps:
                await replay(store, books, step)
            for scope in (OPERATOR, *(member_scope(GUILD, user_id) for user_id in (1, 2, 3))):
                for at_s in (NOON_S, NOON_S + DAY_S, NOON_S - DAY_S):
                    assert await store.usage(scope, Window.DAY, at_s) == books.usage(scope, at_s)
            assert await store.audit() == []

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(history(Path(folder) / "bot.sqlite3"))


@settings(max_examples=40, deadline=None)
@given(st.lists(STEPS, max_size=60))
def test_in_every_interleaving_no_limit_is_passed_but_by_a_bill(steps: list[Reserve | Settle]) -> None:
    """All at once: settlements charge no more than was held, so nothing may ever stand above a limit."""

    async def settle(store: JobStore, step: Settle) -> None:
        job = await store.job(step.job_id)
        if job is not None:
            amount = Money(min(step.amount_pico, job.hold.pico))
            is_void = step.resolution is Resolution.VOID
            settlement = Settlement(step.resolution, ZERO if is_void else amount)
            await store.settle(ended(job, Stage.FAILED), settlement, NOON_S)

    async def history(path: Path) -> None:
        async with Database(path) as database:
            store = JobStore(database)
            reserves = [step for step in steps if isinstance(step, Reserve)]
            attempts = (
                granted(
                    store.reserve(
                        job,
                        [runs_a_day(step.user_id, RUNS_LIMIT), operator_spend_a_day(SPEND_LIMIT_PICO)],
                        counters_of(job),
                    )
                )
                for step in reserves
                for job in [
                    a_job(step.job_id, user_id=step.user_id, hold_pico=step.hold_pico, at_s=step.at_s)
                ]
            )
            await asyncio.gather(
                *attempts, *(settle(store, step) for step in steps if isinstance(step, Settle))
            )
            for at_s in (NOON_S, NOON_S + DAY_S, NOON_S - DAY_S):
                total = await store.usage(OPERATOR, Window.DAY, at_s)
                assert total.spend_used_pico + total.spend_held_pico <= SPEND_LIMIT_PICO
                for user_id in (1, 2, 3):
                    mine = await store.usage(member_scope(GUILD, user_id), Window.DAY, at_s)
                    assert mine.runs_used + mine.runs_held <= RUNS_LIMIT
            assert await store.audit() == []

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(history(Path(folder) / "bot.sqlite3"))


def test_the_file_itself_refuses_a_charge_for_a_voided_hold(tmp_path: Path) -> None:
    async def fill() -> None:
        async with Database(tmp_path / "bot.sqlite3") as database:
            store = JobStore(database)
            await store.reserve(a_job(1), [], [])
            with pytest.raises(StoreError, match="CHECK"):
                await store.settle(ended(a_job(1)), Settlement(Resolution.VOID, Money(1)), NOON_S)

    asyncio.run(fill())
    connection = sqlite3.connect(tmp_path / "bot.sqlite3")
    assert connection.execute("SELECT count(*) FROM resolution").fetchone() == (0,)
    connection.close()
