"""A database that release 0.1.0 wrote goes on: brought up to date, with the same jobs, limits and sums.

`release_0_1_0.sql` is its dump, written by that release's own code: a server with limits and rules, runs that
ended in every way, and six that had not ended, or whose member had not been told, when the old bot stopped.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.job.job import Cause, Job, Parent, Progress, Relation, Stage
from bot.domain.job.ledger import Resolution, Settlement
from bot.domain.limits.limit import (
    OPERATOR,
    Audience,
    Limit,
    LimitReached,
    Measure,
    Usage,
    Window,
    member_scope,
    person_scope,
    server_scope,
)
from bot.domain.limits.policies import LimitKey, LimitPolicy
from bot.domain.moderation.audit import WordsChange
from bot.domain.moderation.cases import Verdict
from bot.domain.moderation.rules import ChannelRule, GuildRules, ModelRule, WordRule
from bot.domain.money import PICO_PER_DOLLAR, ZERO, Money
from bot.store.sqlite.cases import CaseRecords
from bot.store.sqlite.database import Database
from bot.store.sqlite.folders import FolderRecords
from bot.store.sqlite.guilds import GuildRecords
from bot.store.sqlite.jobs import JobStore
from bot.store.sqlite.last_values import LastValueRecords
from bot.store.sqlite.schema import known_migrations
from bot.store.sqlite.styles import StyleRecords
from tests.support.store_samples import CHANNEL, GUILD, MODEL, NOON_S, a_job, audit_of, restored

DUMP = Path(__file__).with_name("release_0_1_0.sql")
ARTIST, PAINTER, MODERATOR, ROLE = 1, 2, 99, 50
CENT = PICO_PER_DOLLAR // 100


@pytest.fixture
async def database(path: Path) -> AsyncIterator[Database]:
    """The old file, opened by today's code an hour of silence later."""
    assert restored(DUMP.read_text(encoding="utf-8"), path) == 6
    async with Database(path, wall=lambda: NOON_S + 3_600) as database:
        yield database


async def test_it_is_brought_up_to_date_and_its_books_still_agree(
    database: Database, store: JobStore
) -> None:
    assert await store.audit() == []
    numbers = "SELECT number FROM migration ORDER BY number"
    applied = await database.read(lambda sqlite: [number for (number,) in sqlite.execute(numbers)])
    assert applied == [migration.number for migration in known_migrations()]


async def test_what_had_not_ended_is_taken_up_where_it_stood(store: JobStore) -> None:
    jobs = {job.job_id: job for job in await store.unfinished()}
    assert {job_id: (job.stage, job.task_id) for job_id, job in jobs.items()} == {
        201: (Stage.SUBMITTING, None),
        202: (Stage.SUBMITTING, None),
        203: (Stage.UNKNOWN, None),
        204: (Stage.RUNNING, "t204"),
        205: (Stage.QUEUED, "t205"),
        206: (Stage.SUCCEEDED, "t206"),  # its member has not been told
    }
    # The one thing that decides whether a request may be sent: that it was.
    assert [job_id for job_id, job in jobs.items() if job.sent_at_s is not None] == [202, 203, 204, 205]
    assert [job_id for job_id, job in jobs.items() if job.is_cancel_asked] == [205]
    assert jobs[204].progress == Progress(3, 28)
    assert jobs[204].parent == Parent(102, Relation.VARIATION, GUILD, CHANNEL, 602)
    assert all(job.seed == 4_000 + job_id for job_id, job in jobs.items())
    assert {job.origin.message_id for job in jobs.values()} == {job_id + 500 for job_id in jobs}
    assert [output.name for output in jobs[206].outputs] == ["c.png"]


