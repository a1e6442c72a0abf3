"""What the file itself refuses, and what the audit and the mappers find where somebody wrote into it."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.domain.errors import DatabaseUnavailable, StoreError
from bot.domain.job.ledger import Resolution, Settlement, settlement_of
from bot.domain.moderation.cases import Case, CaseKind
from bot.domain.money import Money
from bot.store.sqlite.cases import CaseRecords
from bot.store.sqlite.database import Database
from bot.store.sqlite.guilds import GuildRecords
from bot.store.sqlite.jobs import JobStore
from bot.store.sqlite.last_values import LastValueRecords
from bot.store.sqlite.reports import ReportRecords
from bot.store.sqlite.rows import COLUMNS
from tests.contract.store.test_store_cases import ASK
from tests.contract.store.test_store_late_bills import BILL, given_up, record_late_charge, stopped
from tests.contract.store.test_store_reports import SECRET, a_secret, run
from tests.contract.store.test_store_surprises import reserve, settle
from tests.support.store_front_door import submit
from tests.support.store_samples import (
    CHANNEL,
    GUILD,
    INSERT_ENTRY,
    NOON_S,
    a_job,
    an_entry,
    audit_of,
    counters_of,
    ended,
)


@pytest.mark.parametrize(
    ("kind", "subject", "after"),
    [
        ("grant", "{}", "3"),
        ("weather", "{}", "1"),
        ("grant", "[]", "1"),
        ("channel", '{"channel_id": 3}', '"x"'),
    ],
)
async def test_an_entry_that_no_version_of_ours_wrote_is_told_as_damage(
    database: Database, guilds: GuildRecords, kind: str, subject: str, after: str
) -> None:
    row = (GUILD, 9, kind, subject, "null", after, NOON_S)
    await database.write(lambda sqlite: sqlite.execute(INSERT_ENTRY, row).rowcount)
    with pytest.raises(DatabaseUnavailable, match="audit entry 1 cannot be read"):
        await audit_of(guilds)


async def test_a_case_that_no_version_of_ours_wrote_is_named(database: Database, cases: CaseRecords) -> None:
    await cases.open_case(ASK)
    spoil = """UPDATE cases SET request = '{"dream": 1}'"""
    await database.write(lambda sqlite: sqlite.execute(spoil).rowcount)
    with pytest.raises(DatabaseUnavailable, match="cannot be read"):
        await cases.case(ASK.case_id)


async def test_the_audit_finds_a_reservation_that_a_tracked_counter_missed(
    database: Database, store: JobStore, guilds: GuildRecords
) -> None:
    assert await submit(store, guilds, a_job(1))
    insert = "INSERT INTO tracked_dimensions VALUES (700, 0, '', 'week', 'runs', 0)"
    await database.write(lambda sqlite: sqlite.execute(insert).rowcount)
    assert await store.audit() == ["job 1 is missing in a tracked counter: week, channel 0, model ''"]


@pytest.mark.parametrize("text", ["[]", '{"a": 5}', "5"])
async def test_what_no_version_of_ours_wrote_is_a_fault_of_the_file(database: Database, text: str) -> None:
    insert = "INSERT INTO last_values (user_id, model, typed, saved_at_s) VALUES (1, 'a/b', ?, 1)"
    await database.write(lambda sqlite: sqlite.execute(insert, (text,)).rowcount)
    with pytest.raises(DatabaseUnavailable):
        await LastValueRecords(database).last_values(1, "a/b")


@pytest.mark.parametrize("change", ["UPDATE late_bill SET amount_pico = 0", "DELETE FROM late_bill"])
async def test_a_late_bill_is_never_changed_or_deleted(
    database: Database, store: JobStore, change: str
) -> None:
    await given_up(store)
    await record_late_charge(store, 1, "101", BILL)
    with pytest.raises(StoreError, match="the ledger only grows"):
        await database.write(lambda sqlite: sqlite.execute(change))


@pytest.mark.parametrize(
    ("tampering", "finding"),
    [
        ("UPDATE usage SET spend_used_pico = 0 WHERE subject = 'operator'", "counter"),
        ("UPDATE usage SET runs_used = 2 WHERE subject = 'member'", "counter"),
        ("INSERT INTO late_bill VALUES (2, '102', 1, 0)", "job 2 was billed late beside a resolution"),
        (
            "UPDATE jobs SET task_id = CASE job_id WHEN 1 THEN NULL ELSE '101' END",
            "for a task that belongs to another job",
        ),
        (
            "UPDATE jobs SET is_charge_open = 1 WHERE job_id = 1",
            "job 1 was billed late and is still waited for",
        ),
    ],
)
async def test_the_audit_notices_late_bills_that_do_not_add_up(
    database: Database, store: JobStore, tampering: str, finding: str
) -> None:
    await given_up(store)
    await record_late_charge(store, 1, "101", BILL)
    posted = ended(a_job(2), cost_pico=5)
    await store.reserve(a_job(2), [], counters_of(a_job(2)))
    await store.settle(posted, settlement_of(posted), NOON_S)
    assert await store.audit() == []
    await database.write(lambda sqlite: sqlite.execute(tampering))
    assert any(finding in sentence for sentence in await store.audit())


@pytest.mark.parametrize(
    ("tampering", "finding"),
    [
        ("UPDATE jobs SET is_charge_open = 0", "job 1 has ended without a resolution"),
        ("UPDATE jobs SET stage = 'FAILED'", "job 1 has ended without a resolution"),
        ("UPDATE usage SET runs_held = 1 WHERE window = 'ever'", "counter"),
        ("UPDATE usage SET runs_held = 0 WHERE window = 'day'", "counter"),
    ],
)
async def test_the_audit_notices_kept_holds_that_do_not_add_up(
    database: Database, store: JobStore, tampering: str, finding: str
) -> None:
    await stopped(store)
    await database.write(lambda sqlite: sqlite.execute(tampering))
    assert any(finding in sentence for sentence in await store.audit())


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


def a_careless_sqlite(*given: Any, **named: Any) -> sqlite3.Connection:
    """As most systems build it; Debian's overwrites what is deleted without being told to."""
    sqlite = sqlite3.Connection(*given, **named)
    sqlite.execute("PRAGMA secure_delete = OFF")
    return sqlite


