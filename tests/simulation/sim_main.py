"""Worlds in a process of their own: `python sim_main.py FIRST COUNT LIVES` prints one JSON line for each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

_HERE: Final = Path(__file__).parent
_ROOT: Final = _HERE.parents[1]


def main() -> None:
    from tests.simulation.sim_run import Simulation

    first, number, lives = (int(argument) for argument in sys.argv[1:4])
    for seed in range(first, first + number):
        sys.stdout.write(json.dumps(asdict(Simulation(seed, lives).run())) + "\n")


def outcomes(first: int, number: int, lives: int, **environment: str) -> list[dict[str, Any]]:
    """The outcomes of so many seeds from the first on, in a process of their own."""
    given = {name: value for name, value in os.environ.items() if name != "PYTHONASYNCIODEBUG"}
    given |= {"PYTHONPATH": str(_ROOT)} | environment
    ran = subprocess.run(  # noqa: S603 — our own module
        [sys.executable, "-m", "tests.simulation.sim_main", str(first), str(number), str(lives)],
        stdout=subprocess.PIPE,
        text=True,
        env=given,
        check=True,  # its words are on stderr
    )
    return [json.loads(line) for line in ran.stdout.splitlines()]


if __name__ == "__main__":
    main()
