"""What limits need: how much is used, what a model took before, and somebody to tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.domain.limits.bill_alarm import BillAlarm
from bot.domain.limits.budget import BudgetWarning
from bot.domain.limits.limit import Scope, Usage, Window
from bot.services.catalogue.ports import Histories


class UsageStore(Histories, Protocol):
    """What is used and held, and what a model's runs took. Raises the StoreError family."""

    async def usage(self, scope: Scope, window: Window, at_s: float) -> Usage:
        """What stands in one counter in the window around `at_s`."""
        ...


class AlarmStore(Protocol):
    """Alarms about bills on record. Raises the StoreError family."""

    async def untold(self) -> Sequence[BillAlarm]:
        """Those that nobody was told of yet, oldest first."""
        ...

    async def told(self, alarm: BillAlarm) -> None:
        """Record that the operator is told."""
        ...

    async def counts(self) -> tuple[int, int]:
        """How many bills were a surprise, and how many are not believed, ever."""
        ...

    async def to_reconcile(self, since_s: float) -> Sequence[BillAlarm]:
        """Jobs whose bill is not believed, and was booked as the hold. Oldest first."""
        ...


class WarningChannel(Protocol):
    """A server's log channel. Never raises."""

    async def warn(self, channel_id: int, warning: BudgetWarning) -> None: ...


class AlarmChannel(Protocol):
    """A server's log channel. Never raises."""

    async def alarm(self, channel_id: int, alarm: BillAlarm) -> None: ...
