"""Money is whole picodollars: exact, bounded, never a float."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.money import MAX_PICO, PICO_PER_DOLLAR, ZERO, AmountInvalid, Money

picos = st.integers(0, MAX_PICO)


def twelve_decimals(pico: int) -> str:
    return f"{pico // PICO_PER_DOLLAR}.{pico % PICO_PER_DOLLAR:012d}"


@given(picos)
def test_twelve_decimals_are_read_to_the_last_one(pico: int) -> None:
    money = Money.parse(twelve_decimals(pico))
    assert money == Money(pico)
    assert type(money.pico) is int


@given(picos)
def test_dollars_are_read_back_as_the_same_money(pico: int) -> None:
    assert Money.parse(Money(pico).dollars) == Money(pico)
    assert Money.parse(str(Money(pico).dollars)) == Money(pico)


@given(st.integers(0, MAX_PICO // PICO_PER_DOLLAR))
def test_whole_dollars_are_read_from_a_number(dollars: int) -> None:
    assert Money.parse(dollars) == Money(dollars * PICO_PER_DOLLAR)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "free", "1,5", "0x1", "1 2", "NaN", "-nan", "sNaN", "inf", "-Infinity", "-1",
        "-0.000000000001",
        "1e30", "1e999999", "1e-13", "1e-9999999", "0.0000000000001", "1.2345678901234",
        "0.1234567890120000000000000000000000001",  # more digits than decimal keeps by itself
        "9223372.036854775808", 10**40, Decimal("NaN"), Decimal("-Infinity"), Decimal(-1),
    ],
)  # fmt: skip
def test_what_is_no_amount_is_refused(text: str | int | Decimal) -> None:
    with pytest.raises(AmountInvalid):
        Money.parse(text)


@given(st.text() | st.decimals() | st.integers())
def test_any_input_is_either_exact_money_or_an_invalid_amount(given_value: str | int | Decimal) -> None:
    try:
        money = Money.parse(given_value)
    except AmountInvalid:
        return
    exact = Decimal(given_value.strip() if isinstance(given_value, str) else given_value)
    assert money.dollars == exact
    assert type(money.pico) is int


@pytest.mark.parametrize("text", ["1", " 1 ", "1.00", "1e0", "0.1e1", "1." + "0" * 60])
def test_spellings_of_one_dollar_are_one_dollar(text: str) -> None:
    assert Money.parse(text) == Money(PICO_PER_DOLLAR)


@pytest.mark.parametrize("pico", [-1, MAX_PICO + 1])
def test_money_outside_what_the_ledger_holds_cannot_exist(pico: int) -> None:
    with pytest.raises(AmountInvalid):
        Money(pico)


@given(picos, picos)
def test_sums_are_exact_or_refused(one: int, other: int) -> None:
    if one + other > MAX_PICO:
        with pytest.raises(AmountInvalid):
            Money(one) + Money(other)
    else:
        assert Money(one) + Money(other) == Money(one + other)


@given(st.integers(0, 10**15), st.integers(0, 4_000))
def test_scaling_by_a_whole_number_is_multiplication(pico: int, factor: int) -> None:
    assert Money(pico).scaled(Decimal(factor)) == Money(pico * factor)


@pytest.mark.parametrize(
    ("pico", "factor", "scaled"), [(3, "0.5", 2), (1, "0.4", 0), (10, "1.25", 13), (7, "0", 0)]
)
def test_scaling_rounds_to_the_nearest_picodollar(pico: int, factor: str, scaled: int) -> None:
    assert Money(pico).scaled(Decimal(factor)) == Money(scaled)


def test_a_negative_factor_is_refused() -> None:
    with pytest.raises(AmountInvalid):
        Money(1).scaled(Decimal(-1))


@given(picos, picos)
def test_money_is_ordered_as_its_amount(one: int, other: int) -> None:
    assert (Money(one) < Money(other)) == (one < other)


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("0", "$0.00"),
        ("0.000000000001", "<$0.0001"),
        ("0.000099999999", "<$0.0001"),
        ("0.0001", "$0.0001"),
        ("0.00351", "$0.0035"),
        ("0.05", "$0.05"),
        ("0.5", "$0.50"),
        ("1.25", "$1.25"),
        ("99.99996", "$100.00"),
        ("100.125", "$100.13"),
        ("1234567.891", "$1,234,567.89"),
    ],
)
def test_people_read_money_in_as_many_decimals_as_matter(amount: str, shown: str) -> None:
    assert str(Money.parse(amount)) == shown


@given(st.integers(PICO_PER_DOLLAR // 10_000, MAX_PICO))
def test_what_people_read_is_within_half_of_its_last_decimal(pico: int) -> None:
    shown = Decimal(str(Money(pico)).replace("$", "").replace(",", ""))
    step = Decimal("0.01") if pico >= 100 * PICO_PER_DOLLAR else Decimal("0.0001")
    assert abs(shown - Money(pico).dollars) <= step / 2


def test_zero_is_nothing() -> None:
    assert ZERO.pico == 0
    assert Money(5) + ZERO == Money(5)
