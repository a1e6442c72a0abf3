"""The hold of a run is the best figure known for its price."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.catalogue.model import Kind, Model, Parameter, PriceRule
from bot.domain.clock import Clock
from bot.domain.job.events import Gap
from bot.domain.job.task import Task, TaskReport
from bot.domain.limits.estimate import estimate
from bot.domain.money import Money
from tests.support.samples import MODEL

FALLBACK = Money.parse("0.05")
CENT = Money.parse("0.01")


def a_model(*prices: PriceRule, mean: Money | None = None, per_second: Money | None = None) -> Model:
    return Model(MODEL, "Stable Diffusion", prices=prices, approximate_cost=mean, cost_per_second=per_second)


def test_a_parameter_is_found_by_any_of_its_spellings_without_regard_to_case() -> None:
    steps = Parameter("NumSteps", Kind.WHOLE)
    model = Model(MODEL, "Stable Diffusion", (Parameter("prompt", Kind.TEXT), steps))
    assert model.parameter("steps", "numsteps") is steps
    assert model.parameter("width") is None
    assert a_model().parameter("prompt") is None


def test_an_exact_price_is_held() -> None:
    model = a_model(
        PriceRule({"size": "large"}, Money(2), "cpr"),
        PriceRule({"size": "small"}, CENT, "cpr"),
        mean=Money(3),
    )
    assert estimate(model, {"size": "small", "steps": 4}, 10.0, FALLBACK).amount == CENT


def test_a_price_without_conditions_fits_every_run() -> None:
    assert estimate(a_model(PriceRule({}, CENT, "cpr")), {}, None, FALLBACK).amount == CENT


@given(st.integers(1, 4))
def test_a_price_for_each_output_is_held_for_all_of_them(count: int) -> None:
    model = a_model(PriceRule({}, CENT, "cpo"))
    assert estimate(model, {"samples": count}, None, FALLBACK).amount == Money(CENT.pico * count)


@pytest.mark.parametrize("samples", [{}, {"samples": 0}, {"samples": "many"}])
def test_a_price_for_each_output_is_held_at_least_once(samples: dict[str, str | int | float]) -> None:
    assert estimate(a_model(PriceRule({}, CENT, "cpo")), samples, None, FALLBACK).amount == CENT


@pytest.mark.parametrize(("side", "times"), [(512, 1), (1024, 1), (1025, 2), (2048, 4)])
def test_a_price_for_pixels_is_held_for_each_megapixel_begun(side: int, times: int) -> None:
    model = a_model(PriceRule({}, CENT, "cp-pixel"))
    held = estimate(model, {"width": side, "height": side}, None, FALLBACK).amount
    assert held == Money(CENT.pico * times)


def test_a_price_for_each_second_is_held_for_our_median_run() -> None:
    assert estimate(a_model(PriceRule({}, CENT, "cps")), {}, 2.5, FALLBACK).amount == Money.parse("0.025")


@pytest.mark.parametrize("method", ["cps", "a method of next year"])
def test_a_price_that_cannot_be_worked_out_gives_way_to_wiros_mean(method: str) -> None:
    model = a_model(PriceRule({}, CENT, method), mean=Money(3))
    assert estimate(model, {}, None, FALLBACK).amount == Money(3)


def test_a_price_for_other_inputs_gives_way_to_wiros_mean() -> None:
    model = a_model(PriceRule({"size": "large"}, CENT, "cpr"), mean=Money(3))
    assert estimate(model, {"size": "small"}, 10.0, FALLBACK).amount == Money(3)


def test_without_a_mean_the_seconds_of_our_median_run_are_held() -> None:
    assert estimate(a_model(mean=Money(0), per_second=CENT), {}, 3.0, FALLBACK).amount == Money.parse("0.03")


@pytest.mark.parametrize("model", [a_model(), a_model(per_second=CENT), a_model(mean=Money(0))])
def test_where_nothing_is_known_the_setting_is_held(model: Model) -> None:
    assert estimate(model, {}, None, FALLBACK).amount == FALLBACK


def taking(*names: str, kind: Kind = Kind.FILE) -> Model:
    return Model("a/b", "B", tuple(Parameter(name, kind) for name in names))


@pytest.mark.parametrize(
    ("names", "taker"),
    [
        (("maskImage", "inputImage"), "inputImage"),
        (("inputFile", "photo"), "photo"),
        (("inputFile",), "inputFile"),
        (("inputMask", "inputFile"), "inputMask"),
        (("inputAudio", "documentPdf", "inputVideo"), None),
        ((), None),
    ],
)
def test_a_picture_goes_into_the_input_that_is_named_for_one(
    names: tuple[str, ...], taker: str | None
) -> None:
    found = taking(*names).picture_input()
    assert (found.parameter_id if found is not None else None) == taker


def test_an_input_that_takes_no_files_takes_no_picture() -> None:
    assert taking("imageStyle", kind=Kind.TEXT).picture_input() is None
    assert Model("a/b", "B").picture_input() is None


def test_a_task_never_shows_its_secret() -> None:
    task = Task("101", "the socket's secret")
    report = TaskReport(task, Gap("asked"), {}, 0.0)
    assert repr(task) == "Task(101)"
    assert "secret" not in f"{task} {report!r}"


def test_a_clock_is_two_functions() -> None:
    clock = Clock(wall=lambda: 5.0, monotonic=lambda: 7.0)
    assert (clock.wall(), clock.monotonic()) == (5.0, 7.0)
