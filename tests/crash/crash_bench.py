"""Scenarios in a nursery, and the plan of which: every step once, then pairs by seed."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import IO, Final, cast

from tests.crash.crash_nursery import outcome_of
from tests.crash.crash_scenarios import Outcome, Scenario

_HERE: Final = Path(__file__).parent
_ROOT: Final = _HERE.parents[1]
# Whatever is asked often is asked as often as time allows: its first calls stand for all.
_OFTEN: Final = ("feed.event", "wiro.detail", "wiro.recent_tasks", "store.claimed", "store.open_charges")
_FIRST_CALLS: Final = 3
_AWAY_S: Final = (1.0, 30.0, 300.0)  # at once, within the grace, past it


class Bench:
    """Owns the nursery; use `opened`."""

    def __init__(self, nursery: subprocess.Popen[str]) -> None:
        self._nursery = nursery

    def run(self, scenarios: Sequence[Scenario]) -> list[Outcome]:
        """The outcomes in the order of the scenarios. Raises RuntimeError when the nursery breaks."""
        asked, answered = cast(IO[str], self._nursery.stdin), cast(IO[str], self._nursery.stdout)
        outcomes: list[Outcome] = []
        for scenario in scenarios:
            asked.write(f"{scenario}\n")
            asked.flush()
            line = answered.readline()
            if not line:
                raise RuntimeError(f"the nursery broke at {scenario}; its words are on stderr")
            outcomes.append(outcome_of(line))
        return outcomes


@contextmanager
def opened(*, keep_in: Path | None = None) -> Iterator[Bench]:
    """A bench; `keep_in` keeps what the scenarios leave behind, in numbered folders."""
    # A killed process loses nothing that the kernel has: memory serves as well as a disk, and faster.
    memory = Path("/dev/shm")  # noqa: S108 — a folder of its own is made in it
    base = memory if os.access(memory, os.W_OK) else None
    # asyncio's debug mode belongs to the tests' own loops: it would triple the time of every life.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONASYNCIODEBUG"}
    environment["PYTHONPATH"] = str(_ROOT)
    with (
        tempfile.TemporaryDirectory(dir=base) as folder,
        subprocess.Popen(  # noqa: S603 — our own module
            [sys.executable, "-W", "error", "-m", "tests.crash.crash_nursery"]
            + ([folder] if keep_in is None else [str(keep_in), "--keep"]),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        ) as nursery,
    ):
        yield Bench(nursery)


def explore(bench: Bench, fault: str, total: int, seed: int) -> list[Outcome]:
    """Run about `total` scenarios of a fault: a life without a kill, its steps, the steps of the recovery.

    Where `total` is too small for all, chance decides; the same seed decides alike.
    """
    chance = Random(f"{seed} {fault}")
    unharmed = bench.run([Scenario(fault)])
    once = [
        Scenario(fault, (step,), chance.choice(_AWAY_S)) for step in _worth_dying_at(unharmed[0].traces[0])
    ]
    chance.shuffle(once)
    killed_once = bench.run(once[: max(1, (total - 1) * 6 // 10)])
    twice = [
        Scenario(fault, (*outcome.scenario.kills, step), chance.choice(_AWAY_S))
        for outcome in killed_once
        if outcome.struck
        for step in _worth_dying_at(outcome.traces[1])
    ]
    chance.shuffle(twice)
    return [*unharmed, *killed_once, *bench.run(twice[: max(1, total - 1 - len(killed_once))])]


def complaint(outcomes: Sequence[Outcome]) -> str:
    """The first scenarios that went wrong, each with how to run it alone; empty where none did."""
    wrong = [outcome for outcome in outcomes if outcome.violations]
    return "\n\n".join(
        "\n".join(
            (
                f"CRASH_REPLAY='{outcome.scenario}' pytest tests/crash",
                *(f"  {sentence}" for sentence in outcome.violations),
                *(f"  life {number}: {', '.join(trace)}" for number, trace in enumerate(outcome.traces, 1)),
                outcome.log,
            )
        )
        for outcome in wrong[:3]
    )


def _worth_dying_at(trace: Sequence[str]) -> list[str]:
    return [step for step in trace if not step.startswith(_OFTEN) or int(step.split()[1]) <= _FIRST_CALLS]
