"""Fixtures: the scripted servers, up for one test, and a session to reach them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.integration.engines.wiro.wiro_scripted import ScriptedApi, ScriptedSocket, serve


@pytest.fixture
async def api() -> AsyncIterator[ScriptedApi]:
    server = ScriptedApi()
    runner, address = await serve(server.handle, "/{path:.*}")
    server.url = f"http://{address}/v1"
    yield server
    await runner.cleanup()
    assert server.unexpected == []


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest.fixture
async def wire() -> AsyncIterator[ScriptedSocket]:
    server = ScriptedSocket()
    runner, address = await serve(server.handle, "/v1")
    server.url = f"ws://{address}/v1"
    yield server
    for socket in server.connections:
        if not socket.closed:
            await socket.close()
    await runner.cleanup()
