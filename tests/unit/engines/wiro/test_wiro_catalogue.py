"""Catalogue entries become models: parameters in both spellings, prices, slugs."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.catalogue.model import Kind, Model, Option, Parameter, PriceRule
from bot.domain.money import Money
from bot.engines.wiro.catalogue import clean_slug, model_of, slug_parts, summary_of
from bot.engines.wiro.frames import Tool, tools
from bot.engines.wiro.pricing import least_price, price_rules


def tool(**fields: Any) -> Tool:
    (found,) = tools({"result": True, "tool": [fields]})
    return found


def model(*items: dict[str, Any], **fields: Any) -> Model:
    groups = [{"title": "Group", "items": list(items)}]
    return model_of(tool(parameters=groups, **fields), "asked/slug")


def parameter(**fields: Any) -> Parameter:
    found = model({"id": "steps", "type": "number"} | fields).parameters
    assert found is not None
    return found[0]


def test_new_and_old_spellings_of_a_parameter_mean_the_same() -> None:
    new = parameter(label="Steps", default="28", min=1, max=100, required=True)
    old = parameter(label="Steps", defaultvalue="28", minvalue="1", maxvalue="100", required="true")
    assert (
        new
        == old
        == Parameter(
            "steps",
            Kind.WHOLE,
            "Steps",
            is_required=True,
            default="28",
            minimum=Decimal(1),
            maximum=Decimal(100),
        )
    )


def test_the_new_spelling_wins() -> None:
    both = parameter(default="28", defaultvalue="5", min="1", minvalue="0", max="50", maxvalue="9999")
    assert (both.default, both.minimum, both.maximum) == ("28", Decimal(1), Decimal(50))


@pytest.mark.parametrize(("low", "high"), [("", ""), (None, None), ("0", "0"), ("9", "1"), ("NaN", "x")])
def test_bounds_that_bind_nothing_are_none(low: object, high: object) -> None:
    found = parameter(min=low, max=high)
    assert (found.minimum, found.maximum) == (None, None)


def test_a_single_allowed_value_is_a_bound() -> None:
    found = parameter(min="1", max="1")
    assert (found.minimum, found.maximum) == (Decimal(1), Decimal(1))


def test_options_are_values_of_objects_or_plain_texts() -> None:
    found = parameter(type="select", options=[{"label": "A", "value": "a"}, "b", {"label": "none"}, 3])
    assert found.options == (Option("a", "A"), Option("b"), Option("3"))


def test_groups_are_flattened_and_items_without_a_group_taken() -> None:
    parameters = json.dumps([{"title": "x", "items": [{"id": "a"}, {"id": ""}]}, {"id": "b"}])
    found = model_of(tool(parameters=parameters), "asked/slug").parameters
    assert found is not None
    assert [item.parameter_id for item in found] == ["a", "b"]


@pytest.mark.parametrize("parameters", [None, [], "", [{"title": "t", "items": []}]])
def test_no_parameters_is_no_schema(parameters: object) -> None:
    assert model_of(tool(parameters=parameters), "a/b").parameters is None


def test_a_model_prefers_its_clean_slug_and_carries_its_prices() -> None:
    found = model(
        title="SD 3",
        slugowner="Owner",
        slugproject="Big Model",
        cleanslugowner="owner",
        cleanslugproject="big-model",
        dynamicprice='[{"inputs":{},"price":0.03,"priceMethod":"cpr"}]',
        approximatelycost="0.0035",
        cps="0.000585000000",
    )
    assert (found.slug, found.title) == ("owner/big-model", "SD 3")
    assert found.prices == (PriceRule({}, Money.parse("0.03"), "cpr"),)
    assert found.approximate_cost == Money.parse("0.0035")
    assert found.cost_per_second == Money.parse("0.000585")


def test_an_entry_without_slugs_keeps_the_one_asked_for() -> None:
    assert model_of(tool(), "a/b").slug == "a/b"
    assert summary_of(tool()).slug == ""


def test_price_rules_keep_order_inputs_and_method() -> None:
    text = '[{"inputs":{"res":"1080","n":2},"price":"0.5","priceMethod":"cpo"},{"inputs":null,"price":1}]'
    assert price_rules(text) == (
        PriceRule({"res": "1080", "n": "2"}, Money.parse("0.5"), "cpo"),
        PriceRule({}, Money.parse("1"), ""),
    )


@pytest.mark.parametrize(
    "text", ["", None, "x", "[", "{}", '[{"price":"NaN"}]', "[1]", '[{"inputs":{},"price":1},{}]']
)
def test_a_price_list_with_one_unreadable_rule_is_no_price_list(text: object) -> None:
    assert price_rules(text) == ()


def test_the_hint_is_the_lowest_price_of_a_picture() -> None:
    rules = [
        {"price": 2, "priceMethod": "cpr"},
        {"price": 1, "priceMethod": "CPO"},
        {"price": 0.1, "priceMethod": "cps"},
        {"price": 3, "priceMethod": "cp-pixel", "priceExtra": "0.5", "priceInput": 0.25},
    ]
    assert least_price(price_rules(rules)) == Money.parse("1")
    pixels = price_rules(rules)[3]
    assert (pixels.extra, pixels.per_input) == (Money.parse("0.5"), Money.parse("0.25"))
    summary = summary_of(tool(title="SD", dynamicprice=rules, approximatelycost="0.0035"))
    assert (summary.price_hint, summary.is_hint_mean) == (Money.parse("1"), False)


def test_without_such_a_price_the_hint_is_wiros_mean_if_it_states_one() -> None:
    by_the_second = [{"price": 0.1, "priceMethod": "cps"}]
    summary = summary_of(tool(dynamicprice=by_the_second, approximatelycost="0.0035", cps="0.1"))
    assert (summary.price_hint, summary.is_hint_mean) == (Money.parse("0.0035"), True)
    assert summary.cost_per_second == Money.parse("0.1")
    for mean in ("0", "", None):
        summary = summary_of(tool(approximatelycost=mean))
        assert (summary.price_hint, summary.is_hint_mean) == (None, False)


@given(st.text() | st.lists(st.dictionaries(st.sampled_from(["inputs", "price", "priceMethod"]), st.text())))
def test_no_price_text_whatever_raises(text: object) -> None:
    assert all(rule.price.pico >= 0 for rule in price_rules(text))


@pytest.mark.parametrize(
    ("slug", "clean"),
    [
        ("wiro/Virtual Try-On", "wiro/virtual-try-on"),
        ("black-forest-labs/FLUX.2-klein-4B", "black-forest-labs/flux-2-klein-4b"),
        ("stabilityai/stable-diffusion-3-medium", "stabilityai/stable-diffusion-3-medium"),
    ],
)
def test_a_clean_slug_is_lower_case_with_dashes(slug: str, clean: str) -> None:
    assert clean_slug(slug) == clean


@pytest.mark.parametrize("slug", ["", "a", "a/", "/b", "a/b/c", "../b", "a/..", " / "])
def test_what_is_not_owner_and_project_has_no_parts(slug: str) -> None:
    assert slug_parts(slug) is None
