"""Fixtures: the worlds in which the whole bot is used, and what must hold after every test."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest_asyncio

from sandbox.wiro.pace import Pace
from sandbox.wiro.painter import Subject, paint
from sandbox.wiro.server import Options, WiroSandbox
from tests.e2e.bot.bot_world import (
    ACCOUNT,
    QUICK,
    Brake,
    Build,
    Seen,
    World,
    pinging,
    seen,
    unforeseen,
    unmarked,
)
from tests.support.clocks import until

__all__ = ["Build", "Seen", "World", "build", "pinging", "seen", "until", "world"]


def _small(subject: Subject) -> bytes:
    """The painter at a size that is quickly painted; the picture still depends on prompt and seed."""
    return paint(replace(subject, width=96, height=96))


class _Complaints(logging.Handler):
    """Keeps what the bot logs with a traceback: faults nobody foresaw."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info:
            self.records.append(record)


@pytest_asyncio.fixture
async def build(tmp_path: Path) -> AsyncIterator[Build]:
    """Makes the test's world. Keywords: `pace`, `max_running`, `options`, and any setting of the bot.

    After the test, whatever it did: nothing pinged anybody, and no fault was unforeseen.
    """
    complaints = _Complaints()
    logger = logging.getLogger("bot")
    logger.addHandler(complaints)
    worlds: list[World] = []
    async with AsyncExitStack() as stack:

        async def make(
            *,
            pace: Pace = QUICK,
            max_running: int | None = None,
            options: Options = Options(prompt_faults=True),  # noqa: B008 — frozen
            **settings: Any,
        ) -> World:
            brake = Brake()
            wiro = WiroSandbox(
                sleep=brake.sleep,
                accounts=[ACCOUNT],
                pace=pace,
                max_running=max_running,
                options=options,
                chance=Random(11),
                paint=_small,
            )
            await stack.enter_async_context(wiro)
            world = World(tmp_path, wiro, brake, settings, stack)
            worlds.append(world)
            await world.start()
            return world

        yield make
    logger.removeHandler(complaints)
    assert [record.getMessage() for record in complaints.records] == []
    for world in worlds:
        assert unforeseen(world.env.errors) == []
        assert pinging(world) == []
        assert unmarked(world) == []


@pytest_asyncio.fixture
async def world(build: Build) -> World:
    """The usual world."""
    return await build()
