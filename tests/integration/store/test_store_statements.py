"""What a statement costs: indexes, transactions, and steps of SQLite's own machine."""

from __future__ import annotations

import asyncio

import pytest

from bot.domain.job.job import Job
from bot.domain.request.intake import Intake
from bot.store.sqlite import books, charges, histories, jobs, popularity, reports
from bot.store.sqlite.database import Database
from bot.store.sqlite.intakes import IntakeRecords
from bot.store.sqlite.jobs import JobStore
from bot.store.sqlite.reports import ReportRecords
from tests.contract.store.test_store_intakes import a_shown_job, of
from tests.support.store_samples import (
    GUILD,
    NOON_S,
    a_job,
    counters_of,
    operator_spend_a_day,
    runs_a_day,
)


async def test_it_costs_no_transaction_of_its_own_beside_others(database: Database, store: JobStore) -> None:
    job, intakes = a_shown_job(1), IntakeRecords(database)
    commits = database.commits
    await asyncio.gather(intakes.change([of(job)], []), store.reserve(job, [], counters_of(job)))
    assert database.commits == commits + 1
    assert await intakes.left_over() == []


async def test_a_crowd_takes_one_statement_and_its_longest_ids_are_kept(
    database: Database,
) -> None:
    intakes = IntakeRecords(database)
    ids = range(2**63 - 100, 2**63)
    crowd = [Intake(message_id, 2**63 - 1, 2**62, 2**61 + 1, is_private=True) for message_id in ids]
    heard: list[str] = []
    await database.read(lambda sqlite: sqlite.set_trace_callback(heard.append))
    await intakes.change(crowd, [intake.message_id for intake in crowd[1:]])
    await database.read(lambda sqlite: sqlite.set_trace_callback(None))
    assert sum("intake" in statement for statement in heard) == 2  # put down, taken away
    assert await intakes.left_over() == crowd[:1]


@pytest.mark.parametrize(
    ("query", "values", "index"),
    [
        pytest.param(jobs._ONE, (1,), "INTEGER PRIMARY KEY", id="one"),
        pytest.param(jobs._UNFINISHED, (), "jobs_unfinished", id="unfinished"),
        pytest.param(jobs._CLAIMED, ("[]",), "jobs_by_task", id="claimed"),
        pytest.param(jobs._CLAIMED, ("[]",), "sqlite_autoindex_late_bill_1", id="claimed late"),
        pytest.param(histories._LATEST, ("m", 1), "COVERING INDEX jobs_bills", id="a model's bills"),
        pytest.param(histories._ALARMS, ("m", 0.0, 1), "bill_alarm_of_model", id="a model's alarms"),
        pytest.param(books._BOOKED, ("[]",), "jobs_by_task", id="booked"),
        pytest.param(books._ASKED, (0.0, "[]"), "jobs_to_forget", id="asked, ended"),
        pytest.param(books._ASKED, (0.0, "[]"), "jobs_unfinished", id="asked, unfinished"),
        pytest.param(charges._OPEN, (), "COVERING INDEX jobs_open_charges", id="open charges"),
        pytest.param(
            charges._IS_FREE, {"model": "m", "since_s": 0.0, "newest": 1}, "jobs_proven_free", id="free"
        ),
    ],
)
async def test_every_lookup_goes_through_an_index(
    database: Database, query: str, values: tuple[object, ...] | dict[str, object], index: str
) -> None:
    plan = await database.read(
        lambda sqlite: [tuple(r)[3] for r in sqlite.execute(f"EXPLAIN QUERY PLAN {query}", values)]
    )
    assert any(index in step for step in plan), plan
    assert not any("TEMP B-TREE" in step for step in plan), plan


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


@pytest.mark.parametrize(
    ("query", "values", "index"),
    [
        pytest.param(reports._FIGURES.format(reports._OF_GUILD), {}, "reservation_of_guild", id="server"),
        pytest.param(reports._FIGURES.format(reports._OF_MEMBER), {}, "reservation_of_member", id="member"),
        pytest.param(reports._NEXT.format(reports._OF_GUILD), {}, "reservation_of_guild", id="next"),
        pytest.param(
            reports._NEXT.format(reports._OF_MEMBER), {}, "reservation_of_member", id="next_of_member"
        ),
        pytest.param(reports._EXPORT, ("post", 1, 0, 0, 0, 1, 1), "reservation_of_guild", id="export"),
        pytest.param(
            reports._HISTORY,
            {"user_id": 1, "guild_id": 0, "before": 1, "latest_s": 1.0, "limit": 1},
            "reservation_of_member",
            id="history",
        ),
        pytest.param(reports._RECORDS, (1,), "reservation_of_member", id="records"),
        pytest.param(reports._OLD, (1, 1), "jobs_to_forget", id="old"),
    ],
)
async def test_every_question_goes_through_an_index(
    database: Database, query: str, values: dict[str, int] | tuple[object, ...], index: str
) -> None:
    bound = values or {"guild_id": 1, "user_id": 1, "from_s": 0, "until_s": 1}
    plan = await database.read(
        lambda sqlite: [tuple(r)[3] for r in sqlite.execute(f"EXPLAIN QUERY PLAN {query}", bound)]
    )
    assert any(index in step for step in plan), plan
    assert not any(step.startswith("SCAN") for step in plan), plan
    is_ordered = "GROUP BY" not in query and query is not reports._RECORDS
    assert not (is_ordered and any("ORDER BY" in step for step in plan)), plan


@pytest.mark.parametrize("query", [popularity._NEXT, popularity._USES])
async def test_uses_are_counted_by_index(database: Database, query: str) -> None:
    plan = await database.read(
        lambda sqlite: [tuple(r)[3] for r in sqlite.execute(f"EXPLAIN QUERY PLAN {query}", (1,))]
    )
    assert "INDEX reservation_of_guild" in " ".join(plan)


async def test_an_export_in_slices_is_the_export(
    database: Database, store: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [a_job(500 - number, at_s=NOON_S + number // 10) for number in range(50)]
    await asyncio.gather(*(store.reserve(job, [], counters_of(job)) for job in made))
    monkeypatch.setattr(reports, "EXPORT_SLICE", 7)
    lines = await ReportRecords(database).export(GUILD, int(NOON_S), int(NOON_S) + 5)
    assert [line.job_id for line in lines] == [
        job.job_id for job in sorted(made, key=lambda job: (job.created_at_s, job.job_id))
    ]
