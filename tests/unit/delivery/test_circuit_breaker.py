"""A place that Discord has shut costs a few requests, however many messages wait there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from bot.delivery.circuit_breaker import (
    CHANNELS_OF_A_SHUT_GUILD,
    CROWD,
    FIRST_PAUSE_S,
    FRESH_S,
    LETTERS_REFUSED_PER_MINUTE,
    LONGEST_PAUSE_S,
    MAX_DOORS,
    MEMORY_S,
    PATIENCE_S,
    PIONEERS,
    CircuitBreaker,
    Door,
    doors_of,
)
from tests.support.clocks import SteppedClock, settle_down, until

GUILD = 9


class Street:
    """Doors, and a Discord that answers each request through them when `answer` says so."""

    def __init__(self) -> None:
        self.time = SteppedClock()
        self.doors = CircuitBreaker(self.time.monotonic)
        self.is_open = False
        self.requests = 0
        self.answer = asyncio.Event()
        self.answer.set()

    async def request(self, doors: list[Door], *, is_ending: bool = True) -> bool | None:
        """Whether it was let in; None: not even sent."""
        if not await self.doors.admit(doors, is_ending=is_ending):
            return None
        self.requests += 1
        with self.doors.passing_through(doors):
            await self.answer.wait()
            (self.doors.open if self.is_open else self.doors.refused)(doors)
        return self.is_open

    async def wait_out(self, seconds: float) -> None:
        """Puts the clock forward and wakes the sleepers, whose timers run by the real one."""
        self.time.forward(seconds)
        for state in self.doors._states.values():
            state.tell()
        await settle_down()


@pytest.fixture
async def street() -> Street:
    return Street()


def channel(number: int = 1, guild_id: int | None = None) -> list[Door]:
    return doors_of(("channel", str(number)), number, guild_id)


async def test_twenty_endings_at_once_in_a_dead_channel_cost_a_few_requests(street: Street) -> None:
    street.answer.clear()
    endings = [asyncio.create_task(street.request(channel())) for _ in range(20)]
    await settle_down()
    assert street.requests == PIONEERS["channel"]
    street.answer.set()
    await until(lambda: sum(one.done() for one in endings) == PIONEERS["channel"])
    await street.wait_out(FIRST_PAUSE_S * 2)
    await until(lambda: all(one.done() for one in endings))
    assert street.requests == PIONEERS["channel"] + 1
    assert {one.result() for one in endings} == {False, None}


async def test_passing_states_never_knock(street: Street) -> None:
    assert await street.request(channel()) is False
    for _ in range(30):
        await street.wait_out(10)
        assert await street.request(channel(), is_ending=False) is None
    assert street.requests == 1


async def test_an_ending_finds_out_that_a_place_is_open_again(street: Street) -> None:
    await street.request(channel(), is_ending=False)
    street.is_open = True
    ending = asyncio.create_task(street.request(channel()))
    await settle_down()
    assert not ending.done()
    await street.wait_out(FIRST_PAUSE_S)
    assert await ending is True
    assert await street.request(channel(), is_ending=False) is True


async def test_what_opens_a_place_lets_everybody_in_who_waits(street: Street) -> None:
    await street.request(channel())
    street.is_open = True
    endings = [asyncio.create_task(street.request(channel())) for _ in range(5)]
    await settle_down()
    street.doors.open(channel())
    assert await asyncio.gather(*endings) == [True] * 5


async def test_knocks_grow_rare(street: Street) -> None:
    await street.request(channel())
    for pause_s in (*(FIRST_PAUSE_S * 2**n for n in range(4)), LONGEST_PAUSE_S, LONGEST_PAUSE_S):
        ending = asyncio.create_task(street.request(channel()))
        await street.wait_out(pause_s - 1)
        assert not ending.done()
        await street.wait_out(1.01)
        assert await ending is False


async def test_a_server_that_shuts_several_channels_has_removed_the_bot(street: Street) -> None:
    for number in range(CHANNELS_OF_A_SHUT_GUILD):
        assert await street.request(channel(number, GUILD), is_ending=False) is False
    assert await street.request(channel(50, GUILD), is_ending=False) is None
    street.is_open = True
    assert await street.request(channel(50, GUILD + 1), is_ending=False) is True
    assert await street.request(channel(50), is_ending=False) is True


async def test_one_channel_that_stays_shut_says_nothing_of_its_server(street: Street) -> None:
    for _ in range(2 * CHANNELS_OF_A_SHUT_GUILD):
        ending = asyncio.create_task(street.request(channel(1, GUILD)))
        await street.wait_out(LONGEST_PAUSE_S)
        assert await ending is False
    street.is_open = True
    assert await street.request(channel(2, GUILD), is_ending=False) is True


async def test_channels_that_were_deleted_say_nothing_of_their_server(street: Street) -> None:
    for number in range(10):
        street.doors.refused(channel(number, GUILD), is_gone=True)
    street.is_open = True
    assert await street.request(channel(50, GUILD), is_ending=False) is True


async def test_a_token_may_pass_where_the_bot_may_not(street: Street) -> None:
    await street.request(channel())
    street.is_open = True
    assert await street.request(doors_of(("token", "t"), 1, None)) is True


@pytest.mark.parametrize(("kind", "at_once"), [("token", 50), ("channel", CROWD["channel"])])
async def test_a_place_that_answers_takes_what_its_windows_take(
    street: Street, kind: str, at_once: int
) -> None:
    street.is_open = True
    place = doors_of((kind, "1"), 1, None)
    await street.request(place)
    street.answer.clear()
    many = [asyncio.create_task(street.request(place)) for _ in range(50)]
    await settle_down()
    assert street.requests == at_once + 1
    street.answer.set()
    assert await asyncio.gather(*many) == [True] * 50


async def test_a_server_that_removes_the_bot_amid_edits_refuses_a_few(street: Street) -> None:
    street.is_open = True
    places = [channel(number % 5, GUILD) for number in range(20)]
    await asyncio.gather(*(street.request(place, is_ending=False) for place in places))
    street.requests, street.is_open = 0, False
    street.answer.clear()
    many = [asyncio.create_task(street.request(place, is_ending=False)) for place in places]
    await settle_down()
    street.answer.set()
    assert set(await asyncio.gather(*many)) == {False, None}
    assert street.requests <= 10


async def test_a_place_that_is_gone_is_not_knocked_at(street: Street) -> None:
    street.doors.refused(channel(), is_gone=True)
    assert await street.request(channel()) is None
    assert street.doors.is_gone(channel())
    street.is_open = True
    street.doors.open(channel())
    assert await street.request(channel()) is True


async def test_a_pioneer_that_hangs_holds_nobody_up_for_long(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PATIENCE_S, "channel", 0.02)
    street.answer.clear()
    many = [asyncio.create_task(street.request(channel())) for _ in range(6)]
    await until(lambda: street.requests == 6)
    street.is_open = True
    street.answer.set()
    assert await asyncio.gather(*many) == [True] * 6
    await street.wait_out(FRESH_S + 1)
    assert await street.request(channel()) is True


async def test_who_takes_no_letters_is_not_written_to_for_a_while(street: Street) -> None:
    letter = doors_of(("direct", "7"), 1, GUILD)
    assert await street.request(letter) is False
    assert await street.request(letter) is None
    assert await street.request(doors_of(("direct", "8"), 1, GUILD)) is False
    street.is_open = True
    await street.wait_out(FIRST_PAUSE_S + MEMORY_S + 1)
    assert await street.request(letter) is True


async def test_refused_letters_are_few_in_a_minute(street: Street) -> None:
    for number in range(LETTERS_REFUSED_PER_MINUTE):
        assert await street.request(doors_of(("direct", str(number)), 1, None)) is False
    late = asyncio.create_task(street.request(doors_of(("direct", "99"), 1, None)))
    await settle_down()
    assert not late.done()
    assert street.requests == LETTERS_REFUSED_PER_MINUTE
    late.cancel()
    street.time.forward(61)
    assert await street.request(doors_of(("direct", "99"), 1, None)) is False


async def test_old_places_are_forgotten(street: Street) -> None:
    street.is_open = True
    for number in range(MAX_DOORS):
        street.doors.open(channel(number))
    street.time.forward(MEMORY_S)
    street.doors.open(channel(MAX_DOORS))
    assert len(street.doors._states) == 1


async def test_a_request_that_is_given_up_leaves_the_door(street: Street) -> None:
    street.answer.clear()
    given_up: Callable[[], int] = lambda: street.doors._states[channel()[0]].in_flight  # noqa: E731 — read twice
    one = asyncio.create_task(street.request(channel()))
    await settle_down()
    assert given_up() == 1
    one.cancel()
    await settle_down()
    assert given_up() == 0
