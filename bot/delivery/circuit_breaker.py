"""Places that Discord has shut to the bot: one request finds it out for all messages there."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final, TypeAlias

Door: TypeAlias = tuple[str, str, int]  # (kind of route, "channel" | "guild" | "user", id)

FIRST_PAUSE_S: Final = 5.0  # before one ending may look whether a place is open again
LONGEST_PAUSE_S: Final = 60.0
FRESH_S: Final = 2.0  # a place that answered so recently is taken for open
PIONEERS: Final = {"channel": 2, "guild": 4, "user": 2}  # at once, to a place that has been quiet
# By the bot's own route, to a place that answers: a channel's window takes 5 edits anyway, and what waits for
# the next one in discord.py could not be called back.
CROWD: Final = {"channel": 5, "guild": 6}
PASSING_CROWD: Final = 8  # by tokens, which have windows of their own; their endings wait for nobody
# A slow pioneer holds nobody up for longer; by the bot's own route it may wait for its channel's next window.
PATIENCE_S: Final = {"token": 1.0, "channel": 6.0, "direct": 1.0}
CHANNELS_OF_A_SHUT_GUILD: Final = 3
LETTERS_REFUSED_PER_MINUTE: Final = 5
MEMORY_S: Final = 600.0
MAX_DOORS: Final = 4096


class _Entry(Enum):
    YES = auto()
    NO = auto()
    TO_ASK = auto()  # whether the place is still shut


@dataclass(slots=True)
class _State:
    is_shut: bool = False
    is_gone: bool = False  # shut because there is no such place any more
    is_asked: bool = False  # shut, and somebody looks whether it still is
    probe_at_s: float = 0.0
    pause_s: float = 0.0
    refusals: int = 0
    refused_in: set[Door] = field(default_factory=set)  # of a guild: its channels that were refused
    in_flight: int = 0
    good_s: float = float("-inf")
    used_s: float = 0.0
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self) -> None:
        """Wake whoever waits for this place."""
        self.changed.set()
        self.changed = asyncio.Event()


class CircuitBreaker:
    """Discord bans an address after 10,000 refusals in 10 minutes (Discord docs, Rate limits, "Invalid
    requests", 2026), so a refused place is left alone, by all of its messages together.

    Passing states never knock at a shut door. An ending waits until one may; its answer counts for
    everybody who waits.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._states: dict[Door, _State] = {}
        self._letters_refused_s: deque[float] = deque()

    async def admit(self, doors: Sequence[Door], *, is_ending: bool) -> bool:
        """Whether a request to this place should be sent now; may wait for the answer to another's."""
        if doors and doors[0][0] == "direct":
            await self._until_letters_are_welcome()
        while True:
            before = [self._state(door).refusals for door in doors]
            for door in reversed(doors):
                match await self._admit(door, is_ending=is_ending):
                    case _Entry.NO:
                        return False
                    case _Entry.TO_ASK:  # for everybody who waits at this door, whatever stands behind it
                        return True
            # While one door was waited for, another may have been shut.
            if before == [self._state(door).refusals for door in doors]:
                return True

    @contextmanager
    def passing_through(self, doors: Sequence[Door]) -> Iterator[None]:
        """Around one request."""
        states = [self._state(door) for door in doors]
        for state in states:
            state.in_flight += 1
        try:
            yield
        finally:
            for state in states:
                state.in_flight -= 1
                state.tell()

    def open(self, doors: Sequence[Door]) -> None:
        """These places have answered, or Discord has shown them to be open."""
        for door in doors:
            state = self._state(door)
            state.is_shut, state.is_gone, state.pause_s = False, False, 0.0
            state.refused_in.clear()
            state.good_s = self._monotonic()
            state.tell()

    def refused(self, doors: Sequence[Door], *, is_gone: bool = False) -> None:
        """A request to the first, narrowest, of these places was turned away; `is_gone`: there is none."""
        now_s = self._monotonic()
        narrowest, *guilds = doors
        self._state(narrowest).is_gone = is_gone
        if narrowest[0] == "direct":
            self._letters_refused_s.append(now_s)
        self._shut(narrowest, now_s)
        for guild in guilds:
            state = self._state(guild)
            if not is_gone:
                state.refused_in.add(narrowest)
            if len(state.refused_in) >= CHANNELS_OF_A_SHUT_GUILD:
                self._shut(guild, now_s)

    def is_gone(self, doors: Sequence[Door]) -> bool:
        """Whether the first of these places was last heard to be there no more."""
        return self._state(doors[0]).is_gone

    def _shut(self, door: Door, now_s: float) -> None:
        state = self._state(door)
        if not state.is_shut or state.is_asked:  # else it is one burst with the refusal before
            state.pause_s = min(LONGEST_PAUSE_S, max(FIRST_PAUSE_S, 2 * state.pause_s))
        state.is_shut, state.is_asked = True, False
        state.refusals += 1
        state.probe_at_s = now_s + state.pause_s
        state.tell()

    async def _admit(self, door: Door, *, is_ending: bool) -> _Entry:
        state = self._state(door)
        if not state.is_shut:
            await self._behind_pioneers(door, state, is_ending=is_ending)
        if not state.is_shut:
            return _Entry.YES
        if not is_ending or state.is_gone or door[1] == "user":
            return _Entry.TO_ASK if self._is_forgotten(state) else _Entry.NO
        return await self._knock(state)

    async def _behind_pioneers(self, door: Door, state: _State, *, is_ending: bool) -> None:
        patience_ends_s = self._monotonic() + PATIENCE_S[door[0]]
        while not state.is_shut:
            now_s = self._monotonic()
            is_fresh = now_s - state.good_s <= FRESH_S
            if is_fresh and door[0] == "token" and (is_ending or door[1] == "guild"):
                return
            most = PIONEERS[door[1]]
            if is_fresh and door[1] in CROWD:
                most = PASSING_CROWD if door[0] == "token" else CROWD[door[1]]
            if state.in_flight < most or now_s >= patience_ends_s:
                return
            await _within(state.changed, patience_ends_s - now_s)

    async def _knock(self, state: _State) -> _Entry:
        """Wait for the moment to try, or for the outcome of another's try."""
        refusals = state.refusals
        while state.is_shut and state.refusals == refusals:
            now_s = self._monotonic()
            if now_s >= state.probe_at_s:
                state.probe_at_s, state.is_asked = now_s + FIRST_PAUSE_S, True  # this one asks for everybody
                return _Entry.TO_ASK
            await _within(state.changed, state.probe_at_s - now_s)
        return _Entry.NO if state.is_shut else _Entry.YES

    async def _until_letters_are_welcome(self) -> None:
        while True:
            now_s = self._monotonic()
            while self._letters_refused_s and self._letters_refused_s[0] + 60 - now_s <= 0:
                self._letters_refused_s.popleft()
            if len(self._letters_refused_s) < LETTERS_REFUSED_PER_MINUTE:
                return
            await asyncio.sleep(self._letters_refused_s[0] + 60 - now_s)

    def _is_forgotten(self, state: _State) -> bool:
        return self._monotonic() - state.probe_at_s > MEMORY_S

    def _state(self, door: Door) -> _State:
        now_s = self._monotonic()
        state = self._states.get(door)
        if state is None:
            if len(self._states) >= MAX_DOORS:
                self._forget(now_s)
            state = self._states[door] = _State()
        state.used_s = now_s
        return state

    def _forget(self, now_s: float) -> None:
        self._states = {
            door: state
            for door, state in self._states.items()
            if state.in_flight or now_s - state.used_s < MEMORY_S
        }


def doors_of(way: tuple[str, str], channel_id: int, guild_id: int | None) -> list[Door]:
    """The doors on the way of a route with this key, the narrowest first."""
    kind = way[0]
    if kind == "direct":
        return [(kind, "user", int(way[1]))]
    doors: list[Door] = [(kind, "channel", channel_id)]
    if guild_id is not None:
        doors.append((kind, "guild", guild_id))
    return doors


async def _within(changed: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(max(0.0, seconds)):
            await changed.wait()
    except TimeoutError:
        return
