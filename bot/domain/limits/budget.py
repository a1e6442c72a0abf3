"""A server's budget that is running low: what the moderators are told once."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.limits.limit import Limit
from bot.domain.money import Money


@dataclass(frozen=True, slots=True)
class BudgetWarning:
    """At least `percent` of the dollars are used or held in the window that ends at `resets_at_s`."""

    limit: Limit
    percent: int
    used: Money
    held: Money
    resets_at_s: int
