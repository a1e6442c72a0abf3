"""What a run holds: Wiro's own figures, and as much more as our bills of that model say."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.catalogue.model import Kind, Model, Parameter, PriceRule
from bot.domain.limits.effort import Effort
from bot.domain.limits.holds import Bill, History, Hold, hold_of, is_surprise, raised_to
from bot.domain.money import MAX_PICO, Money

FALLBACK = Money.parse("0.05")
CENT = Money.parse("0.01")
DOLLAR = Money.parse("1")
USUAL = Effort(steps=20, pixels=512 * 512, pictures=1)
PARAMETERS = (
    Parameter("steps", Kind.WHOLE, default="20"),
    Parameter("width", Kind.WHOLE, default="512"),
    Parameter("height", Kind.WHOLE, default="512"),
    Parameter("samples", Kind.WHOLE, default="1"),
    Parameter("look", Kind.TEXT, default="plain"),
)


def a_model(*rules: PriceRule, **fields: Any) -> Model:
    return Model("owner/model", "A model", PARAMETERS, rules, **fields)


def held(model: Model, history: History = History(), **sent: Any) -> Hold:  # noqa: B008 — frozen
    return hold_of(model, sent, {}, history, FALLBACK)


def billed(*dollars: str, effort: Effort = USUAL) -> tuple[Bill, ...]:
    return tuple(Bill(Money.parse(amount), effort) for amount in dollars)


def test_without_a_price_and_without_a_bill_the_hold_is_a_guess() -> None:
    assert held(a_model()) == Hold(FALLBACK, is_unproven=True)


def test_one_bill_of_our_own_is_a_price_that_is_known() -> None:
    assert held(a_model(), History(bills=billed("5"))) == Hold(Money.parse("5"), is_unproven=False)


def test_bills_never_make_a_hold_smaller_than_wiros_own_figure() -> None:
    history = History(bills=billed("0.001"))
    assert held(a_model(approximate_cost=CENT), history) == Hold(CENT, is_unproven=False)


@pytest.mark.parametrize(
    ("sent", "times"),
    [
        ({}, 1),
        ({"steps": 40}, 2),
        ({"width": 1024, "height": 1024}, 4),
        ({"samples": 4}, 4),
        ({"steps": 100, "width": 2048, "height": 2048, "samples": 4}, 5 * 16 * 4),
    ],
)
@pytest.mark.parametrize(
    "model",
    [
        a_model(PriceRule({}, CENT, "cps")),
        a_model(cost_per_second=CENT),
        a_model(approximate_cost=CENT),
        a_model(),
    ],
)
def test_what_time_costs_grows_with_steps_pixels_and_pictures(
    model: Model, sent: dict[str, Any], times: int
) -> None:
    history = History(median_s=1.0, bills=billed("0.10"))
    assert held(model, history, **sent).amount == Money.parse("0.10").scaled(times)


def test_bills_of_tiny_runs_say_nothing_where_there_are_those_of_runs_like_this_one() -> None:
    tiny = billed(*["0.09"] * 10, effort=Effort(steps=1, pixels=256 * 256, pictures=1))
    assert held(a_model(), History(bills=(*tiny, *billed("0.10")))).amount == Money.parse("0.10")
    twice = held(a_model(), History(bills=(*tiny, *billed("0.10"))), steps=40, samples=4)
    assert twice.amount == Money.parse("0.80")  # eight times the nearest one, not 640 times a tiny one
    assert held(a_model(), History(bills=tiny)).amount == Money.parse("7.20")  # nobody knows better


def test_wiros_mean_is_of_runs_as_the_model_makes_them_by_itself() -> None:
    model = a_model(approximate_cost=CENT)
    assert held(model, steps=100, samples=4).amount == CENT.scaled(20)
    assert held(model, steps=1).amount == CENT  # a start takes its time, too


def test_a_bill_tells_nothing_of_another_price_of_the_list() -> None:
    model = a_model(PriceRule({"look": "plain"}, CENT, "cpr"), PriceRule({"look": "rich"}, DOLLAR, "cpr"))
    assert held(model, History(bills=billed(*["1"] * 50))).amount == CENT


def test_a_list_that_is_not_kept_to_is_overruled_by_the_bills() -> None:
    model = a_model(PriceRule({}, CENT, "cpr"))
    assert held(model, History(bills=billed(*["0.02"] * 50))).amount == Money.parse("0.02")


def test_a_price_by_the_picture_is_compared_by_the_picture() -> None:
    model = a_model(PriceRule({}, CENT, "cpo"))
    four = Effort(steps=20, pixels=512 * 512, pictures=4)
    assert held(model, History(bills=billed("0.04", effort=four))).amount == CENT
    assert held(model, History(bills=billed("0.08", effort=four)), samples=2).amount == Money.parse("0.04")


def test_of_many_bills_the_dearest_twentieth_is_left_out() -> None:
    history = History(bills=billed(*["0.10"] * 48, "9", "9"))
    assert held(a_model(), history).amount == Money.parse("0.10")
    history = History(bills=billed(*["0.10"] * 47, "0.2", "9", "9"))
    assert held(a_model(), history).amount == Money.parse("0.2")


def test_a_surprise_of_late_counts_whole_and_breaks_what_was_stated() -> None:
    history = History(bills=billed(*["0.10"] * 50), surprises=billed("9"))
    assert held(a_model(approximate_cost=CENT), history) == Hold(Money.parse("9"), is_unproven=False)
    assert held(a_model(), history) == Hold(Money.parse("9"), is_unproven=True)
    assert held(a_model(PriceRule({}, CENT, "cpr")), history) == Hold(Money.parse("9"), is_unproven=True)


def test_a_bill_that_is_not_believed_makes_the_model_wary() -> None:
    model = a_model(PriceRule({}, CENT, "cpr"))
    assert held(model, History(is_disbelieved=True)) == Hold(CENT, is_unproven=True)


def test_a_surprise_is_more_than_three_times_the_hold() -> None:
    assert not is_surprise(CENT, CENT.scaled(3))
    assert is_surprise(CENT, Money(CENT.pico * 3 + 1))


def test_a_running_job_is_held_for_the_surprise_and_for_its_own_size() -> None:
    (bill,) = billed("2")
    assert raised_to(bill, Effort(steps=60)) == Money.parse("6")
    assert raised_to(bill, Effort(steps=1)) == Money.parse("2")
    assert raised_to(bill, Effort()) == Money.parse("2")


@given(
    st.lists(st.integers(0, MAX_PICO), max_size=60),
    st.integers(0, 10**9),
    st.integers(0, 10**9),
    st.integers(0, 10**6),
)
def test_whatever_was_billed_a_hold_is_an_amount_and_never_below_the_estimate(
    amounts: list[int], steps: int, side: int, pictures: int
) -> None:
    bills = tuple(Bill(Money(amount), USUAL) for amount in amounts)
    sent = {"steps": steps, "width": side, "height": side, "samples": pictures}
    hold = held(a_model(approximate_cost=CENT), History(bills=bills, surprises=bills[:2]), **sent)
    assert CENT.pico <= hold.amount.pico <= MAX_PICO
