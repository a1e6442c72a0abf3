"""Long texts are cut where a reader would pause, and nothing of them is lost."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.view.text.pages import Page, pages_of, shown, tail_of, units

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
FLAG = "\U0001f1e9\U0001f1ea"
WAVE = "\U0001f44b\U0001f3fd"
ACCENTED = "e\u0301"

pieces = st.sampled_from(
    [
        *("word ", "a. ", "\n", "\n\n", "```", "```python\n", "`", "x" * 150, "# title\n", "- item\n"),
        *(FAMILY, FLAG, WAVE, ACCENTED, "\U0001d11e", "é", "中文"),
    ]
)
texts = st.lists(pieces | st.text(max_size=20), max_size=80).map("".join)


def joined(pages: list[Page]) -> str:
    return "".join(page.body for page in pages)


@given(texts, st.integers(100, 400), st.integers(100, 400))
@example("`" * 1_000, 100, 100)
@example("a" + "\u0301" * 1_000, 100, 100)
@example("```" + "\n" * 500, 120, 100)
@settings(max_examples=150)
def test_the_pages_together_are_the_text_and_each_fits(text: str, limit: int, first: int) -> None:
    pages = pages_of(text, limit, first=first)
    assert joined(pages) == text
    assert all(page.body and page.shown for page in pages)
    assert all(units(page.shown) <= (first if number == 0 else limit) for number, page in enumerate(pages))


@given(texts, st.integers(100, 400))
@settings(max_examples=100)
def test_every_page_closes_the_code_that_it_opens(text: str, limit: int) -> None:
    for page in pages_of(text, limit):
        assert len(re.findall("`{3,}", f"{page.opening}{page.body}{page.closing}")) % 2 == 0


@given(st.lists(st.sampled_from([FAMILY, FLAG, WAVE, ACCENTED, "a"]), max_size=200))
def test_nothing_that_is_seen_as_one_character_is_parted(characters: list[str]) -> None:
    for page in pages_of("".join(characters), 100):
        left = page.body
        while left:
            whole = next((one for one in (FAMILY, FLAG, WAVE, ACCENTED, "a") if left.startswith(one)), None)
            assert whole is not None, left
            left = left[len(whole) :]


def test_a_run_of_flags_is_parted_between_flags() -> None:
    assert all(len(page.body) % 2 == 0 for page in pages_of("x" + FLAG * 5_000, 3_601)[1:-1])


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("a" * 60 + "\n\n" + "b " * 60, "a" * 60 + "\n\n"),
        ("a" * 60 + "\n" + "b " * 60, "a" * 60 + "\n"),
        ("a" * 60 + ". " + "b" * 120, "a" * 60 + ". "),
        ("a" * 60 + " " + "b" * 120, "a" * 60 + " "),
        ("a" * 20 + "\n\n" + "b" * 120, "a" * 20 + "\n\n" + "b" * 74),  # a page is not left half empty
    ],
)
def test_a_page_ends_where_a_reader_would_pause(text: str, first: str) -> None:
    assert pages_of(text, 100)[0].body == first


def test_a_code_block_goes_on_in_its_language() -> None:
    text = "Look:\n```python\n" + "print(1)\n" * 40 + "```\nDone."
    pages = pages_of(text, 150)
    assert len(pages) > 2
    assert pages[0].shown.endswith("```")
    assert all(page.shown.startswith("```python\nprint") for page in pages[1:-1])
    assert pages[-1].shown.endswith("```\nDone.")


def test_a_block_that_ends_where_a_page_begins_is_not_opened_again() -> None:
    assert Page("```\nDone.", "```python\n").shown == "Done."
    assert Page("\n```", "```\n").shown == "\u200b"  # Discord takes no empty text


def test_no_more_pages_are_made_than_are_asked_for() -> None:
    pages = pages_of("word " * 10_000, 100, most=3)
    assert len(pages) == 3
    assert ("word " * 10_000).startswith(joined(pages))


@pytest.mark.parametrize("text", ["x" * 200_000, "word " * 40_000, FAMILY * 25_000, "`" * 200_000])
def test_two_hundred_thousand_characters_are_paged_at_once(text: str) -> None:
    assert joined(pages_of(text, 3_600)) == text
    assert units(tail_of(text, 2_000)) <= 2_000


@given(texts, st.integers(200, 400))
@settings(max_examples=100)
def test_the_tail_of_a_growing_text_fits_and_ends_with_its_end(text: str, limit: int) -> None:
    tail = tail_of(text, limit)
    assert units(tail) <= limit
    assert len(re.findall("`{3,}", tail)) % 2 == 0 or "`" * 4 in text
    if tail.startswith("…\n"):
        assert text.endswith((tail[-20:], tail.removesuffix("\n```")[-20:]))  # as it is, or closed by us


def test_a_tail_that_begins_in_code_opens_it() -> None:
    tail = tail_of("```python\n" + "print(1)\n" * 100, 200)
    assert tail.startswith("…\n```python\nprint(1)\n")
    assert tail.endswith("\n```")


@pytest.mark.parametrize(
    "link",
    [
        "[bank](https://evil.example)",
        "[bank](<https://evil.example>)",
        "[bank]( \n https://evil.example)",
        "[bank](https\\://evil.example)",
        "[bank](https:\\//evil.example)",
        "[https://bank.example](HTTP://evil.example)",
        "[bank](discord://evil)",
        "![bank](https://evil.example)",
    ],
)
def test_no_link_hides_where_it_leads(link: str) -> None:
    assert "](" not in shown(f"Look {link} here")
    assert shown(f"Look {link} here").replace("] (", "](") == f"Look {link} here"


@pytest.mark.parametrize(
    "text",
    [
        "# Title\n- **bold** _it_ ||spoiler|| `code`",
        "f[x](y)",
        "a[0](b: int)",
        "<https://a.example>",
        "1 < 2",
    ],
)
def test_markdown_stays_as_it_was_written(text: str) -> None:
    assert shown(text) == text


def test_controls_and_turned_words_are_left_out() -> None:
    assert shown("a\x00b\x1b[31mc\r\nd\re\u202egnp\t.") == "ab[31mc\nd\negnp\t."
