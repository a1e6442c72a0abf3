"""What a bot needs inside simcord's simulated Discord: tasks on the real clock, and a clock that keeps up."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import simcord

from bot.domain.job.output_file import OutputUnavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from datetime import datetime

log = logging.getLogger(__name__)

T = TypeVar("T")

_TICK_S = 1.0


class Spawn(Protocol):
    """Starts a coroutine as a task, like `asyncio.create_task`."""

    def __call__(self, coro: Coroutine[Any, Any, T], *, name: str | None = None) -> asyncio.Task[T]: ...


@dataclass(slots=True)
class Slot:
    """The place of an `Env` that does not exist yet when its bot is built; fill it before `env.start()`."""

    env: simcord.Env | None = None


def spawn_outside(slot: Slot) -> Spawn:
    """Give a `spawn` for work that simcord must not own: real sockets and real timers.

    simcord waits for every task that a bot's handler starts and moves that task's timers onto its own clock.
    Work that talks to a socket would stall there, so it starts in an empty context (a context variable is how
    simcord marks what it owns), with only simcord's stand-in for Discord's webhooks selected, through which
    interactions are answered and edited.

    The caller owns the tasks: simcord neither awaits nor cancels them, and their errors reach nobody else.

    Raises:
        RuntimeError: from the returned function, while the slot is empty.
    """

    def spawn(coro: Coroutine[Any, Any, T], *, name: str | None = None) -> asyncio.Task[T]:
        env = slot.env
        if env is None:
            coro.close()
            raise RuntimeError("the simulated Discord has not started: fill the slot before starting the bot")

        def start() -> asyncio.Task[T]:
            with env.time_context():
                return asyncio.create_task(coro, name=name)

        return contextvars.Context().run(start)

    return spawn


def let_refusals_through(env: simcord.Env) -> None:
    """A deleted "is thinking…" makes way for follow-ups, as at Discord (discord-api-docs issue 2739, 2021).

    simcord 3.2.1 answers them with 404 instead, so what a bot tells its asker alone would be lost.
    """
    backend = env.backend
    delete = backend.delete_message

    def delete_message(channel_id: int, message_id: int) -> None:
        delete(channel_id, message_id)
        for interaction in backend.interactions.values():
            if interaction.message_id == message_id and interaction.loading:
                interaction.complete_deferred()

    backend.delete_message = delete_message  # type: ignore[method-assign]  # simcord has no hook for it


class SimulatedFiles:
    """The files that a simulated Discord keeps: they stand behind no address that could be asked."""

    def __init__(self, slot: Slot) -> None:
        self._slot = slot

    async def read(self, name: str, address: str, finish: Callable[[bytes], Awaitable[T]]) -> T:
        """As a Fetcher. Raises OutputUnavailable for what is not there (any more)."""
        content = self._slot.env.backend.cdn.get(address) if self._slot.env is not None else None
        if content is None:
            raise OutputUnavailable(name, "http 404")
        return await finish(content)


class WallClock:
    """Moves simcord's own clock along with the wall clock, so that view timeouts, cooldowns and loops run.

    simcord's time starts on 1 Jan 2026 and stands still until told to move. `align` moves it to the present
    once; `run` then moves it every second by however much it lags. Where the present cannot be reached (the
    machine's clock is earlier, or the bot did not settle), the difference is remembered and `real_s` adds it.
    """

    def __init__(
        self, env: simcord.Env, lock: asyncio.Lock, *, now_s: Callable[[], float] = time.time
    ) -> None:
        self._env = env
        self._lock = lock
        self._now_s = now_s
        self._offset_s = 0.0

    def real_s(self, moment: datetime) -> float:
        """Translate a moment of the simulated Discord to seconds since 1970 on the wall clock."""
        return moment.timestamp() + self._offset_s

    async def align(self) -> None:
        """Move the simulated clock to the present."""
        self._offset_s = 0.0
        await self._catch_up()
        lag_s = self._lag_s()
        self._offset_s = lag_s if abs(lag_s) > _TICK_S else 0.0

    async def run(self) -> None:
        """Keep up with the wall clock until cancelled."""
        while True:
            await asyncio.sleep(_TICK_S)
            await self._catch_up()

    def _lag_s(self) -> float:
        return self._now_s() - self.real_s(self._env.now())

    async def _catch_up(self) -> None:
        async with self._lock:
            lag_s = self._lag_s()
            if lag_s <= 0:
                return
            try:
                await self._env.advance_time(lag_s)
            except TimeoutError:
                # Part of the way is committed; the next tick asks for the rest.
                log.debug("the simulated Discord is busy; its clock lags by %.1f s", self._lag_s())
            except simcord.SetupError as error:
                log.debug("the simulated clock did not move: %s", error)
