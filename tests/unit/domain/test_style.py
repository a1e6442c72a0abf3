"""A style goes around what was asked for; what the member gave wins."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.request.errors import StyleFault, StyleRefused
from bot.domain.request.prompt import MAX_PROMPT_CHARS
from bot.domain.request.style import MAX_TEMPLATE_CHARS, Style, apply, checked_style, name_key, styled
from tests.support.samples import a_request

OIL = Style(7, 1, "Oil", "{prompt}, oil painting", saved_by=1, saved_at_s=0.0)
WHOLE = replace(OIL, negative_prompt="fog", model="o/m", width=1344, height=768, steps=30, guidance=4.5)


@pytest.mark.parametrize(
    ("template", "prompt"),
    [
        ("{prompt}, oil painting", "a cat, oil painting"),
        ("an oil painting of { Prompt }, framed", "an oil painting of a cat, framed"),
        ("{prompt} and {PROMPT}", "a cat and a cat"),
        ("oil painting", "a cat, oil painting"),
        ("{colour} {} {0}", "a cat, {colour} {} {0}"),
    ],
)
def test_the_prompt_takes_its_place_or_comes_first(template: str, prompt: str) -> None:
    assert styled(template, " a cat ") == prompt


@given(st.text(max_size=30))
def test_a_members_words_are_never_taken_for_a_template(words: str) -> None:
    assert styled("<{prompt}>", words) == f"<{words.strip()}>"
    assert styled("{prompt}", "{prompt}\\1 {prompt}") == "{prompt}\\1 {prompt}"


def test_options_of_the_style_fill_what_was_left_open() -> None:
    request = apply(WHOLE, a_request(model="", prompt="a cat"))
    assert request == a_request(
        model="o/m",
        prompt="a cat, oil painting",
        negative_prompt="fog",
        width=1344,
        height=768,
        steps=30,
        guidance=4.5,
    )


def test_what_the_member_gave_wins() -> None:
    given_options: dict[str, Any] = {
        "model": "x/y",
        "negative_prompt": "rain",
        "width": 512,
        "height": 512,
        "steps": 4,
        "guidance": 0.0,
        "seed": 9,
        "count": 3,
    }
    request = apply(WHOLE, a_request(prompt="a cat", **given_options))
    assert request == a_request(prompt="a cat, oil painting", **given_options)


def test_a_shape_is_taken_whole_or_not_at_all() -> None:
    request = apply(WHOLE, a_request(width=512))
    assert (request.width, request.height) == (512, None)


def test_a_style_without_a_model_leaves_it_open() -> None:
    assert apply(OIL, a_request(model="")).model == ""


def test_both_texts_together_must_fit() -> None:
    with pytest.raises(StyleRefused) as refused:
        apply(OIL, a_request(prompt="x" * (MAX_PROMPT_CHARS - 10)))
    assert refused.value.fault is StyleFault.TOO_LONG_TOGETHER
    assert refused.value.limit == MAX_PROMPT_CHARS


def test_a_style_is_kept_tidied() -> None:
    kept = checked_style(
        replace(OIL, name="  Oil\u200b \n paint ", template=" {prompt}\0 ", negative_prompt="  ")
    )
    assert (kept.name, kept.template, kept.negative_prompt) == ("Oil paint", "{prompt}", None)
    assert checked_style(replace(OIL, negative_prompt=" fog ")).negative_prompt == "fog"


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"name": ""}, StyleFault.NAME),
        ({"name": "\u200b\u2060"}, StyleFault.NAME),
        ({"name": "x" * 33}, StyleFault.NAME),
        ({"template": "  , "}, StyleFault.EMPTY),
        ({"template": "\u200b"}, StyleFault.EMPTY),
        ({"template": "x" * (MAX_TEMPLATE_CHARS + 1)}, StyleFault.TOO_LONG),
        ({"negative_prompt": "x" * (MAX_TEMPLATE_CHARS + 1)}, StyleFault.TOO_LONG),
    ],
)
def test_what_cannot_be_a_style_is_refused(changes: dict[str, Any], fault: StyleFault) -> None:
    with pytest.raises(StyleRefused) as refused:
        checked_style(replace(OIL, **changes))
    assert refused.value.fault is fault


def test_names_are_compared_without_case_and_forms() -> None:
    assert name_key("  ÖL  Farbe ") == name_key("öl farbe") == name_key("ｏ̈ｌ ｆａｒｂｅ")
    assert replace(OIL, name="OIL").key == OIL.key
    assert not OIL.is_pinned
    assert replace(OIL, user_id=0).is_pinned
