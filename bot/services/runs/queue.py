"""Our own line before Wiro: as many at once as Wiro takes, members served in turn, places known."""

from __future__ import annotations

import asyncio
import logging
from bisect import bisect_left, insort
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count, islice
from operator import attrgetter
from typing import Final, TypeAlias

from bot.services.runs.ports import Queue

log = logging.getLogger(__name__)

FRONT: Final = 50  # who stand there hear of each move; who stand behind look by themselves,
LOOK_S: Final = 1.0  # this often, and more seldom by as much for every `FRONT` of them before
WALK_EVERY_S: Final = 1.0  # all of a long line is not counted through more often

# Where somebody stands: (0, ticket) of what was sent before goes before (1, number) of everything else.
_Turn: TypeAlias = tuple[int, int]


@dataclass(slots=True, eq=False)
class _Waiter:
    job_id: int
    user_id: int
    on_place: Callable[[int], None]
    order: _Turn  # among the jobs of its member
    entered: _Turn  # what that would be, had it not been sent before
    turn: asyncio.Event = field(default_factory=asyncio.Event)
    place: int = 0  # when it was last counted
    told: int = 0

    @property
    def was_sent(self) -> bool:
        return self.order[0] == 0

    def tell(self) -> None:
        if self.place != self.told:
            self.told = self.place
            self.on_place(self.place)


@dataclass(slots=True, eq=False)
class _Member:
    turn: _Turn  # among all members
    line: list[_Waiter] = field(default_factory=list)


_BY_TURN: Final = attrgetter("turn")
_BY_ORDER: Final = attrgetter("order")


