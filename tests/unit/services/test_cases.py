"""Cases: kept while they can be asked about, opened once, decided once, carried out as decided."""

from __future__ import annotations

import asyncio

import pytest

from bot.domain.limits.limit import Audience, LimitReached, Measure, Window
from bot.domain.limits.policies import LimitKey, LimitPolicy
from bot.domain.moderation.audit import AuditEntry, AuditQuery, CaseChange, LogChannelChange
from bot.domain.moderation.cases import CaseKind, Decision, Verdict
from bot.domain.moderation.errors import (
    BlockFault,
    BlockRefused,
    CaseDecided,
    CaseFault,
    CaseNotFound,
    CaseRefused,
    RuleRefused,
)
from bot.domain.moderation.rules import WordRule
from bot.domain.request.requester import ChannelContext, Requester
from bot.services.moderation.service import MOST_KEPT_EACH
from tests.support.bot_harness import BotHarness
from tests.support.clocks import until
from tests.support.moderators import Moderation
from tests.support.samples import CHANNEL, GUILD, NOON_S, a_request, a_requester, an_origin

ENTRY = AuditEntry(GUILD, 9, LogChannelChange(None, 77), NOON_S)
BOSS = 9


@pytest.fixture
async def mod_log(harness: BotHarness) -> Moderation:
    """A server with a log channel where nobody may run anything."""
    await harness.guild_settings.set_log_channel(77, ENTRY)
    await limit(harness, 0)
    return Moderation(harness)


async def limit(harness: BotHarness, amount: int, audience: Audience = Audience.EVERYONE) -> None:
    rule = LimitPolicy(audience, 0, LimitKey(Measure.RUNS, Window.DAY), amount)
    await harness.guild_settings.set_limit(rule, ENTRY)


async def refused(harness: BotHarness, mod_log: Moderation, job_id: int = 1) -> None:
    with pytest.raises(LimitReached) as error:
        await harness.submit(job_id)
    offer = await mod_log.cases.offer(job_id, error.value, a_requester(), is_private=False)
    assert offer is not None
    assert offer.may_ask


async def asked(harness: BotHarness, mod_log: Moderation, job_id: int = 1) -> None:
    await refused(harness, mod_log, job_id)
    await mod_log.cases.ask(job_id, a_requester())


async def test_ten_presses_at_once_open_one_case(harness: BotHarness, mod_log: Moderation) -> None:
    await refused(harness, mod_log)
    results = await asyncio.gather(
        *(mod_log.cases.ask(1, a_requester()) for _ in range(10)), return_exceptions=True
    )
    assert len([result for result in results if not isinstance(result, BaseException)]) == 1
    assert len(mod_log.mod_log.posted) == 1
    with pytest.raises(CaseRefused) as again:
        await mod_log.cases.ask(1, a_requester())
    assert again.value.fault is CaseFault.ASKED


async def test_nobody_asks_for_another(harness: BotHarness, mod_log: Moderation) -> None:
    await refused(harness, mod_log)
    for stranger in (a_requester(2), Requester(1, frozenset(), ChannelContext(GUILD + 1, CHANNEL))):
        with pytest.raises(CaseNotFound):
            await mod_log.cases.ask(1, stranger)
    await mod_log.cases.ask(1, a_requester())
    with pytest.raises(CaseRefused) as unknown:
        await mod_log.cases.ask(10**20, a_requester())
    assert unknown.value.fault is CaseFault.EXPIRED


async def test_only_so_many_refusals_of_a_member_are_kept_and_no_others_make_room_for_them(
    harness: BotHarness, mod_log: Moderation
) -> None:
    with pytest.raises(LimitReached) as error:
        await harness.submit(1)
    other = a_requester(2)
    await mod_log.cases.offer(500, error.value, other, is_private=False)
    for number in range(MOST_KEPT_EACH + 1):
        await mod_log.cases.offer(number + 1, error.value, a_requester(), is_private=False)
    with pytest.raises(CaseRefused) as oldest:
        await mod_log.cases.ask(1, a_requester())
    assert oldest.value.fault is CaseFault.EXPIRED
    await mod_log.cases.ask(2, a_requester())
    assert (await mod_log.cases.ask(500, other)).user_id == 2


