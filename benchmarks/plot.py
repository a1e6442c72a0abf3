"""`python -m benchmarks.plot BENCH.json OUT.svg`: the delay of pictures against the number of jobs, drawn."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

WIDTH: Final = 720
HEIGHT: Final = 400
LEFT, RIGHT, TOP, BOTTOM = 70, 220, 56, 52
LOWEST_S: Final = 0.01  # of the logarithmic axis: nobody sees less
# After Okabe and Ito, "Color Universal Design", 2008: told apart with every kind of colour vision.
LINES: Final = {"naive": ("an edit for each event", "#d55e00"), "ours": ("this bot", "#0072b2")}
_HEAD: Final = (
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
    'font-size="13" fill="#333">'
)
TICKS_S: Final = (0.01, 0.1, 1.0, 10.0, 100.0)


class NothingToDraw(Exception):
    """The measurement has no curve in it."""


def curve_of(bench: Mapping[str, Any]) -> Mapping[str, Sequence[Mapping[str, float]]]:
    """By line, the points of the scene `crowd`: jobs, p50_s, p99_s. Raises NothingToDraw."""
    for figure in bench["figures"]:
        if "curve" in figure["more"]:
            curve: Mapping[str, Sequence[Mapping[str, float]]] = figure["more"]["curve"]
            return curve
    raise NothingToDraw("the scene crowd was not measured")


def drawn(curve: Mapping[str, Sequence[Mapping[str, float]]]) -> str:
    """The curve as SVG: the 99th and (dashed) the 50th of a hundred pictures, both axes logarithmic."""
    most = max(point["jobs"] for points in curve.values() for point in points)
    slowest_s = max(
        point["p99_s"] for points in curve.values() for point in points if point["p99_s"] < math.inf
    )
    top_s = next((tick for tick in TICKS_S if tick >= slowest_s), slowest_s)
    parts = [
        _HEAD,
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        _text(LEFT, 24, "From the last event of a job to its picture in Discord", size=16),
        _text(
            LEFT, 42, "jobs at once in one channel, ten events a second each, Discord's rate limits", size=12
        ),
    ]
    parts += _axes(sorted({int(p["jobs"]) for points in curve.values() for p in points}), most, top_s)
    for name, points in curve.items():
        parts += _line(name, points, most, top_s)
    return "\n".join([*parts, "</svg>", ""])


def _axes(counts: Sequence[int], most: float, top_s: float) -> Iterator[str]:
    for tick in TICKS_S:
        if tick <= top_s:
            y = _y(tick, top_s)
            yield f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>'
            yield _text(LEFT - 8, y + 4, f"{tick:g} s", anchor="end")
    for count in counts:
        yield _text(_x(count, most), HEIGHT - BOTTOM + 20, f"{count:,}", anchor="middle")
    yield _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, "jobs at once", anchor="middle")


def _line(name: str, points: Sequence[Mapping[str, float]], most: float, top_s: float) -> Iterator[str]:
    label, colour = LINES[name]
    ends = []
    for share, dash in (("p99_s", ""), ("p50_s", ' stroke-dasharray="5 4"')):
        places = [
            (_x(point["jobs"], most), _y(point[share], top_s)) for point in points if point[share] < math.inf
        ]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
        yield f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>'
        for x, y in places:
            yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>'
        ends.append(places[-1])
    (x, upper), (_, lower) = ends
    yield _text(x + 10, upper + 4, f"{label}, 99 of 100", colour=colour)
    yield _text(x + 10, max(lower, upper + 15) + 4, "50 of 100", colour=colour)


def _x(jobs: float, most: float) -> float:
    share = math.log(jobs) / math.log(most) if most > 1 else 0.0
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def _y(delay_s: float, top_s: float) -> float:
    share = math.log(max(delay_s, LOWEST_S) / LOWEST_S) / math.log(top_s / LOWEST_S)
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def _text(
    x: float, y: float, text: str, *, anchor: str = "start", size: int = 13, colour: str = "#333"
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{colour}">'
        f"{escape(text)}</text>"
    )


def main(arguments: Sequence[str]) -> int:
    """0 when the picture is written."""
    source, target = (Path(argument) for argument in arguments)
    target.write_text(drawn(curve_of(json.loads(source.read_text(encoding="utf-8")))), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
