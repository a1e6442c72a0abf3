"""Cards of /style: the server's first, before and after said, never more than a message holds."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.request.errors import StyleFault, StyleRefused
from bot.domain.request.style import Style
from bot.view.cards.styles import deleted_card, list_card, saved_card
from bot.view.text.sentences import sentence
from bot.view.text.styles import format_style
from tests.support.samples import GUILD, NOON_S

OIL = Style(GUILD, 1, "Oil", "{prompt}, oil", saved_by=1, saved_at_s=NOON_S)
WHOLE = replace(OIL, negative_prompt="fog", model="o/m", width=1344, height=768, steps=30, guidance=4.5)
NOIR = replace(OIL, user_id=0, name="Noir")


def test_everything_that_a_style_sets_is_said() -> None:
    assert format_style(OIL) == "“{prompt}, oil”"
    assert format_style(WHOLE) == (
        "“{prompt}, oil” · without fog · model `o/m` · 1344 × 768 · 30 steps · guidance 4.5"
    )
    assert format_style(None) == "no style"


def test_a_change_says_what_was_there_before() -> None:
    assert saved_card(OIL, None).text == "### Kept: Oil\nNow: “{prompt}, oil”"
    replaced = saved_card(NOIR, replace(NOIR, template="grey"))
    assert replaced.text == "### Replaced: 📌 Noir\nBefore: “grey”\nNow: “{prompt}, oil”"
    assert "Everybody on this server" in replaced.small_print
    assert "pinned for the server" in deleted_card(NOIR).small_print
    assert "one of yours" in deleted_card(OIL).small_print


def test_the_list_begins_with_the_servers_and_says_which_of_two_goes_first() -> None:
    text = list_card([NOIR, replace(NOIR, name="OIL")], [OIL]).text
    assert text.index("📌 Pinned") < text.index("Noir") < text.index("### Yours")
    assert "**OIL** (your own of this name goes before it)" in text
    assert "`/style save`" in list_card([], []).text


@given(st.text(max_size=1_000), st.text(max_size=1_000), st.text(min_size=1, max_size=32))
@example("@" * 1_000, "*" * 1_000, "_" * 32)
def test_no_card_has_more_text_than_a_message_holds(template: str, negative: str, name: str) -> None:
    style = replace(WHOLE, template=template, negative_prompt=negative, name=name, model="@" * 100)
    many = [replace(style, name=f"{name[:28]}{n}") for n in range(25)]
    pinned = [replace(other, user_id=0) for other in many]
    for card in (saved_card(style, style), deleted_card(style), list_card(pinned, many)):
        assert len(card.text) + len(card.small_print) <= 4_000
    assert "more" in list_card(pinned, many).small_print or len(template) < 100


@pytest.mark.parametrize("fault", StyleFault)
def test_every_refusal_is_sentences_that_say_what_was_kept(fault: StyleFault) -> None:
    text = sentence(StyleRefused(fault, "*bold*", 25))
    assert text.endswith(".")
    assert "Nothing was " in text
    assert "*bold*" not in text.replace("\\*", "")