async def test_a_member_blocked_meanwhile_cannot_ask(harness: BotHarness, mod_log: Moderation) -> None:
    await refused(harness, mod_log)
    await harness.guild_settings.set_blocked(1, ENTRY, is_blocked=True)
    with pytest.raises(RuleRefused):
        await mod_log.cases.ask(1, a_requester())


async def test_a_case_that_could_not_be_posted_is_posted_by_the_next_press(
    harness: BotHarness, mod_log: Moderation
) -> None:
    await refused(harness, mod_log)
    mod_log.mod_log.can_post = False
    with pytest.raises(CaseRefused) as closed:
        await mod_log.cases.ask(1, a_requester())
    assert closed.value.fault is CaseFault.LOG_CHANNEL_CLOSED
    mod_log.mod_log.can_post = True
    await mod_log.cases.ask(1, a_requester())
    assert [case.case_id for case in mod_log.mod_log.posted] == [1]


async def test_of_many_verdicts_at_once_one_stands_and_is_carried_out(
    harness: BotHarness, mod_log: Moderation
) -> None:
    await asked(harness, mod_log)
    verdicts = [Verdict.APPROVED, Verdict.GRANTED, Verdict.DENIED, Verdict.BLOCKED] * 5
    results = await asyncio.gather(
        *(mod_log.cases.decide(1, v, GUILD, BOSS, 100 + n) for n, v in enumerate(verdicts)),
        return_exceptions=True,
    )
    (decision,) = [result for result in results if isinstance(result, Decision)]
    assert all(isinstance(r, Decision | CaseDecided) for r in results)
    assert [told.case.verdict for told in mod_log.mod_log.told] == [decision.case.verdict]
    assert await mod_log.cases.case(1, GUILD) == decision.case
    is_run = decision.case.verdict is Verdict.APPROVED
    assert harness.jobs.running == int(is_run)


async def test_an_approved_run_passes_the_members_limits_in_a_message_of_its_own(
    harness: BotHarness, mod_log: Moderation
) -> None:
    await asked(harness, mod_log)
    decision = await mod_log.cases.decide(1, Verdict.APPROVED, GUILD, BOSS, 500)
    job = await harness.jobs.job(500)
    assert job.origin.user_id == 1
    assert job.origin.message_id == decision.message_id == 5_001
    with pytest.raises(LimitReached):
        await harness.submit(2)


async def test_an_approved_form_may_lie_past_the_bounds_of_imagine(
    harness: BotHarness, mod_log: Moderation
) -> None:
    with pytest.raises(LimitReached) as error:
        await harness.jobs.submit(
            1, a_request(width=4096, height=4096), an_origin(), a_requester(), is_within_bounds=True
        )
    await mod_log.cases.offer(1, error.value, a_requester(), is_private=False)
    await mod_log.cases.ask(1, a_requester())
    decision = await mod_log.cases.decide(1, Verdict.APPROVED, GUILD, BOSS, 500)
    assert decision.failure is None
    assert (await harness.jobs.job(500)).request.width == 4096


async def test_a_run_that_cannot_start_leaves_no_message_behind(
    harness: BotHarness, mod_log: Moderation
) -> None:
    await asked(harness, mod_log)
    await harness.jobs.drain()
    decision = await mod_log.cases.decide(1, Verdict.APPROVED, GUILD, BOSS, 500)
    assert decision.failure is not None
    assert mod_log.mod_log.taken_back == [5_001]


async def test_a_limit_of_the_server_leaves_the_case_open(harness: BotHarness, mod_log: Moderation) -> None:
    await asked(harness, mod_log)
    await limit(harness, 0, Audience.SERVER)
    for verdict in (Verdict.APPROVED, Verdict.GRANTED):
        with pytest.raises(LimitReached):
            await mod_log.cases.decide(1, verdict, GUILD, BOSS, 500)
    assert (await mod_log.cases.case(1, GUILD)).verdict is Verdict.OPEN


