"""Engines under contract, each with the hands that its world is moved by."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from functools import partial
from itertools import repeat
from typing import Final, Protocol

import aiohttp

from bot.domain.catalogue.model import Kind, Model, Parameter
from bot.domain.clock import Clock
from bot.domain.job.events import Cancelled, Reached, Settled
from bot.domain.job.job import Output, Stage
from bot.domain.job.task import Task
from bot.domain.money import ZERO, Money
from bot.engines.port import Capabilities, Engine, EngineUnreachable, LostRuns, StartRequest
from bot.engines.wiro.client import WiroClient
from bot.engines.wiro.engine import WiroEngine
from bot.engines.wiro.signing import Credentials
from bot.engines.wiro.socket import TaskFeed
from bot.services.supervisor import Supervisor
from sandbox.engine.fake import EVERYTHING, FakeEngine
from sandbox.wiro.accounts import Account
from sandbox.wiro.faults import Drop, Hold
from sandbox.wiro.pace import Pace
from sandbox.wiro.server import WiroSandbox
from tests.support.wiro import engine_over

AT_ONCE: Final = 3


class Bench(Protocol):
    """An engine that takes `AT_ONCE` tasks, and what happens on its other side."""

    engine: Engine
    model: str  # takes a prompt, a seed and a picture

    async def start(self, request: StartRequest, stage: Stage | None) -> Task:
        """Start a task that gets as far as this stage and stays there; None: it succeeds."""
        ...

    def lose_next_answer(self) -> None:
        """The next start is taken, and its answer lost."""
        ...

    async def break_connections(self) -> None: ...

    async def end(self, task: Task) -> None:
        """Bring a held task to its end."""
        ...

    async def go_down(self) -> None:
        """From here on nothing is answered."""
        ...


class FakeBench:
    def __init__(self, engine: FakeEngine) -> None:
        self.engine: Engine = engine
        self._fake = engine
        self.model = "fake/painter"
        engine.on_stop = Cancelled(ZERO, has_run=False)

    async def start(self, request: StartRequest, stage: Stage | None) -> Task:
        task = await self._fake.start(request)
        if stage is None:
            await self.end(task)
        else:
            self._fake.tell(task.task_id, Reached(stage))
        return task

    def lose_next_answer(self) -> None:
        self._fake.start_faults.append(EngineUnreachable("the connection broke"))
        self._fake.is_made_although_unanswered = True

    async def break_connections(self) -> None:
        self._fake.break_connections()

    async def end(self, task: Task) -> None:
        capabilities, name = self._fake.capabilities, f"{task.task_id}.png"
        if capabilities.has_public_links:
            output = Output(name, "image/png", f"https://fake.example/{name}")
        else:
            output = Output(name, "image/png", None, ref=name)
            self._fake.contents[name] = b"a picture"
        cost = Money.parse("0.01") if capabilities.does_bill else ZERO
        self._fake.tell(task.task_id, Settled(is_success=True, cost=cost, outputs=(output,), elapsed_s=1.0))
        self._fake.say(task.task_id, Reached(Stage.FINISHING))

    async def go_down(self) -> None:
        self._fake.is_down = True


class WiroBench:
    def __init__(self, engine: WiroEngine, wiro: WiroSandbox) -> None:
        self.engine: Engine = engine
        self._wiro = wiro
        self.model = "stabilityai/stable-diffusion-3-medium"

    async def start(self, request: StartRequest, stage: Stage | None) -> Task:
        if stage is not None:
            at = {Stage.QUEUED: "task_queue", Stage.RUNNING: "task_start"}[stage]
            self._wiro.faults.add(Hold(at=at, seconds=1e6))
        return await self.engine.start(request)

    def lose_next_answer(self) -> None:
        self._wiro.faults.add(Drop(), path="Run/")

    async def break_connections(self) -> None:
        await self._wiro.close_sockets()

    async def end(self, task: Task) -> None:
        await self.engine.stop(task.task_id, Stage.RUNNING)

    async def go_down(self) -> None:
        await self._wiro.stop()


@asynccontextmanager
async def _fake(capabilities: Capabilities) -> AsyncIterator[Bench]:
    yield FakeBench(FakeEngine(capabilities, models=[_PAINTER]))


@asynccontextmanager
async def _wiro() -> AsyncIterator[Bench]:
    supervisor = Supervisor(asyncio.create_task)

    def delays() -> repeat[float]:
        return repeat(0.01, 3)

    async with (
        WiroSandbox(
            accounts=[Account("key", "secret")],
            pace=Pace(scale=0.01),
            max_running=AT_ONCE,
            paint=lambda _: b"PNG",
        ) as wiro,
        aiohttp.ClientSession() as session,
    ):
        clock = Clock(time.time, time.monotonic)
        client = WiroClient(session, wiro.api_url, Credentials("key", "secret"), clock=clock, delays=delays)

        def open_feed() -> TaskFeed:
            spawn = partial(supervisor.start, "feed")
            return TaskFeed(session, wiro.socket_url, spawn=spawn, delays=lambda: repeat(0.01))

        engine = engine_over(client, open_feed, supervisor, delays, at_once=AT_ONCE)
        yield WiroBench(engine, wiro)
        await supervisor.drain()


_PAINTER: Final = Model(
    "fake/painter",
    "Painter",
    (Parameter("prompt", Kind.LONG_TEXT), Parameter("seed", Kind.WHOLE), Parameter("inputImage", Kind.FILE)),
)
_LIKE_WIRO = replace(EVERYTHING, at_once=AT_ONCE)
# As an engine on the operator's own machine: ids of ours, nothing billed, nothing public.
_OWN_MACHINE = replace(
    EVERYTHING,
    lost_runs=LostRuns.BY_ID,
    may_repeat=True,
    does_bill=False,
    keeps_files=False,
    has_public_links=False,
    at_once=AT_ONCE,
)
# As a service that answers once with everything.
_ONE_CALL = replace(
    EVERYTHING,
    can_stop_queued=False,
    can_stop_running=False,
    lost_runs=LostRuns.NEVER,
    keeps_files=False,
    at_once=AT_ONCE,
)

BENCHES: Final[dict[str, Callable[[], AbstractAsyncContextManager[Bench]]]] = {
    "wiro": _wiro,
    "fake": partial(_fake, _LIKE_WIRO),
    "fake on the own machine": partial(_fake, _OWN_MACHINE),
    "fake in one call": partial(_fake, _ONE_CALL),
}
