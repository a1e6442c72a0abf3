"""How long to wait before the next attempt: growing, jittered, bounded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random


def backoff(
    random: Random, first_s: float, cap_s: float, attempts: int | None = None
) -> Callable[[], Iterator[float]]:
    """Begins `jittered_delays` anew with each call."""
    return lambda: jittered_delays(random, first_s=first_s, cap_s=cap_s, attempts=attempts)


def jittered_delays(
    random: Random,
    *,
    first_s: float = 0.5,
    factor: float = 2.0,
    cap_s: float = 30.0,
    attempts: int | None = None,
) -> Iterator[float]:
    """Seconds between half and all of a bound that grows from `first_s` by `factor` up to `cap_s`.

    Never ends when `attempts` is None. Half of each bound is certain, so that a server in trouble
    gets its rest; the other half is chance, so that clients do not come back all at once.
    """
    bound_s = min(first_s, cap_s)
    made = 0
    while attempts is None or made < attempts:
        yield random.uniform(bound_s / 2, bound_s)
        bound_s = min(bound_s * factor, cap_s)
        made += 1