async def test_a_grant_is_five_of_what_was_short(harness: BotHarness, mod_log: Moderation) -> None:
    await asked(harness, mod_log)
    decision = await mod_log.cases.decide(1, Verdict.GRANTED, GUILD, BOSS, 500)
    assert decision.granted == ((Measure.RUNS, 5),)
    for job_id in range(10, 15):
        await harness.submit(job_id)
    with pytest.raises(LimitReached):
        await harness.submit(15)


async def test_verdicts_of_the_other_kind_and_other_servers_find_no_case(
    harness: BotHarness, mod_log: Moderation
) -> None:
    await asked(harness, mod_log)
    for case_id, verdict, guild_id in (
        (1, Verdict.RESTORED, GUILD),
        (1, Verdict.DENIED, GUILD + 1),
        (1, Verdict.DENIED, None),
        (2, Verdict.DENIED, GUILD),
        (10**20, Verdict.DENIED, GUILD),
    ):
        with pytest.raises(CaseNotFound):
            await mod_log.cases.decide(case_id, verdict, guild_id, BOSS, 500)


async def test_moderators_are_not_blocked_by_a_case(harness: BotHarness, mod_log: Moderation) -> None:
    await asked(harness, mod_log)
    with pytest.raises(BlockRefused) as own:
        await mod_log.cases.decide(1, Verdict.BLOCKED, GUILD, 1, 500)
    assert own.value.fault is BlockFault.SELF
    mod_log.mod_log.managers.add(1)
    with pytest.raises(BlockRefused) as peer:
        await mod_log.cases.decide(1, Verdict.BLOCKED, GUILD, BOSS, 500)
    assert peer.value.fault is BlockFault.MANAGER


# --- a verdict that a stop of the bot cut short ---------------------------------------------------


async def cut_short(
    harness: BotHarness, mod_log: Moderation, verdict: Verdict, *, is_asked: bool = True
) -> None:
    """Given and on record, and then the process was gone."""
    if is_asked:
        await asked(harness, mod_log)
    assert await mod_log.records.decide(1, verdict, BOSS, harness.time.clock.wall(), 500)


async def test_an_approval_that_was_cut_short_is_carried_out_once(
    harness: BotHarness, mod_log: Moderation
) -> None:
    await cut_short(harness, mod_log, Verdict.APPROVED)
    for _ in range(3):
        await mod_log.cases.finish_decided()
    job = await harness.jobs.job(500)
    assert job.origin.message_id == 5_001
    assert len(mod_log.mod_log.statuses) == 1
    assert [(told.case.verdict, told.failure) for told in mod_log.mod_log.told] == [(Verdict.APPROVED, None)]
    noted = (await harness.guilds.audit_log(AuditQuery(GUILD))).entries
    assert [entry.change.after for entry in noted if isinstance(entry.change, CaseChange)] == [
        Verdict.APPROVED
    ]


async def test_an_approval_whose_run_was_started_is_told_and_not_run_again(
    harness: BotHarness, mod_log: Moderation
) -> None:
    await cut_short(harness, mod_log, Verdict.APPROVED)
    await harness.guild_settings.set_log_channel(77, ENTRY)
    await harness.jobs.submit(500, a_request(), an_origin(), a_requester(), is_approved=True)
    await mod_log.cases.finish_decided()
    assert mod_log.mod_log.statuses == []
    assert len(mod_log.mod_log.told) == 1
    await until(lambda: harness.wiro.runs)
    assert len(harness.wiro.runs) == 1


async def test_what_stands_against_a_late_approval_is_told_to_the_member(
    harness: BotHarness, mod_log: Moderation
) -> None:
    await cut_short(harness, mod_log, Verdict.APPROVED)
    await harness.guild_settings.set_blocked(1, ENTRY, is_blocked=True)
    await mod_log.cases.finish_decided()
    (told,) = mod_log.mod_log.told
    assert isinstance(told.failure, CaseRefused)
    assert harness.jobs.running == 0
    noted = (await harness.guilds.audit_log(AuditQuery(GUILD))).entries
    assert noted[0].change == CaseChange(1, CaseKind.ASK, 1, Verdict.APPROVED, None)
    assert await mod_log.records.to_do() == []


