"""Failures of the database."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.errors.root import BotError


@dataclass(eq=False)
class StoreError(BotError):
    """A failure of the database; `reason` is for the operator."""

    reason: str


class DatabaseInUse(StoreError):
    """Another process owns the file."""


class DatabaseFull(StoreError):
    """The disk has no room."""


class DatabaseTooNew(StoreError):
    """The file was written by a newer version of the bot."""


class DatabaseUnavailable(StoreError):
    """The file cannot be read or written."""


class DatabaseDamaged(DatabaseUnavailable):
    """The file's content is not what was written to it."""
