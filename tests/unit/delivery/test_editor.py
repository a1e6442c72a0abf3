"""Many states in, few edits out: the newest wins, one at a time, the ending always."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack
from itertools import pairwise, repeat

import aiohttp
import pytest

from bot.delivery import circuit_breaker
from bot.delivery import editor as editor_module
from bot.delivery.budgets import Budgets, channel_key
from bot.delivery.channels import DeliveryChannels, SendFault
from bot.delivery.circuit_breaker import AT_ONCE, circuits_of
from bot.delivery.editor import FINAL_TRIES, LONGEST_FINAL_PAUSE_S, PROGRESS_TRIES, MessageEditor, Pace
from bot.domain.job.job import Progress, Stage
from bot.domain.job.status_update import StatusUpdate
from bot.services.tasks import TaskOwner
from bot.view.cards.renderer import final_card, status_card
from tests.support.clocks import SteppedClock, settle_down, until
from tests.support.discord_side import TOKEN, FakeRoute, an_http_error
from tests.support.samples import CHANNEL, a_job, a_picture

BY_TOKEN = f"/api/v10/webhooks/5/{TOKEN}/messages/@original"
ENDING = final_card(StatusUpdate(a_job(stage=Stage.SUCCEEDED)), [a_picture()])


def step(number: int) -> StatusUpdate:
    return StatusUpdate(a_job(stage=Stage.RUNNING, progress=Progress(number, 100)))


def shown(number: int) -> str:
    return status_card(step(number)).text


class Message:
    """An editor with two ways to its message."""

    def __init__(self, interval_s: float = 0.0, budgets: Budgets | None = None) -> None:
        self.time = SteppedClock()
        self.budgets = budgets or Budgets(self.time.monotonic)
        self.budgets.bind(TOKEN, CHANNEL)
        self.route = FakeRoute()
        self.other = FakeRoute(channel_key(CHANNEL))
        self.channels = DeliveryChannels([self.route, self.other])
        self.owner = TaskOwner(asyncio.create_task)
        pace = Pace(interval_s, lambda: repeat(0.001))
        self.editor = MessageEditor(
            CHANNEL, self.channels, self.owner.start, self.budgets, self.time.clock, pace
        )

    def answered(self, remaining: int, reset_s: float) -> None:
        headers = {"X-RateLimit-Remaining": str(remaining), "X-RateLimit-Reset-After": str(reset_s)}
        self.budgets.observe("PATCH", BY_TOKEN, 200, headers)

    def refused(self, retry_s: float, scope: str = "user") -> None:
        headers = {"Retry-After": str(retry_s), "X-RateLimit-Scope": scope}
        self.budgets.observe("PATCH", BY_TOKEN, 429, headers)

    async def end(self) -> SendFault | None:
        await self.editor.stop_progress()
        return await self.editor.send_final(self.route, ENDING, [a_picture()])


@pytest.fixture
async def message() -> AsyncIterator[Message]:
    message = Message()
    yield message
    await message.owner.drain()


@pytest.fixture
async def paced() -> AsyncIterator[Message]:
    message = Message(interval_s=0.05)
    yield message
    await message.owner.drain()


async def test_a_state_is_shown_and_leaves_the_attachments_alone(message: Message) -> None:
    message.editor.show(step(1))
    await until(lambda: message.route.sent)
    assert message.route.sent == [(status_card(step(1)), None)]
    await until(lambda: len(message.owner) == 0)


async def test_of_many_states_the_newest_is_shown(message: Message) -> None:
    message.route.gate.clear()
    for number in range(100):
        message.editor.show(step(number))
        await settle_down(2)
    message.route.gate.set()
    await until(lambda: len(message.route.sent) == 2)
    assert message.route.texts == [shown(0), shown(99)]


async def test_one_edit_is_in_flight_at_a_time(message: Message) -> None:
    for number in range(20):
        message.editor.show(step(number))
        await settle_down(number % 4)
    await until(lambda: message.route.texts[-1:] == [shown(19)])
    assert message.route.most_in_flight == 1


async def test_an_unchanged_card_is_not_sent_again(message: Message) -> None:
    for _ in range(3):
        message.editor.show(step(1))
        await until(lambda: len(message.owner) == 0)
    assert message.route.tried == message.editor.edits == 1


async def test_passing_states_keep_their_distance(paced: Message) -> None:
    moments: list[float] = []
    paced.route.on_send = lambda: moments.append(paced.time.monotonic())
    for number in range(3):
        paced.editor.show(step(number))
        await until(lambda number=number: len(paced.route.sent) > number)
    assert all(later - earlier >= 0.05 for earlier, later in pairwise(moments))


async def test_an_ending_does_not_wait_for_the_distance() -> None:
    message = Message(interval_s=3_600)
    message.editor.show(step(1))
    await until(lambda: message.route.sent)
    message.editor.show(step(2))
    await settle_down()
    assert await asyncio.wait_for(message.end(), 2) is None
    assert message.route.texts == [shown(1), ENDING.text]
    await until(lambda: len(message.owner) == 0)


async def test_an_ending_waits_for_the_edit_in_flight_and_is_the_last(message: Message) -> None:
    message.route.gate.clear()
    message.editor.show(step(1))
    await until(lambda: message.route.in_flight)
    message.editor.show(step(2))
    ending = asyncio.create_task(message.end())
    await settle_down()
    assert message.route.tried == 1
    message.route.gate.set()
    assert await ending is None
    message.editor.show(step(3))
    await settle_down()
    assert message.route.texts == [shown(1), ENDING.text]
    assert message.route.most_in_flight == 1


async def test_the_ending_replaces_the_attachments(message: Message) -> None:
    await message.end()
    ((_, pictures),) = message.route.sent
    assert pictures == [a_picture()]


async def test_the_last_request_of_a_window_is_kept_for_the_ending(message: Message) -> None:
    message.editor.show(step(1))
    await until(lambda: message.route.sent)
    message.answered(remaining=1, reset_s=3_600)
    message.editor.show(step(2))
    await settle_down()
    assert len(message.route.sent) == 1
    assert await asyncio.wait_for(message.end(), 2) is None
    assert message.route.texts[-1] == ENDING.text


async def test_passing_states_go_on_when_the_window_has_reset(message: Message) -> None:
    message.answered(remaining=1, reset_s=0.03)
    message.editor.show(step(1))
    await settle_down()
    assert message.route.tried == 0
    await until(lambda: message.route.sent)


async def test_a_passing_edit_refused_with_429_is_dropped_at_once(message: Message) -> None:
    """discord.py would sleep through the refusal with the token's lock held."""
    message.route.gate.clear()
    message.editor.show(step(1))
    await until(lambda: message.route.in_flight)
    message.refused(0.05)
    refused_s = message.time.monotonic()
    await until(lambda: message.route.in_flight == 0)
    message.route.gate.set()
    assert await asyncio.wait_for(message.end(), 2) is None
    assert message.route.texts == [ENDING.text]
    assert message.time.monotonic() - refused_s >= 0.05


