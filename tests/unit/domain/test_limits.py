"""Limits are never passed, and what is held counts as used."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.limits.limit import (
    OPERATOR,
    Limit,
    Measure,
    Scope,
    Subject,
    Usage,
    Window,
    decide,
    member_scope,
    window_bounds,
)
from bot.domain.money import Money
from tests.support.samples import NOON_S

ADA = member_scope(700, 1)
DAY = Window.DAY
MIDNIGHT_S = 1_772_409_600  # the one after NOON_S

scopes = st.sampled_from([OPERATOR, ADA, member_scope(None, 1), member_scope(700, 2)])
amounts = st.integers(0, 30)
limits = st.builds(Limit, scopes, st.sampled_from(Measure), st.sampled_from(Window), amounts)
usages = st.builds(Usage, amounts, amounts, amounts, amounts)
counters = st.dictionaries(st.tuples(scopes, st.sampled_from(Window)), usages)


def passes(limit: Limit, usage: dict[tuple[Scope, Window], Usage], hold: Money) -> bool:
    """The plain reference: would one more run pass this limit?"""
    counter = usage.get((limit.scope, limit.window), Usage())
    if limit.measure is Measure.RUNS:
        return counter.runs_used + counter.runs_held + 1 > limit.amount
    if limit.measure is Measure.AT_ONCE:
        return counter.runs_held + 1 > limit.amount
    return counter.spend_used_pico + counter.spend_held_pico + hold.pico > limit.amount


@given(st.lists(limits, max_size=6), counters, amounts.map(Money))
def test_a_decision_names_the_first_limit_that_would_be_passed(
    bound: list[Limit], usage: dict[tuple[Scope, Window], Usage], hold: Money
) -> None:
    refusal = decide(bound, usage, hold, NOON_S)
    broken = next((limit for limit in bound if passes(limit, usage, hold)), None)
    if broken is None:
        assert refusal is None
        return
    assert refusal is not None
    counter = usage.get((broken.scope, broken.window), Usage())
    is_money = broken.measure is Measure.SPEND
    assert (refusal.limit, refusal.is_money) == (broken.amount, is_money)
    assert refusal.is_operator == (broken.scope.subject is Subject.OPERATOR)
    used = {Measure.RUNS: counter.runs_used, Measure.SPEND: counter.spend_used_pico, Measure.AT_ONCE: 0}
    assert refusal.used == used[broken.measure]
    assert refusal.bound is broken
    assert refusal.held == (counter.spend_held_pico if is_money else counter.runs_held)
    assert refusal.asked == (hold.pico if is_money else 1)
    assert refusal.used + refusal.held + refusal.asked > refusal.limit
    assert refusal.resets_at_s == window_bounds(broken.window, NOON_S)[1]


@given(
    st.integers(0, 8),
    st.integers(0, 40),
    st.lists(st.tuples(st.integers(0, 12), st.sampled_from(["keep", "post", "void"])), max_size=30),
)
def test_no_run_of_decisions_ever_passes_a_limit(runs: int, spend: int, asks: list[tuple[int, str]]) -> None:
    """Each granted run is held, then posted, voided, or left running."""
    bound = [Limit(ADA, Measure.RUNS, DAY, runs), Limit(ADA, Measure.SPEND, DAY, spend)]
    runs_used = runs_held = spend_used = spend_held = 0
    for hold, fate in asks:
        usage = {(ADA, DAY): Usage(runs_used, runs_held, spend_used, spend_held)}
        if decide(bound, usage, Money(hold), NOON_S) is not None:
            continue
        if fate == "keep":
            runs_held, spend_held = runs_held + 1, spend_held + hold
        elif fate == "post":
            runs_used, spend_used = runs_used + 1, spend_used + hold
        assert runs_used + runs_held <= runs
        assert spend_used + spend_held <= spend


def test_without_limits_everything_is_granted() -> None:
    assert decide([], {}, Money(10**18), NOON_S) is None


@pytest.mark.parametrize(("amount", "is_granted"), [(4, False), (5, True)])
def test_a_limit_may_be_reached_exactly(amount: int, is_granted: bool) -> None:
    usage = {(ADA, DAY): Usage(runs_used=3, runs_held=1)}
    assert (decide([Limit(ADA, Measure.RUNS, DAY, amount)], usage, Money(0), NOON_S) is None) == is_granted


def test_the_usage_of_another_member_does_not_count() -> None:
    usage = {
        (member_scope(700, 2), DAY): Usage(runs_used=99),
        (member_scope(None, 1), DAY): Usage(runs_used=99),
    }
    assert decide([Limit(ADA, Measure.RUNS, DAY, 1)], usage, Money(0), NOON_S) is None


@given(st.sampled_from(Window), st.floats(0, 4e9))
def test_a_window_holds_its_moment_and_ends_where_the_next_begins(window: Window, at_s: float) -> None:
    start_s, end_s = window_bounds(window, at_s)
    assert start_s <= at_s < end_s
    assert window_bounds(window, float(start_s)) == (start_s, end_s)
    if window is not Window.EVER:
        assert window_bounds(window, float(end_s))[0] == end_s


@pytest.mark.parametrize(
    ("window", "start", "end"),
    [
        (Window.HOUR, datetime(2026, 3, 1, 12, tzinfo=UTC), datetime(2026, 3, 1, 13, tzinfo=UTC)),
        (Window.DAY, datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)),
        (Window.WEEK, datetime(2026, 2, 23, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)),  # from Monday
        (Window.MONTH, datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)),
    ],
)
def test_windows_follow_the_calendar_in_utc(window: Window, start: datetime, end: datetime) -> None:
    assert window_bounds(window, NOON_S) == (start.timestamp(), end.timestamp())


@given(st.floats(0, 4e9))
def test_a_day_holds_its_moment_and_is_a_day_in_utc(at_s: float) -> None:
    start_s, end_s = window_bounds(DAY, at_s)
    assert start_s <= at_s < end_s
    assert end_s - start_s == 86_400
    assert start_s % 86_400 == 0


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 — hypothesis takes naive bounds
def test_moments_of_one_day_share_its_window(moment: datetime) -> None:
    last = moment.replace(hour=23, minute=59, second=59, microsecond=999_999)
    assert window_bounds(DAY, moment.timestamp()) == window_bounds(DAY, last.timestamp())


def test_midnight_opens_the_next_window() -> None:
    assert window_bounds(DAY, NOON_S)[1] == window_bounds(DAY, MIDNIGHT_S)[0] == MIDNIGHT_S


def test_direct_messages_count_as_a_place_of_their_own() -> None:
    assert member_scope(None, 1) == Scope(Subject.MEMBER, 0, 1)
    assert member_scope(None, 1) != ADA


@pytest.mark.parametrize(
    ("measure", "used", "held"), [(Measure.RUNS, 1, 2), (Measure.SPEND, 3, 4), (Measure.AT_ONCE, 0, 2)]
)
def test_usage_tells_each_measure_apart(measure: Measure, used: int, held: int) -> None:
    usage = Usage(1, 2, 3, 4)
    assert (usage.used(measure), usage.held(measure)) == (used, held)


def test_every_measure_and_window_can_be_limited() -> None:
    for measure, window in product(Measure, Window):
        assert decide([Limit(ADA, measure, window, 0)], {}, Money(1), NOON_S) is not None
