"""How often a member may ask for what costs no quota: generous for people, and no use to a program."""

from __future__ import annotations

from typing import Final

from bot.domain.clock import Clock
from bot.domain.limits.errors import TooFast

BURST: Final = 20  # at once,
EVERY_S: Final = 3.0  # and then one


class RateLimiter:
    """A token bucket for each member, in memory."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._full_at_s: dict[int, float] = {}  # when a member's bucket is full again, in monotonic time

    def take(self, user_id: int) -> None:
        """One token. Raises TooFast, and nothing is taken."""
        now_s = self._clock.monotonic()
        full_at_s = max(self._full_at_s.pop(user_id, now_s), now_s)
        while self._full_at_s and next(iter(self._full_at_s.values())) <= now_s:
            del self._full_at_s[next(iter(self._full_at_s))]
        over_s = full_at_s - now_s - (BURST - 1) * EVERY_S
        if over_s <= 0:
            full_at_s += EVERY_S
        self._full_at_s[user_id] = full_at_s
        if over_s > 0:
            raise TooFast(BURST, round(BURST * EVERY_S), self._clock.wall() + over_s)
