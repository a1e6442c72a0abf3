"""Reports and their verdicts: who may report, what nobody goes on from, a deletion until it is done."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.domain.job.access import JobAct
from bot.domain.job.errors import JobNotFound, JobWithheld
from bot.domain.job.events import Reached, Settled
from bot.domain.job.job import Exposure, Job, Stage
from bot.domain.moderation.audit import AuditEntry, AuditQuery, CaseChange, LogChannelChange, MemberChange
from bot.domain.moderation.cases import HIDES_A_DAY, CaseKind, Report, Verdict
from bot.domain.moderation.errors import CaseFault, CaseRefused, RuleRefused
from bot.domain.money import Money
from bot.domain.request.requester import ChannelContext, Requester
from bot.engines.port import EngineServerFault
from tests.support.bot_harness import BotHarness
from tests.support.clocks import until
from tests.support.moderators import Moderation
from tests.support.samples import CHANNEL, GUILD, NOON_S, PNG, a_requester, an_origin

BOSS = 9
ENTRY = AuditEntry(GUILD, BOSS, LogChannelChange(None, 77), NOON_S)
SUCCESS = Settled(is_success=True, cost=Money(5), outputs=(PNG,), elapsed_s=4.2)
BOB = a_requester(2)
SHOWN = "[]"


@pytest.fixture
async def mod_log(harness: BotHarness) -> Moderation:
    await harness.guild_settings.set_log_channel(77, ENTRY)
    return Moderation(harness)


async def drawn(harness: BotHarness, job_id: int = 1) -> Job:
    task_id = await harness.submit_and_watch(job_id)
    harness.wiro.tell(task_id, SUCCESS)
    await harness.hears(task_id, Reached(Stage.FINISHING))
    return await harness.end_of(job_id)


async def reported(harness: BotHarness, mod_log: Moderation, job_id: int = 1, by: Requester = BOB) -> Report:
    await drawn(harness, job_id)
    report, job = await mod_log.cases.report(job_id, by, SHOWN)
    await mod_log.cases.submit_report(report.case, job)
    return report


async def test_what_was_reported_can_be_gone_on_from_by_nobody_until_it_is_restored(
    harness: BotHarness, mod_log: Moderation
) -> None:
    await reported(harness, mod_log)
    assert harness.board.withheld == [1]
    known = harness.jobs.known(1)
    assert known is not None
    assert known.exposure is Exposure.HIDDEN
    for requester in (a_requester(), BOB, a_requester(BOSS, is_moderator=True)):
        for is_retry in (False, True):
            with pytest.raises(JobWithheld):
                await harness.jobs.again(1, 50, an_origin(), requester, is_retry=is_retry)
        with pytest.raises(JobWithheld):
            await harness.jobs.reach(1, requester, JobAct.GO_ON)
    await mod_log.cases.decide(1, Verdict.RESTORED, GUILD, BOSS, 500)
    assert [case.shown for case in mod_log.mod_log.shown_again] == [SHOWN]
    assert await harness.jobs.again(1, 50, an_origin(), BOB, is_retry=False) is not None


async def test_a_job_of_another_server_cannot_be_reported(harness: BotHarness, mod_log: Moderation) -> None:
    await drawn(harness)
    for place in (ChannelContext(GUILD + 1, CHANNEL), ChannelContext(None, CHANNEL)):
        stranger = Requester(2, frozenset(), place, message_id=900)
        with pytest.raises(JobNotFound):
            await mod_log.cases.report(1, stranger, SHOWN)
    assert (await harness.jobs.job(1)).exposure is Exposure.SHOWN
    assert await mod_log.records.case(1) is None


async def test_what_has_not_ended_is_not_reported(harness: BotHarness, mod_log: Moderation) -> None:
    await harness.submit_and_watch()
    with pytest.raises(JobNotFound):
        await mod_log.cases.report(1, BOB, SHOWN)
    assert harness.board.withheld == []


async def test_a_blocked_member_reports_nothing(harness: BotHarness, mod_log: Moderation) -> None:
    await drawn(harness)
    blocking = replace(ENTRY, change=MemberChange(2, before=False, after=True))
    await harness.guild_settings.set_blocked(2, blocking, is_blocked=True)
    with pytest.raises(RuleRefused):
        await mod_log.cases.report(1, BOB, SHOWN)
    assert (await harness.jobs.job(1)).exposure is Exposure.SHOWN


async def test_past_five_a_day_a_report_is_passed_on_without_hiding(
    harness: BotHarness, mod_log: Moderation
) -> None:
    reports = [await reported(harness, mod_log, job_id) for job_id in range(1, HIDES_A_DAY + 2)]
    assert [report.has_hidden for report in reports] == [True] * HIDES_A_DAY + [False]
    assert harness.board.withheld == list(range(1, HIDES_A_DAY + 1))
    assert len(mod_log.mod_log.posted) == HIDES_A_DAY + 1
    last = HIDES_A_DAY + 1
    assert await harness.jobs.again(last, 50, an_origin(), BOB, is_retry=False) is not None
    await mod_log.cases.decide(last, Verdict.RESTORED, GUILD, BOSS, 500)
    assert mod_log.mod_log.shown_again == []  # it was never hidden
    harness.time.forward(86_400)
    assert (await reported(harness, mod_log, 20)).has_hidden


async def test_a_deletion_reaches_discord_wiro_and_the_record(
    harness: BotHarness, mod_log: Moderation
) -> None:
    await reported(harness, mod_log)
    decision = await mod_log.cases.decide(1, Verdict.DELETED, GUILD, BOSS, 500)
    assert (decision.failure, decision.is_over) == (None, True)
    assert mod_log.mod_log.deleted == [900]
    assert harness.wiro.deleted == [(await harness.jobs.job(1)).task_id]
    with pytest.raises(JobWithheld) as refused:
        await harness.jobs.again(1, 50, an_origin(), a_requester(), is_retry=False)
    assert refused.value.is_removed


async def test_a_deletion_that_wiro_or_discord_does_not_answer_is_tried_until_it_is_done(
    harness: BotHarness, mod_log: Moderation
) -> None:
    await reported(harness, mod_log)
    harness.wiro.delete_faults.extend([EngineServerFault("out of order")] * 3)
    mod_log.mod_log.silences = 2
    decision = await mod_log.cases.decide(1, Verdict.DELETED, GUILD, BOSS, 500)
    assert isinstance(decision.failure, CaseRefused)
    assert decision.failure.fault is CaseFault.UNFINISHED
    await until(lambda: harness.wiro.deleted and mod_log.mod_log.deleted)
    while await mod_log.records.to_do():  # noqa: ASYNC110 — the record says when it is over
        await asyncio.sleep(0)
    notes = [entry.change for entry in (await harness.guilds.audit_log(AuditQuery(GUILD))).entries]
    assert notes[:-1] == [CaseChange(1, CaseKind.REPORT, 1, Verdict.OPEN, Verdict.DELETED)]


async def test_a_deletion_that_a_stop_cut_short_is_made_good_however_late(
    harness: BotHarness, mod_log: Moderation
) -> None:
    await reported(harness, mod_log)
    await mod_log.records.decide(1, Verdict.DELETED, BOSS, harness.time.clock.wall(), 500)
    harness.time.forward(3 * 86_400)
    again = Moderation(harness)
    again.cases.finish_later()
    await until(lambda: harness.wiro.deleted and again.mod_log.deleted == [900])
    with pytest.raises(JobWithheld):
        await harness.jobs.again(1, 50, an_origin(), a_requester(), is_retry=False)


async def test_what_wiro_has_no_more_is_deleted(harness: BotHarness, mod_log: Moderation) -> None:
    await reported(harness, mod_log)
    harness.wiro.reports.clear()
    decision = await mod_log.cases.decide(1, Verdict.DELETED, GUILD, BOSS, 500)
    assert decision.is_over
