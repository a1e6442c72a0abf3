"""The first answer: sent once, and where it may not have arrived once more, while Discord still takes it."""

from __future__ import annotations

import asyncio
from collections import deque
from types import SimpleNamespace
from typing import Any, Final

import aiohttp
import discord
import pytest

from bot.delivery.initial_responses import AT_ONCE, BURST, InitialResponseLimiter
from bot.delivery.responses import ALREADY_ACKNOWLEDGED, acknowledge, acknowledge_press
from tests.support.clocks import settle_down
from tests.support.discord_side import an_http_error

DISCORDS_S: Final = 3.0  # for the first answer (Discord docs, Receiving and responding, 2026)
AN_ANSWER_S: Final = 0.5  # of a slow Discord: what is sent later than so much before the end comes too late
MESSAGE_ID: Final = 77
HANGS: Final = None  # taken by nobody, and answered by nobody
TAKEN: Final = an_http_error(400, ALREADY_ACKNOWLEDGED)


class Discord:
    """An interaction whose acknowledgements end as `outcomes` says; an empty list takes them."""

    def __init__(self, *outcomes: Exception | None, answers: InitialResponseLimiter | None = None) -> None:
        self.outcomes = deque(outcomes)
        self.sent_at_s: list[float] = []
        self.asked_for_the_message = 0
        self.came_s = asyncio.get_running_loop().time()
        self.interaction: Any = SimpleNamespace(
            client=SimpleNamespace(initial_responses=answers) if answers is not None else SimpleNamespace(),
            response=SimpleNamespace(defer=self._defer),
            original_response=self._original,
        )

    async def _defer(self, *, thinking: bool, ephemeral: bool) -> Any:
        self.sent_at_s.append(asyncio.get_running_loop().time() - self.came_s)
        outcome: Exception | str | None = self.outcomes.popleft() if self.outcomes else "taken"
        if outcome is HANGS:
            await asyncio.Event().wait()
        if isinstance(outcome, Exception):
            raise outcome
        return SimpleNamespace(message_id=MESSAGE_ID)

    async def _original(self) -> Any:
        self.asked_for_the_message += 1
        return SimpleNamespace(id=MESSAGE_ID)


async def test_what_discord_takes_is_sent_once() -> None:
    discords = Discord()
    assert await acknowledge(discords.interaction, ephemeral=False) == MESSAGE_ID
    assert len(discords.sent_at_s) == 1
    assert discords.asked_for_the_message == 0


@pytest.mark.parametrize("fault", [aiohttp.ServerDisconnectedError(), ConnectionResetError(), TimeoutError()])
async def test_a_broken_connection_gets_a_second_try_at_once(fault: Exception) -> None:
    discords = Discord(fault)
    assert await acknowledge(discords.interaction, ephemeral=True) == MESSAGE_ID
    assert discords.sent_at_s == [0.0, 0.0]


async def test_one_that_hangs_is_sent_again_while_discord_still_takes_it() -> None:
    discords = Discord(HANGS)
    await acknowledge_press(discords.interaction)
    first_s, second_s = discords.sent_at_s
    assert first_s == 0.0
    assert 1.0 < second_s < DISCORDS_S - AN_ANSWER_S


async def test_the_wait_for_a_turn_is_part_of_that_time() -> None:
    answers = InitialResponseLimiter()
    for _ in range(AT_ONCE):  # a crowd none of whom is answered
        await answers.__aenter__()
    discords = Discord(HANGS, answers=answers)
    acknowledging = asyncio.create_task(acknowledge(discords.interaction, ephemeral=False))
    await asyncio.sleep(DISCORDS_S)
    assert len(discords.sent_at_s) == 2
    assert discords.sent_at_s[0] > 0.0
    assert discords.sent_at_s[1] < DISCORDS_S - AN_ANSWER_S
    assert await acknowledging == MESSAGE_ID


async def test_one_whose_answer_alone_was_lost_is_not_sent_a_third_time() -> None:
    discords = Discord(HANGS, TAKEN)
    assert await acknowledge(discords.interaction, ephemeral=False) == MESSAGE_ID
    assert (len(discords.sent_at_s), discords.asked_for_the_message) == (2, 1)


async def test_what_came_twice_is_not_answered_twice() -> None:
    discords = Discord(TAKEN)
    with pytest.raises(discord.HTTPException):
        await acknowledge(discords.interaction, ephemeral=False)
    assert (len(discords.sent_at_s), discords.asked_for_the_message) == (1, 0)


async def test_a_refusal_of_discord_is_no_reason_to_send_again() -> None:
    discords = Discord(an_http_error(404, 10062))
    with pytest.raises(discord.NotFound):
        await acknowledge(discords.interaction, ephemeral=False)
    assert len(discords.sent_at_s) == 1


async def test_the_message_of_an_answer_is_heard_of_before_the_burst_is_over() -> None:
    answers = InitialResponseLimiter()
    for _ in range(BURST):  # others on their way
        await answers.__aenter__()
    heard: list[int] = []
    discords = Discord(answers=answers)
    acknowledging = asyncio.create_task(
        acknowledge(discords.interaction, ephemeral=False, on_answer=heard.append)
    )
    await settle_down()
    assert heard == [MESSAGE_ID]
    assert not acknowledging.done()
    assert await acknowledging == MESSAGE_ID
