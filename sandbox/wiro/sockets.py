"""The socket: registrations, and the news of tasks to whoever registered."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable

from aiohttp import WSCloseCode, WSMsgType, web

from sandbox.wiro.fault_script import FaultScript
from sandbox.wiro.faults import FrameFault, OneTaskPerSocket, RefuseSocket, SilentSocket
from sandbox.wiro.frames import Break, Parcel, Shaper, frame
from sandbox.wiro.tasks import Status, Task

_OUTBOX_FRAMES = 10_000  # a listener further behind than this is cut off
_FAREWELL_S = 1.0  # how long a listener may take to answer our close
_PING_S = 30.0  # Wiro docs, agent websocket, Aug 2026


class _Line:
    """One connection: what it listens to, and its frames on their way out in order."""

    def __init__(
        self, socket: web.WebSocketResponse, transport: asyncio.Transport | None, *, single: bool
    ) -> None:
        self.socket = socket
        self.tokens: set[str] = set()
        self.single = single
        self._transport = transport
        self._outbox: asyncio.Queue[Parcel] = asyncio.Queue(_OUTBOX_FRAMES)

    def put(self, parcel: Parcel) -> None:
        try:
            self._outbox.put_nowait(parcel)
        except asyncio.QueueFull:
            self.abort()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    async def pump(self) -> None:
        """Runs until the connection ends."""
        with contextlib.suppress(ConnectionError):
            while True:
                match await self._outbox.get():
                    case Break(close_code=None):
                        self.abort()
                        return
                    case Break(close_code=int() as code):
                        await self.socket.close(code=code)
                        return
                    case bytes() as data:
                        await self.socket.send_bytes(data)
                    case str() as text:
                        await self.socket.send_str(text)


class SocketHub:
    """All connections. Owns them: `close` ends each with 1001."""

    def __init__(
        self,
        *,
        find_token: Callable[[str], Task | None],
        script: FaultScript,
        with_token: bool,
        late_state: bool,
    ) -> None:
        self._find_token = find_token
        self._script = script
        self._with_token = with_token
        self._late_state = late_state
        self._lines: dict[str, list[_Line]] = {}
        self._open: set[web.WebSocketResponse] = set()
        self._shapers: dict[str, Shaper] = {}

    @property
    def connections(self) -> int:
        return len(self._open)

    def publish(self, task: Task, kind: str, message: object) -> None:
        """Sends nothing to nobody: frames before a registration are gone, as at Wiro."""
        lines = self._lines.get(task.token)
        if lines:
            shaper = self._shapers.setdefault(
                task.id, Shaper(tuple(fault for fault in task.faults if isinstance(fault, FrameFault)))
            )
            for parcel in shaper.shape(kind, frame(task, kind, message, with_token=self._with_token)):
                for line in list(lines):
                    line.put(parcel)
        if kind in {Status.POSTPROCESS_END.value, Status.CANCEL.value}:
            self._shapers.pop(task.id, None)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        faults = self._script.for_socket()
        for fault in faults:
            if isinstance(fault, RefuseSocket):
                return web.Response(status=fault.http_status)
        socket = web.WebSocketResponse(heartbeat=_PING_S, timeout=_FAREWELL_S)
        await socket.prepare(request)
        self._open.add(socket)
        try:
            if any(isinstance(fault, SilentSocket) for fault in faults):
                async for _ in socket:
                    pass
            else:
                single = any(isinstance(fault, OneTaskPerSocket) for fault in faults)
                await self._converse(_Line(socket, request.transport, single=single))
        finally:
            self._open.discard(socket)
        return socket

    async def close(self) -> None:
        farewells = [
            socket.close(code=WSCloseCode.GOING_AWAY, message=b"server stops") for socket in self._open
        ]
        await asyncio.gather(*farewells, return_exceptions=True)

    async def _converse(self, line: _Line) -> None:
        line.put(json.dumps({"type": "connected", "version": "1.0"}))
        pump = asyncio.create_task(line.pump(), name="sandbox-socket-pump")
        try:
            async for message in line.socket:
                if message.type is WSMsgType.TEXT:
                    self._hear(line, message.data)
        finally:
            for token in line.tokens:
                listeners = self._lines[token]
                listeners.remove(line)
                if not listeners:
                    del self._lines[token]
            pump.cancel()
            await asyncio.gather(pump, return_exceptions=True)

    def _hear(self, line: _Line, text: str) -> None:
        """Unknown types, broken JSON and wrong tokens get no answer."""
        try:
            body = json.loads(text)
        except ValueError:
            return
        if not isinstance(body, dict) or body.get("type") != "task_info":
            return
        token = body.get("tasktoken")
        if not isinstance(token, str) or not token:
            line.put(json.dumps({"type": "error", "message": "tasktoken-required", "result": False}))
            return
        task = self._find_token(token)
        if task is None or token in line.tokens or (line.single and line.tokens):
            return
        line.tokens.add(token)
        self._lines.setdefault(token, []).append(line)
        if self._late_state:
            line.put(frame(task, task.status.value, task.last_message, with_token=self._with_token))
