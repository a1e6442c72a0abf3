"""A prompt is sent as it was written; what shows nothing is no prompt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.request.errors import PromptFault, PromptRefused
from bot.domain.request.prompt import MAX_PROMPT_CHARS, checked_negative_prompt, checked_prompt

# By category: letters, digits, punctuation and symbols are seen; fillers only claim to be letters.
FILLERS = "\u115f\u1160\u3164\uffa0\u2800"
visible = st.characters(categories=["L", "N", "P", "S"], exclude_characters=FILLERS)
invisible = st.characters(categories=["Cc", "Cf", "Cs", "Cn", "Z", "M"]) | st.sampled_from(FILLERS)
words = st.builds(lambda a, b, c: a + b + c, st.text(max_size=20), visible, st.text(max_size=20))


@given(words)
def test_words_pass_unchanged_but_for_blanks_around_them(text: str) -> None:
    assert checked_prompt(text) == text.replace("\0", "").strip()
    assert checked_negative_prompt(text) == text.replace("\0", "").strip()


@given(words)
def test_a_checked_prompt_is_checked_for_good(text: str) -> None:
    assert checked_prompt(checked_prompt(text)) == checked_prompt(text)


@given(st.text(invisible, max_size=30))
def test_what_shows_nothing_is_an_empty_prompt(text: str) -> None:
    with pytest.raises(PromptRefused) as refused:
        checked_prompt(text)
    assert refused.value.fault is PromptFault.EMPTY
    assert checked_negative_prompt(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t",
        "\0",
        "\u200b",
        "\u200d\ufe0f",
        "\u202e",
        "\u3164",
        "\u2800",
        "\ufeff",
        "\u0301",
        "\xa0",
        "\U000e0020",
    ],
)
def test_invisible_prompts_are_refused(text: str) -> None:
    with pytest.raises(PromptRefused):
        checked_prompt(text)


@pytest.mark.parametrize("text", ["a", "🏮", "灯台", "?", "ç", "e\u0301", "👩‍🚀", "\u200bx\u200b", "مرحبا"])
def test_prompts_in_any_script_pass(text: str) -> None:
    assert checked_prompt(text) == text


@given(st.integers(1, 3 * MAX_PROMPT_CHARS))
def test_prompts_are_held_to_a_length(length: int) -> None:
    text = "é" * length
    if length <= MAX_PROMPT_CHARS:
        assert checked_prompt(f"  {text} ") == checked_negative_prompt(text) == text
        return
    for check in (checked_prompt, checked_negative_prompt):
        with pytest.raises(PromptRefused) as refused:
            check(text)
        assert refused.value.fault is PromptFault.TOO_LONG
        assert (refused.value.length, refused.value.limit) == (length, MAX_PROMPT_CHARS)


def test_no_negative_prompt_is_none() -> None:
    assert checked_negative_prompt(None) is None
