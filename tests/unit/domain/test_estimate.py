"""A price is matched as Wiro means it, however it is spelt; where none is stated, none is made up."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.catalogue.model import Kind, Model, Parameter, PriceRule
from bot.domain.limits.estimate import TIER_PIXELS, estimate
from bot.domain.money import MAX_PICO, Money
from bot.domain.request.files import InputFile, counted

FALLBACK = Money.parse("0.05")
MEAN = Money.parse("0.007")
CENT = Money.parse("0.01")
TWO, THREE = Money.parse("0.02"), Money.parse("0.03")


def cents(*rules: tuple[dict[str, str], Money], method: str = "cpr", **fields: Any) -> Model:
    prices = tuple(PriceRule(inputs, price, method) for inputs, price in rules)
    parameters = (
        Parameter("prompt", Kind.LONG_TEXT),
        Parameter("Resolution", Kind.CHOICE, default="720p"),
        Parameter("steps", Kind.WHOLE, default="28"),
        Parameter("inputImage", Kind.FILES_OR_LINKS),
    )
    return Model("o/m", "M", parameters, prices, approximate_cost=MEAN, **fields)


def held(model: Model, median_s: float | None = None, files: int = 0, **sent: Any) -> Money:
    return estimate(model, sent, median_s, FALLBACK, {"inputImage": files} if files else {}).amount


@pytest.mark.parametrize("given", ["1080P", " 1080p ", "1080p"])
def test_case_and_blanks_make_no_difference(given: str) -> None:
    model = cents(({"resolution": "720p"}, CENT), ({"RESOLUTION": "1080p"}, TWO))
    assert held(model, Resolution=given) == TWO


def test_what_was_left_open_counts_as_the_models_default() -> None:
    model = cents(({"resolution": "1080p"}, TWO), ({"resolution": "720p", "steps": "28.0"}, CENT))
    assert held(model) == CENT
    assert held(model, steps=30) == MEAN.scaled(Decimal(30) / 28)  # the mean is of 28


@pytest.mark.parametrize(
    ("wanted", "given"), [("4", 4.0), ("4.0", 4), ("4", "4.00"), ("0.5", 0.5), ("+4", "4"), ("07", 7)]
)
def test_a_number_is_the_same_however_it_is_written(wanted: str, given: str | float) -> None:
    assert held(cents(({"steps": wanted}, CENT)), steps=given) == CENT


@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_two_numbers_match_only_where_they_are_equal(one: int, other: int) -> None:
    assert (held(cents(({"steps": f"{one}.0"}, CENT)), steps=other) == CENT) is (one == other)


def test_nothing_given_is_what_a_rule_calls_empty() -> None:
    model = cents(({"mask": ""}, CENT), ({}, TWO))
    assert held(model) == CENT
    assert held(model, mask="x.png") == TWO


def test_several_choices_match_as_one_text() -> None:
    assert held(cents(({"extras": "a,b"}, CENT)), extras=("a", "b")) == CENT


@pytest.mark.parametrize(("files", "price"), [(1, CENT), (2, TWO), (3, MEAN), (0, MEAN)])
def test_a_condition_can_count_the_files_of_an_input(files: int, price: Money) -> None:
    model = cents(({"inputimage": "QUANTITY:1"}, CENT), ({"inputImage": "quantity: 2"}, TWO))
    assert held(model, files=files) == price


def test_addresses_that_were_typed_count_as_files() -> None:
    model = cents(({"inputImage": "QUANTITY:2"}, TWO), ({"inputImage": "QUANTITY:3"}, THREE))
    assert held(model, inputImage=("https://a", "https://b")) == TWO
    assert held(model, files=2, inputImage="https://a") == THREE


def test_files_are_counted_by_input() -> None:
    files = [InputFile(name, "https://cdn", "a.png") for name in ("image", "mask", "image")]
    assert counted(files) == {"image": 2, "mask": 1}


@pytest.mark.parametrize("name", ["samples", "numImages", "NUM_OUTPUTS", "num_images"])
def test_outputs_are_counted_in_whatever_spelling(name: str) -> None:
    assert held(cents(({}, CENT), method=" CPO "), **{name: "3"}) == THREE


@pytest.mark.parametrize("given", [0, -2, "many", ""])
def test_at_least_one_output_is_paid_for(given: str | int) -> None:
    assert held(cents(({}, CENT), method="cpo"), samples=given) == CENT


def pixels(**changes: Any) -> Model:
    model = cents(({}, THREE), method="cp-pixel")
    return replace(model, prices=(replace(model.prices[0], **changes),))


def test_pixels_cost_the_first_tier_each_further_one_and_the_pictures_that_go_in() -> None:
    model = pixels(extra=CENT, per_input=TWO)
    assert held(model, width=1024, height=1024) == THREE
    assert held(model, width="2048", height=1024) == Money.parse("0.04")
    assert held(model, width=2048, height=1024, files=2) == Money.parse("0.12")


@pytest.mark.parametrize("size", ["2048x1024", "2048 × 1024", "2048*1024"])
def test_a_size_in_one_word_has_its_pixels_too(size: str) -> None:
    assert held(pixels(extra=CENT), size=size) == Money.parse("0.04")


@given(st.integers(1, 8192), st.integers(1, 8192))
def test_tiers_are_counted_as_begun(width: int, height: int) -> None:
    tiers = max(1, -(-width * height // TIER_PIXELS))
    assert held(pixels(), width=width, height=height) == Money(THREE.pico * tiers)


@pytest.mark.parametrize("sent", [{}, {"width": 1024}, {"size": "large"}, {"width": 0, "height": 9}])
def test_pixels_that_nobody_knows_have_no_price_of_their_own(sent: dict[str, Any]) -> None:
    assert held(pixels(extra=CENT), **sent) == MEAN


def test_a_price_by_the_character_counts_those_of_the_prompt() -> None:
    model = cents(({}, Money(5)), method="cp-promptlength")
    assert held(model, prompt="twelve chars") == Money(60)
    assert held(model) == MEAN
    assert held(model, text="speak") == Money(25)


@pytest.mark.parametrize("method", ["cpt", "cp-realtimeturn", "", "cps"])
def test_what_cannot_be_worked_out_gives_way_to_wiros_mean(method: str) -> None:
    assert held(cents(({}, CENT), method=method), prompt="words") == MEAN


def test_the_first_rule_that_fits_decides_even_where_it_cannot_be_worked_out() -> None:
    model = cents(({}, CENT))
    model = replace(model, prices=(PriceRule({}, TWO, "cpt"), *model.prices))
    assert held(model) == MEAN


def test_without_a_mean_seconds_are_ours_or_else_wiros() -> None:
    by_second = replace(cents(({}, CENT), method="cps"), approximate_cost=None, usual_s=3.0)
    assert held(by_second) == THREE
    assert held(by_second, median_s=2.0) == TWO
    by_time = replace(cents(), approximate_cost=None, cost_per_second=CENT, usual_s=2.0)
    assert held(by_time) == TWO
    assert held(by_time, median_s=3.0) == THREE
    assert held(replace(by_time, cost_per_second=Money(0))) == FALLBACK
    assert held(replace(by_time, usual_s=None)) == FALLBACK


@pytest.mark.parametrize(
    ("method", "sent"),
    [("cpo", {"samples": "9" * 40}), ("cp-pixel", {"width": "9" * 30, "height": "9" * 30})],
)
def test_an_absurd_value_ends_at_a_limit_and_not_in_an_error(method: str, sent: dict[str, Any]) -> None:
    assert held(cents(({}, CENT), method=method), **sent) == Money(MAX_PICO)


@given(
    st.dictionaries(st.text(max_size=8), st.text(max_size=8) | st.integers() | st.floats(allow_nan=False)),
    st.sampled_from(["cpr", "cpo", "cps", "cp-pixel", "cp-promptlength", "cpt"]),
)
def test_whatever_is_sent_there_is_something_to_hold(sent: dict[str, Any], method: str) -> None:
    assert estimate(cents(({}, CENT), method=method), sent, 2.0, FALLBACK).amount >= Money(0)
