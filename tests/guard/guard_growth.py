"""How work grows with its input, told by ratios alone: no machine is slow or busy enough to change them."""

from __future__ import annotations

from collections.abc import Callable
from time import thread_time
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
