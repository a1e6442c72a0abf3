"""Cards of models: nothing invented, nothing past Discord's room, pages that can be turned."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.catalogue.abilities import Abilities, Medium, abilities_of
from bot.domain.catalogue.errors import ModelUnknown
from bot.domain.catalogue.model import Kind, Model, ModelSummary, Option, Parameter, PriceRule
from bot.domain.moderation.errors import RuleFault
from bot.domain.money import Money
from bot.domain.records.model_pages import CatalogueReading, ModelDetail, ModelPage, ModelRow
from bot.view.actions.buttons import ModelAction, ModelButton, custom_id_of, has_room
from bot.view.actions.component import read
from bot.view.card import Card
from bot.view.cards.models import detail_card, page_card
from bot.view.layout import layout_of
from bot.view.text.models import (
    format_parameter,
    format_price,
    format_price_rule,
    format_time,
    format_withdrawn,
    model_unknown,
    suggestion_name,
)
from tests.support.seals import SEAL

EVERYTHING = Abilities(tuple(Medium), tuple(Medium))
READ = CatalogueReading(1_772_366_400.0)
SUMMARY = ModelSummary("o/m", "Model", Money.parse("0.0021"), "Draws.", ("text-to-image",), 10.0, 90)
MODEL = Model("o/m", "Model", (Parameter("prompt", Kind.LONG_TEXT, "Prompt"),), description="Draws.")


def a_line(summary: ModelSummary = SUMMARY, **changes: Any) -> ModelRow:
    return replace(ModelRow(summary, None, abilities_of(summary.categories), None), **changes)


def a_page(*lines: ModelRow, **changes: Any) -> ModelPage:
    return replace(ModelPage(lines, 1, 1, len(lines), "", "", READ), **changes)


def a_detail(**changes: Any) -> ModelDetail:
    abilities = abilities_of(("text-to-image",), MODEL.parameters)
    return replace(
        ModelDetail(MODEL, SUMMARY, None, abilities, None, is_unread=False, reading=READ), **changes
    )


def words_of(card: Card) -> str:
    return "\n".join([card.text, *(row.text for row in card.rows), card.small_print])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "from $0.0021"),
        ({"is_hint_mean": True}, "about $0.0021"),
        ({"price_hint": None}, "price not stated"),
        ({"price_hint": None, "cost_per_second": Money.parse("0.000585")}, "$0.0006 a second"),
        ({"price_hint": None, "cost_per_second": Money(0)}, "price not stated"),
    ],
)
def test_a_price_is_said_as_it_is_known(changes: dict[str, Any], words: str) -> None:
    assert format_price(replace(SUMMARY, **changes)) == words
    assert words in page_card(a_page(a_line(replace(SUMMARY, **changes)))).rows[0].text


def test_our_own_history_goes_before_wiros_and_each_is_named() -> None:
    assert format_time(4.2, 10.0) == "usually 4.2 s here"
    assert format_time(None, 10.0) == "usually 10.0 s, says Wiro"
    assert format_time(None, None) == "usual time not known"


def test_a_page_has_a_line_and_a_button_for_each_model() -> None:
    card = page_card(a_page(a_line(median_s=4.2), a_line(forbidden=RuleFault.MODEL), search="dra", total=2))
    assert card.text == "### 2 models for “dra”"
    assert "usually 4.2 s here · text → pictures · text-to-image" in card.rows[0].text
    assert "not allowed on this server" in card.rows[1].text
    assert [row.button for row in card.rows] == [ModelAction(ModelButton.DETAILS, "o/m")] * 2
    assert card.buttons == ()


def test_pages_can_be_turned_with_what_was_searched_for() -> None:
    page = a_page(a_line(), number=2, pages=3, total=20, search="a|b", category="video")
    presses = page_card(page).buttons
    assert [press.listing for press in presses] == [(1, "video", "a|b"), (3, "video", "a|b")]
    for press in presses:
        assert read(custom_id_of(press)) == press
    too_long = page_card(replace(page, search="x" * 100))
    assert too_long.buttons == ()
    assert "a shorter search" in too_long.small_print


def test_a_first_start_and_a_wiro_that_is_down_are_told_apart() -> None:
    first = page_card(a_page(reading=CatalogueReading()))
    assert "has not been read yet" in first.text
    assert "on its way" in first.text
    assert (
        "cannot be read just now, and the bot keeps trying"
        in page_card(a_page(reading=CatalogueReading(has_failed=True))).text
    )
    stale = page_card(a_page(a_line(), reading=replace(READ, has_failed=True)))
    assert "this one was read <t:1772366400:R>" in stale.small_print
    assert "cannot be read" not in page_card(a_page(a_line())).small_print


def test_nothing_found_is_said_in_the_words_of_the_search() -> None:
    assert "no model for “zzz” in video." in page_card(a_page(search="zzz", category="video")).text


def test_a_detail_names_everything_that_is_known() -> None:
    steps = Parameter(
        "steps",
        Kind.WHOLE,
        "Steps",
        is_required=True,
        default="28",
        minimum=Decimal(1),
        maximum=Decimal("100.0"),
    )
    model = replace(
        MODEL,
        parameters=(*(MODEL.parameters or ()), steps),
        prices=(PriceRule({"res": "1080p"}, Money.parse("0.03"), "cpr"),),
        run_count=1_234,
        licence="Apache 2.0",
    )
    card = detail_card(a_detail(model=model, median_s=3.0), can_run=True)
    for words in (
        "from $0.0021",
        "$0.03 a run where res is 1080p",
        "usually 3.0 s here",
        "**Takes in** text",
        "**Gives out** pictures",
        "Apache 2.0",
        "https://wiro.ai/models/o/m",
        "**Here** allowed",
        "**2 inputs**",
        "**Steps** whole number, 1 to 100, by default 28, required",
    ):
        assert words in card.text, words
    assert "1,234 runs at Wiro" in card.small_print
    assert card.buttons == (ModelAction(ModelButton.RUN, "o/m"),)
    assert detail_card(a_detail(), can_run=False).buttons == ()


def test_a_forbidden_model_says_so_and_offers_no_run() -> None:
    card = detail_card(a_detail(forbidden=RuleFault.ADULT_MODEL), can_run=True)
    assert "**Here** in age-restricted channels only" in card.text
    assert card.buttons == ()


def test_a_licence_that_nobody_states_is_not_made_up() -> None:
    assert "Wiro states no licence; see [its page]" in detail_card(a_detail(), can_run=True).text


def test_a_model_whose_page_cannot_be_read_shows_its_line_in_the_list() -> None:
    bare = a_detail(model=Model("o/m", "o/m"), is_unread=True)
    card = detail_card(bare, can_run=True)
    assert "### Model\n" in card.text
    assert "Draws." in card.text
    assert "tells nothing of them just now" in card.text
    unlisted = detail_card(replace(bare, summary=None), can_run=True)
    assert "price not stated" in unlisted.text
    mean = Model("o/m", "o/m", approximate_cost=Money.parse("0.5"))
    assert "about $0.50" in detail_card(replace(bare, summary=None, model=mean), can_run=True).text


def test_a_model_without_a_schema_says_so() -> None:
    card = detail_card(a_detail(model=replace(MODEL, parameters=None)), can_run=True)
    assert "lists none" in card.text


@pytest.mark.parametrize(
    ("parameter", "words"),
    [
        (Parameter("seed", Kind.TEXT), "**seed** text"),
        (Parameter("x", Kind.DECIMAL, minimum=Decimal("0.5")), "**x** number, at least 0.5"),
        (Parameter("x", Kind.WHOLE, maximum=Decimal("1E+40")), "**x** whole number, at most 1e+40"),
        (Parameter("f", Kind.FILE, default="a.png", is_required=True), "**f** a file, required"),
        (
            Parameter("c", Kind.CHOICE, options=tuple(Option(str(n)) for n in range(9)), default="3"),
            "**c** one of 0 / 1 / 2 / 3 / 4 / 5 and 3 more, by default 3",
        ),
        (Parameter("c", Kind.CHOICES, options=(Option("a", "A"),)), "**c** any of A"),
    ],
)
def test_inputs_in_words(parameter: Parameter, words: str) -> None:
    assert format_parameter(parameter) == words


def test_rules_in_words() -> None:
    rule = PriceRule({"inputImage": "QUANTITY:2", "mode": ""}, Money.parse("0.1"), "CPS")
    assert format_price_rule(rule) == "$0.10 a second where inputImage has 2 files and mode is empty"
    unknown = PriceRule({}, Money.parse("0.1"), "cp-next")
    assert format_price_rule(unknown) == "$0.10 by a measure of Wiro's own"


def test_suggestions_keep_their_price_however_long_the_title() -> None:
    assert suggestion_name(SUMMARY) == "Model · from $0.0021"
    name = suggestion_name(replace(SUMMARY, title="x" * 300))
    assert len(name) == 100
    assert name.endswith("… · from $0.0021")


def test_an_unknown_model_comes_with_those_that_may_be_meant() -> None:
    assert "pick one from the list" in model_unknown(ModelUnknown("a/b"))
    assert "you may mean `x/y`." in model_unknown(ModelUnknown("a/b", ("x/y",)))
    assert "you may mean `x/y`, `x/z` or `q/r`." in model_unknown(ModelUnknown("a/b", ("x/y", "x/z", "q/r")))


def test_wiros_word_for_a_withdrawn_model_is_put_into_ours() -> None:
    assert "withdrawn" in format_withdrawn("slug-owner-project-not-exist")
    assert format_withdrawn("out of paint") == "out of paint"


hostile = st.text(st.sampled_from("*_|`[]<>@:/\\\u202e\n x𝕏") | st.characters(), max_size=400)


@given(hostile, hostile, st.lists(hostile, max_size=3))
@example("@" * 400, "*" * 400, ["_" * 400] * 3)
@example("𝕏" * 400, "@" * 400, ["@" * 400] * 3)
@example("\ud800", "\ud800", ["\ud800"])
def test_no_card_has_more_text_than_a_message_holds(title: str, text: str, names: list[str]) -> None:
    summary = replace(SUMMARY, slug=f"o/{title[:98]}", title=title, description=text, categories=tuple(names))
    stale = replace(READ, has_failed=True)
    line = replace(a_line(summary), abilities=EVERYTHING, forbidden=RuleFault.ADULT_MODEL)
    page = a_page(*[line] * 8, search=text[:100], category=title[:40], reading=stale)
    options = tuple(Option(name, title) for name in names)
    inputs = tuple(Parameter(f"p{n}", Kind.CHOICE, title, default=text, options=options) for n in range(60))
    prices = tuple(PriceRule({title: text, text: title}, Money(9), text) for _ in range(9))
    model = replace(
        MODEL,
        slug=summary.slug,
        title=title,
        description=text,
        parameters=inputs,
        prices=prices,
        licence=text,
        categories=summary.categories,
        run_count=10**12,
    )
    detail = a_detail(model=model, summary=summary, abilities=EVERYTHING, reading=stale)
    for card in (page_card(page), detail_card(detail, can_run=True)):
        assert len(words_of(card)) <= 4_000
        assert len(list(layout_of(card, SEAL).walk_children())) <= 40


@given(st.text(max_size=120), st.text(max_size=60), st.integers(1, 999))
def test_a_button_that_fits_leads_back_to_its_press(search: str, category: str, number: int) -> None:
    category = category.replace("|", "").replace("\n", "")
    press = ModelAction.to_page(number, category, search.replace("\n", ""))
    if has_room(press):
        custom_id = SEAL.marked(custom_id_of(press))
        assert len(custom_id.encode("utf-16-le", "surrogatepass")) // 2 <= 100
        assert read(custom_id) == press
        assert press.listing == (number, category, search.replace("\n", ""))


@pytest.mark.parametrize("subject", ["", "x", "0|a|b", "-3||", "٣||", "9999999999999|a|b"])
def test_a_page_that_was_made_up_is_the_first(subject: str) -> None:
    assert ModelAction(ModelButton.PAGE, subject).listing[0] == 1
