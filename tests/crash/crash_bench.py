"""Many scenarios on a few nurseries at once, and the plan of which: every step once, then pairs by seed."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain, zip_longest
from pathlib import Path
from random import Random
from typing import IO, Final, cast

from crash_nursery import outcome_of
from crash_scenarios import FAULTS, Outcome, Scenario

NURSERIES: Final = 3  # a life waits for its Wiro half of the time
_HERE: Final = Path(__file__).parent
_PATHS: Final = (_HERE.parents[1], _HERE.parent / "fakes", _HERE)
# Whatever is asked often is asked as often as time allows: its first calls stand for all.
_OFTEN: Final = ("feed.event", "wiro.detail", "wiro.recent_tasks", "store.claimed", "store.open_charges")
_FIRST_CALLS: Final = 3
_AWAY_S: Final = (1.0, 30.0, 300.0)  # at once, within the grace, past it


class Bench:
    """Owns the nurseries; use `opened`."""

    def __init__(self, nurseries: Sequence[subprocess.Popen[str]]) -> None:
        self._nurseries = nurseries

    def run(self, scenarios: Sequence[Scenario]) -> list[Outcome]:
        """The outcomes in the order of the scenarios. Raises RuntimeError when a nursery breaks."""
        waiting = iter(enumerate(scenarios))
        lock = threading.Lock()
        outcomes: dict[int, Outcome] = {}
        broken: list[str] = []

        def work(nursery: subprocess.Popen[str]) -> None:
            while not broken:
                with lock:
                    number, scenario = next(waiting, (-1, None))
                if scenario is None:
                    return
                cast(IO[str], nursery.stdin).write(f"{scenario}\n")
                cast(IO[str], nursery.stdin).flush()
                line = cast(IO[str], nursery.stdout).readline()
                if not line:
                    broken.append(str(scenario))
                    return
                outcomes[number] = outcome_of(line)

        threads = [threading.Thread(target=work, args=(nursery,)) for nursery in self._nurseries]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if broken:
            raise RuntimeError(f"a nursery broke at {broken}; its words are on stderr")
        return [outcomes[number] for number in range(len(scenarios))]


@contextmanager
def opened(nurseries: int = NURSERIES, *, keep_in: Path | None = None) -> Iterator[Bench]:
    """A bench; `keep_in` keeps what the scenarios leave behind, in numbered folders."""
    # A killed process loses nothing that the kernel has: memory serves as well as a disk, and faster.
    memory = Path("/dev/shm")  # noqa: S108 — a folder of its own is made in it
    base = memory if os.access(memory, os.W_OK) else None
    # asyncio's debug mode belongs to the tests' own loops: it would triple the time of every life.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONASYNCIODEBUG"}
    environment["PYTHONPATH"] = os.pathsep.join(map(str, _PATHS))
    with ExitStack() as stack:
        processes: list[subprocess.Popen[str]] = []
        for number in range(nurseries):
            folder = keep_in or Path(stack.enter_context(tempfile.TemporaryDirectory(dir=base)))
            options = ["--keep"] if keep_in is not None else []
            process = subprocess.Popen(  # noqa: S603 — our own module
                [sys.executable, "-W", "error", "-m", "crash_nursery", str(folder), *options],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=environment,
            )
            processes.append(stack.enter_context(process))
            assert number == 0 or keep_in is None, "what is kept has one owner"
        yield Bench(processes)


def explore(bench: Bench, total: int, seed: int) -> list[Outcome]:
    """Run about `total` scenarios: lives without a kill, each of their steps, each step of the recovery.

    Where `total` is too small for all, chance decides; the same seed decides alike.
    """
    chance = Random(seed)
    unharmed = bench.run([Scenario(fault) for fault in FAULTS])
    once = [
        Scenario(outcome.scenario.fault, (step,), chance.choice(_AWAY_S))
        for outcome in unharmed
        for step in _worth_dying_at(outcome.traces[0])
    ]
    killed_once = bench.run(_shares(once, chance, (total - len(unharmed)) * 6 // 10))
    twice = [
        Scenario(outcome.scenario.fault, (*outcome.scenario.kills, step), chance.choice(_AWAY_S))
        for outcome in killed_once
        if outcome.struck
        for step in _worth_dying_at(outcome.traces[1])
    ]
    left = total - len(unharmed) - len(killed_once)
    return [*unharmed, *killed_once, *bench.run(_shares(twice, chance, left))]


def summary(outcomes: Sequence[Outcome], seed: int) -> str:
    """How much was tried, for people."""
    kills = sum(outcome.struck for outcome in outcomes)
    lives = sum(len(outcome.traces) for outcome in outcomes)
    faults: Mapping[str, int] = {
        fault: sum(outcome.scenario.fault == fault for outcome in outcomes) for fault in FAULTS
    }
    by_fault = ", ".join(f"{fault} {count}" for fault, count in faults.items())
    return (
        f"{len(outcomes)} crash scenarios (seed {seed}): {lives} lives of the bot, {kills} of them killed,"
        f" {sum(bool(outcome.violations) for outcome in outcomes)} violations. By fault: {by_fault}"
    )


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


def _shares(scenarios: Sequence[Scenario], chance: Random, total: int) -> list[Scenario]:
    """So many of them, as evenly from each fault as there are."""
    by_fault = {fault: [one for one in scenarios if one.fault == fault] for fault in FAULTS}
    for ones in by_fault.values():
        chance.shuffle(ones)
    rounds = chain.from_iterable(zip_longest(*by_fault.values()))
    return [one for one in rounds if one is not None][: max(1, total)]


def _worth_dying_at(trace: Sequence[str]) -> list[str]:
    return [step for step in trace if not step.startswith(_OFTEN) or int(step.split()[1]) <= _FIRST_CALLS]
