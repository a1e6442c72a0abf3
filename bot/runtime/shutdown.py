"""Stop signals, and an end in time whatever hangs."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Final

log = logging.getLogger(__name__)

LEAVE_S: Final = 4.0  # after a stop signal; supervisors kill after 5 or 10 seconds


def leave_at_once(code: int) -> None:
    """End the process here and now. What was told is on record; the file is as after a power cut."""
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


class StopSignal:
    """Hears SIGINT and SIGTERM from `install` until the process is gone; repeated ones change nothing.

    From the first one on (or from `arm`) the process has `limit_s` to end in good order; then it leaves as it
    is.
    """

    def __init__(self, limit_s: float = LEAVE_S, leave: Callable[[int], None] = leave_at_once) -> None:
        self._limit_s = limit_s
        self._leave = leave
        self._loop: asyncio.AbstractEventLoop | None = None
        self._event: asyncio.Event | None = None
        self._timer: threading.Timer | None = None
        self.is_heard = False
        self.code = 0  # to leave with

    def install(self) -> None:
        """From the main thread. Python's own handlers, unlike an event loop's, outlive the loop."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._hear)

    def arm(self) -> None:
        """The process has `limit_s` from now, or from the first time this was said."""
        if self._timer is None:
            self._timer = threading.Timer(self._limit_s, self._out_of_time)
            self._timer.name = "end in time"
            self._timer.daemon = True
            self._timer.start()

    def disarm(self) -> None:
        """All is closed in good order."""
        if self._timer is not None:
            self._timer.cancel()

    async def wait(self) -> None:
        """Until a signal was heard."""
        self._loop, self._event = asyncio.get_running_loop(), asyncio.Event()
        if not self.is_heard:  # one heard from here on finds the event
            await self._event.wait()

    def _hear(self, _number: int, _frame: FrameType | None) -> None:
        self.is_heard = True
        self.arm()
        if self._loop is not None and self._event is not None:
            with suppress(RuntimeError):  # the loop is closed: the process is ending already
                self._loop.call_soon_threadsafe(self._event.set)

    def _out_of_time(self) -> None:
        log.warning("something does not end: leaving at once; what is unfinished stays on record")
        self._leave(self.code)
