"""Late bills: what Wiro billed for a voided job is the operator's, once, and the books still add up."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_samples import DAY_S, GUILD, NOON_S, a_job, counters_of, ended

from bot.domain.errors import StoreError
from bot.domain.job import Cause, Job, Stage
from bot.domain.ledger import settlement_of
from bot.domain.limits import OPERATOR, Usage, Window, member_scope
from bot.domain.money import MAX_PICO, ZERO, Money
from bot.store.database import Database
from bot.store.jobs import JobStore
from bot.store.schema import known_migrations

LATER_S = NOON_S + 13 * 3_600  # the next day
BILL = Money(700)


async def given_up(store: JobStore, job_id: int = 1, cause: Cause = Cause.UNANSWERED) -> Job:
    """A job whose Run was sent at noon and never answered."""
    job = replace(a_job(job_id), sent_at_s=NOON_S, seed=job_id)
    await store.reserve(job, [], counters_of(job))
    stage = Stage.CANCELLED if cause is Cause.CANCELLED else Stage.FAILED
    end = replace(job, stage=stage, cause=cause)
    await store.settle(end, settlement_of(end), NOON_S + 121)
    return end


async def used(store: JobStore, at_s: float = NOON_S) -> tuple[Usage, Usage]:
    """The operator's day and the member's."""
    member = member_scope(GUILD, 1)
    return await store.usage(OPERATOR, Window.DAY, at_s), await store.usage(member, Window.DAY, at_s)


async def test_the_operator_pays_in_the_window_of_the_reservation_and_the_member_nothing(
    store: JobStore,
) -> None:
    job = await given_up(store)
    assert await store.bill_late(1, "101", BILL, LATER_S)
    assert await used(store) == (Usage(1, 0, BILL.pico, 0), Usage())
    assert await used(store, LATER_S) == (Usage(), Usage())
    assert await store.job(1) == job
    assert await store.audit() == []


async def test_a_task_that_cost_nothing_is_no_run(store: JobStore) -> None:
    await given_up(store)
    assert await store.bill_late(1, "101", ZERO, LATER_S)
    assert await used(store) == (Usage(), Usage())
    assert await store.unanswered(0.0) == []
    assert await store.audit() == []


async def test_of_many_bills_for_one_job_or_one_task_one_counts(store: JobStore) -> None:
    await given_up(store, 1)
    await given_up(store, 2)
    tries = [(job_id, task_id) for job_id in (1, 2) for task_id in ("101", "102")] * 5
    answers = await asyncio.gather(
        *(store.bill_late(job_id, task_id, BILL, LATER_S) for job_id, task_id in tries)
    )
    assert answers.count(True) == 2
    assert await store.claimed(["101", "102", "103"]) == {"101", "102"}
    assert (await used(store))[0] == Usage(2, 0, 2 * BILL.pico, 0)
    assert await store.audit() == []


async def test_only_voided_jobs_are_billed_late(store: JobStore) -> None:
    running, succeeded = a_job(1), ended(replace(a_job(2), sent_at_s=NOON_S), cost_pico=5)
    for job in (running, a_job(2)):
        await store.reserve(job, [], counters_of(job))
    await store.settle(succeeded, settlement_of(succeeded), NOON_S)
    for job_id in (1, 2, 3):
        assert not await store.bill_late(job_id, "101", BILL, LATER_S)
    assert await store.claimed(["101"]) == frozenset()
    assert await store.audit() == []


async def test_a_task_that_belongs_to_another_job_is_not_billed_late(store: JobStore) -> None:
    await given_up(store)
    owner = replace(a_job(2), task_id="101", stage=Stage.QUEUED)
    await store.reserve(owner, [], counters_of(owner))
    assert not await store.bill_late(1, "101", BILL, LATER_S)


async def test_nothing_is_billed_late_while_a_running_twin_waits_for_its_answer(store: JobStore) -> None:
    lost = await given_up(store)
    twin = replace(a_job(2), seed=lost.seed, sent_at_s=LATER_S)
    await store.reserve(twin, [], counters_of(twin))
    assert not await store.bill_late(1, "101", BILL, LATER_S)
    await store.save(replace(twin, stage=Stage.QUEUED, task_id="102"))
    assert await store.bill_late(1, "101", BILL, LATER_S)


@pytest.mark.parametrize("cause", [Cause.UNANSWERED, Cause.CANCELLED, Cause.INTERNAL])
async def test_every_job_whose_run_may_have_made_a_task_is_remembered(store: JobStore, cause: Cause) -> None:
    job = await given_up(store, cause=cause)
    assert await store.unanswered(NOON_S - 1) == [job]
    assert await store.unanswered(NOON_S) == []


async def test_a_job_with_a_definite_answer_is_not_looked_for(store: JobStore) -> None:
    await given_up(store, 1, Cause.REFUSED)
    await given_up(store, 2, Cause.NO_FUNDS)
    never_sent = replace(a_job(3), stage=Stage.CANCELLED, cause=Cause.CANCELLED)
    await store.reserve(a_job(3), [], [])
    await store.settle(never_sent, settlement_of(never_sent), NOON_S)
    waiting = replace(a_job(4), sent_at_s=NOON_S)
    await store.reserve(waiting, [], [])
    assert await store.unanswered(0.0) == []


@pytest.mark.parametrize("change", ["UPDATE late_bill SET amount_pico = 0", "DELETE FROM late_bill"])
async def test_a_late_bill_is_never_changed_or_deleted(
    database: Database, store: JobStore, change: str
) -> None:
    await given_up(store)
    await store.bill_late(1, "101", BILL, LATER_S)
    with pytest.raises(StoreError, match="the ledger only grows"):
        await database.write(lambda sqlite: sqlite.execute(change))


@pytest.mark.parametrize(
    ("tampering", "finding"),
    [
        ("UPDATE usage SET spend_used_pico = 0 WHERE subject = 'operator'", "counter"),
        ("UPDATE usage SET runs_used = 2 WHERE subject = 'member'", "counter"),
        ("INSERT INTO late_bill VALUES (2, '102', 1, 0)", "job 2 was billed late and not voided"),
        ("UPDATE jobs SET task_id = '101' WHERE job_id = 2", "for a task that belongs to another job"),
    ],
)
async def test_the_audit_notices_late_bills_that_do_not_add_up(
    database: Database, store: JobStore, tampering: str, finding: str
) -> None:
    await given_up(store)
    await store.bill_late(1, "101", BILL, LATER_S)
    posted = ended(a_job(2), cost_pico=5)
    await store.reserve(a_job(2), [], counters_of(a_job(2)))
    await store.settle(posted, settlement_of(posted), NOON_S)
    assert await store.audit() == []
    await database.write(lambda sqlite: sqlite.execute(tampering))
    assert any(finding in sentence for sentence in await store.audit())


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, MAX_PICO), st.booleans()), max_size=6))
def test_whatever_is_billed_late_the_operators_counter_is_the_sum(bills: list[tuple[int, bool]]) -> None:
    async def history(path: Path) -> None:
        async with Database(path) as database:
            store = JobStore(database)
            for job_id, (pico, is_billed) in enumerate(bills, start=1):
                await given_up(store, job_id)
                if is_billed:
                    assert await store.bill_late(job_id, f"10{job_id}", Money(pico), NOON_S + DAY_S)
            amounts = [pico for pico, is_billed in bills if is_billed]
            runs = sum(pico > 0 for pico in amounts)
            assert await used(store) == (Usage(runs, 0, min(MAX_PICO, sum(amounts)), 0), Usage())
            assert await store.audit() == []

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(history(Path(folder) / "bot.sqlite3"))


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
        assert await store.unanswered(0.0) == [old]
        assert await store.bill_late(1, "101", BILL, LATER_S)
        assert await store.audit() == []
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT * FROM late_bill").fetchall()
    connection.close()
    assert rows == [(1, "101", BILL.pico, LATER_S)]
