"""A hold resolves once: posted, voided, or written off."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.job.events import Event
from bot.domain.job.job import Cause, Stage
from bot.domain.job.ledger import Resolution, Settlement, late_settlement, settlement_of
from bot.domain.job.lifecycle import advance
from bot.domain.money import ZERO, Money
from tests.support.histories import costs, endings, moneys
from tests.support.samples import a_job

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
    assert settlement_of(a_job(stage=stage, cause=cause, cost=cost)) == VOID


@pytest.mark.parametrize("cost", [None, ZERO])
def test_what_the_member_will_pay_keeps_its_hold_until_its_charge_is_known(cost: Money | None) -> None:
    open_end = a_job(task_id="1", cost=cost, is_charge_open=True)
    assert settlement_of(replace(open_end, stage=Stage.SUCCEEDED)) is None
    stopped = replace(open_end, stage=Stage.CANCELLED, cause=Cause.CANCELLED)
    assert settlement_of(stopped) is None
    assert settlement_of(replace(stopped, task_id=None)) == VOID  # never answered: looked for, nobody's hold
    assert settlement_of(replace(stopped, hold=ZERO)) == VOID


@pytest.mark.parametrize("cause", list(Cause))
@pytest.mark.parametrize("cost", [None, ZERO])
def test_a_failure_gives_its_hold_back_at_once(cause: Cause, cost: Money | None) -> None:
    failure = a_job(task_id="1", stage=Stage.FAILED, cause=cause, cost=cost, is_charge_open=True)
    assert settlement_of(failure) == VOID


@given(moneys, moneys)
def test_a_late_charge_is_the_members_up_to_the_hold(hold: Money, charge: Money) -> None:
    success = a_job(stage=Stage.SUCCEEDED, hold=hold)
    assert late_settlement(success, charge) == Settlement(Resolution.POST, min(hold, charge))
    stopped = a_job(stage=Stage.CANCELLED, cause=Cause.CANCELLED, hold=hold)
    is_free = min(hold, charge) == ZERO
    assert late_settlement(stopped, charge) == (VOID if is_free else late_settlement(success, charge))


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
    assert settlement is not None
    if settlement.resolution is not Resolution.POST:
        assert (settlement.resolution is Resolution.VOID) == (settlement.amount == ZERO)


@given(endings)
def test_a_member_is_never_charged_for_a_failure(ending: Event) -> None:
    job = advance(a_job(), ending)
    if job.stage is Stage.FAILED:
        settlement = settlement_of(job)
        assert settlement is not None
        assert settlement.resolution is not Resolution.POST