def test_a_forgotten_prompt_is_in_no_byte_of_the_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not in free pages either, whether the prompt was short or filled pages of its own."""

    async def write() -> None:
        async with Database(path) as database:
            for job_id in range(1, 30):
                job, final = a_secret(job_id)
                long = replace(job, request=replace(job.request, prompt=SECRET * (job_id * 20)))
                await run(JobStore(database), long, replace(final, request=long.request))
                case = Case(job_id, CaseKind.ASK, GUILD, CHANNEL, 1, 1, NOON_S, request=long.request)
                assert await CaseRecords(database).open_case(case)

    async def forget() -> None:
        async with Database(path) as database:
            reports = ReportRecords(database)
            await reports.forget([job.job_id for job in await reports.records_of(1)])
            assert await CaseRecords(database).forget_requests(NOON_S + 1) == 29

    monkeypatch.setattr("bot.store.sqlite.database.sqlite3.connect", a_careless_sqlite)
    asyncio.run(write())
    assert SECRET.encode() in path.read_bytes()
    asyncio.run(forget())
    assert SECRET.encode() not in path.read_bytes()
    assert not path.with_name(path.name + "-wal").exists()


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE usage SET spend_held_pico = spend_held_pico - 4000 WHERE spend_held_pico > 4000",
        "INSERT INTO hold_raise VALUES (2, 9, 5, 0)",
        "DELETE FROM bill_alarm",
    ],
)
async def test_the_audit_sees_a_raise_that_does_not_add_up(
    path: Path, store: JobStore, database: Database, tampering: str
) -> None:
    await reserve(store, a_job(1), a_job(2), a_job(9))
    await settle(store, a_job(1), 5_000)
    await database.close()
    with closing(sqlite3.connect(path)) as sqlite:
        sqlite.execute(tampering)
        sqlite.commit()
    await database.open()
    assert await store.audit() != []


@pytest.mark.parametrize("change", ["UPDATE hold_raise SET amount_pico = 1", "DELETE FROM hold_raise"])
async def test_what_was_raised_is_never_changed(
    path: Path, store: JobStore, database: Database, change: str
) -> None:
    await reserve(store, a_job(1), a_job(2))
    await settle(store, a_job(1), 5_000)
    await database.close()
    with closing(sqlite3.connect(path)) as sqlite, pytest.raises(sqlite3.IntegrityError, match="only grows"):
        sqlite.execute(change)
    await database.open()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_log SET actor_id = 1",
        "DELETE FROM audit_log",
        "REPLACE INTO audit_log SELECT * FROM audit_log",
    ],
)
async def test_the_audit_log_only_grows(database: Database, guilds: GuildRecords, change: str) -> None:
    entries = [an_entry(f"action {number}") for number in range(5)]
    for entry in entries:
        await guilds.note(entry)
    with pytest.raises(StoreError, match="the audit log only grows"):
        await database.write(lambda sqlite: sqlite.execute(change).rowcount)
    assert await audit_of(guilds) == entries[::-1]
