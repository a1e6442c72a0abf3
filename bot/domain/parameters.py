"""From a picture request to the parameters of one model, checked against that model's own bounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Final, TypeAlias

from bot.domain.errors import OptionRefused
from bot.domain.job import MAX_SEED, PictureRequest
from bot.domain.model import Model, Parameter

Value: TypeAlias = str | int | float

# The spellings that Wiro's model pages use for one thing; the first is sent where no schema is known.
PROMPT: Final = ("prompt",)
NEGATIVE_PROMPT: Final = ("negativePrompt", "negative_prompt")
COUNT: Final = ("samples", "numImages", "num_images", "numOutputs", "num_outputs")
STEPS: Final = ("steps", "numInferenceSteps", "num_inference_steps")
GUIDANCE: Final = ("scale", "guidanceScale", "guidance_scale", "guidance", "cfg_scale")
SEED: Final = ("seed",)
WIDTH: Final = ("width",)
HEIGHT: Final = ("height",)

# Bounds of our own for every model: the option bounds of /imagine.
BOUNDS: Final[dict[str, tuple[int, int]]] = {
    "steps": (1, 100),
    "guidance": (0, 20),
    "count": (1, 4),
    "seed": (0, MAX_SEED),
    "width": (256, 2048),
    "height": (256, 2048),
}


def check_bounds(request: PictureRequest) -> None:
    """Hold the request to the bounds of /imagine. Raises OptionRefused."""
    for option, (minimum, maximum) in BOUNDS.items():
        value = getattr(request, option)
        if value is not None and not minimum <= value <= maximum:
            raise OptionRefused(option, _text(value), str(minimum), str(maximum))


def parameters_for(request: PictureRequest, seed: int, model: Model) -> dict[str, Value]:
    """What Run is sent. Raises OptionRefused for an option the model lacks or a value past its bounds."""
    sent: dict[str, Value] = {}
    asked: list[tuple[str, tuple[str, ...], Value | None, bool]] = [
        # option of /imagine, Wiro's spellings, value, whether the member chose it
        ("prompt", PROMPT, request.prompt, True),
        ("negative_prompt", NEGATIVE_PROMPT, request.negative_prompt, True),
        ("count", COUNT, request.count, request.count > 1),
        ("steps", STEPS, request.steps, True),
        ("guidance", GUIDANCE, request.guidance, True),
        ("width", WIDTH, request.width, True),
        ("height", HEIGHT, request.height, True),
        ("seed", SEED, str(seed), request.seed is not None),
    ]
    for option, names, value, is_chosen in asked:
        if model.parameters is None:
            if value is not None:
                sent[names[0]] = value
            continue
        parameter = model.parameter(*names)
        if parameter is None:
            if value is not None and is_chosen:
                raise OptionRefused(option, _text(value), model=model.slug)
        elif value is not None:
            _check(option, value, parameter, model)
            sent[parameter.parameter_id] = value
    _fill_defaults(sent, model)
    return sent


def resolved(request: PictureRequest, sent: Mapping[str, Value]) -> PictureRequest:
    """The request with the model's own choices filled in, so that cards tell what was really run."""
    return replace(
        request,
        width=request.width or _whole(sent, WIDTH),
        height=request.height or _whole(sent, HEIGHT),
        steps=request.steps or _whole(sent, STEPS),
    )


def _whole(sent: Mapping[str, Value], names: tuple[str, ...]) -> int | None:
    for name in names:
        text = str(sent.get(name, ""))
        if text.isdecimal():
            return int(text)
    return None


def _fill_defaults(sent: dict[str, Value], model: Model) -> None:
    for parameter in model.parameters or ():
        if parameter.parameter_id not in sent and parameter.default not in (None, ""):
            sent[parameter.parameter_id] = parameter.default or ""


def _check(option: str, value: Value, parameter: Parameter, model: Model) -> None:
    if isinstance(value, str):
        return
    number = Decimal(str(value))
    too_small = parameter.minimum is not None and number < parameter.minimum
    too_large = parameter.maximum is not None and number > parameter.maximum
    if too_small or too_large:
        raise OptionRefused(
            option,
            _text(value),
            _text(parameter.minimum) if parameter.minimum is not None else None,
            _text(parameter.maximum) if parameter.maximum is not None else None,
            model.slug,
        )


def _text(value: Value | Decimal) -> str:
    return value if isinstance(value, str) else f"{value:g}" if isinstance(value, float) else str(value)
