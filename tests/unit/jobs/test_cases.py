"""Cases: kept while they can be asked about, opened once, decided once, carried out as decided."""

from __future__ import annotations

import asyncio

import pytest
from bot_fakes.house import House
from bot_fakes.moderators import Moderation
from bot_fakes.samples import CHANNEL, GUILD, NOON_S, an_asker

from bot.domain.asker import Asker, Place
from bot.domain.audit import AuditEntry
from bot.domain.binding import Dimension, LimitRule
from bot.domain.cases import Decision, Verdict
from bot.domain.errors import (
    BlockFault,
    BlockRefused,
    CaseDecided,
    CaseFault,
    CaseNotFound,
    CaseRefused,
    LimitReached,
    RuleRefused,
)
from bot.domain.limits import Audience, Measure, Window
from bot.jobs.cases import MAX_KEPT

ENTRY = AuditEntry(GUILD, 9, "limits set", "", "", "", NOON_S)
BOSS = 9


@pytest.fixture
async def desk(house: House) -> Moderation:
    """A server with a log channel where nobody may run anything."""
    await house.houses.set_log_channel(77, ENTRY)
    await limit(house, 0)
    return Moderation(house)


async def limit(house: House, amount: int, audience: Audience = Audience.EVERYONE) -> None:
    rule = LimitRule(audience, 0, Dimension(Measure.RUNS, Window.DAY), amount)
    await house.houses.set_limit(rule, ENTRY)


async def refused(house: House, desk: Moderation, job_id: int = 1) -> None:
    with pytest.raises(LimitReached) as error:
        await house.submit(job_id)
    offer = await desk.cases.offer(job_id, error.value, an_asker(), is_private=False)
    assert offer is not None
    assert offer.may_ask


async def asked(house: House, desk: Moderation, job_id: int = 1) -> None:
    await refused(house, desk, job_id)
    await desk.cases.ask(job_id, an_asker())


async def test_ten_presses_at_once_open_one_case(house: House, desk: Moderation) -> None:
    await refused(house, desk)
    results = await asyncio.gather(
        *(desk.cases.ask(1, an_asker()) for _ in range(10)), return_exceptions=True
    )
    assert len([result for result in results if not isinstance(result, BaseException)]) == 1
    assert len(desk.desk.posted) == 1
    with pytest.raises(CaseRefused) as again:
        await desk.cases.ask(1, an_asker())
    assert again.value.fault is CaseFault.ASKED


async def test_nobody_asks_for_another(house: House, desk: Moderation) -> None:
    await refused(house, desk)
    for stranger in (an_asker(2), Asker(1, frozenset(), Place(GUILD + 1, CHANNEL))):
        with pytest.raises(CaseNotFound):
            await desk.cases.ask(1, stranger)
    await desk.cases.ask(1, an_asker())
    with pytest.raises(CaseRefused) as unknown:
        await desk.cases.ask(10**20, an_asker())
    assert unknown.value.fault is CaseFault.EXPIRED


async def test_only_so_many_refusals_are_kept(house: House, desk: Moderation) -> None:
    with pytest.raises(LimitReached) as error:
        await house.submit(1)
    for number in range(MAX_KEPT + 1):
        await desk.cases.offer(number + 1, error.value, an_asker(), is_private=False)
    with pytest.raises(CaseRefused) as oldest:
        await desk.cases.ask(1, an_asker())
    assert oldest.value.fault is CaseFault.EXPIRED
    await desk.cases.ask(2, an_asker())


async def test_a_member_blocked_meanwhile_cannot_ask(house: House, desk: Moderation) -> None:
    await refused(house, desk)
    await house.houses.set_blocked(1, ENTRY, is_blocked=True)
    with pytest.raises(RuleRefused):
        await desk.cases.ask(1, an_asker())


