"""Where lives begin: a warmed process without loop or threads that forks the bot again and again.

    python -m crash_nursery FOLDER [--keep]

reads scenarios, one a line, and answers each with its outcome as a line of JSON.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import select
import shutil
import signal
import socket
import sys
import time as real_time
from pathlib import Path
from typing import Any, Final

from tests.crash.crash_checker import violations
from tests.crash.crash_clock import SharedClock
from tests.crash.crash_life import DATABASE, LIFE_S, MESSAGES, Life, live
from tests.crash.crash_scenarios import Outcome, Scenario
from tests.crash.crash_steps import Steps
from tests.crash.crash_wiro import WiroSide, serve

HANG_S: Final = LIFE_S + 30.0
LOG: Final = "bot.log"


class Nursery:
    """Owns the process of the stand-in for Wiro and one life at a time."""

    def __init__(self, folder: Path, *, keeps: bool) -> None:
        self._folder = folder
        self._keeps = keeps
        self._time = SharedClock()
        near, far = socket.socketpair()
        self._near = near
        self._wiro_pid = os.fork()
        if self._wiro_pid == 0:
            near.close()
            _end_with(lambda: asyncio.run(serve(far, self._time)))
        far.close()
        self._wiro = WiroSide(near)
        self._count = 0

    def close(self) -> None:
        """The stand-in ends with its connection."""
        self._wiro.hang_up()
        self._near.close()
        os.waitpid(self._wiro_pid, 0)

    def run(self, scenario: Scenario) -> Outcome:
        self._count += 1
        folder = self._folder / str(self._count)
        folder.mkdir()
        self._time.reset()
        port = self._wiro.open(scenario)
        traces: list[tuple[str, ...]] = []
        faults: list[str] = []
        struck = 0
        for number, kill_at in enumerate((*scenario.kills, None)):
            life = Life(folder, port, scenario, kill_at, is_first=number == 0)
            trace, status = self._live(life)
            traces.append(trace)
            if kill_at is not None and trace[-1:] == (kill_at,) and os.WTERMSIG(status) == signal.SIGKILL:
                struck += 1
            elif status != 0:
                faults.append(f"life {number + 1} ended with status {status}")
            self._wiro.await_runs(_sent(traces))
            self._time.advance(scenario.away_s)
        tasks = self._wiro.close()
        faults += violations(tasks, folder / DATABASE, folder / MESSAGES)
        log = (folder / LOG).read_text(errors="replace")
        if not self._keeps:
            shutil.rmtree(folder)
        return Outcome(scenario, tuple(traces), struck, tuple(faults), log)

    def _live(self, life: Life) -> tuple[tuple[str, ...], int]:
        """Fork, wait, and how it ended: its steps and its wait status."""
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reader)
            log = os.open(life.folder / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            os.dup2(log, 1)
            os.dup2(log, 2)
            _end_with(lambda: live(life, self._time, Steps(writer, life.kill_at)))
        os.close(writer)
        trace = _read_to_the_end(reader, pid)
        _, status = os.waitpid(pid, 0)
        return tuple(trace.decode().split("\n")[:-1]), status


def _sent(traces: list[tuple[str, ...]]) -> int:
    return sum(step.endswith(" sent") for trace in traces for step in trace)


def _read_to_the_end(reader: int, pid: int) -> bytes:
    """All that the process writes until it is gone; one that hangs is ended."""
    written = bytearray()
    ends_at_s = real_time.monotonic() + HANG_S
    while True:
        ready, _, _ = select.select([reader], [], [], max(0.0, ends_at_s - real_time.monotonic()))
        if not ready:
            os.kill(pid, signal.SIGKILL)
            ends_at_s = real_time.monotonic() + HANG_S
            continue
        piece = os.read(reader, 65_536)
        if not piece:
            os.close(reader)
            return bytes(written)
        written += piece


def _end_with(main: Any) -> None:
    """The whole life of a forked process: it never returns to what its parent was doing."""
    code = 1
    try:
        main()
        code = 0
    except BaseException:  # noqa: BLE001 — the border of a process: told through its log and its status
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stderr.flush()
        os._exit(code)


def as_line(outcome: Outcome) -> str:
    return json.dumps(
        {
            "scenario": str(outcome.scenario),
            "traces": outcome.traces,
            "struck": outcome.struck,
            "violations": outcome.violations,
            "log": outcome.log if outcome.violations else "",
        }
    )


def outcome_of(line: str) -> Outcome:
    fields = json.loads(line)
    return Outcome(
        Scenario.parse(fields["scenario"]),
        tuple(tuple(trace) for trace in fields["traces"]),
        fields["struck"],
        tuple(fields["violations"]),
        fields["log"],
    )


def main() -> None:
    gc.collect()
    gc.freeze()  # what is shared with the forked stays shared
    nursery = Nursery(Path(sys.argv[1]), keeps="--keep" in sys.argv)
    for line in sys.stdin:
        sys.stdout.write(as_line(nursery.run(Scenario.parse(line.rstrip("\n")))) + "\n")
        sys.stdout.flush()
    nursery.close()


if __name__ == "__main__":
    main()
