"""Standings with the figures a test wants, and the readers of cards about them."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.limits.limit import Audience, Limit, Measure, Scope, Subject, Window
from bot.domain.limits.policies import LimitKey
from bot.domain.money import Money
from bot.view.text.limits import Reader

NOW_S = 1_790_000_000.0
DAY = LimitKey(Measure.RUNS, Window.DAY)
ART = 31
ME = Reader(100, frozenset({201, 202}), is_addressed=True)
THEM = Reader(100, frozenset({201, 202}), is_addressed=False)


@dataclass(frozen=True)
class Stand:
    """A standing with the figures a test wants."""

    limit: Limit
    used: int = 0
    held: int = 0
    granted: int = 0
    resets_at_s: int = int(NOW_S) + 3 * 3600

    @property
    def left(self) -> int:
        return max(0, self.limit.amount - self.used - self.held)


def a_limit(dimension: LimitKey, amount: int, audience: Audience, audience_id: int = 0) -> Limit:
    scope = Scope(Subject.MEMBER, 7, 100, dimension.channel_id, dimension.model)
    return Limit(scope, dimension.measure, dimension.window, amount, audience, audience_id)


def dollars(text: str) -> int:
    return Money.parse(text).pico
