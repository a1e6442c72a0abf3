"""Hears of the running tasks of each Discord channel: one socket a channel, news sorted to its task."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeAlias

from bot.domain.job.events import Event, Gap
from bot.domain.job.task import Task
from bot.engines.wiro.ports import Feed

log = logging.getLogger(__name__)

# Runs a step over and over, each time it ends or fails after a pause, until the task is cancelled.
Keep: TypeAlias = Callable[[Callable[[], Awaitable[object]]], asyncio.Task[None]]


class Subscription:
    """One task's place on a socket."""

    def __init__(self, task: Task, hear: Callable[[Event], None], sockets: SharedSockets) -> None:
        self.task = task
        self.has_heard = False
        self._hear = hear
        self._sockets = sockets

    def hear(self, event: Event) -> None:
        if not isinstance(event, Gap):
            self.has_heard = True
        self._hear(event)

    async def moved_unheard(self) -> None:
        await self._sockets.moved_unheard(self)


class _Connection:
    """A socket, its tasks, and the one background task that reads it: from its feed, and should that end by
    itself or fail, from a new one, whose Gaps let every task ask the record."""

    def __init__(self, name: str, open_feed: Callable[[], Feed], keep: Keep) -> None:
        self.name = name
        self._open_feed = open_feed
        self._feed = open_feed()
        self._is_read = False
        self.subscriptions: dict[str, Subscription] = {}
        self._reader = keep(self._read)

    def join(self, subscription: Subscription) -> None:
        self.subscriptions[subscription.task.task_id] = subscription
        self._feed.register(subscription.task)

    def leave(self, subscription: Subscription) -> None:
        if self.subscriptions.pop(subscription.task.task_id, None) is not None:
            self._feed.forget(subscription.task.task_id)

    async def close(self) -> None:
        self._reader.cancel()
        await self._feed.close()

    async def _read(self) -> None:
        if self._is_read:
            await self._feed.close()
            self._feed = self._open_feed()
            for waiting in self.subscriptions.values():
                self._feed.register(waiting.task)
        self._is_read = True
        async for task_id, event in self._feed.events():
            subscription = self.subscriptions.get(task_id)
            if subscription is not None:
                subscription.hear(event)
        raise RuntimeError(f"the feed of socket {self.name} ended by itself")


class SharedSockets:
    """Tasks of one channel share a socket until Wiro is seen to serve only one of them.

    Several tasks on one socket are documented for Wiro's agents only (Wiro docs, Agent websocket,
    2026), so the first task that hears nothing there while Task/Detail shows it moving ends the sharing.
    """

    def __init__(self, open_feed: Callable[[], Feed], keep: Keep) -> None:
        self._open_feed = open_feed
        self._keep = keep
        self._connections: dict[str, _Connection] = {}
        self._may_share = True

    def __len__(self) -> int:
        """How many sockets are in use."""
        return len(self._connections)

    @asynccontextmanager
    async def watch(
        self, task: Task, group: int, hear: Callable[[Event], None]
    ) -> AsyncIterator[Subscription]:
        """Hear of a task until the block ends. The last one to leave a socket closes it."""
        subscription = Subscription(task, hear, self)
        self._join(str(group) if self._may_share else self._own_name(subscription), subscription)
        try:
            yield subscription
        finally:
            await self._leave(subscription)

    async def moved_unheard(self, subscription: Subscription) -> None:
        """Task/Detail shows this task moving and the socket never spoke of it: stop sharing sockets."""
        connection = self._connection_of(subscription)
        own_name = self._own_name(subscription)
        if connection is None or subscription.has_heard or connection.name == own_name:
            return
        others = connection.subscriptions.values()
        if len(others) == 1 or not any(other.has_heard for other in others):
            return  # the socket as a whole is quiet; sharing is not to blame
        if self._may_share:
            log.warning("Wiro's socket serves one task only: using a socket for each task from now on")
        self._may_share = False
        await self._leave(subscription)
        self._join(own_name, subscription)

    def _join(self, name: str, subscription: Subscription) -> None:
        connection = self._connections.get(name)
        if connection is None:
            connection = self._connections[name] = _Connection(name, self._open_feed, self._keep)
        connection.join(subscription)

    async def _leave(self, subscription: Subscription) -> None:
        connection = self._connection_of(subscription)
        if connection is None:
            return
        connection.leave(subscription)
        if not connection.subscriptions:
            del self._connections[connection.name]
            await connection.close()

    def _connection_of(self, subscription: Subscription) -> _Connection | None:
        for connection in self._connections.values():
            if connection.subscriptions.get(subscription.task.task_id) is subscription:
                return connection
        return None

    @staticmethod
    def _own_name(subscription: Subscription) -> str:
        return f"task {subscription.task.task_id}"
