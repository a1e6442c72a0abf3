"""Word rules as typed: words and patterns told apart, patterns in linear time, nonsense refused."""

from __future__ import annotations

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.moderation.errors import PatternFault, PatternRefused
from bot.domain.moderation.rules import Match, WordRule
from bot.services.guild_settings._word_rules import Readied
from bot.services.guild_settings.patterns import (
    JOINED_CHARS,
    MAX_PATTERN_BYTES,
    MAX_PATTERN_CHARS,
    Patterns,
    as_typed,
    word_rule,
)


def matches(rule: WordRule, prompt: str) -> bool:
    return bool(Readied([rule]).matches(prompt))


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
    assert matches(word_rule(rule), prompt) is is_hit


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
    assert matches(word_rule(text), f"draw {text} now")


def test_a_bounded_repetition_of_a_repetition_is_taken() -> None:
    assert matches(word_rule("/(ab+){2}c/"), "abbabc")


@given(st.text(max_size=60))
def test_any_text_is_a_rule_or_refused_and_never_anything_else(text: str) -> None:
    try:
        rule = word_rule(text)
    except PatternRefused:
        return
    assert isinstance(matches(rule, text), bool)


def test_a_pattern_that_hangs_other_engines_answers_at_once() -> None:
    assert not matches(WordRule("(a|a)*(a|a)*(a|a)*b", is_pattern=True), "a" * 2_000)


@pytest.mark.parametrize(
    ("typed", "text", "is_pattern"),
    [(" cat ", "cat", False), ("/cat/", "cat", True), ("//", "//", False), ("/cat", "/cat", False)],
)
def test_what_was_typed_says_whether_it_is_a_pattern(typed: str, text: str, is_pattern: bool) -> None:
    assert as_typed(typed) == (text, is_pattern)


def test_only_a_word_can_be_looked_for_in_disguise() -> None:
    assert word_rule("cat", Match.TOLERANT) == WordRule("cat", is_pattern=False, match=Match.TOLERANT)
    assert word_rule("/cat/", Match.TOLERANT) == WordRule("cat", is_pattern=True)


@pytest.mark.parametrize(
    "patterns",
    [
        ["c[ao]t", "d.g", "(?i)MOUSE"],
        ["(?P<a>cat)", "(?P<a>dog)", "mouse"],  # cannot be joined
        [r"\Qcat", r"dog", r"\Qmouse"],  # what is quoted reaches to the end
        ["cat", "dog{1,900}", "x{900}y|mouse", *(f"{letter}[a-z]{{200,400}}q" for letter in "abcdefgh")],
    ],
)
def test_joined_patterns_find_what_each_of_them_finds(patterns: list[str]) -> None:
    joined = Patterns(patterns)
    found = [joined.find(text) for text in ("a cat", "a dog", "a mouse", "a bird")]
    assert found == ["cat", "dog", "mouse", None]


def test_no_step_of_compiling_is_a_long_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """RE2 holds every thread up while it compiles."""
    steps: list[str] = []
    compile_step = re2.compile

    def noted(pattern: str, options: re2.Options) -> object:
        steps.append(pattern)
        return compile_step(pattern, options)

    monkeypatch.setattr(re2, "compile", noted)
    patterns = [f"word{number} [a-z]{{1,9}}x" for number in range(500)]
    assert Patterns(patterns).find("so word499 abcx") == "word499 abcx"
    assert len(steps) < 100
    steps.clear()
    Patterns([rf"\pL{{1,5}}{number}" for number in range(100)])
    assert max(step.count("pL") for step in steps) <= JOINED_CHARS // 90
    assert all(len(step) <= JOINED_CHARS + 5 * step.count("|") for step in steps)


def test_joined_patterns_take_the_room_of_one() -> None:
    assert Patterns([f"word{number}s?" for number in range(100)]).size_bytes <= MAX_PATTERN_BYTES


def test_compiled_patterns_are_held_by_whoever_holds_them_alone() -> None:
    Patterns([f"a{number}" for number in range(3)])
    assert re2._Regexp._make.cache_info().currsize == 0
