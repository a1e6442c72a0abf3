"""What limits need: how much is used, and what a model took before."""

from __future__ import annotations

from typing import Protocol

from bot.domain.limits.holds import History
from bot.domain.limits.limit import Scope, Usage, Window


class UsageStore(Protocol):
    """What is used and held, and what a model's runs took. Raises the StoreError family."""

    async def usage(self, scope: Scope, window: Window, at_s: float) -> Usage: ...

    async def model_history(self, model: str, at_s: float) -> History:
        """What the model's latest successes took and cost (at most 50), and its surprises up to `at_s`."""
        ...
