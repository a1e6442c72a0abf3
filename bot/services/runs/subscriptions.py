"""Follows the running tasks of each Discord channel: one socket a channel, news sorted to its job."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from bot.domain.job.events import Event, Gap
from bot.domain.job.task import Task
from bot.engines.port import Feed
from bot.services.runs._mailbox import Mailbox
from bot.services.supervisor import Delays, Supervisor

log = logging.getLogger(__name__)


class Subscription:
    """One task's place on a socket."""

    def __init__(self, task: Task, mailbox: Mailbox) -> None:
        self.task = task
        self.mailbox = mailbox
        self.has_heard = False

    def hear(self, event: Event) -> None:
        if not isinstance(event, Gap):
            self.has_heard = True
        self.mailbox.put(event)


class _Line:
    """A socket, its tasks, and the one background task that reads it: from its feed, and should that end by
    itself or fail, from a new one, whose Gaps let every task ask the record."""

    def __init__(
        self, name: str, open_feed: Callable[[], Feed], supervisor: Supervisor, delays: Delays
    ) -> None:
        self.name = name
        self._open_feed = open_feed
        self._feed = open_feed()
        self._is_read = False
        self.watches: dict[str, Subscription] = {}
        self._reader = supervisor.every("socket", 0.0, self._read, delays)

    def join(self, watch: Subscription) -> None:
        self.watches[watch.task.task_id] = watch
        self._feed.register(watch.task)

    def leave(self, watch: Subscription) -> None:
        if self.watches.pop(watch.task.task_id, None) is not None:
            self._feed.forget(watch.task.task_id)

    async def close(self) -> None:
        self._reader.cancel()
        await self._feed.close()

    async def _read(self) -> None:
        if self._is_read:
            await self._feed.close()
            self._feed = self._open_feed()
            for waiting in self.watches.values():
                self._feed.register(waiting.task)
        self._is_read = True
        async for task_id, event in self._feed.events():
            watch = self.watches.get(task_id)
            if watch is not None:
                watch.hear(event)
        raise RuntimeError(f"the feed of socket {self.name} ended by itself")


class Tracker:
    """Hands out watches. Tasks of one channel share a socket until Wiro is seen to serve only one of them.

    Several tasks on one socket are documented for Wiro's agents only (Wiro docs, Agent websocket,
    2026), so the first task that hears nothing there while Task/Detail shows it moving ends the sharing.
    """

    def __init__(self, open_feed: Callable[[], Feed], supervisor: Supervisor, delays: Delays) -> None:
        self._open_feed = open_feed
        self._supervisor = supervisor
        self._delays = delays  # before a feed that failed is replaced
        self._lines: dict[str, _Line] = {}
        self._may_share = True

    @property
    def sockets(self) -> int:
        """How many sockets are in use."""
        return len(self._lines)

    @asynccontextmanager
    async def watch(self, channel_id: int, task: Task, mailbox: Mailbox) -> AsyncIterator[Subscription]:
        """Hear of a task until the block ends. The last one to leave a socket closes it."""
        watch = Subscription(task, mailbox)
        self._join(str(channel_id) if self._may_share else self._own_name(watch), watch)
        try:
            yield watch
        finally:
            await self._leave(watch)

    async def moved_unheard(self, watch: Subscription) -> None:
        """Task/Detail shows this task moving and the socket never spoke of it: stop sharing sockets."""
        line = self._line_of(watch)
        if line is None or watch.has_heard or line.name == self._own_name(watch):
            return
        if len(line.watches) == 1 or not any(other.has_heard for other in line.watches.values()):
            return  # the socket as a whole is quiet; sharing is not to blame
        if self._may_share:
            log.warning("Wiro's socket serves one task only: using a socket for each task from now on")
        self._may_share = False
        await self._leave(watch)
        self._join(self._own_name(watch), watch)

    def _join(self, name: str, watch: Subscription) -> None:
        line = self._lines.get(name)
        if line is None:
            line = self._lines[name] = _Line(name, self._open_feed, self._supervisor, self._delays)
        line.join(watch)

    async def _leave(self, watch: Subscription) -> None:
        line = self._line_of(watch)
        if line is None:
            return
        line.leave(watch)
        if not line.watches:
            del self._lines[line.name]
            await line.close()

    def _line_of(self, watch: Subscription) -> _Line | None:
        for line in self._lines.values():
            if line.watches.get(watch.task.task_id) is watch:
                return line
        return None

    @staticmethod
    def _own_name(watch: Subscription) -> str:
        return f"task {watch.task.task_id}"
