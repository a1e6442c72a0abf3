"""A hold resolves once: posted, voided, or written off."""

from __future__ import annotations

from itertools import product

import pytest
from bot_fakes.histories import costs, endings, moneys
from bot_fakes.samples import a_job
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.events import Event
from bot.domain.job import Cause, Stage
from bot.domain.ledger import Resolution, Settlement, settlement_of
from bot.domain.lifecycle import advance
from bot.domain.money import ZERO, Money

VOID = Settlement(Resolution.VOID, ZERO)


@given(moneys, moneys)
def test_a_success_posts_what_wiro_bills(hold: Money, cost: Money) -> None:
    job = a_job(stage=Stage.SUCCEEDED, hold=hold, cost=cost)
    assert settlement_of(job) == Settlement(Resolution.POST, cost)


@given(moneys)
def test_a_success_of_unreadable_cost_posts_its_hold(hold: Money) -> None:
    job = a_job(stage=Stage.SUCCEEDED, hold=hold)
    assert settlement_of(job) == Settlement(Resolution.POST, hold)


@pytest.mark.parametrize(
    ("stage", "cause", "cost"), list(product([Stage.FAILED, Stage.CANCELLED], Cause, [None, ZERO]))
)
def test_what_was_not_billed_is_void(stage: Stage, cause: Cause, cost: Money | None) -> None:
    if (stage, cause, cost) == (Stage.FAILED, Cause.OUTPUT_UNUSABLE, None):
        return  # billed, as the next test says
    assert settlement_of(a_job(stage=stage, cause=cause, cost=cost)) == VOID


@given(moneys.filter(lambda hold: hold > ZERO))
def test_unusable_outputs_of_unreadable_cost_are_written_off_at_the_hold(hold: Money) -> None:
    job = a_job(stage=Stage.FAILED, cause=Cause.OUTPUT_UNUSABLE, hold=hold)
    assert settlement_of(job) == Settlement(Resolution.WRITE_OFF, hold)


@pytest.mark.parametrize("cause", list(Cause))
def test_a_billed_failure_is_the_operators(cause: Cause) -> None:
    job = a_job(stage=Stage.FAILED, cause=cause, cost=Money(9))
    assert settlement_of(job) == Settlement(Resolution.WRITE_OFF, Money(9))


def test_who_cancels_pays_for_the_time_it_ran() -> None:
    job = a_job(stage=Stage.CANCELLED, cause=Cause.CANCELLED, cost=Money(9))
    assert settlement_of(job) == Settlement(Resolution.POST, Money(9))


def test_a_cancellation_that_was_nobodys_wish_is_the_operators() -> None:
    job = a_job(stage=Stage.CANCELLED, cause=Cause.DEADLINE, cost=Money(9))
    assert settlement_of(job) == Settlement(Resolution.WRITE_OFF, Money(9))


@given(
    st.sampled_from([s for s in Stage if s.is_terminal]), st.none() | st.sampled_from(Cause), costs, moneys
)
def test_only_a_void_is_for_nothing(
    stage: Stage, cause: Cause | None, cost: Money | None, hold: Money
) -> None:
    settlement = settlement_of(a_job(stage=stage, cause=cause, cost=cost, hold=hold))
    if settlement.resolution is not Resolution.POST:
        assert (settlement.resolution is Resolution.VOID) == (settlement.amount == ZERO)


@given(endings)
def test_a_member_is_never_charged_for_a_failure(ending: Event) -> None:
    job = advance(a_job(), ending)
    if job.stage is Stage.FAILED:
        assert settlement_of(job).resolution is not Resolution.POST
