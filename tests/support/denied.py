"""What a busy machine takes away: less it, a bound on seconds holds anywhere and is strict on a quiet one."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


class Denied:
    """How long this process and some others were ready to run from now on and no core was free.

    Two that wait at once count twice: a busy machine is given more than its due, a quiet one nothing.
    """

    def __init__(self, *others: int) -> None:
        self._pids = (os.getpid(), *others)
        self._first_ns: dict[Path, int] = {}
        self._last_ns: dict[Path, int] = {}  # what ended keeps its last figure
        self.look()
        self._first_ns = dict(self._last_ns)

    def look(self) -> None:
        for pid in self._pids:
            for file in Path(f"/proc/{pid}/task").glob("*/schedstat"):
                with suppress(OSError):  # it has just ended
                    self._last_ns[file] = int(file.read_text().split()[1])  # the second: run_delay

    @property
    def seconds(self) -> float:
        self.look()
        delays_ns = (ns - self._first_ns.get(file, 0) for file, ns in self._last_ns.items())
        return sum(delays_ns) / 1e9
