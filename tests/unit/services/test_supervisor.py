"""Background work goes on whatever a step does, and its failures are counted by name."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from itertools import repeat

import pytest

from bot.engines.port import EngineServerFault
from bot.services.supervisor import Supervisor
from tests.support.clocks import until

NOT_DONE = False
SOON_S = 0.001


class Steps:
    """What each call in turn does; then it is done, for ever."""

    def __init__(self, *outcomes: BaseException | object) -> None:
        self._outcomes = iter(outcomes)
        self.calls = 0

    async def take(self) -> object:
        self.calls += 1
        outcome = next(self._outcomes, None)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome


class Pauses:
    """Delays that tell how often they were asked for, and how often they began anew."""

    def __init__(self, *delays_s: float) -> None:
        self._delays_s = delays_s
        self.begun = 0
        self.given = 0

    def __call__(self) -> Iterator[float]:
        self.begun += 1
        for delay_s in self._delays_s or repeat(SOON_S):
            self.given += 1
            yield delay_s


@pytest.fixture
async def supervisor() -> AsyncIterator[Supervisor]:
    supervisor = Supervisor(asyncio.create_task)
    yield supervisor
    await supervisor.drain()


async def test_a_loop_goes_on_after_what_nobody_foresaw(
    supervisor: Supervisor, caplog: pytest.LogCaptureFixture
) -> None:
    pauses = Pauses()
    steps = Steps(KeyError("id"), EngineServerFault("down"), asyncio.CancelledError(), NOT_DONE)
    task = supervisor.every("the list", SOON_S, steps.take, pauses)
    assert supervisor.failures == {"the list": 0}
    await until(lambda: steps.calls > 6)
    assert task.get_name() == "the list"
    assert supervisor.failures == {"the list": 3}
    assert pauses.given == 4
    records = [record for record in caplog.records if record.name == "bot.services.supervisor"]
    assert [record.getMessage() for record in records] == [
        "the list: a fault of ours",
        "the list: down",
        "the list: what it waited for was cancelled",
    ]
    assert records[0].exc_info is not None
    assert [record.levelno for record in records] == [logging.ERROR, logging.WARNING, logging.WARNING]


async def test_a_success_lets_the_delays_begin_anew(supervisor: Supervisor) -> None:
    pauses = Pauses(SOON_S, SOON_S)
    fault = EngineServerFault("down")
    steps = Steps(fault, None, fault, fault)
    supervisor.every("the list", SOON_S, steps.take, pauses)
    await until(lambda: steps.calls > 4)
    assert pauses.given == 3
    assert pauses.begun >= 2


async def test_delays_that_end_leave_the_usual_interval(supervisor: Supervisor) -> None:
    steps = Steps(*[EngineServerFault("down")] * 5)
    supervisor.every("the list", SOON_S, steps.take, lambda: iter((0.0,)))
    await until(lambda: steps.calls > 5)


async def test_a_task_is_tried_until_it_is_done(supervisor: Supervisor) -> None:
    steps = Steps(ValueError("odd"), NOT_DONE, None, ValueError("never reached"))
    await supervisor.until_done("names", steps.take, Pauses())
    assert steps.calls == 3
    assert supervisor.failures == {"names": 1}


async def test_a_task_is_given_up_with_its_delays_and_that_is_told(
    supervisor: Supervisor, caplog: pytest.LogCaptureFixture
) -> None:
    steps = Steps(*[EngineServerFault("down")] * 9)
    await supervisor.until_done("names", steps.take, Pauses(SOON_S, SOON_S))
    assert steps.calls == 3
    assert caplog.messages[-1] == "names: given up; the next start tries again"


async def test_the_end_of_its_owner_ends_a_loop_within_its_step(supervisor: Supervisor) -> None:
    is_begun, is_ended = asyncio.Event(), False

    async def hang() -> None:
        nonlocal is_ended
        is_begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            is_ended = True

    task = supervisor.every("the list", SOON_S, hang, Pauses())
    await is_begun.wait()
    await supervisor.drain()
    assert is_ended
    assert task.cancelled()
    assert supervisor.failures == {"the list": 0}
