"""The four kinds of picture the painter knows: hills, orbits, ribbons and facets."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import pairwise
from random import Random
from typing import TypeAlias

from PIL import Image, ImageDraw

from sandbox.wiro.palette import Colour, Palette, mix, word_set, words

Point: TypeAlias = tuple[float, float]
Scene: TypeAlias = Callable[[Image.Image, Palette, Random], None]

_KEYWORDS: Mapping[str, frozenset[str]] = {
    "orbits": word_set("space galaxy nebula planet planets moon star stars astronaut cosmos universe rocket"),
    "facets": word_set("crystal ice geometric low poly abstract city robot castle mosaic stone architecture"),
    "ribbons": word_set(
        "music silk wave waves dream flower portrait woman man cat dog fox dragon fire smoke"
    ),
    "hills": word_set(
        "mountain mountains forest sea ocean sunset sunrise valley landscape desert island hill"
    ),
}


def scene_for(prompt: str, chance: Random) -> Scene:
    """The kind whose keywords the prompt names first, else one by chance."""
    scenes: dict[str, Scene] = {"hills": hills, "orbits": orbits, "ribbons": ribbons, "facets": facets}
    drawn = chance.choice(sorted(scenes))
    for word in words(prompt):
        for name, keywords in _KEYWORDS.items():
            if word in keywords:
                return scenes[name]
    return scenes[drawn]


def hills(canvas: Image.Image, palette: Palette, chance: Random) -> None:
    """Layered ridges under a glowing sun or moon."""
    width, height = canvas.size
    low, high = (0.06, 0.34) if palette.dark else (0.52, 0.86)
    top, horizon = palette.colour(0, low, shift=-14), palette.colour(1, high)
    _gradient(canvas, [top, mix(top, horizon, 0.55), horizon])
    if palette.dark:
        _stars(canvas, chance, count=220)
    span = min(width, height)
    x, y = chance.uniform(0.2, 0.8) * width, chance.uniform(0.2, 0.45) * height
    radius = span * chance.uniform(0.06, 0.11)
    light = palette.colour(1, 0.9 if palette.dark else 0.95, strength=0.6)
    _glow(canvas, (x, y), radius * 6, light, 150)
    ImageDraw.Draw(canvas).ellipse((x - radius, y - radius, x + radius, y + radius), fill=light)
    layers = chance.randint(5, 7)
    near = palette.colour(0, 0.05 if palette.dark else 0.14, shift=18)
    for layer in range(layers):
        depth = (layer + 1) / layers
        base = height * (0.42 + 0.5 * depth * depth * 0.9)
        ridge = _ridge(width, base, span * (0.20 - 0.11 * depth), chance)
        colour = mix(mix(horizon, palette.colour(2, 0.4), 0.25), near, depth**1.15)
        ImageDraw.Draw(canvas, "RGBA").polygon([*ridge, (width, height), (0, height)], fill=(*colour, 246))
        if chance.random() < 0.6:
            _glow(canvas, (chance.uniform(0, width), base + span * 0.05), span * 0.5, horizon, 34)


def orbits(canvas: Image.Image, palette: Palette, chance: Random) -> None:
    """Rings and lit globes around an off-centre light."""
    width, height = canvas.size
    span = min(width, height)
    low = 0.08 if palette.dark else 0.3
    _gradient(canvas, [palette.colour(0, low), palette.colour(1, low + 0.08), palette.colour(2, low * 0.7)])
    _stars(canvas, chance, count=320)
    for _ in range(5):
        haze = palette.colour(chance.randrange(3), 0.5)
        _glow(canvas, (chance.uniform(0, width), chance.uniform(0, height)), span * 0.6, haze, 70)
    x, y = chance.uniform(0.35, 0.65) * width, chance.uniform(0.3, 0.5) * height
    draw = ImageDraw.Draw(canvas, "RGBA")
    flat = chance.uniform(0.35, 0.9)
    for ring in range(chance.randint(5, 8)):
        reach = span * (0.14 + 0.085 * ring)
        line = (*palette.colour(ring, 0.8), 110)
        draw.ellipse(
            (x - reach, y - reach * flat, x + reach, y + reach * flat),
            outline=line,
            width=max(1, span // 420),
        )
        angle = chance.uniform(0, math.tau)
        globe = span * chance.uniform(0.012, 0.05)
        centre_x, centre_y = x + math.cos(angle) * reach, y + math.sin(angle) * reach * flat
        _globe(canvas, (centre_x, centre_y), globe, palette, ring)
    _glow(canvas, (x, y), span * 0.34, palette.colour(1, 0.75), 190)
    _globe(canvas, (x, y), span * chance.uniform(0.07, 0.12), palette, 1)


def ribbons(canvas: Image.Image, palette: Palette, chance: Random) -> None:
    """Translucent bands that follow sums of slow waves."""
    width, height = canvas.size
    low, high = (0.07, 0.22) if palette.dark else (0.78, 0.93)
    _gradient(canvas, [palette.colour(0, high), palette.colour(1, (low + high) / 2), palette.colour(2, low)])
    for _ in range(3):
        spot = (chance.uniform(0, width), chance.uniform(0, height))
        _glow(canvas, spot, height * 0.7, palette.colour(1, 0.7), 110)
    draw = ImageDraw.Draw(canvas, "RGBA")
    waves = [
        (chance.uniform(0.5, 2.6), chance.uniform(0, math.tau), chance.uniform(0.03, 0.11)) for _ in range(3)
    ]
    bands = chance.randint(16, 24)
    for band in range(bands):
        share = band / bands
        upper: list[Point] = []
        lower: list[Point] = []
        for step in range(97):
            along = step / 96
            sway = sum(
                size * math.sin(pace * math.tau * along + turn + share * 2.2) for pace, turn, size in waves
            )
            middle = height * (0.04 + 0.9 * share + sway)
            thick = height * (0.018 + 0.045 * math.sin(math.pi * along + share * 5) ** 2)
            upper.append((along * width, middle - thick))
            lower.append((along * width, middle + thick))
        light = 0.32 + 0.4 * (0.5 + 0.5 * math.sin(share * 9 + waves[0][1]))
        colour = palette.colour(band, light, shift=share * 24)
        draw.polygon([*upper, *reversed(lower)], fill=(*colour, chance.randint(95, 170)))
        draw.line(upper, fill=(*palette.colour(band, 0.9), 70), width=max(1, height // 500))


def facets(canvas: Image.Image, palette: Palette, chance: Random) -> None:
    """A jittered mesh of triangles, lit from one corner."""
    width, height = canvas.size
    columns = chance.randint(9, 14)
    rows = max(4, round(columns * height / width))
    points = [
        [
            (
                (column + (chance.uniform(-0.36, 0.36) if 0 < column < columns else 0)) * width / columns,
                (row + (chance.uniform(-0.36, 0.36) if 0 < row < rows else 0)) * height / rows,
            )
            for column in range(columns + 1)
        ]
        for row in range(rows + 1)
    ]
    light_x, light_y = chance.uniform(0.1, 0.9), chance.uniform(0.0, 0.5)
    low, reach = (0.1, 0.5) if palette.dark else (0.3, 0.58)
    draw = ImageDraw.Draw(canvas)
    for row in range(rows):
        for column in range(columns):
            a, b = points[row][column], points[row][column + 1]
            c, d = points[row + 1][column], points[row + 1][column + 1]
            halves = ((a, b, c), (b, d, c)) if (row + column) % 2 else ((a, b, d), (a, d, c))
            for half in halves:
                x = sum(point[0] for point in half) / (3 * width)
                y = sum(point[1] for point in half) / (3 * height)
                near = max(0.0, 1 - math.hypot(x - light_x, y - light_y) * 1.05)
                lightness = low + reach * near + chance.uniform(-0.045, 0.045)
                hue = 1 if near > 0.62 else (0 if y < 0.6 + chance.uniform(-0.15, 0.15) else 2)
                colour = palette.colour(hue, lightness, shift=40 * (x - 0.5))
                draw.polygon(half, fill=colour, outline=mix(colour, (255, 255, 255), 0.06))


def _gradient(canvas: Image.Image, stops: list[Colour]) -> None:
    """Vertical blend of the stops over the whole canvas."""
    strip = Image.new("RGB", (1, len(stops)))
    strip.putdata(stops)
    # A few pixels stretched with a cubic give a smooth sky at no cost.
    canvas.paste(strip.resize((1, canvas.height), Image.Resampling.BICUBIC).resize(canvas.size))


def _glow(canvas: Image.Image, at: Point, radius: float, colour: Colour, strength: int) -> None:
    """A soft round light of `strength` 0..255 at its heart."""
    side = max(2, round(radius * 2))
    falloff = [round(strength * max(0.0, 1 - level / 181) ** 2) for level in range(256)]
    mask = Image.radial_gradient("L").point(falloff).resize((side, side), Image.Resampling.BILINEAR)
    canvas.paste(Image.new("RGB", (side, side), colour), (round(at[0] - radius), round(at[1] - radius)), mask)


def _globe(canvas: Image.Image, at: Point, radius: float, palette: Palette, which: int) -> None:
    """A disc with a lit side."""
    side = max(6, round(radius * 2))
    dark, light = palette.colour(which, 0.16), palette.colour(which, 0.82)
    disc = Image.new("RGB", (side, side), dark)
    _glow(disc, (side * 0.36, side * 0.34), side * 0.85, light, 250)
    mask = Image.new("L", (side, side))
    ImageDraw.Draw(mask).ellipse((0, 0, side - 1, side - 1), fill=255)
    canvas.paste(disc, (round(at[0] - side / 2), round(at[1] - side / 2)), mask)


def _stars(canvas: Image.Image, chance: Random, *, count: int) -> None:
    draw = ImageDraw.Draw(canvas, "RGBA")
    unit = min(canvas.size) / 1024
    for _ in range(count):
        x, y = chance.uniform(0, canvas.width), chance.uniform(0, canvas.height)
        size = unit * chance.choice((0.6, 0.8, 0.8, 1.2, 2.0))
        draw.ellipse((x - size, y - size, x + size, y + size), fill=(255, 255, 255, chance.randint(70, 220)))


def _ridge(width: int, base: float, rough: float, chance: Random) -> list[Point]:
    """A skyline from left to right by midpoint displacement."""
    heights = [base + chance.uniform(-rough, rough), base + chance.uniform(-rough, rough)]
    while len(heights) < 129:
        rough *= 0.56
        between = [(left + right) / 2 + chance.uniform(-rough, rough) for left, right in pairwise(heights)]
        heights = [height for pair in zip(heights, between, strict=False) for height in pair] + [heights[-1]]
    return [(index * width / (len(heights) - 1), height) for index, height in enumerate(heights)]