async def test_what_had_ended_stays_as_it_ended(store: JobStore) -> None:
    jobs = {job.job_id: job for job in await store.jobs(range(101, 108))}
    assert {job_id: (job.stage, job.cause, job.cost and job.cost.pico) for job_id, job in jobs.items()} == {
        101: (Stage.SUCCEEDED, None, CENT * 2 // 5),
        102: (Stage.SUCCEEDED, None, CENT * 7 // 20),
        103: (Stage.FAILED, Cause.WIRO_FAILED, 0),
        104: (Stage.CANCELLED, Cause.CANCELLED, CENT // 10),
        105: (Stage.FAILED, Cause.OUTPUT_UNUSABLE, CENT * 3 // 10),
        106: (Stage.FAILED, Cause.UNANSWERED, 0),
        107: (Stage.SUCCEEDED, None, CENT * 7 // 20),
    }
    assert all(job.is_finished for job in jobs.values())
    request = jobs[102].request
    assert (request.width, request.height, request.steps, request.guidance, request.seed) == (
        1024,
        768,
        28,
        5.0,
        7,
    )
    assert (jobs[107].origin.guild_id, jobs[107].origin.is_private) == (None, True)
    assert (jobs[107].outputs[0].text, jobs[107].outputs[0].thinking) == ("A tower.", "Short.")
    assert await store.claimed(["t102", "t106", "t999"]) == {"t102", "t106"}  # t106 was billed late


async def test_its_counters_say_what_they_said_and_todays_persons_are_counted_back(store: JobStore) -> None:
    def used(runs: int, held: int, spent_pico: int) -> Usage:
        return Usage(runs, held, spent_pico, held * CENT)

    told = {
        (member_scope(GUILD, ARTIST), Window.DAY): used(3, 4, CENT * 4 // 5),
        (member_scope(GUILD, ARTIST), Window.WEEK): used(4, 4, CENT * 6 // 5),
        (member_scope(GUILD, PAINTER), Window.DAY): used(0, 1, 0),
        (server_scope(GUILD), Window.MONTH): used(3, 5, CENT * 4 // 5),
        (OPERATOR, Window.DAY): used(6, 5, CENT * 33 // 20),  # with what was billed late and written off
        (person_scope(ARTIST), Window.DAY): used(4, 4, CENT * 23 // 20),  # direct messages count, too
        (person_scope(PAINTER), Window.DAY): used(0, 1, 0),
    }
    for (scope, window), usage in told.items():
        assert await store.usage(scope, window, NOON_S) == usage, (scope, window)


async def test_its_limits_and_rules_hold(database: Database, guilds: GuildRecords) -> None:
    every = LimitPolicy(Audience.EVERYONE, 0, LimitKey(Measure.RUNS, Window.DAY), 20)
    role = LimitPolicy(Audience.ROLE, ROLE, LimitKey(Measure.SPEND, Window.WEEK), 5 * PICO_PER_DOLLAR)
    at_once = LimitKey(Measure.AT_ONCE, Window.EVER, CHANNEL, MODEL)
    member = LimitPolicy(Audience.MEMBER, PAINTER, at_once, 2)
    month = LimitKey(Measure.SPEND, Window.MONTH)
    server = LimitPolicy(Audience.SERVER, 0, month, 100 * PICO_PER_DOLLAR)
    assert set(await guilds.limit_rules(GUILD)) == {every, role, member, server}
    granted = await guilds.granted(GUILD, PAINTER, NOON_S)
    assert granted[Measure.RUNS, Window.DAY] == 5
    assert await guilds.guild_rules(GUILD) == GuildRules(
        channels=((31, ChannelRule.DENY),),
        models=(("wiro/dear", ModelRule.DENY),),
        words=(WordRule("bridge", is_pattern=False), WordRule("mo+n", is_pattern=True)),
        blocked_user_ids=frozenset({8}),
        log_channel_id=32,
    )


async def test_its_audit_log_styles_and_cases_are_still_to_be_read(
    database: Database, guilds: GuildRecords
) -> None:
    entries = await audit_of(guilds)
    assert len(entries) == 12
    assert {type(entry.change) for entry in entries} == {WordsChange}  # kept as words, shown as they are
    assert entries[-1].change == WordsChange("limits set", "runs a day for everyone", "", "20")
    styles = StyleRecords(database)
    assert [style.template for style in await styles.styles_here(GUILD, ARTIST)] == ["{prompt}, ink on paper"]
    assert [style.saved_by for style in await styles.styles_here(GUILD, 0)] == [MODERATOR]
    cases = CaseRecords(database)
    asked, reported = await cases.case(301), await cases.case(302)
    assert asked is not None
    assert asked.request is not None
    assert (asked.request.prompt, asked.verdict) == ("a tower", Verdict.OPEN)
    assert reported is not None
    assert (reported.job_id, reported.verdict) == (102, Verdict.RESTORED)
    values = await LastValueRecords(database).last_values(ARTIST, "wiro/small-writer")
    assert values == {"prompt": ("a letter",)}
    assert await FolderRecords(database).folder_of(GUILD) == "f700"


async def test_new_runs_are_held_beside_the_old_ones_and_all_are_settled(store: JobStore) -> None:
    at_most_8 = Limit(member_scope(GUILD, ARTIST), Measure.RUNS, Window.DAY, 8)
    counters = [(at_most_8.scope, Window.DAY), (OPERATOR, Window.DAY)]
    new = a_job(501, user_id=ARTIST, at_s=NOON_S + 60)
    assert await store.reserve(new, [at_most_8], counters)  # three are used and four are held
    with pytest.raises(LimitReached):
        await store.reserve(a_job(502, user_id=ARTIST, at_s=NOON_S + 60), [at_most_8], counters)
    assert not await store.reserve(replace(new, job_id=204), [], counters)  # that interaction is on record
    for job in [job for job in await store.unfinished() if not job.is_terminal]:
        assert await store.settle(_failed(job), Settlement(Resolution.VOID, ZERO), NOON_S + 120)
    for job_id in (206, *(job.job_id for job in await store.unfinished())):
        await store.mark_delivered(a_job(job_id))
    assert await store.unfinished() == []
    assert (await store.usage(OPERATOR, Window.DAY, NOON_S)).held(Measure.SPEND) == 0
    assert await store.audit() == []


def _failed(job: Job) -> Job:
    return replace(job, stage=Stage.FAILED, cause=Cause.INTERNAL, cost=Money(0))
