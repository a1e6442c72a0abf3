"""A drawn picture of dollars by UTC day, stacked by model. CPU work: async callers run it in a thread."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from bot.domain.money import MAX_PICO, Money
from bot.domain.records.reports import UsageReport

DAY_S: Final = 86_400
MAX_MODELS: Final = 8  # with a colour of their own
MAX_DAYS: Final = 366  # the latest ones
OTHERS: Final = "others"

# Twice the width at which Discord shows a picture on a desktop, so that it stays sharp; a phone shows it at
# about a third, where the text is still 9 points high.
WIDTH: Final = 1100
_PLOT_HEIGHT: Final = 380
_MARGIN: Final = 32
_TEXT_PX: Final = 27
_LINE_PX: Final = 42

# A ground of its own, because the text must be read in Discord's light theme as well as in its dark ones.
_GROUND: Final = "#24262b"
_INK: Final = "#e8e9ec"
_FAINT_INK: Final = "#b9bcc4"
_GRID: Final = "#44474f"
# After Okabe and Ito, "Color Universal Design", 2008: told apart with every kind of colour vision. Their blue
# and vermilion are lightened for the dark ground, where their black would vanish.
_COLOURS: Final = (
    "#56b4e9", "#e69f00", "#009e73", "#f0e442", "#cc79a7", "#ff7a45", "#8f9bff", "#b2dfdb",
)  # fmt: skip
_OTHERS_COLOUR: Final = "#8b8f99"

_Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True, slots=True)
class Band:
    """One colour of the chart: what a model cost on each day, in picodollars."""

    name: str
    colour: str
    by_day: Mapping[int, int]  # by the epoch second of its midnight

    @property
    def total_pico(self) -> int:
        return sum(self.by_day.values())


def spend_chart(report: UsageReport) -> bytes:
    """The report's days as a PNG."""
    bands, days = bands_of(report), days_of(report)
    legend_lines = -(-len(bands) // 2)
    height = 2 * _MARGIN + _LINE_PX + _PLOT_HEIGHT + 2 * _LINE_PX + legend_lines * _LINE_PX
    image = Image.new("RGB", (WIDTH, height), _GROUND)
    draw = ImageDraw.Draw(image)
    font = _font(_TEXT_PX)
    draw.text((_MARGIN, _MARGIN - 6), "Dollars by day (UTC)", fill=_FAINT_INK, font=font)
    top, bottom = _MARGIN + _LINE_PX + 10, _MARGIN + _LINE_PX + _PLOT_HEIGHT
    ticks = ticks_of(max(_day_totals(bands, days), default=0))
    left = _draw_axis(draw, font, ticks, top, bottom)
    _draw_bars(draw, bands, days, ticks[-1], (left, top, WIDTH - _MARGIN, bottom))
    _draw_dates(draw, font, days, left, bottom)
    if not bands:
        _centred(draw, font, "Nothing was spent in this period", (left + WIDTH) / 2, (top + bottom) / 2)
    _draw_legend(draw, font, bands, bottom + 2 * _LINE_PX - 8)
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def bands_of(report: UsageReport) -> list[Band]:
    """The dearest models first, the rest of them together; models that cost nothing are left out."""
    by_model: dict[str, dict[int, int]] = {}
    for line in report.by_day:
        if line.spend.pico:
            days = by_model.setdefault(line.model, {})
            days[line.day] = days.get(line.day, 0) + line.spend.pico
    ranked = sorted(by_model.items(), key=lambda item: (-sum(item[1].values()), item[0]))
    bands = [
        Band(model, colour, days)
        for (model, days), colour in zip(ranked[:MAX_MODELS], _COLOURS, strict=False)
    ]
    if len(ranked) > MAX_MODELS:
        rest: dict[int, int] = {}
        for _, days in ranked[MAX_MODELS:]:
            for day, pico in days.items():
                rest[day] = rest.get(day, 0) + pico
        count = len(ranked) - MAX_MODELS
        bands.append(Band(f"{count} {OTHERS}" if count > 1 else ranked[-1][0], _OTHERS_COLOUR, rest))
    return bands


def days_of(report: UsageReport) -> list[int]:
    """Every UTC midnight of the report's period, those without spending too."""
    first = report.since_s // DAY_S * DAY_S
    return list(range(first, max(report.until_s, first + 1), DAY_S))[-MAX_DAYS:]


def ticks_of(largest_pico: int) -> list[int]:
    """Round amounts in picodollars from zero to the first at or past the largest: at most six of them."""
    if largest_pico == 0:
        return [0, 10**10]  # one cent, so that an empty chart still has an axis
    step = 1
    while True:
        for factor in (1, 2, 5):
            if step * factor * 5 >= largest_pico:
                size = step * factor
                return [size * number for number in range(-(-largest_pico // size) + 1)]
        step *= 10


def tick_label(pico: int, step_pico: int) -> str:
    """Dollars with as many decimals as the step between ticks needs, cents at least."""
    ending_zeros = len(str(step_pico)) - len(str(step_pico).rstrip("0"))
    places = max(2, 12 - ending_zeros)
    whole, decimals = divmod(pico, 10**12)
    return f"${whole:,}.{f'{decimals:012d}'[:places]}"


def _day_totals(bands: Sequence[Band], days: Sequence[int]) -> list[int]:
    return [sum(band.by_day.get(day, 0) for band in bands) for day in days]


def _draw_axis(draw: ImageDraw.ImageDraw, font: _Font, ticks: Sequence[int], top: int, bottom: int) -> int:
    """Lines and amounts. The x where the plot begins: right of the longest amount."""
    labels = [tick_label(tick, ticks[1]) for tick in ticks]
    left = _MARGIN + int(max(draw.textlength(label, font) for label in labels)) + 18
    for tick, label in zip(ticks, labels, strict=True):
        y = _height_at(tick, ticks[-1], top, bottom)
        draw.line((left, y, WIDTH - _MARGIN, y), fill=_INK if tick == 0 else _GRID, width=2)
        draw.text((left - 14, y), label, fill=_INK, font=font, anchor="rm")
    return left


def _draw_bars(
    draw: ImageDraw.ImageDraw,
    bands: Sequence[Band],
    days: Sequence[int],
    highest_pico: int,
    box: tuple[int, int, int, int],
) -> None:
    left, top, right, bottom = box
    slot = (right - left) / len(days)
    width = max(1.0, min(slot * 0.72, 120.0))
    for number, day in enumerate(days):
        x = left + slot * (number + 0.5) - width / 2
        below = 0
        for band in bands:
            pico = band.by_day.get(day, 0)
            if pico == 0:
                continue
            y_low = _height_at(below, highest_pico, top, bottom)
            below += pico
            y_high = _height_at(below, highest_pico, top, bottom)
            # A seam between colours where there is room; what is too low for a pixel still shows one.
            seam = 2 if y_low - y_high > 6 else 0
            y_high = min(y_high, y_low - 1)
            draw.rectangle((round(x), y_high, round(x + width), y_low - 1 - seam), fill=band.colour)


def _height_at(pico: int, highest_pico: int, top: int, bottom: int) -> int:
    return bottom - pico * (bottom - top) // highest_pico


def _draw_dates(draw: ImageDraw.ImageDraw, font: _Font, days: Sequence[int], left: int, bottom: int) -> None:
    """As many days as have room, the first and every nth after it."""
    slot = (WIDTH - _MARGIN - left) / len(days)
    room = draw.textlength("30 Sep", font) + 26
    every = max(1, -(-int(room) // max(1, int(slot))))
    for number in range(0, len(days), every):
        x = left + slot * (number + 0.5)
        draw.line((x, bottom + 2, x, bottom + 9), fill=_INK, width=2)
        words = _date(days[number])
        half = draw.textlength(words, font) / 2
        _centred(draw, font, words, min(x, WIDTH - 6 - half), bottom + 30)


def _date(day: int) -> str:
    moment = datetime.fromtimestamp(day, UTC)
    return f"{moment.day} {moment:%b}"


def _draw_legend(draw: ImageDraw.ImageDraw, font: _Font, bands: Sequence[Band], top: int) -> None:
    """Two columns: colour, model, and what it cost in the period."""
    column = (WIDTH - 2 * _MARGIN) // 2
    names = _names(bands)
    for number, band in enumerate(bands):
        x = _MARGIN + number % 2 * column
        y = top + number // 2 * _LINE_PX + _LINE_PX // 2
        draw.rounded_rectangle((x, y - 12, x + 24, y + 12), 5, fill=band.colour)
        amount = str(Money(min(band.total_pico, MAX_PICO)))
        room = column - 38 - draw.textlength(amount, font) - 46
        name = _cut(draw, font, _drawable(names[number]), room)
        draw.text((x + 38, y), name, fill=_INK, font=font, anchor="lm")
        draw.text((x + column - 30, y), amount, fill=_FAINT_INK, font=font, anchor="rm")


def _names(bands: Sequence[Band]) -> list[str]:
    """The models without their owners, where that leaves no doubt."""
    short = [band.name.rpartition("/")[2] for band in bands]
    return [name if short.count(name) == 1 else band.name for name, band in zip(short, bands, strict=True)]


def _cut(draw: ImageDraw.ImageDraw, font: _Font, text: str, room: float) -> str:
    """The text, or as much of its end as fits: models of one owner differ there."""
    if draw.textlength(text, font) <= room:
        return text
    while text and draw.textlength(f"...{text}", font) > room:
        text = text[1:]
    return f"...{text}"


def _drawable(text: str) -> str:
    """The font has the printable characters of ASCII only."""
    return "".join(character if " " <= character <= "~" else "?" for character in text)


def _centred(draw: ImageDraw.ImageDraw, font: _Font, text: str, x: float, y: float) -> None:
    draw.text((x, y), text, fill=_INK, font=font, anchor="mm")


def _font(size_px: int) -> _Font:
    return ImageFont.load_default(size=size_px)
