"""A simulated socket of Wiro: frames get lost, doubled, late; it goes deaf, breaks and comes back."""

from __future__ import annotations

import asyncio
from collections import deque

from bot.domain.job.events import Event, Gap, Unrecognised
from bot.domain.job.task import Task
from tests.simulation.sim_wire import Life
from tests.simulation.sim_wiro import SimWiro


class SimSockets:
    """Every socket of one life. `open` is the engine's `open_feed`."""

    def __init__(self, wiro: SimWiro, life: Life, *, serves_one_task: bool) -> None:
        self.wiro = wiro
        self.life = life
        self.serves_one_task = serves_one_task
        self.feeds: list[SimFeed] = []
        wiro.publish = self._publish

    def open(self) -> SimFeed:
        self.life.require()
        feed = SimFeed(self)
        self.feeds.append(feed)
        return feed

    def _publish(self, task_id: str, event: Event) -> None:
        if not self.life.is_alive:
            return
        for feed in self.feeds:
            if task_id in feed.tasks:
                feed.frame(task_id, event)


class SimFeed:
    """Implements Feed: a Gap for each registration, break and reconnection, then news as it gets through."""

    def __init__(self, sockets: SimSockets) -> None:
        self._sockets = sockets
        self._wiro = sockets.wiro
        self._chance = sockets.wiro.chance
        self._loop = sockets.wiro.wire.loop
        self.tasks: dict[str, Task] = {}
        self._inbox: deque[tuple[str, Event]] = deque()
        self._reader: asyncio.Future[None] | None = None
        self._is_up = False
        self._is_dialling = False
        self._is_closed = False
        self._deaf_until_s = 0.0
        self._connection = 0

    # --- the engine's side -----------------------------------------------------------------------

    def register(self, task: Task) -> None:
        self._sockets.life.require()
        self.tasks[task.task_id] = task
        if self._is_up:
            self._loop.fate(0.05, self._hear, task.task_id, Gap("registered"))
        elif not self._is_dialling:
            self._dial(0.05 + 0.2 * self._chance.random())

    def forget(self, task_id: str) -> None:
        self.tasks.pop(task_id, None)

    def events(self) -> SimFeed:
        return self

    def __aiter__(self) -> SimFeed:
        return self

    async def __anext__(self) -> tuple[str, Event]:
        while not self._inbox:
            if self._is_closed:
                raise StopAsyncIteration
            self._reader = self._loop.create_future()
            await self._reader
        return self._inbox.popleft()

    async def close(self) -> None:
        self._is_closed = True
        self.tasks.clear()
        if self in self._sockets.feeds:
            self._sockets.feeds.remove(self)

    # --- the world's side ------------------------------------------------------------------------

    def frame(self, task_id: str, event: Event) -> None:
        """Wiro sends a frame."""
        if not self._is_up or self._loop.now_s < self._deaf_until_s:
            return
        if self._sockets.serves_one_task and task_id != next(iter(self.tasks)):
            return
        weather, chance = self._wiro.weather, self._chance
        if chance.random() < weather.frame_lost:
            return
        delay_s = 0.02 + (3 * chance.random() if chance.random() < weather.frame_late else 0.0)
        self._loop.fate(delay_s, self._hear, task_id, event)
        if chance.random() < weather.frame_twice:
            self._loop.fate(delay_s + chance.random(), self._hear, task_id, event)
        if chance.random() < weather.frame_unknown:
            self._loop.fate(delay_s, self._hear, task_id, Unrecognised("task_mystery"))

    def _hear(self, task_id: str, event: Event) -> None:
        if self._is_closed or not self._sockets.life.is_alive or task_id not in self.tasks:
            return
        self._inbox.append((task_id, event))
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    def _dial(self, delay_s: float) -> None:
        self._is_dialling = True
        self._loop.fate(delay_s, self._connected)

    def _connected(self) -> None:
        self._is_dialling = False
        if self._is_closed or not self._sockets.life.is_alive:
            return
        if self._loop.now_s < self._wiro.down_until_s:
            self._dial(1.0)
            return
        self._is_up = True
        self._connection += 1
        for task_id in list(self.tasks):
            self._hear(task_id, Gap("connected"))
        if self._chance.random() < self._wiro.weather.socket_breaks:
            self._loop.fate(60 * self._chance.random(), self._break, self._connection)

    def _break(self, connection: int) -> None:
        if self._is_closed or not self._is_up or connection != self._connection:
            return
        if self._loop.now_s >= self._deaf_until_s and self._chance.random() < self._wiro.weather.socket_deaf:
            # Half open: nothing comes any more, and it takes a heartbeat to notice.
            self._deaf_until_s = self._loop.now_s + 30.0
            self._loop.fate(30.0, self._break, connection)
            return
        self._is_up = False
        self._wiro.trace.note("socket-break")
        for task_id in list(self.tasks):
            self._hear(task_id, Gap("the connection broke"))
        self._dial(0.25 + 0.5 * self._chance.random())
