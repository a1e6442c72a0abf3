"""Holds in use: a quote is what is held, and what nobody knows the price of is run singly."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.domain.catalogue.model import Model
from bot.domain.job.events import Settled
from bot.domain.limits.errors import RunTooDear
from bot.domain.limits.limit import Audience, LimitReached, Subject
from bot.domain.money import Money
from bot.domain.request.requester import ChannelContext, Requester
from bot.services.limits.holds import Holds
from bot.services.limits.service import DefaultLimits
from tests.support.bot_harness import BotHarness, a_harness
from tests.support.moderators import Moderation
from tests.support.samples import MODEL, PNG, a_request, a_requester, an_origin

RICH = DefaultLimits(50, Money.parse("1000"), Money.parse("1000"))
ODD_SPELLING = MODEL.upper()


def bill(dollars: str) -> Settled:
    return Settled(is_success=True, cost=Money.parse(dollars), outputs=(PNG,), elapsed_s=2.0)


async def run(harness: BotHarness, job_id: int, dollars: str) -> None:
    """A run from the command to its bill."""
    harness.wiro.tell(await harness.submit_and_watch(job_id), bill(dollars))
    await harness.end_of(job_id)


@pytest.mark.parametrize("spelling", [MODEL, ODD_SPELLING, f"  {MODEL.title()} "])
@pytest.mark.parametrize("billed", ["0.007", "0.9"])
async def test_what_is_quoted_is_held_however_the_model_is_typed(
    harness: BotHarness, spelling: str, billed: str
) -> None:
    harness.wiro.known_models[MODEL.lower()] = Model(MODEL, "SD3", cost_per_second=Money.parse("0.0035"))
    await run(harness, 1, billed)
    quoted = await harness.holds.of_request(a_request(model=spelling))
    job = await harness.submit(2, model=spelling)
    assert (job.hold, job.request.model) == (quoted.amount, MODEL)
    assert quoted.amount == Money.parse(billed)


async def test_a_model_that_goes_by_another_spelling_now_keeps_its_history(harness: BotHarness) -> None:
    await run(harness, 1, "0.90")
    harness.wiro.known_models[MODEL.lower()] = Model(
        ODD_SPELLING, "SD3", approximate_cost=Money.parse("0.05")
    )
    assert (await harness.store.model_history(ODD_SPELLING, 0.0)).bills[0].amount == Money.parse("0.90")


async def test_a_model_without_a_price_is_run_one_at_a_time_by_each_person(file: Path) -> None:
    async with a_harness(file, default_limits=RICH) as harness:
        harness.wiro.known_models[MODEL.lower()] = Model(MODEL, "SD3")
        await harness.submit(1)
        with pytest.raises(LimitReached) as refused:
            await harness.submit(2)
        elsewhere = Requester(1, frozenset(), ChannelContext(None, 99))
        with pytest.raises(LimitReached):  # nor on another server, nor by direct message
            await harness.jobs.submit(3, a_request(), an_origin(guild_id=None, channel_id=99), elsewhere)
        bound = refused.value.bound
        assert bound is not None
        assert (bound.audience, bound.scope.subject) == (Audience.CAUTION, Subject.PERSON)
        assert refused.value.is_operator  # so no moderator is asked
        await harness.submit(4, user_id=2)


async def test_a_model_without_a_price_is_run_five_times_at_once_by_all(file: Path) -> None:
    async with a_harness(file, default_limits=RICH) as harness:
        harness.wiro.known_models[MODEL.lower()] = Model(MODEL, "SD3")
        answers = await asyncio.gather(
            *(
                harness.jobs.submit(user_id, a_request(), an_origin(user_id=user_id), a_requester(user_id))
                for user_id in range(1, 21)
            ),
            return_exceptions=True,
        )
        assert sum(isinstance(answer, LimitReached) for answer in answers) == 15


async def test_its_first_bill_is_its_price(file: Path) -> None:
    async with a_harness(file, default_limits=RICH) as harness:
        harness.wiro.known_models[MODEL.lower()] = Model(MODEL, "SD3")
        await run(harness, 1, "0.15")  # not more than three times what was held: foreseen, as it were
        for job_id in (2, 3, 4):
            assert (await harness.submit(job_id)).hold == Money.parse("0.15")


async def test_an_approved_run_of_a_model_without_a_price_waits_for_the_other(file: Path) -> None:
    async with a_harness(file, default_limits=RICH) as harness:
        harness.wiro.known_models[MODEL.lower()] = Model(MODEL, "SD3")
        await harness.submit(1)
        with pytest.raises(LimitReached):
            await harness.jobs.submit(2, a_request(), an_origin(), a_requester(), is_approved=True)


async def test_a_run_past_the_operators_price_is_refused_before_anything_is_held(harness: BotHarness) -> None:
    most = Money.parse("0.10")
    harness.jobs._holds = Holds(
        harness.catalogue, harness.store, harness.context.clock, Money.parse("0.05"), most
    )
    harness.wiro.known_models[MODEL.lower()] = Model(MODEL, "SD3", approximate_cost=Money.parse("0.11"))
    with pytest.raises(RunTooDear) as refused:
        await harness.submit(1)
    assert (refused.value.asked_pico, refused.value.most_pico) == (Money.parse("0.11").pico, most.pico)
    assert await harness.spent() == (0, 0, 0, 0)
    assert await harness.store.job(1) is None


async def test_a_member_has_so_many_running_at_once_where_the_server_says_nothing(file: Path) -> None:
    default_limits = DefaultLimits(50, Money.parse("2"), Money.parse("20"), at_once=2)
    async with a_harness(file, default_limits=default_limits) as harness:
        await harness.submit(1)
        await harness.submit(2)
        with pytest.raises(LimitReached) as refused:
            await harness.submit(3)
        assert refused.value.bound is not None
        assert refused.value.bound.audience is Audience.DEFAULT
        harness.wiro.tell(await harness.watched(1), bill("0.01"))
        await harness.end_of(1)
        await harness.submit(4)


async def test_no_smaller_run_is_offered_where_the_model_is_run_singly(file: Path) -> None:
    async with a_harness(file, default_limits=RICH) as harness:
        harness.wiro.known_models[MODEL.lower()] = Model(MODEL, "SD3")
        await harness.submit(1)
        with pytest.raises(LimitReached) as refused:
            await harness.submit(2, count=4)
        found = await Moderation(harness).alternatives.of(refused.value, a_request(count=4), a_requester())
        assert found.fits == ()
