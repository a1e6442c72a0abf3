"""Scripted servers on loopback, one for HTTP and one for websockets, that record what they hear."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

KEY, SECRET = "smoke-key-canary", "smoke-secret-canary"
Responder = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Heard:
    """One request as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes
    content_type: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class ScriptedApi:
    """Answers requests in the order of `script`; a request past its end fails the test."""

    script: list[Responder] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    url: str = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.heard.append(Heard(request.raw_path, dict(request.headers), body, request.content_type))
        if not self.script:
            self.unexpected.append(request.path)
            return web.Response(status=418)
        return await self.script.pop(0)(request)


def answer(body: object, status: int = 200, **headers: str) -> Responder:
    """Answer with JSON, or with the text as it is."""

    async def respond(request: web.Request) -> web.StreamResponse:
        text = body if isinstance(body, str) else json.dumps(body)
        return web.Response(status=status, text=text, headers=headers)

    return respond


def yes(**fields: object) -> Responder:
    return answer({"result": True, "errors": []} | fields)


def no(code: int, message: str = "no", status: int = 200) -> Responder:
    return answer({"result": False, "errors": [{"code": code, "message": message, "time": 1}]}, status)


async def reset(request: web.Request) -> web.StreamResponse:
    """Break the connection after the request was read."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def half_an_answer(request: web.Request) -> web.StreamResponse:
    """Begin a good answer and break off."""
    response = web.StreamResponse(headers={"Content-Length": "500"})
    await response.prepare(request)
    await response.write(b'{"result": true, "taskid": "22')
    assert request.transport is not None
    request.transport.abort()
    return response


async def silence(request: web.Request) -> web.StreamResponse:
    """Read the request and never answer."""
    await asyncio.sleep(3600)
    return web.Response()


async def serve(handler: Any, path: str) -> tuple[web.AppRunner, str]:
    app = web.Application(client_max_size=32 * 1024 * 1024)
    app.router.add_route("*", path, handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    return runner, f"{host}:{port}"


@dataclass
class ScriptedSocket:
    """A websocket server: it greets and records registrations; the test speaks and breaks."""

    url: str = ""
    connections: list[web.WebSocketResponse] = field(default_factory=list)
    registrations: list[tuple[int, str]] = field(default_factory=list)  # (connection, tasktoken)
    is_refusing: bool = False
    refusal: tuple[int, dict[str, str]] = (503, {})  # status and headers
    is_deaf: bool = False  # reads nothing, so pings go unanswered
    refused: int = 0
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if self.is_refusing:
            self.refused += 1
            await self._notify()
            status, headers = self.refusal
            return web.Response(status=status, headers=headers)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.connections.append(socket)
        number = len(self.connections) - 1
        await self._notify()
        if self.is_deaf:
            await asyncio.sleep(3600)
        await socket.send_json({"type": "connected", "version": "1.0"})
        async for message in socket:
            frame = json.loads(message.data)
            assert frame["type"] == "task_info"
            self.registrations.append((number, frame["tasktoken"]))
            await self._notify()
        await self._notify()
        return socket

    async def _notify(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    async def until(self, is_so: Callable[[ScriptedSocket], bool]) -> None:
        async with asyncio.timeout(300), self.changed:
            await self.changed.wait_for(lambda: is_so(self))

    async def until_registered(self, number: int, token: str) -> web.WebSocketResponse:
        await self.until(lambda self: (number, token) in self.registrations)
        return self.connections[number]
