"""The gate: a wait that changes nothing is cut short when the bot stops, and says so."""

from __future__ import annotations

import asyncio

import pytest

from bot.domain.request.interactions import NotAccepting
from bot.services.catalogue.service import FRESH_S
from bot.services.shutdown_gate import ShutdownGate
from tests.support.bot_harness import BotHarness
from tests.support.clocks import until
from tests.support.samples import MODEL, a_request, a_requester


async def test_what_ends_in_time_is_left_alone() -> None:
    gate = ShutdownGate()
    async with gate.while_open():
        await asyncio.sleep(0)
    gate.close()
    assert not gate.is_open


async def test_who_waits_inside_is_let_out_at_once() -> None:
    gate = ShutdownGate()

    async def wait() -> None:
        async with gate.while_open():
            await asyncio.Event().wait()

    waits = [asyncio.create_task(wait()) for _ in range(3)]
    await asyncio.sleep(0)
    gate.close()
    outcomes = await asyncio.gather(*waits, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {NotAccepting}
    with pytest.raises(NotAccepting):
        await wait()


async def test_a_timeout_of_what_is_waited_for_stays_one() -> None:
    with pytest.raises(TimeoutError):
        async with ShutdownGate().while_open():
            raise TimeoutError


async def test_a_request_that_waits_for_its_models_page_is_told_when_the_bot_stops(
    harness: BotHarness,
) -> None:
    harness.wiro.model_gate.clear()
    submit = asyncio.create_task(harness.submit())
    await until(lambda: harness.wiro.models_asked == 1)
    harness.jobs.refuse_more()
    with pytest.raises(NotAccepting):
        await submit
    assert await harness.store.job(1) is None


async def test_a_price_that_waits_for_its_models_page_is_told_too(harness: BotHarness) -> None:
    await harness.catalogue.model(MODEL)
    harness.time.forward(FRESH_S + 1)
    harness.wiro.model_gate.clear()
    quote = asyncio.create_task(harness.holds.of_request(a_request()))
    await until(lambda: harness.wiro.models_asked == 2)
    harness.jobs.refuse_more()
    with pytest.raises(NotAccepting):
        await quote


async def test_a_log_that_wiro_does_not_send_is_not_waited_for(harness: BotHarness) -> None:
    task_id = await harness.submit_and_watch()
    asked = asyncio.Event()

    async def log_of(_task_id: str) -> str:
        asked.set()
        await asyncio.Event().wait()
        return ""

    harness.wiro.log_of = log_of  # type: ignore[method-assign]  # a Wiro that hangs
    reading = asyncio.create_task(harness.jobs.log_of(1, a_requester()))
    await asked.wait()
    assert task_id
    harness.jobs.refuse_more()
    with pytest.raises(NotAccepting):
        await reading
