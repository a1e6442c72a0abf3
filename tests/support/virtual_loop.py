"""An event loop whose time is virtual: when nothing is ready it leaps to the next moment."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from itertools import count
from typing import Any, Final

MAX_STEPS_AT_ONE_MOMENT: Final = 500_000
_BURIED: Final = "buried"


class Stuck(AssertionError):
    """Nothing will ever happen again, or time does not go on."""


class VirtualLoop(asyncio.BaseEventLoop):
    """No threads, no sockets, no selector. The world's own events stand apart from the engine's.

    `fate` belongs to the world and survives the engine; all tasks, callbacks and timers of asyncio are the
    engine's, and `strike` takes them away without a word.
    """

    def __init__(self) -> None:
        super().__init__()
        self.set_debug(False)
        self.now_s = 0.0
        self.handled = 0
        self._fates: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self._numbers = count()
        self._doom: Callable[[], None] | None = None
        self._steps_here = 0

    def time(self) -> float:
        return self.now_s

    def fate(self, delay_s: float, function: Callable[..., None], *arguments: Any) -> None:
        """The world's: it comes to pass whatever becomes of the engine. Same moment: in order of promise."""
        entry = (self.now_s + delay_s, next(self._numbers), function, arguments)
        heapq.heappush(self._fates, entry)

    def doom(self, function: Callable[[], None]) -> None:
        """Call this before the engine takes one more step."""
        self._doom = function

    @property
    def timers(self) -> int:
        """Timers of the engine that are still to ring."""
        return sum(not handle._cancelled for handle in self._scheduled)

    @property
    def living(self) -> list[asyncio.Task[Any]]:
        return [task for task in asyncio.all_tasks(self) if task.get_name() != _BURIED]

    def strike(self) -> None:
        """The engine's process is gone: no handler runs that could still reach the world.

        Python ends a coroutine only by running its `finally`; the caller has cut it off from the world.
        """
        while living := self.living:
            for task in living:
                _bury(task)
        self._ready.clear()
        self._scheduled.clear()
        self._timer_cancelled_count = 0

    # --- asyncio's side --------------------------------------------------------------------------

    def _run_once(self) -> None:
        ready = self._ready
        if not ready:
            self._leap()
        else:
            self._steps_here += len(ready)
            if self._steps_here > MAX_STEPS_AT_ONE_MOMENT:
                raise Stuck(f"the engine spins at {self.now_s:.3f} s")
        for _ in range(len(ready)):
            if not ready:
                return
            handle = ready.popleft()
            if not handle._cancelled:
                self.handled += 1
                handle._run()
                if self._doom is not None:
                    doom, self._doom = self._doom, None
                    doom()
                    return

    def _leap(self) -> None:
        scheduled, fates = self._scheduled, self._fates
        while scheduled and scheduled[0]._cancelled:
            self._timer_cancelled_count -= 1
            heapq.heappop(scheduled)._scheduled = False
        if len(scheduled) > 200 and self._timer_cancelled_count > len(scheduled) // 2:
            self._sweep_timers()
            scheduled = self._scheduled
        at_s = scheduled[0]._when if scheduled else float("inf")
        if fates and fates[0][0] <= at_s:
            when_s, _, function, arguments = heapq.heappop(fates)
            self._move_to(when_s)
            function(*arguments)
            if self._doom is not None:
                doom, self._doom = self._doom, None
                doom()
            return
        if not scheduled:
            raise Stuck(f"nothing will ever happen again after {self.now_s:.3f} s")
        self._move_to(at_s)
        while scheduled and scheduled[0]._when <= at_s:
            handle = heapq.heappop(scheduled)
            handle._scheduled = False
            if handle._cancelled:
                self._timer_cancelled_count -= 1
            else:
                self._ready.append(handle)

    def _move_to(self, when_s: float) -> None:
        if when_s > self.now_s:
            self.now_s = when_s
            self._steps_here = 0

    def _sweep_timers(self) -> None:
        kept = []
        for handle in self._scheduled:
            if handle._cancelled:
                handle._scheduled = False
            else:
                kept.append(handle)
        heapq.heapify(kept)
        self._scheduled = kept
        self._timer_cancelled_count = 0

    def _process_events(self, event_list: object) -> None:
        """There are none: nothing comes from outside."""

    def _write_to_self(self) -> None:
        """Nobody sleeps in a selector."""

    def call_soon_threadsafe(  # type: ignore[override]  # one thread only: it is call_soon
        self, callback: Callable[..., object], *args: Any, context: Any = None
    ) -> asyncio.Handle:
        return self.call_soon(callback, *args, context=context)

    def run_in_executor(  # type: ignore[override]  # done at once, in this thread
        self, executor: object, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        future = self.create_future()
        future.set_result(func(*args))
        return future


def _bury(task: asyncio.Task[Any]) -> None:
    task.set_name(_BURIED)
    task._log_destroy_pending = False  # type: ignore[attr-defined]  # asyncio's own switch
    coroutine = task.get_coro()
    for _ in range(100):
        try:
            coroutine.close()  # type: ignore[union-attr]  # tasks of coroutines have nothing else
        except RuntimeError:
            continue  # it waited once more in a `finally`
        except BaseException:  # noqa: BLE001 — last words of the dead: the world does not hear them
            return
        return
    raise Stuck(f"a task cannot be ended: {coroutine!r}")