class FairQueue(Queue):
    """Round robin over members, bounded by `max_running` and by what code 96 teaches.

    Wiro's limit follows the account's balance (Wiro docs, Concurrency limits, 2026) and other programs
    may share the account, so the ceiling learned from a refusal is probed again, one job at a time.
    Entering costs the same in a crowd: nobody is moved or told for it but the few at the front.
    """

    def __init__(
        self,
        max_running: int | None,
        monotonic: Callable[[], float],
        probe_delays: Callable[[], Iterator[float]],
    ) -> None:
        self._max_running = max_running
        self._monotonic = monotonic
        self._probe_delays = probe_delays
        self._members: dict[int, _Member] = {}
        self._ring: list[_Member] = []  # by turn
        self._running: set[int] = set()
        self._ceiling: int | None = None
        self._delays = probe_delays()
        self._probe_at = 0.0
        self._probe: int | None = None
        self._tickets: dict[int, int] = {}  # by job, from its first start until Wiro's answer
        self._numbers = count()
        self._walked_s = float("-inf")

    def __len__(self) -> int:
        return sum(len(member.line) for member in self._ring)

    @property
    def running(self) -> int:
        return len(self._running)

    def occupy(self, job_id: int) -> None:
        self._running.add(job_id)

    async def enter(
        self, job_id: int, user_id: int, on_place: Callable[[int], None], *, is_first: bool = False
    ) -> None:
        ticket = self._tickets.get(job_id) if is_first else None
        entered = self._last_turn()
        order = entered if ticket is None else (0, ticket)
        waiter = _Waiter(job_id, user_id, on_place, order, entered)
        self._line_up(waiter)
        try:
            is_started = self._try_start(waiter)
            if not is_started:
                self._tell_front()
            while not is_started:
                await self._wait(waiter)
                is_started = self._try_start(waiter)
        except asyncio.CancelledError:
            self._remove(waiter)
            if waiter.was_sent and user_id in self._members:
                # Its place at the front was not the member's next turn: that is as late as its refusal.
                member = self._members[user_id]
                self._move(member, max(member.turn, waiter.entered))
            self._changed()
            raise
        self._changed()

    def refused_as_busy(self, job_id: int, retry_after_s: float | None = None) -> None:
        self._running.discard(job_id)
        self._ceiling = len(self._running)
        delay_s = next(self._delays, 60.0) if retry_after_s is None else retry_after_s
        self._probe_at = self._monotonic() + delay_s
        if self._probe == job_id:
            self._probe = None
        log.info("Wiro is busy with %d of our tasks; next try in %.1f s", self._ceiling, delay_s)
        self._changed()

    def accepted(self, job_id: int) -> None:
        if self._probe == job_id:
            self._probe = None
            self._probe_at = 0.0
            self._delays = self._probe_delays()
        self._tickets.pop(job_id, None)
        if self._ceiling is not None:
            self._ceiling = max(self._ceiling, len(self._running))
        self._changed()

    def leave(self, job_id: int) -> None:
        self._running.discard(job_id)
        self._tickets.pop(job_id, None)
        if self._probe == job_id:
            self._probe = None
        self._changed()

    # --- the order -------------------------------------------------------------------------------

    def _last_turn(self) -> _Turn:
        return 1, next(self._numbers)

    def _line_up(self, waiter: _Waiter) -> None:
        member = self._members.get(waiter.user_id)
        if member is None:
            member = self._members[waiter.user_id] = _Member(self._last_turn())
            self._ring.append(member)
        insort(member.line, waiter, key=_BY_ORDER)
        if waiter.was_sent:  # many may be refused at once: they stand in the order in which they were sent
            self._move(member, member.line[0].order)

    def _move(self, member: _Member, turn: _Turn) -> None:
        del self._ring[bisect_left(self._ring, member.turn, key=_BY_TURN)]
        member.turn = turn
        insort(self._ring, member, key=_BY_TURN)

    def _remove(self, waiter: _Waiter) -> None:
        member = self._members[waiter.user_id]
        del member.line[bisect_left(member.line, waiter.order, key=_BY_ORDER)]
        if not member.line:
            del self._ring[bisect_left(self._ring, member.turn, key=_BY_TURN)]
            del self._members[waiter.user_id]

    def _first(self) -> _Waiter | None:
        return self._ring[0].line[0] if self._ring else None

    def _order(self) -> Iterator[_Waiter]:
        """Everybody in the order they will be served: one of each member, then the next of each."""
        members = self._ring
        for depth in count():
            if not members:
                return
            yield from (member.line[depth] for member in members)
            members = [member for member in members if len(member.line) > depth + 1]

    # --- turns -----------------------------------------------------------------------------------

    def _try_start(self, waiter: _Waiter) -> bool:
        if self._first() is not waiter or not self._has_room():
            return False
        if self._ceiling is not None and len(self._running) >= self._ceiling:
            self._probe = waiter.job_id
        self._remove(waiter)
        member = self._members.get(waiter.user_id)
        if member is not None:
            self._move(member, self._last_turn())
        self._running.add(waiter.job_id)
        self._tickets.setdefault(waiter.job_id, next(self._numbers))
        return True

    def _has_room(self) -> bool:
        running = len(self._running)
        if self._max_running is not None and running >= self._max_running:
            return False
        if self._ceiling is None or running < self._ceiling:
            return True
        return self._probe is None and self._monotonic() >= self._probe_at

    async def _wait(self, waiter: _Waiter) -> None:
        """Until something changed for this waiter, or until it is time to look."""
        waiter.turn.clear()
        try:
            async with asyncio.timeout(self._pause_s(waiter)):
                await waiter.turn.wait()
        except TimeoutError:
            self._look(waiter)

    def _pause_s(self, waiter: _Waiter) -> float | None:
        if self._first() is not waiter:
            return LOOK_S * (1 + waiter.place / FRONT)
        is_full = self._max_running is not None and len(self._running) >= self._max_running
        may_probe = self._ceiling is not None and self._probe is None and not is_full
        return max(self._probe_at - self._monotonic(), 0.01) if may_probe else None

    # --- places ----------------------------------------------------------------------------------

    def _changed(self) -> None:
        self._tell_front()
        first = self._first()
        if first is not None:
            first.turn.set()

    def _tell_front(self) -> None:
        for place, waiter in enumerate(islice(self._order(), FRONT), start=1):
            waiter.place = place
            waiter.tell()

    def _look(self, waiter: _Waiter) -> None:
        now_s = self._monotonic()
        if now_s - self._walked_s >= WALK_EVERY_S:
            self._walked_s = now_s
            for place, other in enumerate(self._order(), start=1):
                other.place = place
        waiter.tell()
