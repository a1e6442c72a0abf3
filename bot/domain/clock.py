"""Time as a value that is passed in: the wall for records, the monotonic for durations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clock:
    """Both in seconds: `wall` since the epoch, `monotonic` since whenever."""

    wall: Callable[[], float]
    monotonic: Callable[[], float]
