"""The CDN's stand-in: finished pictures at their addresses, without any authentication."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from aiohttp import web

from sandbox.wiro.cache import OutputCache
from sandbox.wiro.faults import LateCdn, Spoil, Spoilt
from sandbox.wiro.spoilt import spoil
from sandbox.wiro.tasks import Output, Task


class Cdn:
    """Serves /<nine groups of hex>/<n>.png. Knows a task's pictures once `publish` was called for it."""

    def __init__(self, *, cache: OutputCache, clock: Callable[[], float]) -> None:
        self._cache = cache
        self._clock = clock
        self._shelves: dict[str, Task] = {}

    def publish(self, task: Task) -> None:
        for output in task.outputs:
            self._shelves[output.folder] = task

    def withdraw(self, task: Task) -> None:
        """Task/InputOutputDelete: the addresses die."""
        for output in task.outputs:
            self._shelves.pop(output.folder, None)

    async def serve(self, folder: str, name: str) -> web.StreamResponse:
        task = self._shelves.get(folder)
        output = _named(task, name) if task is not None else None
        if task is None or output is None:
            return web.Response(status=404, text="Not Found")
        for fault in task.faults:
            if isinstance(fault, LateCdn) and self._clock() < task.ended_s + fault.seconds:
                return web.Response(status=fault.http_status, text="Not Found")
        for fault in task.faults:
            if isinstance(fault, Spoil):
                return await self._spoilt(fault, task, output)
        data = await self._cache.picture(task.subject(task.outputs.index(output)))
        kind = task.model.output_kind.content_type
        return web.Response(body=data, content_type=kind, headers={"Cache-Control": "public"})

    async def data(self, folder: str, name: str) -> bytes | None:
        """The bytes of an output, for a task that takes it as its input."""
        task = self._shelves.get(folder)
        output = _named(task, name) if task is not None else None
        if task is None or output is None:
            return None
        return await self._cache.picture(task.subject(task.outputs.index(output)))

    async def _spoilt(self, fault: Spoil, task: Task, output: Output) -> web.Response:
        if fault.how is Spoilt.REDIRECT:
            return web.Response(status=302, headers={"Location": fault.location})
        picture = await self._cache.picture(task.subject(task.outputs.index(output)))
        served = await asyncio.to_thread(spoil, fault.how, picture)
        headers = {"Content-Encoding": served.content_encoding} if served.content_encoding else {}
        return web.Response(body=served.body, content_type="image/png", headers=headers)


def _named(task: Task, name: str) -> Output | None:
    return next((output for output in task.outputs if output.name == name), None)
