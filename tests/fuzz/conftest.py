"""Fixtures: the whole bot in its world, as the end-to-end tests have it."""

from __future__ import annotations

from tests.e2e.bot.conftest import build

__all__ = ["build"]
