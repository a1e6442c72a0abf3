"""A filled-in form becomes a request, and the request the parameters that Run is sent."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.domain.catalogue.model import Kind, Model, Option, Parameter
from bot.domain.request.files import InputFile
from bot.domain.request.form import FieldsRefused, defaults_of
from bot.domain.request.parameters import (
    largest_seed,
    parameters_for,
    resolved,
    takes_prompt,
    with_defaults,
)
from bot.domain.request.run_request import MAX_SEED
from bot.domain.request.submission import request_of
from tests.support.samples import MODEL, a_request

FULL = Model(
    MODEL,
    "Stable Diffusion 3 Medium",
    (
        Parameter("prompt", Kind.LONG_TEXT, is_required=True),
        Parameter("negative_prompt", Kind.LONG_TEXT),
        Parameter("samples", Kind.WHOLE, default="4", minimum=Decimal(2), maximum=Decimal(8)),
        Parameter("scale", Kind.DECIMAL, default="7.5"),
        Parameter("width", Kind.WHOLE, default="4096"),
        Parameter("Seed", Kind.TEXT, default="0"),
        Parameter("extras", Kind.CHOICES, options=(Option("x1"), Option("x2"))),
        Parameter("inputImage", Kind.FILE),
    ),
)
PICTURE = InputFile("inputImage", "https://cdn.test/a.png", "a.png", "image/png", 12)


def test_prompt_negative_prompt_and_seed_leave_the_form_and_the_rest_stays() -> None:
    typed = defaults_of(FULL) | {
        "prompt": ("a mill",),
        "negative_prompt": ("fog",),
        "Seed": ("77",),
        "extras": ("x2", "x1"),
    }
    request = request_of(FULL, typed, [PICTURE])
    assert request == a_request(
        prompt="a mill",
        negative_prompt="fog",
        seed=77,
        values=(("samples", 4), ("scale", 7.5), ("width", 4096), ("extras", ("x2", "x1"))),
        files=(PICTURE,),
    )
    assert parameters_for(request, 77, FULL) == {
        "prompt": "a mill",
        "negative_prompt": "fog",
        "samples": 4,
        "scale": 7.5,
        "width": 4096,
        "Seed": "77",
        "extras": ("x2", "x1"),
    }


@pytest.mark.parametrize(
    ("typed", "seed"), [("0", None), ("-1", None), ("", None), ("5", 5), ("4294967295", 4294967295)]
)
def test_zero_and_less_leave_the_seed_to_chance(typed: str, seed: int | None) -> None:
    request = request_of(FULL, {"prompt": ("x",), "Seed": (typed,)}, ())
    assert request.seed == seed
    assert "Seed" not in dict(request.values)


@pytest.mark.parametrize("typed", ["random", "1.5", "٣", "--3"])
def test_a_seed_that_is_no_number_is_sent_as_it_is(typed: str) -> None:
    request = request_of(FULL, {"prompt": ("x",), "Seed": (typed,)}, ())
    assert request.seed is None
    assert dict(request.values)["Seed"] == typed


def test_a_model_without_a_prompt_has_a_request_without_one() -> None:
    model = Model(
        "wiro/upscaler", "Upscaler", (Parameter("factor", Kind.WHOLE), Parameter("prompt", Kind.WHOLE))
    )
    request = request_of(model, {"factor": ("2",), "prompt": ("3",)}, ())
    assert (request.prompt, dict(request.values)) == ("", {"factor": 2, "prompt": 3})


def test_how_many_is_what_the_form_says_and_the_card_tells_it() -> None:
    request = request_of(FULL, {"prompt": ("x",), "samples": ("3",)}, ())
    sent = parameters_for(request, 1, FULL)
    assert (sent["samples"], resolved(request, sent).count) == (3, 3)
    left_open = request_of(FULL, {"prompt": ("x",), "scale": ("2",)}, ())
    assert parameters_for(left_open, 1, FULL)["samples"] == "4"


def test_values_that_the_models_page_does_not_take_any_more_are_refused_before_anything_is_held() -> None:
    request = a_request(values=(("samples", 9), ("scale", "big")))
    with pytest.raises(FieldsRefused) as refused:
        parameters_for(request, 1, FULL)
    assert [c.parameter.parameter_id for c in refused.value.complaints] == ["samples", "scale"]


def test_a_price_is_asked_for_with_the_defaults() -> None:
    assert with_defaults({"scale": 3}, FULL) == {"scale": 3, "samples": "4", "width": "4096", "Seed": "0"}


def test_whether_a_model_has_a_prompt() -> None:
    assert takes_prompt(FULL)
    assert takes_prompt(Model("a/b", "B"))
    assert not takes_prompt(Model("a/b", "B", (Parameter("text", Kind.TEXT),)))


@pytest.mark.parametrize(
    ("maximum", "largest"),
    [(None, MAX_SEED), ("999", 999), ("1e30", MAX_SEED), ("0", 1), ("9.5", 9)],
)
def test_a_seed_of_ours_lies_within_the_models_own_bound(maximum: str | None, largest: int) -> None:
    bound = None if maximum is None else Decimal(maximum)
    assert largest_seed(Model("a/b", "B", (Parameter("seed", Kind.WHOLE, maximum=bound),))) == largest
    assert largest_seed(Model("a/b", "B")) == MAX_SEED
