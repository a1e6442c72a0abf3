"""Our own line before Wiro: as many at once as Wiro takes, members served in turn, places known."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count, zip_longest

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Waiter:
    job_id: int
    user_id: int
    on_place: Callable[[int], None]
    ticket: int | None  # of a job that was sent before: the order in which those were
    turn: asyncio.Event = field(default_factory=asyncio.Event)
    place: int = 0


class FairQueue:
    """Round robin over members, bounded by `max_running` and by what code 96 teaches.

    Wiro's limit follows the account's balance (Wiro docs, Concurrency limits, 2026) and other programs
    may share the account, so the ceiling learned from a refusal is probed again, one job at a time.
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
        self._lines: OrderedDict[int, deque[_Waiter]] = OrderedDict()
        self._running: set[int] = set()
        self._ceiling: int | None = None
        self._delays = probe_delays()
        self._probe_at = 0.0
        self._probe: int | None = None
        self._tickets: dict[int, int] = {}  # by job, from its first start until Wiro's answer
        self._next_ticket = count()

    def __len__(self) -> int:
        return sum(len(line) for line in self._lines.values())

    @property
    def running(self) -> int:
        return len(self._running)

    def occupy(self, job_id: int) -> None:
        """Count a task that runs already, such as one found after a restart."""
        self._running.add(job_id)

    async def enter(
        self, job_id: int, user_id: int, on_place: Callable[[int], None], *, is_first: bool = False
    ) -> None:
        """Wait for this job's turn. `on_place` hears its place (1 is next) whenever that changes.

        `is_first` puts a job that Wiro found too many back to where it stood. Cancelling leaves the line.
        """
        waiter = _Waiter(job_id, user_id, on_place, self._tickets.get(job_id) if is_first else None)
        self._line_up(waiter)
        try:
            while not self._try_start(waiter):
                self._tell_places()
                await self._wait(waiter)
        except asyncio.CancelledError:
            self._remove(waiter)
            if waiter.ticket is not None and user_id in self._lines:
                self._lines.move_to_end(user_id)  # its place at the front was not the member's next turn
            self._changed()
            raise
        self._changed()

    def refused_as_busy(self, job_id: int, retry_after_s: float | None = None) -> None:
        """Wiro said 96 (or 429): the job is not running, and this many at once are too many."""
        self._running.discard(job_id)
        self._ceiling = len(self._running)
        delay_s = next(self._delays, 60.0) if retry_after_s is None else retry_after_s
        self._probe_at = self._monotonic() + delay_s
        if self._probe == job_id:
            self._probe = None
        log.info("Wiro is busy with %d of our tasks; next try in %.1f s", self._ceiling, delay_s)
        self._changed()

    def accepted(self, job_id: int) -> None:
        """Wiro took the job: so many at once are possible."""
        if self._probe == job_id:
            self._probe = None
            self._probe_at = 0.0
            self._delays = self._probe_delays()
        self._tickets.pop(job_id, None)
        if self._ceiling is not None:
            self._ceiling = max(self._ceiling, len(self._running))
        self._changed()

    def leave(self, job_id: int) -> None:
        """The job's task has ended, or never came to be."""
        self._running.discard(job_id)
        self._tickets.pop(job_id, None)
        if self._probe == job_id:
            self._probe = None
        self._changed()

    def _line_up(self, waiter: _Waiter) -> None:
        line = self._lines.setdefault(waiter.user_id, deque())
        if waiter.ticket is None:
            line.append(waiter)
            return
        ahead = sum(1 for other in line if other.ticket is not None and other.ticket < waiter.ticket)
        line.insert(ahead, waiter)
        # Many may be refused at once: they stand at the front in the order in which they were sent.
        sent = {
            user_id: first.ticket for user_id, (first, *_) in self._lines.items() if first.ticket is not None
        }
        for user_id in sorted(sent, key=lambda user_id: sent[user_id], reverse=True):
            self._lines.move_to_end(user_id, last=False)

    def _try_start(self, waiter: _Waiter) -> bool:
        if self._first() is not waiter or not self._has_room():
            return False
        if self._ceiling is not None and len(self._running) >= self._ceiling:
            self._probe = waiter.job_id
        self._remove(waiter)
        if waiter.user_id in self._lines:
            self._lines.move_to_end(waiter.user_id)
        self._running.add(waiter.job_id)
        self._tickets.setdefault(waiter.job_id, next(self._next_ticket))
        return True

    def _has_room(self) -> bool:
        running = len(self._running)
        if self._max_running is not None and running >= self._max_running:
            return False
        if self._ceiling is None or running < self._ceiling:
            return True
        return self._probe is None and self._monotonic() >= self._probe_at

    async def _wait(self, waiter: _Waiter) -> None:
        waiter.turn.clear()
        may_probe = waiter.place == 1 and self._ceiling is not None and self._probe is None
        is_full = self._max_running is not None and len(self._running) >= self._max_running
        pause_s = max(self._probe_at - self._monotonic(), 0.01) if may_probe and not is_full else None
        try:
            async with asyncio.timeout(pause_s):
                await waiter.turn.wait()
        except TimeoutError:
            return

    def _order(self) -> Iterator[_Waiter]:
        """Everybody in the order they will be served: one of each member, then the next of each."""
        for round_ in zip_longest(*self._lines.values()):
            yield from (waiter for waiter in round_ if waiter is not None)

    def _first(self) -> _Waiter | None:
        line = next(iter(self._lines.values()), None)
        return line[0] if line else None

    def _remove(self, waiter: _Waiter) -> None:
        line = self._lines.get(waiter.user_id)
        if line is not None and waiter in line:
            line.remove(waiter)
            if not line:
                del self._lines[waiter.user_id]

    def _changed(self) -> None:
        self._tell_places()
        first = self._first()
        if first is not None:
            first.turn.set()

    def _tell_places(self) -> None:
        for place, waiter in enumerate(self._order(), start=1):
            if waiter.place != place:
                waiter.place = place
                waiter.on_place(place)
