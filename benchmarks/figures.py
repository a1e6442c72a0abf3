"""A figure beside its floor and its goal, and the table and JSON that tell them."""

from __future__ import annotations

import json
import math
import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Spread:
    """Median and extremes of some runs."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        return cls(statistics.median(values), min(values), max(values))

    @classmethod
    def of_ratios(cls, ours: Sequence[float], floors: Sequence[float]) -> Spread:
        """Round by round: a noisy moment strikes both."""
        return cls.of([a / b for a, b in zip(ours, floors, strict=True)])


@dataclass(frozen=True, slots=True)
class Figure:
    """One row. `is_met` None: there is no goal, the figure stands for itself."""

    name: str
    ours: Spread
    unit: str
    goal: str = ""
    floor: Spread | None = None
    floor_name: str = ""
    ratio: Spread | None = None
    is_met: bool | None = None
    notes: tuple[str, ...] = ()
    more: dict[str, Any] = field(default_factory=dict)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of all values do not pass."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, math.ceil(share * len(ordered)) - 1))]


def table(figures: Sequence[Figure]) -> str:
    """The figures as text for a terminal."""
    head = ("figure", "ours", "floor", "ratio", "goal", "")
    rows = [head, *(_row(figure) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    for figure in figures:
        lines += [f"  {figure.name}: {note}" for note in figure.notes]
    return "\n".join(lines)


def as_json(figures: Sequence[Figure]) -> str:
    """The figures with the machine in general terms."""
    machine = {
        "cores": os.cpu_count(),
        "system": platform.system(),
        "architecture": platform.machine(),
        "python": platform.python_version(),
    }
    return json.dumps({"machine": machine, "figures": [asdict(figure) for figure in figures]}, indent=1)


def _row(figure: Figure) -> tuple[str, ...]:
    verdict = "" if figure.is_met is None else "met" if figure.is_met else "MISSED"
    floor = f"{_spread(figure.floor, figure.unit)} {figure.floor_name}".strip() if figure.floor else ""
    ratio = f"{_number(figure.ratio.median)} ×" if figure.ratio else ""
    return figure.name, _spread(figure.ours, figure.unit), floor, ratio, figure.goal, verdict


def _spread(spread: Spread | None, unit: str) -> str:
    if spread is None:
        return ""
    width = "" if spread.low == spread.high else f" ({_number(spread.low)}–{_number(spread.high)})"
    return f"{_number(spread.median)}{width} {unit}".rstrip()


def _number(value: float) -> str:
    if value and abs(value) < 10:
        return f"{value:.3g}"
    return f"{value:,.0f}"
