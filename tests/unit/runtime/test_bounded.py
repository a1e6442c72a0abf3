"""What is kept by key has a bound: the longest unused makes room for the newest."""

from __future__ import annotations

from bot.runtime.bounded import BoundedDict


def kept(*keys: str, most: int = 2) -> BoundedDict[str, None]:
    bounded = BoundedDict[str, None](most)
    for key in keys:
        bounded[key] = None
    return bounded


def test_the_oldest_makes_room() -> None:
    assert list(kept("a", "b", "c")) == ["b", "c"]


def test_what_is_set_again_is_the_newest_and_takes_no_more_room() -> None:
    assert list(kept("a", "b", "a", "c")) == ["a", "c"]


def test_what_is_used_may_be_moved_to_the_end() -> None:
    bounded = kept("a", "b")
    bounded.move_to_end("a")
    bounded["c"] = None
    assert list(bounded) == ["a", "c"]


def test_what_is_taken_out_leaves_room() -> None:
    bounded = kept("a", "b")
    bounded.pop("a")
    bounded["c"] = None
    assert list(bounded) == ["b", "c"]
    assert bounded.setdefault("b") is None
    bounded.setdefault("d")
    assert list(bounded) == ["c", "d"]
