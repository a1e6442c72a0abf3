"""A request becomes exactly the parameters that a model takes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.catalogue.model import Kind, Model, Option, Parameter
from bot.domain.request.errors import OptionRefused
from bot.domain.request.parameters import BOUNDS, check_bounds, parameters_for, resolved
from bot.domain.request.run_request import MAX_SEED
from tests.support.samples import MODEL, a_request

BARE = Model(MODEL, "Stable Diffusion 3 Medium")


def a_model(*parameters: Parameter) -> Model:
    return Model(MODEL, "Stable Diffusion 3 Medium", parameters)


FULL = a_model(
    Parameter("prompt", Kind.LONG_TEXT, is_required=True),
    Parameter("negativePrompt", Kind.LONG_TEXT),
    Parameter("samples", Kind.WHOLE, minimum=Decimal(1), maximum=Decimal(4)),
    Parameter("steps", Kind.WHOLE, default="28", minimum=Decimal(1), maximum=Decimal(50)),
    Parameter("scale", Kind.DECIMAL, default="7.5", minimum=Decimal(0), maximum=Decimal("15.5")),
    Parameter("width", Kind.WHOLE, default="1024"),
    Parameter("height", Kind.WHOLE, default="1024"),
    Parameter("seed", Kind.TEXT, default="0"),
    Parameter("scheduler", Kind.CHOICE, default="euler", options=(Option("euler"), Option("ddim"))),
    Parameter("inputImage", Kind.FILE, default=""),
    Parameter("note", Kind.TEXT),
)


@given(st.sampled_from(sorted(BOUNDS)), st.integers(-5, 5000) | st.integers(MAX_SEED - 3, MAX_SEED + 3))
def test_options_are_held_to_their_bounds(option: str, value: int) -> None:
    minimum, maximum = BOUNDS[option]
    request = a_request(**{option: value})
    if minimum <= value <= maximum:
        check_bounds(request)
        return
    with pytest.raises(OptionRefused) as refused:
        check_bounds(request)
    error = refused.value
    assert (error.option, error.value) == (option, str(value))
    assert (error.minimum, error.maximum) == (str(minimum), str(maximum))


@pytest.mark.parametrize("guidance", [float("nan"), float("inf"), -0.001, 20.001])
def test_guidance_that_is_no_number_of_the_scale_is_refused(guidance: float) -> None:
    with pytest.raises(OptionRefused):
        check_bounds(a_request(guidance=guidance))


def test_a_model_without_a_schema_is_sent_what_was_asked_under_the_first_spelling() -> None:
    request = a_request(negative_prompt="fog", steps=20, guidance=7.5, width=512, height=768, count=2)
    assert parameters_for(request, 99, BARE) == {
        "prompt": "a lighthouse at dusk",
        "negativePrompt": "fog",
        "samples": 2,
        "steps": 20,
        "scale": 7.5,
        "width": 512,
        "height": 768,
        "seed": "99",
    }


def test_what_was_not_asked_is_left_to_a_model_without_a_schema() -> None:
    assert parameters_for(a_request(), 99, BARE) == {
        "prompt": "a lighthouse at dusk",
        "samples": 1,
        "seed": "99",
    }


def test_a_model_gets_its_own_defaults_for_what_was_not_asked() -> None:
    sent = parameters_for(a_request(steps=10), 99, FULL)
    assert sent == {
        "prompt": "a lighthouse at dusk",
        "samples": 1,
        "steps": 10,
        "scale": "7.5",
        "width": "1024",
        "height": "1024",
        "seed": "99",
        "scheduler": "euler",
    }


@pytest.mark.parametrize("spelling", ["numInferenceSteps", "num_inference_steps", "STEPS"])
def test_a_model_is_spoken_to_in_its_own_spelling(spelling: str) -> None:
    model = a_model(Parameter("prompt", Kind.LONG_TEXT), Parameter(spelling, Kind.WHOLE))
    assert parameters_for(a_request(steps=9), 1, model)[spelling] == 9


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("negative_prompt", "fog"),
        ("count", 2),
        ("steps", 9),
        ("guidance", 7.0),
        ("width", 512),
        ("height", 512),
        ("seed", 3),
    ],
)
def test_a_chosen_option_that_the_model_lacks_is_refused(option: str, value: Any) -> None:
    model = a_model(Parameter("prompt", Kind.LONG_TEXT))
    with pytest.raises(OptionRefused) as refused:
        parameters_for(a_request(**{option: value}), 3, model)
    assert (refused.value.option, refused.value.model) == (option, MODEL)
    assert refused.value.minimum is refused.value.maximum is None


def test_our_own_choices_are_left_out_where_the_model_lacks_them() -> None:
    model = a_model(Parameter("prompt", Kind.LONG_TEXT))
    assert parameters_for(a_request(), 3, model) == {"prompt": "a lighthouse at dusk"}


@pytest.mark.parametrize(("option", "value"), [("steps", 51), ("guidance", 15.6)])
def test_values_past_the_models_bounds_are_refused_with_the_bounds(option: str, value: float) -> None:
    with pytest.raises(OptionRefused) as refused:
        parameters_for(a_request(**{option: value}), 3, FULL)
    error = refused.value
    assert (error.option, error.value, error.model) == (option, f"{value:g}", MODEL)
    assert error.maximum in {"50", "15.5"}


@pytest.mark.parametrize(("minimum", "maximum", "shown"), [(None, 8, (None, "8")), (10, None, ("10", None))])
def test_a_bound_on_one_side_is_told_alone(
    minimum: int | None, maximum: int | None, shown: tuple[str | None, str | None]
) -> None:
    model = a_model(
        Parameter("prompt", Kind.LONG_TEXT),
        Parameter(
            "steps",
            Kind.WHOLE,
            minimum=None if minimum is None else Decimal(minimum),
            maximum=None if maximum is None else Decimal(maximum),
        ),
    )
    with pytest.raises(OptionRefused) as refused:
        parameters_for(a_request(steps=9), 3, model)
    assert (refused.value.minimum, refused.value.maximum) == shown


@given(st.integers(1, 50), st.floats(0, 15.5), st.integers(1, 4), st.integers(1, MAX_SEED))
def test_what_lies_within_the_bounds_is_sent_as_asked(
    steps: int, guidance: float, count: int, seed: int
) -> None:
    sent = parameters_for(a_request(steps=steps, guidance=guidance, count=count), seed, FULL)
    assert (sent["steps"], sent["scale"], sent["samples"], sent["seed"]) == (
        steps,
        guidance,
        count,
        str(seed),
    )


def test_a_card_can_tell_what_was_really_run() -> None:
    request = resolved(a_request(width=512), {"width": 512, "height": "768", "numInferenceSteps": "28"})
    assert (request.width, request.height, request.steps) == (512, 768, 28)


def test_what_the_model_does_not_tell_stays_open() -> None:
    request = resolved(a_request(), {"width": "auto"})
    assert (request.width, request.height, request.steps) == (None, None, None)
