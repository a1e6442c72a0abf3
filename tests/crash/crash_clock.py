"""One clock for the bot and its Wiro in several processes: it moves when a scenario says so."""

from __future__ import annotations

import mmap
import struct
import time
from typing import Final

from bot.domain.clock import Clock

# A minute before midnight UTC: what is looked for long enough settles on another day than it was held.
START_S: Final = 1_772_409_540.0
_TICK_S: Final = 0.001
_VALUE: Final = struct.Struct("d")


class SharedClock:
    """Epoch seconds in memory that forked processes share. Made before the first fork.

    Only the bot's side and its keeper move it, never both at once; Wiro's side reads. No wait of a
    scenario thus depends on how busy the machine is.
    """

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _VALUE.size)
        self.reset()

    def reset(self) -> None:
        _VALUE.pack_into(self._memory, 0, START_S)

    def now(self) -> float:
        return float(_VALUE.unpack_from(self._memory)[0])

    def advance(self, seconds: float) -> None:
        _VALUE.pack_into(self._memory, 0, self.now() + seconds)

    def ticking(self) -> float:
        """The time, a little later at each look."""
        self.advance(_TICK_S)
        return self.now()

    def clock(self) -> Clock:
        """As the bot takes it: what the scenario moves, durations have too, beside the real time."""
        return Clock(wall=self.ticking, monotonic=lambda: time.monotonic() + self.now() - START_S)
