"""Numbered steps: every call of a port is one before and one after, and any of them can be the last."""

from __future__ import annotations

import asyncio
import inspect
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import aiohttp

from bot.domain.job.events import Event
from bot.domain.job.task import Task
from bot.engines.wiro.ports import Feed


class Steps:
    """Writes the name of each step to `trace_fd` and ends the process at the step `kill_at`.

    A name is the call, its number among the calls of its kind in this life, and the side of it:
    "store.save 2 after".
    """

    def __init__(self, trace_fd: int, kill_at: str | None) -> None:
        self._trace_fd = trace_fd
        self._kill_at = kill_at
        self._calls: Counter[str] = Counter()

    def begin(self, call: str) -> str:
        """The call with its number."""
        self._calls[call] += 1
        return f"{call} {self._calls[call]}"

    def reach(self, step: str) -> None:
        os.write(self._trace_fd, f"{step}\n".encode())
        if step == self._kill_at:
            # Not an exception, not an exit: no clean-up of ours runs, as when the machine's power fails.
            os.kill(os.getpid(), signal.SIGKILL)

    def trace_sending(self) -> aiohttp.TraceConfig:
        """Adds the step between a Run that has left and its answer."""
        config = aiohttp.TraceConfig()

        async def on_chunk(
            _session: aiohttp.ClientSession,
            _context: SimpleNamespace,
            sent: aiohttp.TraceRequestChunkSentParams,
        ) -> None:
            if "/Run/" in sent.url.path:
                # aiohttp tells of a chunk right before it writes it, and writes without giving up control:
                # two rounds of the loop later the bytes are the kernel's.
                step = f"{self.begin('wiro.run sending')} sent"
                loop = asyncio.get_running_loop()
                loop.call_soon(loop.call_soon, self.reach, step)

        config.on_request_chunk_sent.append(on_chunk)
        return config


class Stepped:
    """A port whose coroutine methods are steps. What is no coroutine passes through."""

    def __init__(self, port: str, inner: Any, steps: Steps) -> None:
        self._port = port
        self._inner = inner
        self._steps = steps

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)
        if not inspect.iscoroutinefunction(method):
            return method
        steps = self._steps

        async def stepped(*arguments: object, **named: object) -> Any:
            call = steps.begin(f"{self._port}.{name}")
            steps.reach(f"{call} before")
            try:
                result = await method(*arguments, **named)
            except Exception:
                steps.reach(f"{call} after")
                raise
            steps.reach(f"{call} after")
            return result

        return stepped


class SteppedFeed:
    """A feed whose every piece of news is a step before anybody hears it."""

    def __init__(self, inner: Feed, steps: Steps) -> None:
        self._inner = inner
        self._steps = steps

    def register(self, task: Task) -> None:
        self._inner.register(task)

    def forget(self, task_id: str) -> None:
        self._inner.forget(task_id)

    async def events(self) -> AsyncIterator[tuple[str, Event]]:
        async for item in self._inner.events():
            self._steps.reach(f"{self._steps.begin('feed.event')} heard")
            yield item

    async def close(self) -> None:
        await self._inner.close()
