"""Words of others do no harm in a message, and stay short."""

from __future__ import annotations

import string
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.view.text.format import code, code_block, duration, escaped, plain, plural, relative

MARKDOWN = set("\\*_~|`[]<")
hostile = st.text(st.sampled_from("\\*_~|`[]()<>@#:/&! \n\u200b\u202eé🏮a") | st.characters(), max_size=60)
limits = st.integers(1, 40)


def live_markup(text: str) -> list[str]:
    """What Discord would still format: markup that no backslash precedes, mentions, links."""
    found: list[str] = []
    at = 0
    while at < len(text):
        if text[at] == "\\" and text[at + 1 : at + 2] in set(string.punctuation):
            at += 2
            continue
        if text[at] in MARKDOWN or (text[at] == ":" and text[at + 1 : at + 3] == "//"):
            found.append(text[at : at + 3])
        if text[at] == "@" and text[at + 1 : at + 2] != "\u200b":
            found.append(text[at : at + 2])
        at += 1
    return found


@given(hostile, limits)
@example("<@123> @everyone <#1> <@&2> <:a:1> <t:0:R>", 40)
@example("[a](https://example.com) https://example.com", 40)
@example("\\*bold\\* \\\\", 40)
def test_no_markup_mention_or_link_survives_escaping(text: str, limit: int) -> None:
    shown = escaped(text, limit)
    assert live_markup(shown) == []
    assert "\n" not in shown
    assert len(shown) <= 2 * limit


@given(hostile, limits)
def test_escaping_loses_no_word(text: str, limit: int) -> None:
    shown = escaped(text, limit).replace("@\u200b", "@")
    unescaped = ""
    at = 0
    while at < len(shown):
        at += shown[at] == "\\"
        unescaped += shown[at]
        at += 1
    assert unescaped == plain(text, limit)


@given(hostile, limits)
def test_plain_text_is_one_line_of_visible_characters_within_its_limit(text: str, limit: int) -> None:
    shown = plain(text, limit)
    assert len(shown) <= limit
    joiners = {"\u200d", "\ufe0f"}
    assert all(unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Cn", "Co"} or c in joiners for c in shown)


@given(st.text(string.ascii_letters + string.digits + ",.!? ", max_size=40))
def test_ordinary_words_are_left_alone(text: str) -> None:
    assert escaped(text, 100) == plain(text, 100) == " ".join(text.split())


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\n\tb", "a b"),
        ("\u202egnp.exe", "gnp.exe"),
        ("👩‍🚀 ❤️", "👩‍🚀 ❤️"),
        ("Z" + "\u0351" * 30, "Z\u0351\u0351"),
        ("abcdefghijk", "abcdefghi…"),
        ("abcdefgh ijk", "abcdefgh…"),
    ],
)
def test_plain_text_in_examples(text: str, shown: str) -> None:
    assert plain(text, 10) == shown


@given(hostile, st.integers(1, 80))
@example("`\u200b``\n@everyone", 80)
@example("``" + "`", 80)
def test_nothing_breaks_out_of_a_code_block(text: str, limit: int) -> None:
    block = code_block(text, limit)
    assert block.startswith("```\n")
    assert block.endswith("\n```")
    body = block[4:-4]
    assert "```" not in body
    assert len(body) <= limit


def test_a_code_block_keeps_its_lines() -> None:
    assert code_block("one\ntwo", 100) == "```\none\ntwo\n```"
    assert code_block("abcdef", 4) == "```\nabc…\n```"


@given(hostile)
def test_nothing_breaks_out_of_inline_code(text: str) -> None:
    assert "`" not in code(text)[1:-1]
    assert code("a`b") == "`a'b`"


@pytest.mark.parametrize(
    ("number", "shown"), [(0, "0 runs"), (1, "1 run"), (2, "2 runs"), (1_234_567, "1,234,567 runs")]
)
def test_numbers_agree_with_their_noun(number: int, shown: str) -> None:
    assert plural(number, "run") == shown


def test_an_irregular_plural_is_given() -> None:
    assert plural(2, "entry", "entries") == "2 entries"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0.0 s"),
        (4.24, "4.2 s"),
        (60, "1 min"),
        (65, "1 min 5 s"),
        (3599.4, "59 min 59 s"),
        (3600, "1 h"),
        (7380, "2 h 3 min"),
    ],
)
def test_durations_read_as_people_say_them(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


def test_a_moment_is_left_to_discord_to_tell() -> None:
    assert relative(1_772_366_400.9) == "<t:1772366400:R>"
