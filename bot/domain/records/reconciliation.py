"""Our books held against Wiro's: what each task was charged there, and what is booked for it here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.domain.money import Money


@dataclass(frozen=True, slots=True)
class Booked:
    """What is on record for a task. `is_open`: its job runs, or its charge may not be on record yet."""

    job_id: int
    amount: Money
    is_open: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """A task that Wiro charged otherwise than is booked; nothing is booked for one that no job has."""

    task_id: str
    job_id: int
    charged: Money
    booked: Money | None


@dataclass(frozen=True, slots=True)
class Reckoning:
    """The outcome of one look. `unknown` tasks of the account belong to others who use it."""

    at_s: float
    compared: int
    unknown: int
    differences: tuple[Difference, ...]

    @property
    def difference_pico(self) -> int:
        """All differences together, whichever way they go: they never make up for one another."""
        return sum(abs(one.charged.pico - (one.booked.pico if one.booked else 0)) for one in self.differences)


def differences(charged: Mapping[str, Money], booked: Mapping[str, Booked]) -> Sequence[Difference]:
    """Tasks of ours that are settled on both sides, and not alike."""
    return [
        Difference(task_id, ours.job_id, amount, ours.amount)
        for task_id, amount in charged.items()
        if (ours := booked.get(task_id)) is not None and not ours.is_open and ours.amount != amount
    ]
