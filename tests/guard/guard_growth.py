"""How work grows with its input, told by ratios alone: no machine is slow or busy enough to change them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from time import thread_time
from types import FrameType
from typing import Any, Final

SMALL: Final = 5_000
TIMES: Final = 4  # as large: work that grows in proportion takes 4 times as long, its square 16 times
MOST: Final = 9.0
TRIES: Final = 5  # a neighbour on the same core may spoil one; none makes a square look like a line
FLOOR_S: Final = 0.005  # less than that for the larger input is not worth a ratio


def growth(work: Callable[[Any], object], make: Callable[[int], Any], small: int = SMALL) -> float:
    """How many times longer it works on an input `TIMES` as large, at the least; 0 where it is nothing."""
    least = float("inf")
    one, other = make(small), make(small * TIMES)
    for _ in range(TRIES):
        short_s, long_s = _taken_s(work, one), _taken_s(work, other)
        if long_s < FLOOR_S:
            return 0.0
        least = min(least, long_s / max(short_s, 1e-6))
        if least < MOST:
            break
    return least


def _taken_s(work: Callable[[Any], object], given: Any) -> float:
    begun_s = thread_time()
    work(given)
    return thread_time() - begun_s


# --- steps: what Python does between two calls or returns, in which no other thread has its turn -----

# As long as the C reader of JSON takes for this one, a step may take three times: 50 ms or less anywhere.
_STEP: Final = '"' + "\\n" * 2 * 1024 * 1024 + '"'
MOST_STEPS: Final = 3.0


def longest_steps(work: Callable[[], object]) -> float:
    """The longest single step of the work, in units of `_STEP`; the least of some tries."""
    least = float("inf")
    for _ in range(TRIES):
        unit_s = min(_taken_s(json.loads, _STEP) for _ in range(3))
        least = min(least, _longest_s(work) / unit_s)
        if least < MOST_STEPS:
            break
    return least


def _longest_s(work: Callable[[], object]) -> float:
    longest_s, since_s = 0.0, thread_time()

    def heard(_frame: FrameType, _event: str, _about: object) -> None:
        nonlocal longest_s, since_s
        longest_s = max(longest_s, thread_time() - since_s)
        since_s = thread_time()

    sys.setprofile(heard)
    try:
        work()
    finally:
        sys.setprofile(None)
    return longest_s