async def test_a_case_that_could_not_be_posted_is_posted_by_the_next_press(
    house: House, desk: Moderation
) -> None:
    await refused(house, desk)
    desk.desk.can_post = False
    with pytest.raises(CaseRefused) as closed:
        await desk.cases.ask(1, an_asker())
    assert closed.value.fault is CaseFault.LOG_CHANNEL_CLOSED
    desk.desk.can_post = True
    await desk.cases.ask(1, an_asker())
    assert [case.case_id for case in desk.desk.posted] == [1]


async def test_of_many_verdicts_at_once_one_stands_and_is_carried_out(house: House, desk: Moderation) -> None:
    await asked(house, desk)
    verdicts = [Verdict.APPROVED, Verdict.GRANTED, Verdict.DENIED, Verdict.BLOCKED] * 5
    results = await asyncio.gather(
        *(desk.cases.decide(1, v, GUILD, BOSS, 100 + n) for n, v in enumerate(verdicts)),
        return_exceptions=True,
    )
    (decision,) = [result for result in results if isinstance(result, Decision)]
    assert all(isinstance(r, Decision | CaseDecided) for r in results)
    assert [told.case.verdict for told in desk.desk.told] == [decision.case.verdict]
    assert await desk.cases.case(1, GUILD) == decision.case
    is_run = decision.case.verdict is Verdict.APPROVED
    assert house.jobs.running == int(is_run)


async def test_an_approved_run_passes_the_members_limits_in_a_message_of_its_own(
    house: House, desk: Moderation
) -> None:
    await asked(house, desk)
    decision = await desk.cases.decide(1, Verdict.APPROVED, GUILD, BOSS, 500)
    job = await house.jobs.job(500)
    assert job.origin.user_id == 1
    assert job.origin.message_id == decision.message_id == 5_001
    with pytest.raises(LimitReached):
        await house.submit(2)


async def test_a_run_that_cannot_start_leaves_no_message_behind(house: House, desk: Moderation) -> None:
    await asked(house, desk)
    await house.jobs.drain()
    decision = await desk.cases.decide(1, Verdict.APPROVED, GUILD, BOSS, 500)
    assert decision.failure is not None
    assert desk.desk.taken_back == [5_001]


async def test_a_limit_of_the_server_leaves_the_case_open(house: House, desk: Moderation) -> None:
    await asked(house, desk)
    await limit(house, 0, Audience.SERVER)
    for verdict in (Verdict.APPROVED, Verdict.GRANTED):
        with pytest.raises(LimitReached):
            await desk.cases.decide(1, verdict, GUILD, BOSS, 500)
    assert (await desk.cases.case(1, GUILD)).verdict is Verdict.OPEN


async def test_a_grant_is_five_of_what_was_short(house: House, desk: Moderation) -> None:
    await asked(house, desk)
    decision = await desk.cases.decide(1, Verdict.GRANTED, GUILD, BOSS, 500)
    assert decision.granted == ((Measure.RUNS, 5),)
    for job_id in range(10, 15):
        await house.submit(job_id)
    with pytest.raises(LimitReached):
        await house.submit(15)


async def test_verdicts_of_the_other_kind_and_other_servers_find_no_case(
    house: House, desk: Moderation
) -> None:
    await asked(house, desk)
    for case_id, verdict, guild_id in (
        (1, Verdict.RESTORED, GUILD),
        (1, Verdict.DENIED, GUILD + 1),
        (1, Verdict.DENIED, None),
        (2, Verdict.DENIED, GUILD),
        (10**20, Verdict.DENIED, GUILD),
    ):
        with pytest.raises(CaseNotFound):
            await desk.cases.decide(case_id, verdict, guild_id, BOSS, 500)


async def test_moderators_are_not_blocked_by_a_case(house: House, desk: Moderation) -> None:
    await asked(house, desk)
    with pytest.raises(BlockRefused) as own:
        await desk.cases.decide(1, Verdict.BLOCKED, GUILD, 1, 500)
    assert own.value.fault is BlockFault.SELF
    desk.desk.managers.add(1)
    with pytest.raises(BlockRefused) as peer:
        await desk.cases.decide(1, Verdict.BLOCKED, GUILD, BOSS, 500)
    assert peer.value.fault is BlockFault.MANAGER