async def test_an_approval_of_two_days_ago_is_told_as_expired_and_costs_nothing(
    harness: BotHarness, mod_log: Moderation
) -> None:
    await cut_short(harness, mod_log, Verdict.APPROVED)
    harness.time.forward(2 * 86_400)
    await mod_log.cases.finish_decided()
    (told,) = mod_log.mod_log.told
    assert isinstance(told.failure, CaseRefused)
    assert told.failure.fault is CaseFault.EXPIRED
    assert harness.wiro.runs == []


async def test_a_grant_that_was_cut_short_is_given_once(harness: BotHarness, mod_log: Moderation) -> None:
    await cut_short(harness, mod_log, Verdict.GRANTED)
    await mod_log.cases.finish_decided()
    assert await mod_log.records.decide(1, Verdict.DENIED, BOSS, 1.0) is False
    case = await mod_log.cases.case(1, GUILD)
    assert (await mod_log.records.traces(case)).granted == ((Measure.RUNS, 5),)
    # Cut short once more, between the grant and the word to the member.
    await harness.store._database.write(
        lambda sqlite: sqlite.execute("UPDATE cases SET is_to_do = 1").rowcount
    )
    await mod_log.cases.finish_decided()
    assert (await mod_log.records.traces(case)).granted == ((Measure.RUNS, 5),)
    assert [told.granted for told in mod_log.mod_log.told] == [((Measure.RUNS, 5),)] * 2


@pytest.mark.parametrize("verdict", [Verdict.DENIED, Verdict.BLOCKED])
async def test_a_no_that_was_cut_short_is_told(
    harness: BotHarness, mod_log: Moderation, verdict: Verdict
) -> None:
    await cut_short(harness, mod_log, verdict)
    await mod_log.cases.finish_decided()
    assert [told.case.verdict for told in mod_log.mod_log.told] == [verdict]
    blocked = (await harness.guild_settings.of(GUILD)).rules.blocked_user_ids
    assert (1 in blocked) == (verdict is Verdict.BLOCKED)


async def test_a_verdict_waits_for_discord_and_is_left_to_the_next_start_where_it_stays_silent(
    harness: BotHarness, mod_log: Moderation
) -> None:
    await cut_short(harness, mod_log, Verdict.APPROVED)
    mod_log.mod_log.silences = 2
    await harness.supervisor.until_done("cases", mod_log.cases.finish_decided, lambda: iter([0.0]))
    assert [case.case_id for case in await mod_log.records.to_do()] == [1]
    await mod_log.cases.finish_decided()
    assert await mod_log.records.to_do() == []
    assert (await harness.jobs.job(500)).origin.user_id == 1


async def test_a_verdict_given_by_this_process_is_not_carried_out_by_two(
    harness: BotHarness, mod_log: Moderation
) -> None:
    await asked(harness, mod_log)
    mod_log.mod_log.gate.clear()
    deciding = asyncio.create_task(mod_log.cases.decide(1, Verdict.APPROVED, GUILD, BOSS, 500))
    await until(lambda: mod_log.mod_log.statuses)
    await mod_log.cases.finish_decided()
    mod_log.mod_log.gate.set()
    assert (await deciding).message_id == 5_001
    assert len(mod_log.mod_log.statuses) == len(mod_log.mod_log.told) == 1
    assert await mod_log.records.to_do() == []


async def test_an_approval_is_held_against_the_same_words_as_the_run(
    harness: BotHarness, mod_log: Moderation
) -> None:
    """A word that is refused by now stands in another field than the prompt: the case stays open."""
    with pytest.raises(LimitReached) as error:
        await harness.submit(1, values=(("caption", "a moose"),))
    await mod_log.cases.offer(1, error.value, a_requester(), is_private=False)
    await mod_log.cases.ask(1, a_requester())
    await harness.guild_settings.add_word(WordRule("moose", is_pattern=False), ENTRY)
    with pytest.raises(CaseRefused) as refused:
        await mod_log.cases.decide(1, Verdict.APPROVED, GUILD, BOSS, 100)
    assert refused.value.fault is CaseFault.RULES
    assert (await mod_log.cases.case(1, GUILD)).verdict is Verdict.OPEN
    assert mod_log.mod_log.told == []
