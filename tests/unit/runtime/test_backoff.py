"""Delays between attempts: growing, jittered, bounded."""

from __future__ import annotations

from itertools import islice
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from bot.runtime.backoff import backoff, jittered_delays


@given(st.integers())
def test_each_delay_lies_in_the_upper_half_of_a_growing_bound(seed: int) -> None:
    delays = list(islice(jittered_delays(Random(seed), first_s=1, factor=2, cap_s=10), 7))
    for delay_s, bound_s in zip(delays, [1, 2, 4, 8, 10, 10, 10], strict=True):
        assert bound_s / 2 <= delay_s <= bound_s


def test_delays_end_after_the_attempts_allowed() -> None:
    assert len(list(jittered_delays(Random(1), attempts=3))) == 3


def test_two_clients_do_not_come_back_together() -> None:
    first, second = (list(islice(jittered_delays(Random(seed)), 5)) for seed in (1, 2))
    assert first != second


def test_pauses_vary_and_begin_anew_with_each_call() -> None:
    pauses = backoff(Random(1), first_s=0.6, cap_s=10)
    first = list(islice(pauses(), 50))
    assert len(set(first)) == 50
    assert 0.3 <= next(pauses()) <= 0.6
    assert all(5 <= pause_s <= 10 for pause_s in first[5:])
