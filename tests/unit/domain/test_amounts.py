"""Amounts as moderators type them: what is taken, to the last picodollar, and what is refused."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.limits.amounts import parse_amount
from bot.domain.limits.errors import AmountRefused
from bot.domain.limits.limit import Measure
from bot.domain.money import PICO_PER_DOLLAR

DOLLAR = PICO_PER_DOLLAR
MOST_RUNS = 1_000_000
MOST_PICO = 1_000_000 * DOLLAR


@pytest.mark.parametrize(
    ("typed", "pico"),
    [
        ("2", 2 * DOLLAR),
        ("0.50", DOLLAR // 2),
        ("$2", 2 * DOLLAR),
        ("2$", 2 * DOLLAR),
        ("$ 2", 2 * DOLLAR),
        (" 2 ", 2 * DOLLAR),
        ("1,000", 1_000 * DOLLAR),
        ("$1,000.25", 1_000 * DOLLAR + DOLLAR // 4),
        ("0", 0),
        ("0.000000000001", 1),
        ("1000000", MOST_PICO),
        ("1,000,000.00", MOST_PICO),
    ],
)
def test_dollars_are_read_to_the_last_picodollar(typed: str, pico: int) -> None:
    assert parse_amount(typed, Measure.SPEND) == pico


@pytest.mark.parametrize("measure", [Measure.RUNS, Measure.AT_ONCE])
@pytest.mark.parametrize(("typed", "runs"), [("0", 0), ("2", 2), ("1,000", 1_000), ("1000000", MOST_RUNS)])
def test_runs_and_jobs_at_once_are_whole_numbers(typed: str, runs: int, measure: Measure) -> None:
    assert parse_amount(typed, measure) == runs


@pytest.mark.parametrize("measure", list(Measure))
@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "-1",
        "+1",
        "NaN",
        "inf",
        "Infinity",
        "1e30",
        "1e3",
        "0x10",
        "1_000",
        "1,00",
        "10,0000",
        ",5",
        "2.",
        "2.5.1",
        "two",
        "2 3",
        "½",
        "２",
        "٢",
        "$",
        "€2",
        "1000001",
        "9999999",
        "999999999999",
        "9" * 5_000,
        "0.0000000000001",
        "1.0000000000000",
    ],
)
def test_what_makes_no_sense_is_refused(typed: str, measure: Measure) -> None:
    with pytest.raises(AmountRefused) as refused:
        parse_amount(typed, measure)
    assert refused.value.text == typed
    assert refused.value.is_money is (measure is Measure.SPEND)


@pytest.mark.parametrize("typed", ["0.5", "2.0", "$2", "1,000.5"])
def test_a_part_of_a_run_or_a_price_for_one_is_refused(typed: str) -> None:
    with pytest.raises(AmountRefused):
        parse_amount(typed, Measure.RUNS)


@pytest.mark.parametrize("measure", [Measure.RUNS, Measure.SPEND])
def test_nothing_is_refused_where_something_has_to_be_given(measure: Measure) -> None:
    assert parse_amount("1", measure, least=1) > 0
    with pytest.raises(AmountRefused):
        parse_amount("0", measure, least=1)


def test_the_smallest_excess_over_the_most_is_refused() -> None:
    with pytest.raises(AmountRefused):
        parse_amount("1000000.000000000001", Measure.SPEND)


@given(st.integers(min_value=0, max_value=MOST_PICO))
def test_every_amount_of_dollars_survives_being_typed(pico: int) -> None:
    typed = f"{Decimal(pico).scaleb(-12):f}"
    assert parse_amount(typed, Measure.SPEND) == pico
    assert parse_amount(f"${Decimal(pico).scaleb(-12):,f}", Measure.SPEND) == pico


@given(st.text(max_size=40) | st.text("0123456789,.$ ", max_size=20), st.sampled_from(Measure))
def test_whatever_is_typed_is_an_amount_in_bounds_or_a_refusal(typed: str, measure: Measure) -> None:
    most = MOST_PICO if measure is Measure.SPEND else MOST_RUNS
    try:
        amount = parse_amount(typed, measure)
    except AmountRefused:
        return
    assert 0 <= amount <= most
