"""Fixtures of moderation: a club with moderators, and a house of processes to do the same over the wire."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from moderation_world import BuildClub, Club

NEIGHBOURS = Path(__file__).parents[1]
sys.path.append(str(NEIGHBOURS / "blackbox"))  # for blackbox_house


def _fixtures_of_the_whole_bot() -> Any:
    """Its conftest under another name: two modules cannot both be `conftest`."""
    spec = importlib.util.spec_from_file_location("studio_fixtures", NEIGHBOURS / "bot" / "conftest.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


build = _fixtures_of_the_whole_bot().build


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
    """Opens a house of real processes; it is searched for secrets and tracebacks when it closes."""
    from blackbox_house import open_house

    async with AsyncExitStack() as stack:

        async def enter(**options: Any) -> Any:
            return await stack.enter_async_context(open_house(tmp_path, **options))

        yield enter
