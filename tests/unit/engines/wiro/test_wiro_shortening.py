"""Answers of any length keep everything but the middle of their long texts, however they come in."""

from __future__ import annotations

import json
from random import Random

import pytest

from bot.engines.wiro.shortening import LEFT_OUT, SHORT_BYTES, Shortener


def through(text: bytes, size: int, shortener: Shortener) -> bytes:
    return (
        b"".join(shortener.feed(text[at : at + size]) for at in range(0, len(text), size)) + shortener.end()
    )


def some_json(chance: Random) -> bytes:
    def text() -> str:
        return "".join(chance.choices('a"\\\n\u00e9\u5b57\U0001f600u{,', k=chance.choice([0, 1, 3, 10, 60])))

    value = {text(): [text(), {"key": text(), "number": chance.random()}] for _ in range(3)}
    return json.dumps(value, ensure_ascii=chance.random() < 0.5).encode()


@pytest.mark.parametrize("size", [1, 2, 3, 5, 20])
def test_what_is_short_comes_through_as_it_is(size: int) -> None:
    for seed in range(200):
        text = some_json(Random(seed))
        assert through(text, size, Shortener()) == text


@pytest.mark.parametrize("size", [1, 2, 3, 5, 20])
def test_wherever_a_text_is_cut_the_rest_is_json(size: int) -> None:
    for seed in range(200):
        text = some_json(Random(seed))
        left = json.loads(through(text, size, Shortener(20)).decode("utf-8", "replace"))
        numbers = [value[1]["number"] for value in json.loads(text).values()]
        if len(left) == len(numbers):  # two keys may have become one
            assert [value[1]["number"] for value in left.values()] == numbers


def test_a_long_text_keeps_its_beginning_and_its_end() -> None:
    text = json.dumps(["a" * 100 + "b" * 1_000 + "c" * 100, 7]).encode()
    found = json.loads(through(text, 10, Shortener(200)))
    assert found[1] == 7
    head, tail = found[0].split(LEFT_OUT)
    assert 80 <= len(head) <= 100 <= len(tail) <= 120
    assert set(head) == {"a"}


def test_an_answer_without_end_keeps_its_size() -> None:
    shortener = Shortener()
    kept = len(shortener.feed(b'["'))
    for _ in range(200):
        kept += len(shortener.feed(b"x" * 65_536))
    assert shortener.size_bytes < 1_300_000
    assert kept < 600_000


def test_less_is_kept_of_each_text_the_more_of_them_there_are() -> None:
    text = json.dumps(["x" * 3 * SHORT_BYTES] * 100).encode()
    shortener = Shortener(1_000_000, ample_bytes=20 * SHORT_BYTES)
    assert len(through(text, 1_000, shortener)) < 150 * SHORT_BYTES < len(text)
