"""How much work a run is, as far as its request tells: what its time grows with."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Effort:
    """Steps, pixels of one picture, and pictures. None where the request leaves it to the model."""

    steps: int | None = None
    pixels: int | None = None
    pictures: int | None = None

    def over(self, other: Effort) -> Decimal:
        """How many times as much work as the other; what one of both does not say counts as equal."""
        growth = Decimal(1)
        for mine, its in (
            (self.steps, other.steps),
            (self.pixels, other.pixels),
            (self.pictures, other.pictures),
        ):
            if mine and its:
                growth *= Decimal(mine) / Decimal(its)
        return growth
