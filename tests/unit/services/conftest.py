"""A harness of its own for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.bot_harness import BotHarness, a_harness


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "bot.sqlite3"


@pytest.fixture
async def harness(file: Path) -> AsyncIterator[BotHarness]:
    async with a_harness(file) as harness:
        yield harness
