"""What a run would be and cost, before anybody has asked for it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.money import Money
from bot.domain.request.run_request import RunRequest


@dataclass(frozen=True, slots=True)
class Quote:
    """What would run and what would be held for it; what the member has left of today's money."""

    request: RunRequest
    price: Money
    left: Money | None
