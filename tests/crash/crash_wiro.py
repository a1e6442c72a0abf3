"""The stand-in for Wiro in a process of its own: one for each scenario, opened and closed over a socket."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from sandbox.wiro.accounts import Account
from sandbox.wiro.pace import Pace
from sandbox.wiro.server import WiroSandbox
from tests.crash.crash_clock import SharedClock
from tests.crash.crash_scenarios import KEY, SECRET, Scenario
from tests.support.clocks import until

PACE: Final = Pace(scale=0.003)
_PNG: Final = b"\x89PNG\r\n\x1a\n" + bytes(16)


@dataclass(frozen=True, slots=True)
class BookedTask:
    """A task as Wiro's books have it. `totalcost` is in dollars, a decimal as on the wire."""

    task_id: str
    prompt: str
    seed: int
    is_terminal: bool
    pexit: str | None
    totalcost: str
    is_charged_late: bool = False


class WiroSide:
    """The near end: what a scenario asks of its Wiro."""

    def __init__(self, control: socket.socket) -> None:
        self._file = control.makefile("rwb")

    def open(self, scenario: Scenario) -> int:
        """A fresh Wiro with this scenario's faults. Its port."""
        return int(self._ask(do="open", scenario=str(scenario))["port"])

    def await_runs(self, count: int) -> None:
        """Wait until so many Runs have come in: one that was sent before a kill is on its way."""
        self._ask(do="await runs", count=count)

    def close(self) -> list[BookedTask]:
        """Let every task come to its end; the books."""
        return [BookedTask(**fields) for fields in self._ask(do="close")["tasks"]]

    def hang_up(self) -> None:
        self._file.close()

    def _ask(self, **question: Any) -> Mapping[str, Any]:
        self._file.write(json.dumps(question).encode() + b"\n")
        self._file.flush()
        line = self._file.readline()
        if not line:
            raise ConnectionError("the stand-in for Wiro is gone")
        answer: Mapping[str, Any] = json.loads(line)
        return answer


async def serve(control: socket.socket, time: SharedClock) -> None:
    """The far end; ends with the connection."""
    reader, writer = await asyncio.open_connection(sock=control)
    sandbox: WiroSandbox | None = None
    while line := await reader.readline():
        question = json.loads(line)
        answer: dict[str, Any] = {}
        if question["do"] == "open":
            sandbox = await _opened(Scenario.parse(question["scenario"]), time)
            answer = {"port": sandbox.port}
        elif sandbox is not None and question["do"] == "await runs":
            await until(_has_runs(sandbox, question["count"]))
        elif sandbox is not None:
            await until(_is_at_rest(sandbox))
            answer = {"tasks": _books(sandbox)}
            await sandbox.stop()
        writer.write(json.dumps(answer).encode() + b"\n")
        await writer.drain()
    writer.close()


async def _opened(scenario: Scenario, time: SharedClock) -> WiroSandbox:
    sandbox = WiroSandbox(
        accounts=[Account(KEY, SECRET)],
        pace=PACE,
        faults=scenario.script(),
        clock=time.now,
        chance=Random(11),
        paint=lambda _subject: _PNG,
    )
    await sandbox.start()
    return sandbox


def _has_runs(sandbox: WiroSandbox, count: int) -> Callable[[], bool]:
    return lambda: len(sandbox.ledger.requests_to("Run/")) >= count


def _is_at_rest(sandbox: WiroSandbox) -> Callable[[], bool]:
    return lambda: all(task.is_terminal for task in sandbox.ledger.tasks)


def _books(sandbox: WiroSandbox) -> list[dict[str, Any]]:
    return [
        {
            "task_id": task.id,
            "prompt": task.prompt,
            "seed": task.seed,
            "is_terminal": task.is_terminal,
            "pexit": task.pexit,
            "totalcost": task.totalcost,
            "is_charged_late": task.is_charged_late,
        }
        for task in sandbox.ledger.tasks
    ]
