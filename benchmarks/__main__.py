"""`python -m benchmarks`: every figure beside its floor, as a table and as JSON."""

from __future__ import annotations

import argparse
import asyncio
import importlib
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.figures import Figure, as_json, table

SCENES = ("edits", "crowd", "acks", "ledger", "memory", "run", "restart")


async def measured(names: Sequence[str], folder: Path, *, is_thorough: bool) -> list[Figure]:
    figures: list[Figure] = []
    for name in names:
        begun_s = time.monotonic()
        _say(f"… {name}")
        scene = importlib.import_module(f"benchmarks.scenes.{name}")
        figures += await scene.measure(folder / name, is_thorough=is_thorough)
        _say(f"  {name}: {time.monotonic() - begun_s:.0f} s")
    return figures


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when every goal is met, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("scenes", nargs="*", metavar="scene", help=f"of {', '.join(SCENES)}; all without any")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, smaller sizes: a look, no proof")
    parser.add_argument("--json", type=Path, default=Path("artefacts/bench.json"), help="where the JSON goes")
    options = parser.parse_args(arguments)
    unknown = set(options.scenes) - set(SCENES)
    if unknown:
        parser.error(f"no scene {', '.join(sorted(unknown))}; there are {', '.join(SCENES)}")
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        names = options.scenes or SCENES
        figures = asyncio.run(measured(names, Path(folder), is_thorough=not options.quick))
    sys.stdout.write(f"\n{table(figures)}\n")
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(as_json(figures) + "\n", encoding="utf-8")
    _say(f"\nThe same as JSON: {options.json}")
    return 0 if all(figure.is_met is not False for figure in figures) else 1


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    raise SystemExit(main())
