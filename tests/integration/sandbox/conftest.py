"""A raw client for the stand-in, written from Wiro's documents and sharing nothing with the server."""

import asyncio
import hashlib
import hmac
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest

from sandbox.wiro.accounts import Account
from sandbox.wiro.catalogue import MODELS
from sandbox.wiro.pace import Pace
from sandbox.wiro.server import WiroSandbox

KEY, SECRET = "smoke-key", "smoke-secret"
SD3 = "stabilityai/stable-diffusion-3-medium"
PATIENCE_S = 300.0  # only a hang takes so long


class SteerableClock:
    """Epoch seconds that move only when told to."""

    def __init__(self) -> None:
        self.now_s = 1_773_486_903.0

    def __call__(self) -> float:
        return self.now_s


@dataclass
class Ear:
    """One socket; `frames` is all that came, in order, text parsed where it is JSON."""

    socket: aiohttp.ClientWebSocketResponse
    frames: list[Any] = field(default_factory=list)

    async def register(self, token: str) -> None:
        await self.socket.send_json({"type": "task_info", "tasktoken": token})

    async def hear(self) -> Any | None:
        """The next frame, or None when the connection is over."""
        async with asyncio.timeout(PATIENCE_S):
            message = await self.socket.receive()
        if message.type is aiohttp.WSMsgType.BINARY:
            self.frames.append(message.data)
            return message.data
        if message.type is not aiohttp.WSMsgType.TEXT:
            return None
        try:
            frame = json.loads(message.data)
        except ValueError:
            frame = message.data
        self.frames.append(frame)
        return frame

    async def hear_until(self, kind: str) -> list[Any]:
        while True:
            frame = await self.hear()
            if frame is None or (isinstance(frame, dict) and frame.get("type") == kind):
                return self.frames

    @property
    def types(self) -> list[str]:
        return [frame["type"] for frame in self.frames if isinstance(frame, dict) and "type" in frame]


@dataclass
class Wire:
    """Signed requests with a new nonce each, as real clients send them."""

    sandbox: WiroSandbox
    session: aiohttp.ClientSession
    nonces: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1734513807000))
    ears: list[Ear] = field(default_factory=list)

    def headers(self, nonce: str | None = None, *, key: str = KEY, secret: str = SECRET) -> dict[str, str]:
        nonce = str(next(self.nonces)) if nonce is None else nonce
        digest = hmac.new(key.encode(), (secret + nonce).encode(), hashlib.sha256).hexdigest()
        return {"x-api-key": key, "x-nonce": nonce, "x-signature": digest}

    async def post(self, path: str, body: Any = None, **options: Any) -> tuple[int, Any]:
        """HTTP status and parsed JSON; `options` go to aiohttp (headers, data)."""
        headers = options.pop("headers", None)
        if body is not None:
            options["json"] = body
        async with self.session.post(
            f"{self.sandbox.api_url}/{path}",
            headers=self.headers() if headers is None else headers,
            **options,
        ) as answer:
            return answer.status, await answer.json(content_type=None)

    async def run(self, prompt: str = "a red fox", model: str = SD3, **parameters: Any) -> tuple[str, str]:
        body = {"prompt": prompt, "width": 256, "height": 256, "steps": 5, "seed": "7", **parameters}
        _, answer = await self.post(f"Run/{model}", body)
        assert answer["result"] is True, answer
        return answer["taskid"], answer["socketaccesstoken"]

    async def detail(self, token: str) -> dict[str, Any]:
        _, answer = await self.post("Task/Detail", {"tasktoken": token})
        assert answer["result"] is True, answer
        return answer["tasklist"][0]

    async def until(self, token: str, *statuses: str) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE_S):
            while (task := await self.detail(token))["status"] not in statuses:  # noqa: ASYNC110 - polls as clients do
                await asyncio.sleep(0.01)
        return task

    async def ended(self, token: str) -> dict[str, Any]:
        return await self.until(token, "task_postprocess_end", "task_cancel")

    async def ear(self) -> Ear:
        patience = aiohttp.ClientWSTimeout(ws_close=1)  # some faults leave the server mute
        self.ears.append(Ear(await self.session.ws_connect(self.sandbox.socket_url, timeout=patience)))
        return self.ears[-1]

    async def listen(self, *tokens: str) -> Ear:
        """An ear that has said whom it listens to, after the server's greeting."""
        ear = await self.ear()
        await ear.hear()
        for token in tokens:
            await ear.register(token)
        return ear


Connect = Callable[..., Awaitable[Wire]]


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Starts a stand-in with the given options and hands out a client for it."""
    wires: list[Wire] = []

    async def start(**options: Any) -> Wire:
        options = {"accounts": [Account(KEY, SECRET)], "pace": Pace(scale=0.02), **options}
        sandbox = WiroSandbox(**{"models": MODELS} | options)
        await sandbox.start()
        wires.append(Wire(sandbox, aiohttp.ClientSession()))
        return wires[-1]

    yield start
    for wire in wires:
        for ear in wire.ears:  # a session that is closed leaves their connections to the garbage collector
            await ear.socket.close()
        await wire.session.close()
        await wire.sandbox.stop()


@pytest.fixture
def clock() -> SteerableClock:
    return SteerableClock()
