"""The chart: what is stacked where, round amounts at the axis, and a picture for every period."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bot.domain.money import MAX_PICO, ZERO, Money
from bot.domain.records.reports import DaySpend, UsageReport
from bot.view.cards import chart
from bot.view.cards.chart import (
    DAY_S,
    MAX_MODELS,
    WIDTH,
    bands_of,
    days_of,
    spend_chart,
    tick_label,
    ticks_of,
)

FIRST_S = 1_772_323_200  # 2026-03-01 00:00 UTC
CENT = 10**10


def a_report(*lines: DaySpend, days: int = 7) -> UsageReport:
    until_s = FIRST_S + days * DAY_S
    return UsageReport(FIRST_S, until_s, len(lines), 0, ZERO, ZERO, (), (), (), lines)


def spent(day: int, model: str, pico: int) -> DaySpend:
    return DaySpend(FIRST_S + day * DAY_S, model, Money(pico))


def picture(report: UsageReport) -> Image.Image:
    image = Image.open(io.BytesIO(spend_chart(report)))
    image.load()
    return image


def pixels_of(image: Image.Image, colour: str) -> set[tuple[int, int]]:
    wanted = tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return {
        (x, y) for y in range(image.height) for x in range(image.width) if image.getpixel((x, y)) == wanted
    }


def test_the_dearest_model_comes_first() -> None:
    bands = bands_of(a_report(spent(0, "a/cheap", CENT), spent(1, "b/dear", 9 * CENT)))
    assert [band.name for band in bands] == ["b/dear", "a/cheap"]


def test_models_past_the_eighth_are_one_band_of_others() -> None:
    lines = [spent(n % 3, f"a/m{n}", (20 - n) * CENT) for n in range(11)]
    bands = bands_of(a_report(*lines))
    assert len(bands) == MAX_MODELS + 1
    assert bands[-1].name == "3 others"
    assert bands[-1].total_pico == sum(line.spend.pico for line in lines[8:])
    assert len({band.colour for band in bands}) == len(bands)


def test_a_single_ninth_model_keeps_its_name() -> None:
    bands = bands_of(a_report(*(spent(0, f"a/m{n}", (20 - n) * CENT) for n in range(9))))
    assert bands[-1].name == "a/m8"


def test_models_that_cost_nothing_are_left_out() -> None:
    assert bands_of(a_report(spent(0, "a/free", 0))) == []


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 15), st.integers(0, 10**15)), max_size=60))
def test_no_band_loses_a_picodollar(lines: list[tuple[int, int, int]]) -> None:
    report = a_report(*(spent(day, f"a/m{model}", pico) for day, model, pico in lines))
    bands = bands_of(report)
    for day in days_of(report):
        stacked = sum(band.by_day.get(day, 0) for band in bands)
        assert stacked == sum(line.spend.pico for line in report.by_day if line.day == day)


@pytest.mark.parametrize("days", [1, 7, 31])
def test_every_day_of_the_period_has_its_place(days: int) -> None:
    assert days_of(a_report(days=days)) == [FIRST_S + n * DAY_S for n in range(days)]


@given(st.integers(1, 2**80))
def test_ticks_are_even_few_and_reach_the_largest_amount(largest: int) -> None:
    ticks = ticks_of(largest)
    assert ticks[0] == 0
    assert ticks[-1] >= largest
    assert ticks[-2] < largest
    assert 2 <= len(ticks) <= 6
    step = ticks[1]
    assert ticks == [step * n for n in range(len(ticks))]
    assert str(step).rstrip("0") in {"1", "2", "5"}


@given(st.integers(0, MAX_PICO))
def test_labels_of_neighbouring_ticks_are_exact_and_differ(largest: int) -> None:
    ticks = ticks_of(largest)
    labels = [tick_label(tick, ticks[1]) for tick in ticks]
    assert [Decimal(label.removeprefix("$").replace(",", "")).scaleb(12) for label in labels] == ticks


def test_labels_are_dollars_with_cents() -> None:
    assert tick_label(2 * 10**12, 10**12) == "$2.00"
    assert tick_label(5 * 10**9, 5 * 10**9) == "$0.005"
    assert tick_label(1_500 * 10**12, 500 * 10**12) == "$1,500.00"


def test_a_day_of_twice_the_spending_is_drawn_twice_as_high() -> None:
    image = picture(a_report(spent(0, "a/m", 2 * CENT), spent(6, "a/m", 4 * CENT)))
    drawn = pixels_of(image, "#56b4e9")
    legend_top = image.height - 110
    columns = {x for x, y in drawn if y < legend_top}
    middle = WIDTH // 2
    heights = [
        len({y for x, y in drawn if y < legend_top and (x < middle) == is_left}) for is_left in (True, False)
    ]
    assert min(columns) < middle < max(columns)
    assert abs(2 * heights[0] - heights[1]) <= 6


def test_the_parts_of_a_day_stand_on_each_other_the_dearest_lowest() -> None:
    image = picture(a_report(spent(3, "a/dear", 3 * CENT), spent(3, "b/cheap", CENT)))
    legend_top = image.height - 110
    dear = {y for _, y in pixels_of(image, "#56b4e9") if y < legend_top}
    cheap = {y for _, y in pixels_of(image, "#e69f00") if y < legend_top}
    assert max(cheap) < min(dear)


def test_the_smallest_share_still_shows() -> None:
    image = picture(a_report(spent(0, "a/dear", 10**15), spent(3, "b/cheap", 1)))
    assert any(y < image.height - 110 for _, y in pixels_of(image, "#e69f00"))


@pytest.mark.parametrize("days", [1, 7, 30, 31, 400])
def test_any_period_makes_a_picture_of_the_same_width(days: int) -> None:
    image = picture(a_report(spent(0, "a/m", CENT), days=days))
    assert image.format == "PNG"
    assert image.width == WIDTH


def test_a_period_without_spending_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(chart, "_centred", lambda draw, font, text, x, y: said.append(text))
    spend_chart(a_report())
    assert "Nothing was spent in this period" in said


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 30), st.text(max_size=80), st.integers(0, MAX_PICO)), max_size=12))
def test_any_model_and_amount_can_be_drawn(lines: list[tuple[int, str, int]]) -> None:
    report = a_report(*(spent(day, model, pico) for day, model, pico in lines), days=31)
    assert picture(report).width == WIDTH
