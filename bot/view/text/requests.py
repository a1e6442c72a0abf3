"""What is wrong with a form or a file, in words: for the card of the form and for refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from bot.domain.catalogue.model import Parameter
from bot.domain.request.errors import InputFault, InputRefused, PictureNotTaken
from bot.domain.request.files import MAX_FILE_BYTES
from bot.domain.request.form import Complaint, FieldFault, FieldsRefused, most_chars, most_files, wanted_type
from bot.view.text.fitting import fitting, joined
from bot.view.text.format import code, escaped, plural

MAX_TOLD: Final = 3  # complaints in one sentence
MAX_OPTIONS: Final = 6  # of a choice that are named
LABEL_CHARS: Final = 45
TYPED_CHARS: Final = 40
_MEGABYTE: Final = 1024 * 1024
_TYPES: Final = {"image": "a picture", "video": "a video", "audio": "a sound file"}

_INPUT: Final = {
    InputFault.EMPTY: "{name} is an empty file. {spared}; attach one with something in it.",
    InputFault.TOO_LARGE: (
        f"{{name}} is larger than the {MAX_FILE_BYTES // _MEGABYTE} MB that Wiro takes{{size}}. "
        "{spared}; attach a smaller one."
    ),
    InputFault.NOT_A_PICTURE: "{name} is not a picture{but}. {spared}; attach a PNG, JPEG, WebP or GIF.",
    InputFault.DAMAGED: "{name} is damaged{why}. {spared}; save it anew and attach it again.",
    InputFault.TOO_MANY_PIXELS: (
        "{name} has more pixels than can be worked with{why}. {spared}; make it smaller."
    ),
    InputFault.METADATA: (
        "{name} may tell where and with what it was taken, in a way that could not be removed. "
        "{spared}; save it as PNG or JPEG and attach that."
    ),
    InputFault.UNAVAILABLE: (
        "{name} could not be fetched: it is no longer where it was. {spared}; attach it again."
    ),
    InputFault.FORGOTTEN: (
        "The bot does not remember any more which picture this form was opened for. "
        "{spared}; use the picture as input once more."
    ),
    InputFault.NO_PICTURE: "There is no picture in it that could be used. {spared}; choose another one.",
    InputFault.ANIMATED: "{name} is animated, and this takes still pictures. {spared}; attach a still one.",
}


def fields_refused(error: FieldsRefused) -> str:
    """Every complaint as far as a sentence holds it."""
    told, more = fitting(error.complaints, most=MAX_TOLD, name=format_complaint)
    if more:
        told.append(f"{more:,} more {'field is' if more == 1 else 'fields are'} not right either")
    model = escaped(error.model, 100)
    return f"{model} cannot be run like this: {'; '.join(told)}. Nothing was held; change it and try again."


def picture_not_taken(error: PictureNotTaken) -> str:
    others = f", such as {', '.join(code(slug) for slug in error.takers)}" if error.takers else ""
    return (
        f"{escaped(error.model, 100)} takes no picture. Nothing was held; leave the picture out, or pick a "
        f"model that works from pictures{others}."
    )


def input_refused(error: InputRefused, *, spared: str = "Nothing was held") -> str:
    """Why a file cannot go into a run. `spared` says what it did not cost."""
    detail = escaped(error.detail, 60)
    return _INPUT[error.fault].format(
        name=escaped(error.filename, 60) or "The file",
        spared=spared,
        but=f" but {detail}" if detail else "",
        why=f" ({detail})" if detail else "",
        size=_size(error),
    )


def format_complaint(complaint: Complaint) -> str:
    """What is wrong with one field, naming it: the end of a sentence, without a full stop."""
    return f"{field_name(complaint.parameter)} {format_fault(complaint)}"


def field_name(parameter: Parameter) -> str:
    """The field as its form calls it."""
    return escaped(parameter.shown, LABEL_CHARS) or "a field"


def format_fault(complaint: Complaint) -> str:
    """What is wrong with a field, after its name."""
    return _FIELDS[complaint.fault](
        complaint.parameter, complaint, f"“{escaped(complaint.typed, TYPED_CHARS)}”"
    )


def _format_number(parameter: Parameter) -> str:
    minimum, maximum = parameter.minimum, parameter.maximum
    if minimum is not None and maximum is not None:
        return f"a number from {minimum:f} to {maximum:f}"
    if minimum is not None:
        return f"a number of at least {minimum:f}"
    return f"a number of at most {maximum:f}" if maximum is not None else "a number"


def _options(parameter: Parameter) -> str:
    named = [option.shown for option in parameter.options if option.shown]
    return f"one of {joined(named, MAX_OPTIONS, lambda shown: escaped(shown, TYPED_CHARS))}"


def _size(error: InputRefused) -> str:
    return f" ({error.size_bytes / _MEGABYTE:,.0f} MB)" if error.size_bytes is not None else ""


# What is wrong, of the parameter, the complaint and what was typed.
_FIELDS: Final[dict[FieldFault, Callable[[Parameter, Complaint, str], str]]] = {
    FieldFault.REQUIRED: lambda *_: "is missing",
    FieldFault.NOT_A_NUMBER: lambda field, _, typed: f"takes {_format_number(field)}, and {typed} is none",
    FieldFault.NOT_WHOLE: lambda _, __, typed: f"takes whole numbers, and {typed} is none",
    FieldFault.TOO_SMALL: lambda field, _, typed: f"takes {_format_number(field)}, not {typed}",
    FieldFault.TOO_LARGE: lambda field, _, typed: f"takes {_format_number(field)}, not {typed}",
    FieldFault.NOT_AN_OPTION: lambda field, _, typed: (
        f"takes {_options(field)}, not {typed}"
        if field.options
        else f"is not asked for any more, so {typed} was left out"
    ),
    FieldFault.TOO_LONG: lambda field, complaint, _: (
        f"can have {most_chars(field):,} characters and this has {len(complaint.typed):,}"
    ),
    FieldFault.TOO_MANY_FILES: lambda field, complaint, _: (
        f"takes {plural(most_files(field), 'file')}, not {complaint.typed}"
    ),
    FieldFault.WRONG_TYPE: lambda field, _, typed: (
        f"takes {_TYPES.get(wanted_type(field) or '', 'another type of file')}, and {typed} is none"
    ),
    FieldFault.FILE_TOO_LARGE: lambda _, __, typed: (
        f"takes files of up to {MAX_FILE_BYTES // _MEGABYTE} MB, and {typed} is larger"
    ),
}
