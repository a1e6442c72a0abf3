"""First answers go out over few connections, and what follows one waits for the others of a burst."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from bot.delivery import initial_responses
from bot.delivery.initial_responses import AT_ONCE, BURST, LULL_S, InitialResponseLimiter
from tests.support.clocks import settle_down, until

SOON_S = 0.02


class Crowd:
    """First answers on their way, until the gate is opened."""

    def __init__(self) -> None:
        self.answers = InitialResponseLimiter()
        self.gate = asyncio.Event()
        self.sending = 0

    async def answer(self) -> None:
        async with self.answers:
            self.sending += 1
            await self.gate.wait()


async def test_a_crowd_takes_turns_and_everybody_comes_up() -> None:
    crowd = Crowd()
    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE + 20):
            group.create_task(crowd.answer())
        await settle_down()
        assert crowd.sending == AT_ONCE
        crowd.gate.set()
    assert crowd.sending == AT_ONCE + 20


async def test_nobody_waits_for_a_turn_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(initial_responses, "LONGEST_TURN_S", SOON_S)
    crowd = Crowd()
    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE + 20):
            group.create_task(crowd.answer())
        await until(lambda: crowd.sending == AT_ONCE + 20)  # though none of the first was answered
        crowd.gate.set()
    await asyncio.wait_for(crowd.answers.calm(), 1)


async def test_one_that_fails_leaves_its_turn_to_others() -> None:
    answers = InitialResponseLimiter()
    for _ in range(2 * AT_ONCE):
        with pytest.raises(OSError, match="broken"):
            async with answers:
                raise OSError("broken")
    async with asyncio.timeout(1):
        async with answers:
            await answers.calm()


async def test_what_follows_waits_for_the_burst_alone() -> None:
    answers = InitialResponseLimiter()
    async with AsyncExitStack() as few:
        for _ in range(BURST - 1):
            await few.enter_async_context(answers)
        await asyncio.wait_for(answers.calm(), 1)
        async with answers:
            following = asyncio.create_task(answers.calm())
            await settle_down()
            assert not following.done()
        await asyncio.wait_for(following, 1)


async def test_what_follows_waits_for_no_burst_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(initial_responses, "LONGEST_BURST_S", SOON_S)
    answers = InitialResponseLimiter()
    async with AsyncExitStack() as many:
        for _ in range(BURST):
            await many.enter_async_context(answers)
        await asyncio.wait_for(answers.calm(), 1)


async def test_a_burst_that_halts_for_a_moment_is_one_burst() -> None:
    answers = InitialResponseLimiter()
    async with AsyncExitStack() as many:
        for _ in range(BURST):
            await many.enter_async_context(answers)
    following = asyncio.create_task(answers.calm())
    await settle_down()
    async with AsyncExitStack() as more:
        for _ in range(BURST):
            await more.enter_async_context(answers)
        await asyncio.sleep(2 * LULL_S)
        assert not following.done()
    await asyncio.wait_for(following, 1)


@pytest.mark.parametrize("is_endless", [True, False])
async def test_a_burst_is_told_once_when_it_begins_and_once_when_it_is_over(
    monkeypatch: pytest.MonkeyPatch, is_endless: bool
) -> None:
    monkeypatch.setattr(initial_responses, "LONGEST_BURST_S", SOON_S if is_endless else 60.0)
    answers, told = InitialResponseLimiter(), list[str]()
    answers.on_burst, answers.on_calm = lambda: told.append("burst"), lambda: told.append("calm")
    async with AsyncExitStack() as many:
        for _ in range(BURST - 1):
            await many.enter_async_context(answers)
        assert told == []
        for _ in range(BURST):
            await many.enter_async_context(answers)
        assert told == ["burst"]
        if is_endless:
            await asyncio.wait_for(answers.calm(), 1)
            assert told == ["burst", "calm"]
    await asyncio.wait_for(answers.calm(), 1)
    await asyncio.sleep(2 * LULL_S)
    assert told == ["burst", "calm"]


async def test_whoever_is_cancelled_leaves_no_turn_taken() -> None:
    crowd = Crowd()
    tasks = [asyncio.create_task(crowd.answer()) for _ in range(AT_ONCE + 20)]
    await settle_down()
    for task in tasks[AT_ONCE : AT_ONCE + 10]:  # of those who wait
        task.cancel()
    for task in tasks[:10]:  # of those who send: their turns are passed on, some to cancelled ones
        task.cancel()
    await settle_down()
    assert crowd.sending == AT_ONCE + 10
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    crowd.gate.set()
    crowd.sending = 0
    async with asyncio.timeout(1):
        await asyncio.gather(*(crowd.answer() for _ in range(AT_ONCE)))
        await crowd.answers.calm()
    assert crowd.sending == AT_ONCE


async def test_whoever_is_cancelled_as_their_turn_comes_passes_it_on() -> None:
    answers = InitialResponseLimiter()
    async with AsyncExitStack() as many:
        for _ in range(AT_ONCE):
            await many.enter_async_context(answers)
        first, second = (asyncio.create_task(answers.__aenter__()) for _ in range(2))
        await settle_down()
    # Both were let in this very moment.
    first.cancel()
    await asyncio.wait({first, second})
    assert (first.cancelled(), second.cancelled()) == (True, False)
    await answers.__aexit__(None, None, None)
    assert (answers._sending, answers._on_their_way) == (0, 0)
