"""Commands that cost no quota are for people: so many at once, then one every few seconds."""

from __future__ import annotations

import pytest

from bot.domain.limits.errors import TooFast
from bot.services.limits.rate import BURST, EVERY_S, RateLimiter
from tests.support.clocks import StoppedClock


def taken(rate: RateLimiter, user_id: int, tries: int) -> int:
    count = 0
    for _ in range(tries):
        try:
            rate.take(user_id)
        except TooFast:
            continue
        count += 1
    return count


def test_so_many_are_taken_at_once_and_then_one_every_few_seconds() -> None:
    time = StoppedClock()
    rate = RateLimiter(time.clock)
    assert taken(rate, 1, BURST + 5) == BURST
    time.forward(EVERY_S - 0.01)
    assert taken(rate, 1, 5) == 0
    time.forward(0.01)
    assert taken(rate, 1, 5) == 1
    time.forward(3 * EVERY_S)
    assert taken(rate, 1, 5) == 3
    time.forward(1_000)
    assert taken(rate, 1, BURST + 5) == BURST


def test_a_refusal_says_when_the_next_is_taken() -> None:
    time = StoppedClock()
    rate = RateLimiter(time.clock)
    taken(rate, 1, BURST)
    time.forward(1.0)
    with pytest.raises(TooFast) as refused:
        rate.take(1)
    assert refused.value.at_s == time.wall() + EVERY_S - 1.0
    time.forward(refused.value.at_s - time.wall())
    rate.take(1)


def test_nobody_pays_for_another() -> None:
    rate = RateLimiter(StoppedClock().clock)
    assert taken(rate, 1, 100) == BURST
    assert taken(rate, 2, 1) == 1


def test_whoever_has_all_their_tokens_again_is_forgotten() -> None:
    time = StoppedClock()
    rate = RateLimiter(time.clock)
    for user_id in range(1_000):
        rate.take(user_id)
        time.forward(1.0)
    assert len(rate._full_at_s) <= EVERY_S + 1
