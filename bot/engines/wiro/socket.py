"""Wiro's websocket: one connection that carries the news of any number of tasks."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from dataclasses import dataclass
from random import SystemRandom
from time import monotonic, time
from typing import Any, Final, TypeAlias

import aiohttp

from bot.domain.job.events import Event, Gap, Unrecognised
from bot.domain.job.task import Task
from bot.engines.port import EngineServerFault
from bot.engines.wiro.faults import parse_retry_after
from bot.engines.wiro.frames import socket_frame
from bot.engines.wiro.inbox import CONNECTED, EventInbox
from bot.engines.wiro.reading import read
from bot.engines.wiro.transport import USER_AGENT
from bot.engines.wiro.values import Frame
from bot.runtime.backoff import jittered_delays

log = logging.getLogger(__name__)

Spawn: TypeAlias = Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]

# Some times what a model says in one answer; aiohttp decodes up to twice as much in one step on the loop.
MAX_FRAME_CHARS: Final = 4 * 1024 * 1024
CONNECT_TIMEOUT_S: Final = 20.0
CLOSE_TIMEOUT_S: Final = 1.0  # for the server's half of the closing handshake
MAX_KNOWN_TYPES: Final = 64  # unknown types remembered, so that each is told once
STEADY_S: Final = 10.0  # a connection that lasted so long was a good one
MAX_ASKED_PAUSE_S: Final = 60.0  # that a Retry-After may ask for
_FALLBACK_PAUSE_S: Final = 30.0  # where the injected delays come to an end


@dataclass(slots=True)
class SocketTally:
    """What has happened on the sockets of every feed that was given this tally."""

    open: int = 0  # at this moment
    reconnects: int = 0  # connections made after one that broke or could not be had
    gaps: int = 0  # times that a task was told of an outage


def _default_delays() -> Iterator[float]:
    return jittered_delays(SystemRandom())


class TaskFeed:
    """News of registered tasks. One reader owns the connection: opened with the first task, kept and
    reopened while any task is registered, ended by `close`.

    Nothing is replayed by Wiro, so every registration, connection and break is told as a Gap: the
    listener asks Task/Detail before it trusts the socket again.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        *,
        spawn: Spawn,
        delays: Callable[[], Iterator[float]] = _default_delays,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        heartbeat_s: float = 30.0,
        max_frame_chars: int = MAX_FRAME_CHARS,
        steady_s: float = STEADY_S,
        name: str = "wiro-feed",
        tally: SocketTally | None = None,
    ) -> None:
        self._session = session
        self._url = url
        self._spawn = spawn
        self._delays = delays
        self._sleep = sleep
        self._heartbeat_s = heartbeat_s
        self._max_frame_chars = max_frame_chars
        self._steady_s = steady_s
        self._asked_pause_s = 0.0  # by the server that refused the last attempt
        self._name = name
        self._tally = tally or SocketTally()
        self._has_broken = False  # the last connection, or the last attempt at one
        self._tasks: dict[str, Task] = {}
        self._ids: dict[str, str] = {}  # task_token -> task_id
        self._unsent: dict[str, None] = {}  # tasks to register, in order
        self._untold: set[str] = set()  # tasks that have not heard of the present outage
        self._changed = asyncio.Event()
        self._inbox = EventInbox()
        self._reader: asyncio.Task[None] | None = None
        self._is_closed = False
        self._is_leaving = False  # the connection is being ended because no task is left
        self._unknown_types: set[str] = set()
        self.frames_heard = 0
        self.frames_ignored = 0  # malformed, oversized, binary, or of tasks that are not registered

    def register(self, task: Task) -> None:
        """Listen for a task. Once more for the same task registers it again."""
        if self._is_closed:
            return
        self.forget(task.task_id)
        self._tasks[task.task_id] = task
        if task.task_token:
            self._ids[task.task_token] = task.task_id
        self._unsent[task.task_id] = None
        self._untold.add(task.task_id)
        self._changed.set()
        if self._reader is None:
            self._reader = self._spawn(self._follow())
            self._reader.set_name(self._name)

    def forget(self, task_id: str) -> None:
        """Hear no more of a task. The connection ends with the last one."""
        task = self._tasks.pop(task_id, None)
        if task is None:
            return
        self._ids.pop(task.task_token, None)
        self._unsent.pop(task_id, None)
        self._untold.discard(task_id)
        self._inbox.discard(task_id)
        self._changed.set()

    async def events(self) -> AsyncIterator[tuple[str, Event]]:
        """(task_id, event) as they come, for one listener; ends with `close`."""
        while (item := await self._inbox.get()) is not None:
            yield item

    async def close(self) -> None:
        """End the connection, the reader and `events`. Harmless when repeated."""
        self._is_closed = True
        self._inbox.close()
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.wait({self._reader})

    async def _follow(self) -> None:
        try:
            pauses = self._delays()
            while True:
                await self._until_wanted()
                heard, began_s = self.frames_heard, monotonic()
                reason = await self._connection_or_fault()
                # A server in trouble may greet and close at once: that alone earns no quick return.
                if self.frames_heard > heard and monotonic() - began_s >= self._steady_s:
                    pauses = self._delays()
                self._has_broken = reason is not None
                if reason is not None:
                    self._tell_break(reason)
                    await self._sleep(max(next(pauses, _FALLBACK_PAUSE_S), self._asked_pause_s))
        finally:
            self._inbox.close()  # a listener must not wait for a reader that is gone

    async def _until_wanted(self) -> None:
        while not self._tasks:
            self._changed.clear()
            await self._changed.wait()

    def _tell_break(self, reason: str) -> None:
        for task_id in self._tasks:
            if task_id in self._untold:
                self._inbox.put(task_id, Gap(reason))
                self._tally.gaps += 1
        self._untold.clear()

    async def _connection_or_fault(self) -> str | None:
        """The border of a connection: what nobody foresaw ends it alone, not the reader."""
        try:
            return await self._connection()
        except Exception:
            log.exception("%s: a fault of ours", self._name)
            return "lost by a fault of ours"

    async def _connection(self) -> str | None:
        """One connection from beginning to end; why it broke, or None where no task was left for it."""
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                socket = await self._session.ws_connect(
                    self._url,
                    heartbeat=self._heartbeat_s,
                    timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_TIMEOUT_S),
                    # aiohttp closes the connection past this; in between a frame is merely ignored.
                    max_msg_size=2 * self._max_frame_chars,
                    headers={"User-Agent": USER_AGENT},
                )
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self._asked_pause_s = _asked_pause_s(error)
            log.info("%s: no connection (%s)", self._name, type(error).__name__)
            return f"lost {type(error).__name__}"
        self._asked_pause_s = 0.0
        self._tally.open += 1
        self._tally.reconnects += self._has_broken
        self._is_leaving = False
        self._unsent = dict.fromkeys(self._tasks)
        self._untold = set(self._tasks)
        try:
            async with asyncio.TaskGroup() as group:
                registrar = group.create_task(self._register_all(socket), name=f"{self._name}-registrar")
                reason = await self._listen(socket)
                registrar.cancel()
        finally:
            self._tally.open -= 1
            await socket.close(code=aiohttp.WSCloseCode.GOING_AWAY)
        log.debug("%s: %s", self._name, reason)
        return None if self._is_leaving else reason

    async def _register_all(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Send registrations as they come; end the connection when no task is left or sending fails."""
        while self._tasks:
            self._changed.clear()
            while self._unsent:
                task_id = next(iter(self._unsent))
                task = self._tasks[task_id]
                if task.task_token:
                    try:
                        await socket.send_str(json.dumps({"type": "task_info", "tasktoken": task.task_token}))
                    except (aiohttp.ClientError, OSError):
                        await socket.close()
                        return
                # Forgotten or registered anew while it was being sent: then the next round decides.
                if self._tasks.get(task_id) is task:
                    del self._unsent[task_id]
                    self._inbox.put(task_id, Gap(CONNECTED))
            if self._tasks:
                await self._changed.wait()
        self._is_leaving = True
        await socket.close(code=aiohttp.WSCloseCode.GOING_AWAY)

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse) -> str:
        while True:
            message = await socket.receive()
            match message.type:
                case aiohttp.WSMsgType.TEXT:
                    await self._heard(message.data)
                case aiohttp.WSMsgType.BINARY:
                    self.frames_ignored += 1  # only realtime voice sends sound
                case aiohttp.WSMsgType.ERROR:
                    return f"lost {type(message.data).__name__}"
                case _:
                    error = socket.exception()
                    if error is not None:
                        return f"lost {type(error).__name__}"
                    return f"closed {int(socket.close_code or aiohttp.WSCloseCode.ABNORMAL_CLOSURE)}"

    async def _heard(self, text: str) -> None:
        self.frames_heard += 1
        if len(text) > self._max_frame_chars:
            self.frames_ignored += 1
            log.warning("%s: a frame of %d characters is ignored", self._name, len(text))
            return
        try:
            frame = await read(socket_frame, text, len(text))
        except EngineServerFault:
            self.frames_ignored += 1
            log.warning("%s: a frame that is no JSON object is ignored", self._name)
            return
        task_id = self._addressee(frame)
        if isinstance(frame.event, Unrecognised) and not self._is_new_type(frame.event.type_name):
            return
        if task_id is None:
            # The server's greeting and its errors belong to no task.
            self.frames_ignored += bool(frame.task_id or frame.task_token)
        elif frame.event is not None:
            self._inbox.put(task_id, frame.event)

    def _addressee(self, frame: Frame) -> str | None:
        """The registered task a frame is about: by id, by token where it has one, never by a mix of two."""
        task = self._tasks.get(frame.task_id)
        if task is None:
            return self._ids.get(frame.task_token) if frame.task_token else None
        is_foreign = frame.task_token and task.task_token and frame.task_token != task.task_token
        return None if is_foreign else task.task_id

    def _is_new_type(self, type_name: str) -> bool:
        if type_name in self._unknown_types or len(self._unknown_types) >= MAX_KNOWN_TYPES:
            return False
        self._unknown_types.add(type_name)
        log.info("%s: a frame of an unknown type, %s", self._name, type_name)
        return True


def _asked_pause_s(error: BaseException) -> float:
    """How long a server that refused the connection asks to be left alone."""
    if not isinstance(error, aiohttp.WSServerHandshakeError) or error.headers is None:
        return 0.0
    return min(parse_retry_after(error.headers.get("Retry-After"), time()) or 0.0, MAX_ASKED_PAUSE_S)
