"""Requests between the engine and the world: they take time, arrive or not, and answers get lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random
from typing import Any

from tests.simulation.sim_trace import Trace
from tests.support.virtual_loop import VirtualLoop


class Dead(BaseException):
    """Raised into code of an engine whose process is gone."""


class Life:
    """One process of the engine. What it is sent after its end reaches nobody."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.is_alive = True

    def require(self) -> None:
        if not self.is_alive:
            raise Dead


class Wire:
    """Carries one request there and its answer back."""

    def __init__(self, loop: VirtualLoop, chance: Random, trace: Trace) -> None:
        self.loop = loop
        self.chance = chance
        self.trace = trace

    def latency_s(self) -> float:
        return 0.01 + 0.1 * self.chance.random()

    async def call(
        self,
        life: Life,
        act: Callable[[], Any],
        *,
        there_s: float | None = None,
        back_s: float | None = None,
        lost: Exception | None = None,
    ) -> Any:
        """What `act` gives or raises at the far end. `lost` comes back in place of the answer.

        A request on its way arrives even where nobody waits any more.
        """
        life.require()
        future: asyncio.Future[Any] = self.loop.create_future()
        there_s = self.latency_s() if there_s is None else there_s
        back_s = self.latency_s() if back_s is None else back_s
        self.loop.fate(there_s, self._arrive, life, future, act, back_s, lost)
        return await future

    async def fail(self, life: Life, error: Exception, after_s: float) -> Any:
        """It never arrives."""
        life.require()
        future: asyncio.Future[Any] = self.loop.create_future()
        self.loop.fate(after_s, self._answer, life, future, None, error)
        return await future

    async def pause(self, life: Life, seconds: float) -> None:
        life.require()
        future: asyncio.Future[Any] = self.loop.create_future()
        self.loop.fate(seconds, self._answer, life, future, None, None)
        await future

    def _arrive(
        self,
        life: Life,
        future: asyncio.Future[Any],
        act: Callable[[], Any],
        back_s: float,
        lost: Exception | None,
    ) -> None:
        result, error = None, None
        try:
            result = act()
        except AssertionError:
            raise
        except Exception as raised:  # noqa: BLE001 — the far end's answer, handed on as it is
            error = raised
        self.loop.fate(back_s, self._answer, life, future, result, lost or error)

    def _answer(self, life: Life, future: asyncio.Future[Any], result: Any, error: Exception | None) -> None:
        if not life.is_alive or future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)