async def test_an_ending_does_not_sit_out_a_long_refusal(message: Message) -> None:
    message.refused(LONGEST_FINAL_PAUSE_S + 1)
    assert await asyncio.wait_for(message.end(), 2) is SendFault.TRANSIENT
    assert message.route.tried == 0


async def test_a_dropped_state_is_shown_once_the_refusal_is_over(message: Message) -> None:
    message.route.gate.clear()
    message.editor.show(step(1))
    await until(lambda: message.route.in_flight)
    message.refused(0.02)
    await until(lambda: message.route.in_flight == 0)
    message.route.gate.set()
    await until(lambda: message.route.texts == [shown(1)])


async def test_a_shared_refusal_holds_back_the_whole_channel_endings_first(message: Message) -> None:
    message.refused(0.0, "shared")
    neighbour = Message(budgets=message.budgets)
    for number in range(30):
        message.budgets.shared.claim(CHANNEL, is_final=number > 10)
    neighbour.route.key = ("token", "another")
    neighbour.editor.show(step(1))
    await asyncio.sleep(0.03)
    assert neighbour.route.tried == 0
    assert message.budgets.pause_s(message.route.key, CHANNEL, is_final=True) > 1
    await neighbour.owner.drain()


async def test_an_ending_does_not_wait_for_a_state_that_waits_for_other_requests(
    message: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(circuit_breaker.PATIENCE_S, "token", 60.0)
    places = circuits_of(message.route.key, CHANNEL, None)
    with ExitStack() as crowd:
        for _ in range(AT_ONCE["token", "channel"][1]):
            crowd.enter_context(message.budgets.breaker.in_flight(places))
        message.budgets.breaker.succeeded(places)
        message.editor.show(step(1))
        await settle_down()
        assert message.route.tried == 0
        assert await asyncio.wait_for(message.end(), 1) is None
    assert message.route.texts == [ENDING.text]


async def test_a_slow_message_does_not_delay_another(message: Message) -> None:
    neighbour = Message(budgets=message.budgets)
    message.route.gate.clear()
    message.editor.show(step(1))
    neighbour.editor.show(step(2))
    await until(lambda: neighbour.route.texts == [shown(2)])
    assert message.route.sent == []
    await neighbour.owner.drain()


@pytest.mark.parametrize("error", [an_http_error(401, 50027), an_http_error(404, 10015)])
async def test_a_closed_way_gives_way_to_the_next(message: Message, error: Exception) -> None:
    message.route.faults.append(error)
    message.editor.show(step(1))
    await until(lambda: message.other.sent)
    assert (message.route.tried, message.other.texts) == (1, [shown(1)])
    message.editor.show(step(2))
    await until(lambda: len(message.other.sent) == 2)
    assert message.route.tried == 1


@pytest.mark.parametrize("error", [an_http_error(403, 50001), an_http_error(404, 10003)])
async def test_a_place_that_is_shut_is_asked_by_one_message_alone(message: Message, error: Exception) -> None:
    message.route.faults.append(error)
    message.editor.show(step(1))
    await until(lambda: len(message.owner) == 0)
    neighbour = Message(budgets=message.budgets)
    for one in (message, neighbour):
        one.editor.show(step(2))
        await until(lambda one=one: len(one.owner) == 0)
    assert (message.route.tried, neighbour.route.tried) == (1, 0)


async def test_a_way_that_grew_too_old_is_not_used(message: Message) -> None:
    message.route.closes_at_s = message.time.monotonic()
    message.editor.show(step(1))
    await until(lambda: message.other.sent)
    assert message.route.tried == 0


async def test_without_a_way_for_passing_states_none_is_shown(message: Message) -> None:
    message.channels.close(message.route)
    message.other.takes_progress = False
    message.editor.show(step(1))
    await until(lambda: len(message.owner) == 0)
    assert message.other.tried == 0


async def test_a_deleted_message_is_left_alone(message: Message) -> None:
    message.route.faults.append(an_http_error(404, 10008))
    message.editor.show(step(1))
    await until(lambda: message.editor.is_gone)
    message.editor.show(step(2))
    await settle_down()
    assert (message.route.tried, message.other.tried) == (1, 0)


async def test_states_that_wait_when_the_message_turns_out_deleted_are_not_sent(message: Message) -> None:
    message.route.gate.clear()
    message.route.faults.append(an_http_error(404, 10008))
    message.editor.show(step(1))
    await until(lambda: message.route.in_flight)
    message.editor.show(step(2))
    message.route.gate.set()
    await until(lambda: len(message.owner) == 0)
    assert message.route.tried == 1


@pytest.mark.parametrize(
    "error", [an_http_error(503), aiohttp.ClientOSError("reset"), TimeoutError(), TypeError("text body")]
)
async def test_a_passing_failure_is_tried_again(message: Message, error: Exception) -> None:
    message.route.faults.append(error)
    message.editor.show(step(1))
    await until(lambda: message.route.texts == [shown(1)])
    assert message.route.tried == 2


async def test_a_passing_state_is_not_tried_for_ever(message: Message) -> None:
    message.route.faults.extend([an_http_error(503)] * 100)
    message.editor.show(step(1))
    await until(lambda: len(message.owner) == 0)
    assert message.route.tried == PROGRESS_TRIES + 1
    message.route.faults.clear()
    message.editor.show(step(2))
    await until(lambda: message.route.texts == [shown(2)])


async def test_a_state_that_discord_will_not_have_is_skipped(message: Message) -> None:
    message.route.faults.append(an_http_error(400, 50035))
    message.editor.show(step(1))
    await until(lambda: len(message.owner) == 0)
    assert message.route.tried == 1
    message.editor.show(step(2))
    await until(lambda: message.route.texts == [shown(2)])


async def test_a_state_that_may_have_been_shown_is_corrected_by_the_one_before(message: Message) -> None:
    message.editor.show(step(1))
    await until(lambda: message.route.sent)
    message.route.gate.clear()
    message.route.faults.append(aiohttp.ServerDisconnectedError())  # it may have arrived all the same
    message.editor.show(step(2))
    await until(lambda: message.route.in_flight)
    message.editor.show(step(1))
    message.route.gate.set()
    await until(lambda: message.route.texts == [shown(1), shown(1)])


async def test_a_hanging_passing_edit_is_given_up(message: Message, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(editor_module, "PROGRESS_TIMEOUT_S", 0.02)
    message.route.gate.clear()
    message.editor.show(step(1))
    await until(lambda: message.route.tried == 2)
    message.route.gate.set()
    await until(lambda: message.route.sent)


async def test_a_passing_edit_that_hangs_or_breaks_leaves_a_doubt(message: Message) -> None:
    assert message.editor.unsure_until_s < message.time.monotonic()
    message.route.faults.append(aiohttp.ServerDisconnectedError())
    message.editor.show(step(1))
    await until(lambda: message.route.sent)
    assert message.editor.unsure_until_s > message.time.monotonic()
    assert await message.end() is None
    assert message.editor.shown == ENDING


async def test_an_edit_that_discord_refused_leaves_no_doubt(message: Message) -> None:
    message.route.gate.clear()
    message.editor.show(step(1))
    await until(lambda: message.route.in_flight)
    message.refused(0.01)
    await until(lambda: not message.route.in_flight)
    assert message.editor.unsure_until_s < message.time.monotonic()


async def test_a_refusal_in_a_channel_may_be_of_another_message(message: Message) -> None:
    message.channels.close(message.route)
    message.other.gate.clear()
    message.editor.show(step(1))
    await until(lambda: message.other.in_flight)
    headers = {"Retry-After": "0.01", "X-RateLimit-Scope": "user"}
    message.budgets.observe("PATCH", f"/api/v10/channels/{CHANNEL}/messages/1", 429, headers)
    await until(lambda: not message.other.in_flight)
    assert message.editor.unsure_until_s > message.time.monotonic()


@pytest.mark.parametrize(
    "error", [an_http_error(503), aiohttp.ClientOSError("reset"), TimeoutError(), an_http_error(429)]
)
async def test_an_ending_is_tried_until_it_is_shown(message: Message, error: Exception) -> None:
    message.route.faults.extend([error] * (FINAL_TRIES - 1))
    assert await message.end() is None
    assert message.route.tried == FINAL_TRIES


async def test_an_ending_is_given_up_in_the_end(message: Message) -> None:
    message.route.faults.extend([an_http_error(503)] * 100)
    assert await message.end() is SendFault.TRANSIENT
    assert message.route.tried == FINAL_TRIES


@pytest.mark.parametrize(
    ("error", "refused"),
    [
        (an_http_error(404, 10008), SendFault.MESSAGE_GONE),
        (an_http_error(413), SendFault.TOO_LARGE),
        (an_http_error(400), SendFault.INVALID),
        (an_http_error(401, 50027), SendFault.TOKEN_EXPIRED),
    ],
)
async def test_an_ending_that_is_refused_for_good_is_not_repeated(
    message: Message, error: Exception, refused: SendFault
) -> None:
    message.route.faults.append(error)
    assert await message.end() is refused
    assert message.route.tried == 1


async def test_a_hanging_ending_is_tried_again(message: Message, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(editor_module, "FINAL_TIMEOUT_S", 0.02)
    message.route.gate.clear()
    ending = asyncio.create_task(message.end())
    await until(lambda: message.route.tried == 2)
    message.route.gate.set()
    assert await ending is None


async def test_a_hundred_messages_with_ten_states_each_all_end(message: Message) -> None:
    messages = [Message(interval_s=0.001, budgets=message.budgets) for _ in range(100)]
    for number in range(10):
        for one in messages:
            one.editor.show(step(number))
        await asyncio.sleep(0)
    assert await asyncio.gather(*(one.end() for one in messages)) == [None] * 100
    assert all(one.route.texts[-1] == ENDING.text for one in messages)
