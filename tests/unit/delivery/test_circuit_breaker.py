"""A channel that refuses the bot costs a few requests, however many messages wait there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from bot.delivery.circuit_breaker import (
    AT_ONCE,
    CHANNELS_OF_AN_OPEN_GUILD,
    DIRECT_REFUSALS_PER_MINUTE,
    FIRST_PAUSE_S,
    FRESH_S,
    LONGEST_PAUSE_S,
    MAX_CIRCUITS,
    MEMORY_S,
    PATIENCE_S,
    CircuitBreaker,
    CircuitKey,
    circuits_of,
)
from tests.support.clocks import SteppedClock, settle_down, until

GUILD = 9
UNPROVEN, PROVEN = AT_ONCE["channel", "channel"]


class RefusingDiscord:
    """A breaker, and a Discord that answers each request when `answer` says so."""

    def __init__(self) -> None:
        self.time = SteppedClock()
        self.breaker = CircuitBreaker(self.time.monotonic)
        self.is_taking = False
        self.requests = 0
        self.answer = asyncio.Event()
        self.answer.set()

    async def request(self, keys: list[CircuitKey], *, is_final: bool = True) -> bool | None:
        """Whether it was let in; None: not even sent."""
        if not await self.breaker.admit(keys, is_final=is_final):
            return None
        self.requests += 1
        with self.breaker.in_flight(keys):
            await self.answer.wait()
            (self.breaker.succeeded if self.is_taking else self.breaker.refused)(keys)
        return self.is_taking

    async def wait_out(self, seconds: float) -> None:
        """Puts the clock forward and wakes the sleepers, whose timers run by the real one."""
        self.time.forward(seconds)
        for circuit in self.breaker._circuits.values():
            circuit.tell()
        await settle_down()


@pytest.fixture
async def discord() -> RefusingDiscord:
    return RefusingDiscord()


def channel(number: int = 1, guild_id: int | None = None) -> list[CircuitKey]:
    return circuits_of(("channel", str(number)), number, guild_id)


async def test_twenty_final_states_at_once_in_a_dead_channel_cost_a_few_requests(
    discord: RefusingDiscord,
) -> None:
    discord.answer.clear()
    endings = [asyncio.create_task(discord.request(channel())) for _ in range(20)]
    await settle_down()
    assert discord.requests == UNPROVEN
    discord.answer.set()
    await until(lambda: sum(one.done() for one in endings) == UNPROVEN)
    await discord.wait_out(FIRST_PAUSE_S * 2)
    await until(lambda: all(one.done() for one in endings))
    assert discord.requests == UNPROVEN + 1
    assert {one.result() for one in endings} == {False, None}


async def test_progress_is_never_sent_over_an_open_circuit(discord: RefusingDiscord) -> None:
    assert await discord.request(channel()) is False
    for _ in range(30):
        await discord.wait_out(10)
        assert await discord.request(channel(), is_final=False) is None
    assert discord.requests == 1


async def test_the_probe_of_a_final_state_closes_the_circuit(discord: RefusingDiscord) -> None:
    await discord.request(channel(), is_final=False)
    discord.is_taking = True
    ending = asyncio.create_task(discord.request(channel()))
    await settle_down()
    assert not ending.done()
    await discord.wait_out(FIRST_PAUSE_S)
    assert await ending is True
    assert await discord.request(channel(), is_final=False) is True


async def test_what_closes_a_circuit_lets_everybody_send_who_waits(discord: RefusingDiscord) -> None:
    await discord.request(channel())
    discord.is_taking = True
    endings = [asyncio.create_task(discord.request(channel())) for _ in range(5)]
    await settle_down()
    discord.breaker.succeeded(channel())
    assert await asyncio.gather(*endings) == [True] * 5


async def test_probes_grow_rare(discord: RefusingDiscord) -> None:
    await discord.request(channel())
    for pause_s in (*(FIRST_PAUSE_S * 2**n for n in range(4)), LONGEST_PAUSE_S, LONGEST_PAUSE_S):
        ending = asyncio.create_task(discord.request(channel()))
        await discord.wait_out(pause_s - 1)
        assert not ending.done()
        await discord.wait_out(1.01)
        assert await ending is False


async def test_a_server_where_several_channels_refuse_has_removed_the_bot(discord: RefusingDiscord) -> None:
    for number in range(CHANNELS_OF_AN_OPEN_GUILD):
        assert await discord.request(channel(number, GUILD), is_final=False) is False
    assert await discord.request(channel(50, GUILD), is_final=False) is None
    discord.is_taking = True
    assert await discord.request(channel(50, GUILD + 1), is_final=False) is True
    assert await discord.request(channel(50), is_final=False) is True


async def test_one_channel_that_goes_on_refusing_says_nothing_of_its_server(discord: RefusingDiscord) -> None:
    for _ in range(2 * CHANNELS_OF_AN_OPEN_GUILD):
        ending = asyncio.create_task(discord.request(channel(1, GUILD)))
        await discord.wait_out(LONGEST_PAUSE_S)
        assert await ending is False
    discord.is_taking = True
    assert await discord.request(channel(2, GUILD), is_final=False) is True


async def test_channels_that_were_deleted_say_nothing_of_their_server(discord: RefusingDiscord) -> None:
    for number in range(10):
        discord.breaker.refused(channel(number, GUILD), is_gone=True)
    discord.is_taking = True
    assert await discord.request(channel(50, GUILD), is_final=False) is True


async def test_a_token_may_be_taken_where_the_bot_is_not(discord: RefusingDiscord) -> None:
    await discord.request(channel())
    discord.is_taking = True
    assert await discord.request(circuits_of(("token", "t"), 1, None)) is True


@pytest.mark.parametrize(("kind", "at_once"), [("token", 50), ("channel", PROVEN)])
async def test_a_channel_that_answers_takes_what_its_windows_take(
    discord: RefusingDiscord, kind: str, at_once: int
) -> None:
    discord.is_taking = True
    place = circuits_of((kind, "1"), 1, None)
    await discord.request(place)
    discord.answer.clear()
    many = [asyncio.create_task(discord.request(place)) for _ in range(50)]
    await settle_down()
    assert discord.requests == at_once + 1
    discord.answer.set()
    assert await asyncio.gather(*many) == [True] * 50


async def test_a_server_that_removes_the_bot_amid_edits_refuses_a_few(discord: RefusingDiscord) -> None:
    discord.is_taking = True
    places = [channel(number % 5, GUILD) for number in range(20)]
    await asyncio.gather(*(discord.request(place, is_final=False) for place in places))
    discord.requests, discord.is_taking = 0, False
    discord.answer.clear()
    many = [asyncio.create_task(discord.request(place, is_final=False)) for place in places]
    await settle_down()
    discord.answer.set()
    assert set(await asyncio.gather(*many)) == {False, None}
    assert discord.requests <= 10


async def test_a_channel_that_is_gone_is_not_probed(discord: RefusingDiscord) -> None:
    discord.breaker.refused(channel(), is_gone=True)
    assert await discord.request(channel()) is None
    assert discord.breaker.is_gone(channel())
    discord.is_taking = True
    discord.breaker.succeeded(channel())
    assert await discord.request(channel()) is True


async def test_a_request_that_hangs_holds_nobody_up_for_long(
    discord: RefusingDiscord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PATIENCE_S, "channel", 0.02)
    discord.answer.clear()
    many = [asyncio.create_task(discord.request(channel())) for _ in range(6)]
    await until(lambda: discord.requests == 6)
    discord.is_taking = True
    discord.answer.set()
    assert await asyncio.gather(*many) == [True] * 6
    await discord.wait_out(FRESH_S + 1)
    assert await discord.request(channel()) is True


async def test_who_takes_no_direct_messages_is_not_written_to_for_a_while(discord: RefusingDiscord) -> None:
    direct = circuits_of(("direct", "7"), 1, GUILD)
    assert await discord.request(direct) is False
    assert await discord.request(direct) is None
    assert await discord.request(circuits_of(("direct", "8"), 1, GUILD)) is False
    discord.is_taking = True
    await discord.wait_out(FIRST_PAUSE_S + MEMORY_S + 1)
    assert await discord.request(direct) is True


async def test_refused_direct_messages_are_few_in_a_minute(discord: RefusingDiscord) -> None:
    for number in range(DIRECT_REFUSALS_PER_MINUTE):
        assert await discord.request(circuits_of(("direct", str(number)), 1, None)) is False
    late = asyncio.create_task(discord.request(circuits_of(("direct", "99"), 1, None)))
    await settle_down()
    assert not late.done()
    assert discord.requests == DIRECT_REFUSALS_PER_MINUTE
    late.cancel()
    discord.time.forward(61)
    assert await discord.request(circuits_of(("direct", "99"), 1, None)) is False


async def test_circuits_that_are_not_used_make_room(discord: RefusingDiscord) -> None:
    discord.is_taking = True
    for number in range(MAX_CIRCUITS):
        discord.breaker.succeeded(channel(number))
    assert not discord.breaker.is_gone(channel(0))
    discord.breaker.succeeded(channel(MAX_CIRCUITS))
    assert len(discord.breaker._circuits) == MAX_CIRCUITS
    assert channel(0)[0] in discord.breaker._circuits
    assert channel(1)[0] not in discord.breaker._circuits


async def test_a_request_that_is_given_up_is_in_flight_no_more(discord: RefusingDiscord) -> None:
    discord.answer.clear()
    given_up: Callable[[], int] = lambda: discord.breaker._circuits[channel()[0]].in_flight  # noqa: E731 — read twice
    one = asyncio.create_task(discord.request(channel()))
    await settle_down()
    assert given_up() == 1
    one.cancel()
    await settle_down()
    assert given_up() == 0
