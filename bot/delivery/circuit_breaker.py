"""Channels, servers and recipients that refuse the bot: one request finds it out for all messages there.

Discord bans an address after 10,000 refusals in 10 minutes (Discord docs, Rate limits, "Invalid requests",
2026).
"""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final, TypeAlias

from bot.runtime.bounded import BoundedDict

CircuitKey: TypeAlias = tuple[str, str, int]  # (kind of channel to Discord, "channel" | "guild" | "user", id)

FIRST_PAUSE_S: Final = 5.0  # before the first probe of an open circuit
LONGEST_PAUSE_S: Final = 60.0
FRESH_S: Final = 2.0  # an answer so recent proves that requests are taken
# Requests at once: while nothing is proven, and after an answer. With the bot's own token a channel's window
# takes 5 edits anyway, and what waits for the next one in discord.py could not be called back. Interactions'
# tokens have windows of their own: with them a final state waits for nobody where one was answered.
AT_ONCE: Final = {
    ("token", "channel"): (2, 8),
    ("token", "guild"): (4, sys.maxsize),
    ("channel", "channel"): (2, 5),
    ("channel", "guild"): (4, 6),
    ("direct", "user"): (2, 2),
}
# A slow answer holds nobody up for longer; with the bot's own token it may wait for a channel's next window.
PATIENCE_S: Final = {"token": 1.0, "channel": 6.0, "direct": 1.0}
CHANNELS_OF_AN_OPEN_GUILD: Final = 3  # so many refuse, and the whole server is left alone
DIRECT_REFUSALS_PER_MINUTE: Final = 5
MEMORY_S: Final = 600.0
MAX_CIRCUITS: Final = 4096


class State(Enum):
    CLOSED = auto()  # requests are sent
    OPEN = auto()  # none is, until it is time for a probe
    HALF_OPEN = auto()  # a probe is on its way


@dataclass(slots=True)
class _Circuit:
    state: State = State.CLOSED
    is_gone: bool = False  # open because there is no such channel any more
    probe_at_s: float = 0.0
    pause_s: float = 0.0
    refusals: int = 0
    refused_in: set[CircuitKey] = field(default_factory=set)  # of a guild: its channels that refused
    in_flight: int = 0
    answered_s: float = float("-inf")
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self) -> None:
        """Wake whoever waits."""
        self.changed.set()
        self.changed = asyncio.Event()


class CircuitBreaker:
    """A circuit for each channel, server and recipient, and each kind of channel to them.

    Progress is never sent over an open circuit. A final state waits for the moment to probe; the outcome of
    one probe counts for all that wait.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._circuits = BoundedDict[CircuitKey, _Circuit](MAX_CIRCUITS)
        self._direct_refusals_s: deque[float] = deque(maxlen=DIRECT_REFUSALS_PER_MINUTE)

    async def admit(self, keys: Sequence[CircuitKey], *, is_final: bool) -> bool:
        """Whether a request should be sent now; may wait for the answer to another's."""
        if keys[0][0] == "direct":
            await self._wait_for_direct_refusals()
        patience_ends_s = self._monotonic() + PATIENCE_S[keys[0][0]]
        refusals: dict[CircuitKey, int] = {}  # of circuits, when they were found open
        while True:
            now_s = self._monotonic()
            circuits = {key: self._circuit(key) for key in reversed(keys)}
            opened = next((key for key in circuits if circuits[key].state is not State.CLOSED), None)
            if opened is not None:
                circuit = circuits[opened]
                if not is_final or circuit.is_gone or opened[1] == "user":
                    return now_s - circuit.probe_at_s > MEMORY_S
                if refusals.setdefault(opened, circuit.refusals) != circuit.refusals:
                    return False
                if now_s >= circuit.probe_at_s:
                    circuit.state, circuit.probe_at_s = State.HALF_OPEN, now_s + FIRST_PAUSE_S
                    return True
                changed, wait_s = circuit.changed, circuit.probe_at_s - now_s
            else:
                full = (c for key, c in circuits.items() if self._is_full(key, c, is_final=is_final))
                busy = next(full, None)
                if busy is None or now_s >= patience_ends_s:
                    return True
                changed, wait_s = busy.changed, patience_ends_s - now_s
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await changed.wait()

    @contextmanager
    def in_flight(self, keys: Sequence[CircuitKey]) -> Iterator[None]:
        """Around one request."""
        circuits = [self._circuit(key) for key in keys]
        for circuit in circuits:
            circuit.in_flight += 1
        try:
            yield
        finally:
            for circuit in circuits:
                circuit.in_flight -= 1
                circuit.tell()

    def succeeded(self, keys: Sequence[CircuitKey]) -> None:
        """A request was taken, or Discord has shown that one would be."""
        for key in keys:
            circuit = self._circuit(key)
            circuit.state, circuit.is_gone, circuit.pause_s = State.CLOSED, False, 0.0
            circuit.refused_in.clear()
            circuit.answered_s = self._monotonic()
            circuit.tell()

    def refused(self, keys: Sequence[CircuitKey], *, is_gone: bool = False) -> None:
        """The first, narrowest, of these turned a request away; `is_gone`: there is no such channel."""
        narrowest, *guilds = keys
        self._circuit(narrowest).is_gone = is_gone
        if narrowest[0] == "direct":
            self._direct_refusals_s.append(self._monotonic())
        self._trip(narrowest)
        for guild in guilds:
            refused_in = self._circuit(guild).refused_in
            if not is_gone:
                refused_in.add(narrowest)
            if len(refused_in) >= CHANNELS_OF_AN_OPEN_GUILD:
                self._trip(guild)

    def is_gone(self, keys: Sequence[CircuitKey]) -> bool:
        """Whether the first of these was last heard to be there no more."""
        return self._circuit(keys[0]).is_gone

    def _trip(self, key: CircuitKey) -> None:
        circuit = self._circuit(key)
        if circuit.state is not State.OPEN:  # else it is one burst with the refusal before
            circuit.pause_s = min(LONGEST_PAUSE_S, max(FIRST_PAUSE_S, 2 * circuit.pause_s))
        circuit.state = State.OPEN
        circuit.refusals += 1
        circuit.probe_at_s = self._monotonic() + circuit.pause_s
        circuit.tell()

    def _is_full(self, key: CircuitKey, circuit: _Circuit, *, is_final: bool) -> bool:
        unproven, proven = AT_ONCE[key[:2]]
        if self._monotonic() - circuit.answered_s > FRESH_S:
            return circuit.in_flight >= unproven
        return circuit.in_flight >= proven and not (is_final and key[0] == "token")

    async def _wait_for_direct_refusals(self) -> None:
        now_s, refusals_s = self._monotonic(), self._direct_refusals_s
        if len(refusals_s) == refusals_s.maxlen and refusals_s[0] + 60 > now_s:
            await asyncio.sleep(refusals_s[0] + 60 - now_s)
            await self._wait_for_direct_refusals()

    def _circuit(self, key: CircuitKey) -> _Circuit:
        circuit = self._circuits[key] = self._circuits.get(key) or _Circuit()
        return circuit


def circuits_of(route_key: tuple[str, str], channel_id: int, guild_id: int | None) -> list[CircuitKey]:
    """The circuits that a request over this route passes, the narrowest first."""
    kind = route_key[0]
    if kind == "direct":
        return [(kind, "user", int(route_key[1]))]
    guilds: list[CircuitKey] = [(kind, "guild", guild_id)] if guild_id is not None else []
    return [(kind, "channel", channel_id), *guilds]
