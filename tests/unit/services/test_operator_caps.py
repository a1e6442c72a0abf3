"""The operator's caps and gates: above all that a server sets, everywhere, and no moderator lifts them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest

from bot.domain.job.events import Settled
from bot.domain.job.job import Job
from bot.domain.limits.limit import (
    Audience,
    LimitReached,
    Measure,
    Subject,
    Usage,
    Window,
    person_scope,
    server_scope,
)
from bot.domain.limits.policies import LimitKey, LimitPolicy
from bot.domain.moderation.admission import Admission
from bot.domain.moderation.audit import AuditEntry, LogChannelChange
from bot.domain.moderation.errors import AdmissionFault, NotAdmitted
from bot.domain.money import Money
from bot.domain.request.requester import ChannelContext, Requester
from bot.services.limits.service import DefaultLimits
from bot.view.text.sentences import sentence
from tests.support.bot_harness import BotHarness, a_harness
from tests.support.moderators import Moderation
from tests.support.samples import GUILD, MODEL, NOON_S, PNG, a_request, a_requester, an_origin

HELD = Money.parse("0.05")
STRANGERS = 900
ENTRY = AuditEntry(GUILD, 9, LogChannelChange(None, 77), NOON_S)


def caps(server: str | None = None, person: str | None = None, operator: str = "20") -> DefaultLimits:
    return DefaultLimits(
        1_000,
        Money.parse("1000"),
        Money.parse(operator),
        server_spend_per_day=Money.parse(server) if server else None,
        person_spend_per_day=Money.parse(person) if person else None,
    )


async def ask(harness: BotHarness, job_id: int, user_id: int, guild_id: int | None) -> Job | None:
    channel_id = 30 + (guild_id or 0)
    origin = an_origin(user_id=user_id, guild_id=guild_id, channel_id=channel_id)
    requester = Requester(user_id, frozenset(), ChannelContext(guild_id, channel_id))
    return await harness.jobs.submit(job_id, a_request(), origin, requester)


async def refusal(attempt: Awaitable[object]) -> LimitReached:
    with pytest.raises(LimitReached) as refused:
        await attempt
    assert refused.value.bound is not None
    return refused.value


async def test_a_strangers_server_cannot_eat_the_operators_day(file: Path) -> None:
    async with a_harness(file, default_limits=caps(server="0.10")) as harness:
        dimension = LimitKey(Measure.SPEND, Window.DAY)
        entry = AuditEntry(STRANGERS, 9, LogChannelChange(None, 77), NOON_S)
        rule = LimitPolicy(Audience.EVERYONE, 0, dimension, Money.parse("1000").pico)
        await harness.guild_settings.set_limit(rule, entry)
        for job_id in (1, 2):
            await ask(harness, job_id, job_id, STRANGERS)
        refused = await refusal(ask(harness, 3, 3, STRANGERS))
        assert refused.bound is not None
        assert (refused.bound.audience, refused.is_operator) == (Audience.CAP_SERVER, True)
        words = sentence(refused)
        assert all(
            part in words for part in ("This server has", "$0.10", "<t:", "only the operator can raise it")
        )
        await ask(harness, 4, 4, GUILD)


async def test_direct_messages_together_count_as_one_server(file: Path) -> None:
    async with a_harness(file, default_limits=caps(server="0.10")) as harness:
        for job_id in (1, 2):
            await ask(harness, job_id, job_id, None)
        assert "All direct messages together have" in sentence(await refusal(ask(harness, 3, 3, None)))


async def test_one_person_is_capped_over_all_servers_and_direct_messages(file: Path) -> None:
    async with a_harness(file, default_limits=caps(person="0.15")) as harness:
        for job_id, guild_id in enumerate((GUILD, STRANGERS, None), 1):
            await ask(harness, job_id, 1, guild_id)
        for job_id, guild_id in enumerate((GUILD, 901, None), 10):
            refused = await refusal(ask(harness, job_id, 1, guild_id))
            assert refused.bound is not None
            assert refused.bound.scope.subject is Subject.PERSON
        assert "You have reached" in sentence(refused)
        await ask(harness, 20, 2, None)


async def test_no_number_of_requests_at_once_passes_a_cap(file: Path) -> None:
    async with a_harness(file, default_limits=caps(person="0.20", server="0.50")) as harness:
        answers = await asyncio.gather(
            *(ask(harness, number, 1, 1_000 + number % 7) for number in range(1, 30)), return_exceptions=True
        )
        assert sum(isinstance(answer, Job) for answer in answers) == 4
        answers = await asyncio.gather(
            *(ask(harness, number, number, GUILD) for number in range(100, 140)), return_exceptions=True
        )
        assert sum(isinstance(answer, Job) for answer in answers) == 10


async def test_what_a_person_and_a_server_are_billed_counts_where_it_was_held(file: Path) -> None:
    async with a_harness(file, default_limits=caps(person="1", server="2")) as harness:
        harness.wiro.tell(
            await harness.submit_and_watch(1), Settled(is_success=True, cost=Money(7), outputs=(PNG,))
        )
        await harness.end_of(1)
        await ask(harness, 2, 1, None)
        at_s = harness.time.clock.wall()
        assert await harness.store.usage(person_scope(1), Window.DAY, at_s) == Usage(1, 1, 7, HELD.pico)
        assert await harness.store.usage(server_scope(GUILD), Window.DAY, at_s) == Usage(1, 0, 7, 0)
        assert await harness.store.usage(server_scope(None), Window.DAY, at_s) == Usage(0, 1, 0, HELD.pico)


@pytest.mark.parametrize("default_limits", [caps(person="0.05"), caps(server="0.05"), caps(operator="0.05")])
async def test_no_moderator_is_asked_about_the_operators_caps(
    file: Path, default_limits: DefaultLimits
) -> None:
    async with a_harness(file, default_limits=default_limits) as harness:
        await harness.guild_settings.set_log_channel(77, ENTRY)
        moderation = Moderation(harness)
        await ask(harness, 1, 1, GUILD)
        refused = await refusal(ask(harness, 2, 1, GUILD))
        offer = await moderation.cases.offer(2, refused, a_requester(), is_private=False)
        assert offer is not None
        assert not offer.may_ask


@pytest.mark.parametrize("default_limits", [caps(person="0.07"), caps(server="0.07"), caps(operator="0.07")])
async def test_an_approved_run_keeps_every_cap_at_its_reservation(
    file: Path, default_limits: DefaultLimits
) -> None:
    """However it looked before: between the look and the reservation others run."""
    async with a_harness(file, default_limits=default_limits) as harness:
        await ask(harness, 1, 1, GUILD)
        await refusal(harness.jobs.submit(2, a_request(), an_origin(), a_requester(), is_approved=True))
        assert await harness.store.job(2) is None


async def test_an_approved_run_passes_the_members_own_limits(file: Path) -> None:
    async with a_harness(
        file, default_limits=DefaultLimits(1, Money.parse("0.05"), Money.parse("20"), at_once=1)
    ) as harness:
        await ask(harness, 1, 1, GUILD)
        await refusal(ask(harness, 2, 1, GUILD))
        assert await harness.jobs.submit(3, a_request(), an_origin(), a_requester(), is_approved=True)


Way = Callable[[BotHarness, Requester], Awaitable[object]]


def run(harness: BotHarness, requester: Requester, *, is_approved: bool = False) -> Awaitable[object]:
    origin = an_origin(user_id=requester.user_id, guild_id=requester.channel.guild_id)
    return harness.jobs.submit(5, a_request(), origin, requester, is_approved=is_approved)


WAYS: dict[str, Way] = {
    "a run": run,
    "an approved run": partial(run, is_approved=True),
    "a form": lambda harness, requester: harness.guild_settings.check_place(requester, MODEL),
    "a quote": lambda harness, requester: harness.guild_settings.check_request(requester, a_request()),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("admission", "user_id", "guild_id", "fault"),
    [
        (Admission(guild_ids=frozenset({GUILD})), 1, STRANGERS, AdmissionFault.SERVER),
        (Admission(takes_direct_messages=False), 1, None, AdmissionFault.DIRECT_MESSAGE),
        (Admission(blocked_user_ids=frozenset({1})), 1, GUILD, AdmissionFault.PERSON),
        (Admission(blocked_user_ids=frozenset({1})), 1, None, AdmissionFault.PERSON),
    ],
)
async def test_whom_the_operator_does_not_admit_holds_nothing(
    harness: BotHarness,
    way: str,
    admission: Admission,
    user_id: int,
    guild_id: int | None,
    fault: AdmissionFault,
) -> None:
    harness.guild_settings.admission = admission
    with pytest.raises(NotAdmitted) as refused:
        await WAYS[way](harness, Requester(user_id, frozenset(), ChannelContext(guild_id, 30)))
    assert refused.value.fault is fault
    assert "Nothing was held" in sentence(refused.value)
    assert await harness.store.job(5) is None


@pytest.mark.parametrize(
    ("admission", "user_id", "guild_id"),
    [
        (Admission(), 1, None),
        (Admission(guild_ids=frozenset({GUILD})), 1, GUILD),
        (Admission(guild_ids=frozenset({GUILD})), 1, None),
        (Admission(takes_direct_messages=False), 1, GUILD),
        (Admission(blocked_user_ids=frozenset({1})), 2, GUILD),
    ],
)
async def test_everybody_else_is_served(
    harness: BotHarness, admission: Admission, user_id: int, guild_id: int | None
) -> None:
    harness.guild_settings.admission = admission
    assert await ask(harness, 5, user_id, guild_id) is not None
