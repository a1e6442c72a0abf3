"""A message counts as taken when Discord has answered, whenever the library gets round to saying so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.delivery.acceptance import observe, wait_until_accepted
from bot.services.tasks import TaskOwner
from tests.support.clocks import settle_down

EDIT = "/api/v10/webhooks/5/token/messages/@original"


@pytest.fixture
async def owner() -> AsyncIterator[TaskOwner]:
    owner = TaskOwner(asyncio.create_task)
    yield owner
    await owner.drain()
    assert len(owner) == 0


async def test_an_answer_counts_before_the_library_returns(owner: TaskOwner) -> None:
    async def request() -> None:
        observe("POST", "/api/v10/users/@me/channels", 200)
        observe("PATCH", EDIT, 429)
        observe("PATCH", EDIT, 200)
        await asyncio.sleep(60)

    await asyncio.wait_for(wait_until_accepted(owner.start, "ending", request), 5)
    assert len(owner) == 1  # what the library still does has an owner


async def test_what_is_no_answer_to_a_message_says_nothing(owner: TaskOwner) -> None:
    async def request() -> None:
        for method, path, status in (
            ("POST", "/api/v10/users/@me/channels", 200),
            ("PATCH", EDIT, 500),
            ("GET", EDIT, 200),
        ):
            observe(method, path, status)
        await asyncio.sleep(60)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(wait_until_accepted(owner.start, "ending", request), 0.05)
    await asyncio.sleep(0)
    assert len(owner) == 0


async def test_a_failure_before_the_answer_is_the_callers(owner: TaskOwner) -> None:
    async def request() -> None:
        raise OSError("reset")

    with pytest.raises(OSError, match="reset"):
        await wait_until_accepted(owner.start, "ending", request)


async def test_a_failure_after_the_answer_changes_nothing(owner: TaskOwner) -> None:
    async def request() -> None:
        observe("PATCH", EDIT, 200)
        raise OSError("reset in the body")

    await wait_until_accepted(owner.start, "ending", request)


async def test_requests_at_once_hear_their_own_answers_alone(owner: TaskOwner) -> None:
    async def silent() -> None:
        await asyncio.sleep(60)

    async def answered() -> None:
        observe("PATCH", EDIT, 200)
        await asyncio.sleep(60)

    waiting = asyncio.create_task(wait_until_accepted(owner.start, "silent", silent))
    await wait_until_accepted(owner.start, "answered", answered)
    assert not waiting.done()
    waiting.cancel()
    await asyncio.wait([waiting])


async def test_a_request_without_a_listener_is_nothing_to_us(owner: TaskOwner) -> None:
    async def silent() -> None:
        await asyncio.sleep(60)

    waiting = asyncio.create_task(wait_until_accepted(owner.start, "silent", silent))
    await settle_down()
    observe("PATCH", EDIT, 200)  # of a request that this very task would have made
    await settle_down()
    assert not waiting.done()
    waiting.cancel()
    await asyncio.wait([waiting])
    assert waiting.cancelled()
