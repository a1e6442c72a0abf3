"""Requests that are too dear or too many, and amounts that make no sense."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.errors import Refusal


@dataclass(eq=False)
class TooFast(Refusal):
    """More than `most` commands that cost no quota within `within_s`; the next is taken at `at_s`."""

    most: int
    within_s: int
    at_s: float


@dataclass(eq=False)
class RunTooDear(Refusal):
    """One run would hold more than the operator allows for any. Amounts in picodollars."""

    model: str
    asked_pico: int
    most_pico: int


@dataclass(eq=False)
class AmountRefused(Refusal):
    """An amount that is no number, negative, zero where that means nothing, or too large. As typed."""

    text: str
    is_money: bool
