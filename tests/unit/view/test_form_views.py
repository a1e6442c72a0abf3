"""Whatever a model's page says and a member typed, the card and the modals are such as Discord takes."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from discord import ui
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.catalogue.model import Kind, Model, Option, Parameter
from bot.domain.money import Money
from bot.domain.request.files import InputFile
from bot.domain.request.form import Complaint, FieldFault, complaints_of, defaults_of, fields_of, pages_of
from bot.domain.request.form_state import Form, FormState
from bot.view.actions.buttons import FormButton
from bot.view.card import Card, Tone
from bot.view.cards.forms import form_card
from bot.view.forms.steps import files_of, modal_of, raw_texts_of, submission_in, texts_of
from bot.view.layout import layout_of
from sandbox.discord.check_components import ComponentCheck
from sandbox.discord.problems import Problems
from tests.support.samples import an_origin
from tests.support.seals import SEAL

DRAFT = 1456074443980800020
PROMPT = Parameter("prompt", Kind.LONG_TEXT, "Prompt", is_required=True)
STYLE = Parameter("style", Kind.CHOICE, "Style", options=(Option("ink", "Ink"), Option("oil", "Oil paint")))
LONG = Parameter(
    "tone", Kind.CHOICES, "Tone", options=(Option("x" * 101, "Long"), Option("", "None"), Option("#2"))
)
MANY = Parameter("mood", Kind.CHOICE, "Mood", options=tuple(Option(f"m{n}") for n in range(26)))
STEPS = Parameter("steps", Kind.WHOLE, "Steps", minimum=Decimal(1), maximum=Decimal("1E+2"))
IMAGE = Parameter("inputImage", Kind.FILE, "Input Image", is_required=True)
PICTURE = InputFile("inputImage", "https://cdn.test/a.png", "a.png", "image/png", 12)


def a_state(*parameters: Parameter, slug: str = "wiro/test", **changes: Any) -> FormState:
    model = Model(slug, "Test", parameters)
    return replace(FormState(DRAFT, 1, model, defaults_of(model)), **changes)


def a_form(state: FormState, usual_s: float | None = None) -> Form:
    complaints = complaints_of(state.model, state.typed, state.files)
    return Form(state, complaints, Money.parse("0.0035"), usual_s)


def component(state: FormState, page: int = 0, at: int = 0) -> dict[str, Any]:
    modal = modal_of(state, page)
    assert modal is not None
    part: dict[str, Any] = modal.to_dict()["components"][at]["component"]
    return part


def check(payload: dict[str, Any]) -> None:
    problems = Problems()
    checker = ComponentCheck(problems, lambda _path, url: {"url": url})
    if "title" in payload:
        checker.modal(payload, ("data",))
    else:
        checker.layout(payload["components"], ("components",))
    problems.raise_if_any()


# --- the modal -----------------------------------------------------------------------------------


async def test_a_select_shows_what_is_picked_and_a_number_its_bounds() -> None:
    state = a_state(PROMPT, STYLE, STEPS, typed={"style": ("Oil paint",), "steps": ("٣",)})
    style = component(state, at=1)
    assert [(o["value"], o.get("default", False)) for o in style["options"]] == [
        ("ink", False),
        ("oil", True),
    ]
    assert (style["min_values"], style["max_values"], style["required"]) == (0, 1, False)
    steps = component(state, at=2)
    assert (steps["value"], steps["placeholder"]) == ("٣", "a whole number from 1 up to 100")
    assert component(state)["required"]


async def test_too_many_options_are_typed() -> None:
    mood = component(a_state(PROMPT, MANY), at=1)
    assert mood["type"] == 4
    assert mood["placeholder"].startswith("one of m0, m1")


async def test_options_that_no_select_can_carry_go_by_a_code() -> None:
    state = a_state(LONG, typed={"tone": ("x" * 101,)})
    tone = component(state)
    assert [option["value"] for option in tone["options"]] == ["#0", "#1", "#2"]
    assert [option["label"] for option in tone["options"]] == ["Long", "None", "#2"]
    assert tone["options"][0]["default"]
    assert texts_of(state.model, {"tone": ("#0", "#2")}) == {"tone": ("x" * 101, "#2")}
    assert raw_texts_of({"tone": ("#0",), "#7": ("a",), "note": ("b",)}) == {"note": ("b",)}


async def test_a_file_that_is_there_already_is_not_asked_for_again() -> None:
    assert component(a_state(IMAGE))["required"]
    upload = component(a_state(IMAGE, files=(PICTURE,)))
    assert (upload["type"], upload["required"], upload["min_values"], upload["max_values"]) == (
        19,
        False,
        0,
        1,
    )
    assert component(a_state(replace(IMAGE, kind=Kind.FILES)))["max_values"] == 10


async def test_a_text_too_long_for_its_field_is_not_cut_and_sent_back_cut() -> None:
    prompt = component(a_state(PROMPT, typed={"prompt": ("x" * 2_001,)}))
    assert "value" not in prompt or prompt["value"] is None
    assert "too long" in prompt["placeholder"]
    assert component(a_state(PROMPT, typed={"prompt": ("x" * 2_000,)}))["value"] == "x" * 2_000


async def test_a_step_that_the_form_does_not_have_is_none() -> None:
    assert modal_of(a_state(PROMPT), 1) is None


async def test_the_modals_id_tells_the_draft_and_the_model_where_there_is_room() -> None:
    for slug, told in (("wiro/test", "wiro/test"), ("o/" + "x" * 90, "")):
        modal = modal_of(a_state(PROMPT, slug=slug), 0)
        assert modal is not None
        sent = submission_in(modal.custom_id)
        assert sent is not None
        assert (sent.form_id, sent.slug) == (DRAFT, told)


@pytest.mark.parametrize(
    "custom_id", ["draft:1:save:x:a/b", "draft::save:0:", "draft:1:fill:0", "edit:1:save:0:"]
)
def test_an_id_that_was_made_up_is_no_modal_of_a_form(custom_id: str) -> None:
    assert submission_in(custom_id) is None


def test_files_come_as_discord_describes_them() -> None:
    model = Model("a/b", "B", (PROMPT, IMAGE))
    attachment = {
        "id": "5",
        "url": "https://cdn.test/5/a.png?ex=1",
        "filename": "a.png",
        "content_type": "Image/PNG; charset=utf-8",
        "size": 12,
    }
    data = {"resolved": {"attachments": {"5": attachment, "6": "odd"}}}
    fields = {"inputImage": ("5", "6", "7"), "prompt": ("5",)}
    assert files_of(model, fields, data) == [
        InputFile("inputImage", "https://cdn.test/5/a.png?ex=1", "a.png", "image/png", 12)
    ]
    assert files_of(model, fields, {"resolved": None}) == []
    bare = {"resolved": {"attachments": {"5": {"size": "big"}}}}
    assert files_of(model, fields, bare) == [InputFile("inputImage", "", "", "", None)]


# --- the card ------------------------------------------------------------------------------------


def rows_of(card: Card) -> list[list[Any]]:
    rows = [item for item in layout_of(card, SEAL).walk_children() if isinstance(item, ui.ActionRow)]
    return [[button.action for button in row.children] for row in rows]


def test_the_card_tells_each_field_and_what_is_wrong_with_it() -> None:
    state = a_state(PROMPT, STYLE, STEPS, IMAGE, typed={"style": ("oil",), "steps": ("0",)}, files=(PICTURE,))
    card = form_card(a_form(state, usual_s=4.2))
    assert card.tone is Tone.WARNING
    assert card.text.splitlines() == [
        "### Test",
        "⚠️ **Prompt** is missing",
        "**Input Image** a.png",
        "**Style** Oil paint",
        "⚠️ **Steps** takes a number from 1 to 100, not “0”",
    ]
    assert card.small_print == "`wiro/test` · about $0.0035 a run · usually 4.2 s"
    run, reset = card.buttons[-2:]
    assert (run.label, run.is_disabled, run.action) == ("Run · about $0.0035", True, FormButton.RUN)
    assert reset.label == "Start over"


def test_one_page_has_one_button_and_several_are_counted() -> None:
    assert [button.label for button in rows_of(form_card(a_form(a_state(PROMPT))))[0]] == ["Fill in"]
    fields = [replace(STEPS, parameter_id=f"s{n}") for n in range(28)]
    rows = rows_of(form_card(a_form(a_state(*fields))))
    assert [[press.number for press in row] for row in rows] == [[0, 1, 2, 3, 4], [5], [0, 0]]
    assert rows[1][0].label == "Fill in 6/6"


def test_after_a_run_the_card_says_where_and_offers_another() -> None:
    state = a_state(STEPS, runs=2, origin=an_origin())
    card = form_card(a_form(state))
    assert "[here](https://discord.com/channels/700/30/900)" in card.text
    run, _ = card.buttons[-2:]
    assert (run.label, run.number) == ("Run once more · about $0.0035", 2)
    private = replace(state, origin=an_origin(is_private=True))
    assert "to you alone" in form_card(a_form(private)).text
    direct = replace(state, origin=an_origin(guild_id=None))
    assert "/channels/@me/30/900" in form_card(a_form(direct)).text


def test_values_that_were_left_out_are_told_as_they_were() -> None:
    left_out = tuple(
        Complaint(replace(STEPS, parameter_id=f"s{n}", label=f"S{n}"), FieldFault.TOO_LARGE, "101")
        for n in range(7)
    )
    gone = Complaint(Parameter("old", Kind.TEXT), FieldFault.NOT_AN_OPTION, "a")
    text = form_card(a_form(a_state(STEPS, left_out=(gone, *left_out)))).text
    assert "old is not asked for any more, so “a” was left out; S0 takes a number from 1 to 100" in text
    assert "; 3 more." in text


def test_inputs_past_what_a_message_can_hold_stay_at_their_defaults_and_are_counted() -> None:
    fields = [replace(STEPS, parameter_id=f"s{n}") for n in range(200)]
    card = form_card(a_form(a_state(*fields)))
    assert "75 more inputs have no room" in card.text
    check(layout_of(card, SEAL).to_components() and {"components": layout_of(card, SEAL).to_components()})


def test_fields_at_their_defaults_are_counted_where_the_card_is_full() -> None:
    fields = [replace(STEPS, parameter_id=f"s{n}", label="L" * 45, default="5") for n in range(100)]
    state = a_state(*fields)
    lines = form_card(a_form(replace(state, typed={**state.typed, "s3": ("7",)}))).text.splitlines()
    assert lines == ["### Test", f"**{'L' * 45}** 7", "-# 99 more at their defaults"]


@pytest.mark.parametrize(("count", "chars"), [(60, 30), (120, 30)])
def test_long_answers_are_cut_before_any_is_left_out(count: int, chars: int) -> None:
    fields = [Parameter(f"n{n:03}", Kind.TEXT) for n in range(count)]
    state = a_state(*fields, typed={field.parameter_id: ("x" * 100,) for field in fields})
    lines = form_card(a_form(state)).text.splitlines()
    shown = [line for line in lines if line.endswith("x…")]
    assert all(len(line.split(" ")[1]) == chars for line in shown)
    left = count - len(shown)
    assert lines[1 + len(shown) :] == ([f"-# {left} more are filled in"] if left else [])


# --- whatever it is ------------------------------------------------------------------------------

words = (
    st.text(max_size=60) | st.text("*_`[]()<@>:/", max_size=120) | st.sampled_from(["x" * 300, "\u202e", " "])
)
parameter = st.builds(
    Parameter,
    st.text(min_size=1, max_size=130),
    st.sampled_from(Kind),
    label=words,
    is_required=st.booleans(),
    default=st.none() | words,
    minimum=st.none() | st.decimals(-1000, 1000, places=3),
    maximum=st.none() | st.decimals(-1000, 1000, places=3),
    options=st.lists(st.builds(Option, words, words), max_size=30).map(tuple),
    help_text=words,
)
schemas = st.none() | st.lists(parameter, max_size=14, unique_by=lambda p: p.parameter_id).map(tuple)


@settings(max_examples=40, deadline=None)
@given(schemas, st.lists(words, max_size=14), words)
async def test_whatever_the_schema_and_the_texts_discord_takes_card_and_modals(
    parameters: tuple[Parameter, ...] | None, texts: list[str], title: str
) -> None:
    model = Model("owner/project", title, parameters)
    fields = fields_of(model)
    typed = defaults_of(model) | {f.parameter_id: (text,) for f, text in zip(fields, texts, strict=False)}
    files = tuple(replace(PICTURE, parameter_id=f.parameter_id) for f in fields if f.kind.takes_files)
    state = FormState(DRAFT, 1, model, typed, files)
    check({"components": layout_of(form_card(a_form(state)), SEAL).to_components()})
    for page in range(len(pages_of(model))):
        modal = modal_of(state, page)
        assert modal is not None
        check(modal.to_dict())
