"""Word rules: whole words in any case and disguise, patterns in linear time, nonsense refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import PatternFault, PatternRefused
from bot.domain.rules import WordRule
from bot.jobs.patterns import MAX_PATTERN_CHARS, hits, word_rule


@pytest.mark.parametrize(
    ("rule", "prompt", "is_hit"),
    [
        ("cat", "a Cat, sleeping", True),
        ("cat", "a catalogue", False),
        ("cat", "c\u200bat", True),  # a zero-width space hides nothing
        ("cat", "ｃａｔ", True),
        ("red  cat", "a red\n cat", True),
        ("c.t", "a cat", False),
        ("/c.t/", "a cat", True),
        ("/^cat/", "a cat", False),
        ("/CAT/", "a cat", True),
        ("straße", "STRASSE", True),
        ("/straße/", "die Straße", True),
    ],
)
def test_what_a_rule_finds(rule: str, prompt: str, is_hit: bool) -> None:
    assert hits(word_rule(rule), prompt) is is_hit


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", PatternFault.EMPTY),
        (" \u200b ", PatternFault.EMPTY),
        ("x" * (MAX_PATTERN_CHARS + 1), PatternFault.TOO_LONG),
        ("/(a+)+$/", PatternFault.NESTED),
        ("(a+)+$", PatternFault.NESTED),  # meant as a pattern, whatever the slashes
        ("/((a*)b*)*/", PatternFault.NESTED),
        ("/(?:a{2,})+/", PatternFault.NESTED),
        ("/a*/", PatternFault.MATCHES_ALL),
        ("/(/", PatternFault.UNREADABLE),
        ("/(?=a)/", PatternFault.UNREADABLE),
        (r"/(a)\1/", PatternFault.UNREADABLE),
        ("/a{1000}{1000}/", PatternFault.UNREADABLE),
    ],
)
def test_what_cannot_be_a_rule(text: str, fault: PatternFault) -> None:
    with pytest.raises(PatternRefused) as refused:
        word_rule(text)
    assert refused.value.fault is fault


@pytest.mark.parametrize("text", ["c++", "50% * 2", "a [b", "/"])
def test_a_plain_phrase_may_look_like_a_pattern(text: str) -> None:
    assert hits(word_rule(text), f"draw {text} now")


def test_a_bounded_repetition_of_a_repetition_is_taken() -> None:
    assert hits(word_rule("/(ab+){2}c/"), "abbabc")


@given(st.text(max_size=60))
def test_any_text_is_a_rule_or_refused_and_never_anything_else(text: str) -> None:
    try:
        rule = word_rule(text)
    except PatternRefused:
        return
    assert isinstance(hits(rule, text), bool)


def test_a_pattern_that_hangs_other_engines_answers_at_once() -> None:
    assert not hits(WordRule("(a|a)*(a|a)*(a|a)*b", is_pattern=True), "a" * 2_000)
