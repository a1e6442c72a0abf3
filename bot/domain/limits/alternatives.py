"""What a member at a limit can still do: the same request, smaller or with a cheaper model."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from bot.domain.limits.limit import LimitReached
from bot.domain.money import Money
from bot.domain.request.run_request import RunRequest


class Saving(Enum):
    """How a request was made to fit."""

    FEWER_PICTURES = auto()
    FEWER_STEPS = auto()
    CHEAPER_MODEL = auto()


@dataclass(frozen=True, slots=True)
class Fit:
    """A request that no limit would refuse at this moment, and what it would cost."""

    saving: Saving
    request: RunRequest
    price: Money


@dataclass(frozen=True, slots=True)
class Alternative:
    """A refused request with its estimated price, what refused it, and what would still fit."""

    request: RunRequest
    price: Money
    refused: LimitReached
    fits: tuple[Fit, ...] = ()
