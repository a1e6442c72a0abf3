"""From a picture request to the parameters of one model, checked against that model's own bounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Final

from bot.domain.catalogue.model import Model, Parameter, Value
from bot.domain.request.errors import OptionRefused, PictureNotTaken
from bot.domain.request.files import InputFile
from bot.domain.request.form import Complaint, FieldFault, FieldsRefused, read_field, typed_of
from bot.domain.request.run_request import MAX_SEED, RunRequest

# The spellings that Wiro's model pages use for one thing; the first is sent where no schema is known.
PROMPT: Final = ("prompt",)
NEGATIVE_PROMPT: Final = ("negativePrompt", "negative_prompt")
COUNT: Final = ("samples", "numImages", "num_images", "numOutputs", "num_outputs")
STEPS: Final = ("steps", "numInferenceSteps", "num_inference_steps")
GUIDANCE: Final = ("scale", "guidanceScale", "guidance_scale", "guidance", "cfg_scale")
SEED: Final = ("seed",)
WIDTH: Final = ("width",)
HEIGHT: Final = ("height",)
STRENGTH: Final = (
    *("strength", "denoisingStrength", "denoising_strength", "imageStrength", "image_strength"),
    *("promptStrength", "prompt_strength", "denoise"),
)

# Bounds of our own for every model: the option bounds of /imagine.
BOUNDS: Final[dict[str, tuple[int, int]]] = {
    "steps": (1, 100),
    "guidance": (0, 20),
    "count": (1, 4),
    "seed": (0, MAX_SEED),
    "width": (256, 2048),
    "height": (256, 2048),
    "strength": (0, 1),
}


def check_bounds(request: RunRequest) -> None:
    """Hold the request to the bounds of /imagine. Raises OptionRefused."""
    for option, (minimum, maximum) in BOUNDS.items():
        value = getattr(request, option)
        if value is not None and not minimum <= value <= maximum:
            raise OptionRefused(option, _text(value), str(minimum), str(maximum))


def parameters_for(request: RunRequest, seed: int, model: Model) -> dict[str, Value]:
    """What Run is sent, files apart.

    Raises OptionRefused for an option the model lacks or a value past its bounds, FieldsRefused for values of
    a form that the model does not take and for inputs that it asks for and nobody gave.
    """
    sent: dict[str, Value] = {}
    is_many = request.count > 1
    asked: list[tuple[str, tuple[str, ...], Value | None, bool]] = [
        # option of /imagine, Wiro's spellings, value, whether the member chose it
        ("prompt", PROMPT, request.prompt or None, True),
        ("negative_prompt", NEGATIVE_PROMPT, request.negative_prompt, True),
        # A form says how many by the model's own name for it, or leaves it to the model.
        ("count", COUNT, request.count if is_many or not request.values else None, is_many),
        ("steps", STEPS, request.steps, True),
        ("guidance", GUIDANCE, request.guidance, True),
        ("width", WIDTH, request.width, True),
        ("height", HEIGHT, request.height, True),
        ("strength", STRENGTH, request.strength, True),
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
    _fill_form(sent, request, model)
    _fill_defaults(sent, model)
    _check_required(sent, request, model)
    return sent


def placed_files(request: RunRequest, model: Model) -> tuple[InputFile, ...]:
    """The files of a request, each with the input it goes to. Raises PictureNotTaken, OptionRefused."""
    taker = model.picture_input()
    placed = []
    for file in request.files:
        if file.parameter_id:
            parameter = model.parameter(file.parameter_id)
            if model.parameters is not None and parameter is None:
                raise OptionRefused(file.parameter_id, file.filename, model=model.slug)
            # One named for an image and a video alike takes either.
            is_picture = parameter is not None and parameter.names_picture and not parameter.names_video
            placed.append(replace(file, is_picture=file.is_picture or is_picture))
        elif taker is None and model.parameters is not None:
            raise PictureNotTaken(model.slug)
        else:
            placed.append(replace(file, parameter_id=taker.parameter_id if taker else "inputImage"))
    return tuple(placed)


def resolved(request: RunRequest, sent: Mapping[str, Value]) -> RunRequest:
    """The request with the model's own choices filled in, so that cards tell what was really run."""
    return replace(
        request,
        width=request.width or _whole(sent, WIDTH),
        height=request.height or _whole(sent, HEIGHT),
        steps=request.steps or _whole(sent, STEPS),
        count=_whole(sent, COUNT) or request.count,
    )


def with_defaults(sent: Mapping[str, Value], model: Model) -> dict[str, Value]:
    """What Run would be sent, were these values all that anybody gave."""
    filled = dict(sent)
    _fill_defaults(filled, model)
    return filled


def takes_prompt(model: Model) -> bool:
    """Whether the model has a prompt, as far as anybody knows."""
    return model.parameters is None or model.parameter(*PROMPT) is not None


def largest_seed(model: Model) -> int:
    """The largest seed that the model takes."""
    seed = model.parameter(*SEED)
    maximum = seed.maximum if seed is not None else None
    return MAX_SEED if maximum is None else max(1, min(MAX_SEED, int(maximum)))


def _whole(sent: Mapping[str, Value], names: tuple[str, ...]) -> int | None:
    for name in names:
        text = str(sent.get(name, ""))
        if text.isdecimal():
            return int(text)
    return None


def _fill_form(sent: dict[str, Value], request: RunRequest, model: Model) -> None:
    """The values of a form, checked once more: the model's page may have changed since it was filled in."""
    complaints: list[Complaint] = []
    for parameter_id, value in request.values:
        parameter = model.parameter(parameter_id)
        if parameter is None:
            if model.parameters is not None:
                raise OptionRefused(parameter_id, _text(value), model=model.slug)
            sent[parameter_id] = value
            continue
        read = read_field(parameter, typed_of(value))
        if isinstance(read, Complaint):
            complaints.append(read)
        elif read is not None:
            sent[parameter.parameter_id] = read
    if complaints:
        raise FieldsRefused(tuple(complaints), model.slug)


def _fill_defaults(sent: dict[str, Value], model: Model) -> None:
    for parameter in model.parameters or ():
        is_open = parameter.parameter_id not in sent and not parameter.kind.takes_files
        if is_open and parameter.default not in (None, ""):
            sent[parameter.parameter_id] = parameter.default or ""


def _check_required(sent: Mapping[str, Value], request: RunRequest, model: Model) -> None:
    given = set(sent) | {file.parameter_id for file in placed_files(request, model)}
    missing = [p for p in model.parameters or () if p.is_needed and p.parameter_id not in given]
    if missing:
        complaints = tuple(Complaint(parameter, FieldFault.REQUIRED) for parameter in missing)
        raise FieldsRefused(complaints, model.slug)


def _check(option: str, value: Value, parameter: Parameter, model: Model) -> None:
    if isinstance(value, (str, tuple)):
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
    match value:
        case str():
            return value
        case tuple():
            return ", ".join(value)
        case float():
            return f"{value:.12g}"
        case _:
            return str(value)
