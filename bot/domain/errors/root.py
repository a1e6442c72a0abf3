"""The root of everything foreseen, and of every request that was not taken."""

from __future__ import annotations


class BotError(Exception):
    """The root: every failure this project foresees."""


class AmountInvalid(BotError):
    """A text that is no amount of money."""


class Refusal(BotError):
    """A request that was not taken: nothing was held, nothing was sent."""
