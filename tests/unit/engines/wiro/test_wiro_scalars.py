"""Scalars in every guise that Wiro gives them."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.money import Money
from bot.engines.wiro import scalars

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [("a", "a"), (2221, "2221"), (2221.0, "2221"), (7.5, "7.5"), (True, "true"), (None, ""), ([1], "")],
)
def test_a_scalar_becomes_text(value: object, text: str) -> None:
    assert scalars.as_text(value) == text


def test_a_lone_surrogate_never_gets_further() -> None:
    assert scalars.as_text(json.loads('"a\\ud800b"')).encode() == b"a?b"


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("60", 60),
        (61, 61),
        ("1.50", Decimal("1.5")),
        (" 7 ", 7),
        ("1e2", 100),
        (3.5e-05, Decimal("0.000035")),
    ],
)
def test_a_number_is_read_from_text_and_from_numbers(value: object, number: Decimal) -> None:
    assert scalars.as_number(value) == number


@pytest.mark.parametrize(
    "value", ["", "NaN", "Infinity", "1_000", "٣", "1e99999", "0x10", None, True, float("nan"), [], "9" * 50]
)
def test_what_is_no_number_is_none(value: object) -> None:
    assert scalars.as_number(value) is None


def test_a_whole_number_fits_in_64_bits_or_is_none() -> None:
    assert scalars.as_whole("6.9") == 6
    assert scalars.as_whole("1e999") is None


@pytest.mark.parametrize(
    ("value", "pico"),
    [
        ("0.003510000000", 3_510_000_000),
        (0.00351, 3_510_000_000),
        (1, 10**12),
        ("0", 0),
        ("1000", 10**15),
        ("0.0000000000006", 1),
    ],
)
def test_an_amount_is_read_to_the_picodollar(value: object, pico: int) -> None:
    assert scalars.as_money(value) == Money(pico)


@pytest.mark.parametrize("value", ["NaN", "-0.01", "", None, "abc", {}, "Infinity", "1e999999999"])
def test_what_is_no_amount_is_none(value: object) -> None:
    assert scalars.as_money(value) is None


@pytest.mark.parametrize("value", ["1e9", "1000.01", 1e300, "1e999"])
def test_an_absurd_amount_is_not_believed_and_logged(value: object, caplog: pytest.LogCaptureFixture) -> None:
    assert scalars.as_money(value) is None
    assert "not believed" in caplog.text


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("0.png", "0.png"),
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\a.png", "a.png"),
        ("a\x00b\u202egnp.exe", "abgnp.exe"),
        ("..", "output"),
        ("", "output"),
        (None, "output"),
        ("dir/", "output"),
    ],
)
def test_a_file_name_is_a_bare_name(value: object, name: str) -> None:
    assert scalars.safe_name(value) == name


def test_a_long_file_name_keeps_its_ending() -> None:
    name = scalars.safe_name("a" * 300 + ".webp")
    assert len(name) == scalars.MAX_NAME_CHARS
    assert name.endswith(".webp")


@given(JSON)
def test_no_value_whatever_makes_a_scalar_raise(value: object) -> None:
    for read in (
        scalars.as_text,
        scalars.as_optional_text,
        scalars.as_number,
        scalars.as_whole,
        scalars.as_seconds,
        scalars.as_epoch_s,
        scalars.as_money,
        scalars.as_truth,
        scalars.as_objects,
        scalars.as_text_map,
        scalars.plain,
    ):
        read(value)
    assert "/" not in scalars.safe_name(value)
