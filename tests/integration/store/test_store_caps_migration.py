"""A database of before the operator's caps: today's usage is counted back, so that they bind at once."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from bot.domain.job.job import Job, Stage
from bot.domain.job.ledger import Resolution, Settlement
from bot.domain.limits.limit import Usage, Window, member_scope, person_scope
from bot.domain.money import ZERO
from bot.store.sqlite.database import Database
from bot.store.sqlite.jobs import JobStore
from bot.store.sqlite.schema import known_migrations
from tests.support.store_samples import DAY_S, GUILD, NOON_S, a_job, counters_of, ended

# As a database stood before: the newer statements are taken back, with all that they made.
UNDO = """
DROP TABLE hold_raise; DROP TABLE bill_alarm; DROP INDEX jobs_bills;
CREATE INDEX jobs_successes ON jobs (model, created_at_s, elapsed_s)
    WHERE stage = 'SUCCEEDED' AND elapsed_s IS NOT NULL;
DELETE FROM usage WHERE subject = 'person' OR window = 'ever';
DROP TRIGGER reservation_usage_is_never_deleted;
DELETE FROM reservation_usage WHERE subject = 'person' OR window = 'ever';
CREATE TRIGGER reservation_usage_is_never_deleted BEFORE DELETE ON reservation_usage
BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;
DELETE FROM migration WHERE number = 7;
"""


async def settle(store: JobStore, job: Job, resolution: Resolution, cost_pico: int) -> None:
    stage = Stage.SUCCEEDED if resolution is Resolution.POST else Stage.FAILED
    over = ended(job, stage, cost_pico)
    amount = ZERO if resolution is Resolution.VOID else over.cost or ZERO
    assert await store.settle(over, Settlement(resolution, amount), NOON_S)


async def test_todays_usage_of_each_person_and_what_runs_is_counted_back(path: Path) -> None:
    jobs = [
        a_job(1, at_s=NOON_S - DAY_S),  # yesterday's, ended
        a_job(2),
        a_job(3, guild_id=701),
        a_job(4, guild_id=None),
        a_job(5, guild_id=None),
        a_job(6, user_id=2),
        a_job(7),
        a_job(8, at_s=NOON_S - DAY_S),  # yesterday's, still running
    ]
    async with Database(path) as database:
        store = JobStore(database)
        for job in jobs:
            assert await store.reserve(job, [], counters_of(job))
        for job, cost_pico in ((jobs[0], 90), (jobs[1], 5), (jobs[2], 7)):
            await settle(store, job, Resolution.POST, cost_pico)
        await settle(store, jobs[3], Resolution.VOID, 0)
        await settle(store, jobs[6], Resolution.WRITE_OFF, 50)
    with closing(sqlite3.connect(path)) as sqlite:
        sqlite.executescript(UNDO)
    async with Database(path) as database:
        store = JobStore(database)
        assert await store.usage(person_scope(1), Window.DAY, NOON_S) == Usage(2, 1, 12, 1_000)
        assert await store.usage(person_scope(2), Window.DAY, NOON_S) == Usage(0, 1, 0, 1_000)
        assert await store.usage(person_scope(1), Window.DAY, NOON_S - DAY_S) == Usage()
        assert await store.usage(member_scope(None, 1), Window.EVER, NOON_S) == Usage(0, 1, 0, 1_000)
        assert await store.usage(member_scope(GUILD, 1), Window.EVER, NOON_S) == Usage(0, 1, 0, 1_000)
        assert await store.audit() == []
        await settle(store, jobs[4], Resolution.POST, 20)
        await settle(store, replace(jobs[7]), Resolution.POST, 30)
        assert await store.usage(person_scope(1), Window.DAY, NOON_S) == Usage(3, 0, 32, 0)
        assert (await store.usage(member_scope(GUILD, 1), Window.EVER, NOON_S)).runs_held == 0
        assert await store.audit() == []


async def test_an_empty_database_has_nothing_to_count_back(path: Path) -> None:
    assert 7 in {migration.number for migration in known_migrations()}
    async with Database(path) as database:
        assert await JobStore(database).audit() == []
