"""A bill that the operator must know of: past everything that was foreseen, or no bill at all."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.money import Money


@dataclass(frozen=True, slots=True)
class BillAlarm:
    """`billed` is None where Wiro named no amount, or one past belief: the hold stands for it.

    `raised_jobs` running jobs of the same model are held for more because of it.
    """

    job_id: int
    guild_id: int | None
    model: str
    task_id: str | None
    hold: Money
    billed: Money | None
    at_s: float
    raised_jobs: int = 0
