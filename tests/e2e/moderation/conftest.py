"""Fixtures of moderation: a club with moderators, and a harness of processes to do the same over the wire."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.e2e.blackbox.blackbox_harness import open_harness
from tests.e2e.bot.conftest import build
from tests.e2e.moderation.moderation_world import BuildClub, Club

__all__ = ["build", "build_club", "club", "opened"]


@pytest.fixture
def build_club(build: Callable[..., Awaitable[Any]]) -> BuildClub:
    """Makes a club; keywords are settings of the bot."""

    async def make(**settings: Any) -> Club:
        return Club(await build(**settings))

    return make


@pytest_asyncio.fixture
async def club(build_club: BuildClub) -> Club:
    """The usual club."""
    return await build_club()


@pytest_asyncio.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[Any]]]:
    """Opens a harness of real processes; it is searched for secrets and tracebacks when it closes."""
    async with AsyncExitStack() as stack:

        async def enter(**options: Any) -> Any:
            return await stack.enter_async_context(open_harness(tmp_path, **options))

        yield enter
