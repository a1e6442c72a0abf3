"""Worlds in processes of their own: `python sim_main.py FIRST COUNT LIVES` prints one JSON line for each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

_HERE: Final = Path(__file__).parent
_PATHS: Final = (_HERE.parents[1], _HERE.parent / "fakes", _HERE)


def main() -> None:
    from sim_run import Simulation

    first, number, lives = (int(argument) for argument in sys.argv[1:4])
    for seed in range(first, first + number):
        began_s = time.process_time()
        outcome = Simulation(seed, lives).run()
        sys.stdout.write(json.dumps(asdict(outcome) | {"cpu_s": time.process_time() - began_s}) + "\n")


def outcomes(shares: Sequence[tuple[int, int]], lives: int, **environment: str) -> Iterator[dict[str, Any]]:
    """The outcomes of each share (first seed, number of seeds), a process for each, all at once."""
    given = {name: value for name, value in os.environ.items() if name != "PYTHONASYNCIODEBUG"}
    given |= {"PYTHONPATH": os.pathsep.join(map(str, _PATHS))} | environment
    with ExitStack() as stack:
        processes = [
            stack.enter_context(
                subprocess.Popen(  # noqa: S603 — our own module
                    [sys.executable, str(_HERE / "sim_main.py"), str(first), str(number), str(lives)],
                    stdout=subprocess.PIPE,
                    text=True,
                    env=given,
                )
            )
            for first, number in shares
        ]
        for process in processes:
            out, _ = process.communicate()
            if process.returncode:
                raise RuntimeError("a process of the simulation broke; its words are on stderr")
            yield from map(json.loads, out.splitlines())


def summary(found: Sequence[dict[str, Any]], real_s: float) -> str:
    """How much was tried and how fast, for people."""
    lifecycles = sum(one["lifecycles"] for one in found)
    virtual_h = sum(one["virtual_s"] for one in found) / 3600
    cpu_s = sum(one["cpu_s"] for one in found)
    deaths, wrong = sum(one["deaths"] for one in found), sum(bool(one["violation"]) for one in found)
    return (
        f"{len(found)} simulated worlds: {lifecycles} lifecycles, {deaths} deaths of the engine,"
        f" {virtual_h:.1f} virtual hours in {real_s:.1f} s: {lifecycles / real_s:.0f} lifecycles and"
        f" {virtual_h / real_s:.2f} virtual hours a second ({lifecycles / cpu_s:.0f} lifecycles a second of"
        f" one core), {wrong} violations"
    )


def complaint(found: Sequence[dict[str, Any]], lives: int) -> str:
    """The first worlds that went wrong, each with how to replay it; empty where none did."""
    return "\n\n".join(
        f"SIM_SEED={one['seed']} SIM_LIVES={lives} pytest tests/simulation\n  {one['violation']}\n  "
        + "\n  ".join(one["tail"])
        for one in [one for one in found if one["violation"]][:3]
    )


if __name__ == "__main__":
    main()
