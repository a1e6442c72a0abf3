"""What is wrong with a form or a file, in words: for the card of the form and for refusals."""

from __future__ import annotations

from typing import Final, assert_never

from bot.domain.catalogue.model import Parameter
from bot.domain.limits.errors import RunTooDear
from bot.domain.money import Money
from bot.domain.request.errors import InputFault, InputRefused, PictureNotTaken
from bot.domain.request.files import MAX_FILE_BYTES
from bot.domain.request.form import Complaint, FieldFault, FieldsRefused, most_chars, most_files, wanted_type
from bot.view.text.format import code, escaped, plural

MAX_TOLD: Final = 3  # complaints in one sentence
MAX_OPTIONS: Final = 6  # of a choice that are named
LABEL_CHARS: Final = 45
TYPED_CHARS: Final = 40
_MEGABYTE: Final = 1024 * 1024
_TYPES: Final = {"image": "a picture", "video": "a video", "audio": "a sound file"}


def fields_refused(error: FieldsRefused) -> str:
    """Every complaint as far as a sentence holds it."""
    told = [complaint_words(complaint) for complaint in error.complaints[:MAX_TOLD]]
    more = len(error.complaints) - len(told)
    if more:
        told.append(f"{more:,} more {'field is' if more == 1 else 'fields are'} not right either")
    model = escaped(error.model, 100)
    return f"{model} cannot be run like this: {'; '.join(told)}. Nothing was held; change it and try again."


def run_too_dear(error: RunTooDear) -> str:
    return (
        f"This run of {escaped(error.model, 100)} may cost {Money(error.asked_pico)}, and the bot's operator "
        f"allows {Money(error.most_pico)} for one run. Nothing was held; make it smaller, with fewer "
        "pictures, steps or pixels, or pick a cheaper model."
    )


def picture_not_taken(error: PictureNotTaken) -> str:
    others = f", such as {', '.join(code(slug) for slug in error.takers)}" if error.takers else ""
    return (
        f"{escaped(error.model, 100)} takes no picture. Nothing was held; leave the picture out, or pick a "
        f"model that works from pictures{others}."
    )


def input_refused(error: InputRefused, *, spared: str = "Nothing was held") -> str:
    """Why a file cannot go into a run. `spared` says what it did not cost."""
    name = escaped(error.filename, 60) or "The file"
    match error.fault:
        case InputFault.EMPTY:
            return f"{name} is an empty file. {spared}; attach one with something in it."
        case InputFault.TOO_LARGE:
            return (
                f"{name} is larger than the {MAX_FILE_BYTES // _MEGABYTE} MB that Wiro takes{_size(error)}. "
                f"{spared}; attach a smaller one."
            )
        case InputFault.NOT_A_PICTURE:
            what = f" but {escaped(error.detail, 60)}" if error.detail else ""
            return f"{name} is not a picture{what}. {spared}; attach a PNG, JPEG, WebP or GIF."
        case InputFault.DAMAGED:
            why = f" ({escaped(error.detail, 60)})" if error.detail else ""
            return f"{name} is damaged{why}. {spared}; save it anew and attach it again."
        case InputFault.TOO_MANY_PIXELS:
            why = f" ({escaped(error.detail, 60)})" if error.detail else ""
            return f"{name} has more pixels than can be worked with{why}. {spared}; make it smaller."
        case InputFault.METADATA:
            return (
                f"{name} may tell where and with what it was taken, in a way that could not be removed. "
                f"{spared}; save it as PNG or JPEG and attach that."
            )
        case InputFault.UNAVAILABLE:
            return f"{name} could not be fetched: it is no longer where it was. {spared}; attach it again."
        case InputFault.FORGOTTEN:
            return (
                "The bot does not remember any more which picture this form was opened for. "
                f"{spared}; use the picture as input once more."
            )
        case InputFault.NO_PICTURE:
            return f"There is no picture in it that could be used. {spared}; choose another one."
        case InputFault.ANIMATED:
            return f"{name} is animated, and this takes still pictures. {spared}; attach a still one."
        case _:
            assert_never(error.fault)


def complaint_words(complaint: Complaint) -> str:
    """What is wrong with one field, naming it: the end of a sentence, without a full stop."""
    return f"{field_name(complaint.parameter)} {fault_words(complaint)}"


def field_name(parameter: Parameter) -> str:
    """The field as its form calls it."""
    return escaped(parameter.shown, LABEL_CHARS) or "a field"


def fault_words(complaint: Complaint) -> str:
    """What is wrong with a field, after its name."""
    parameter = complaint.parameter
    typed = f"“{escaped(complaint.typed, TYPED_CHARS)}”"
    match complaint.fault:
        case FieldFault.REQUIRED:
            return "is missing"
        case FieldFault.NOT_A_NUMBER:
            return f"takes {_number_words(parameter)}, and {typed} is none"
        case FieldFault.NOT_WHOLE:
            return f"takes whole numbers, and {typed} is none"
        case FieldFault.TOO_SMALL | FieldFault.TOO_LARGE:
            return f"takes {_number_words(parameter)}, not {typed}"
        case FieldFault.NOT_AN_OPTION if not parameter.options:
            return f"is not asked for any more, so {typed} was left out"
        case FieldFault.NOT_AN_OPTION:
            return f"takes {_options(parameter)}, not {typed}"
        case FieldFault.TOO_LONG:
            return f"can have {most_chars(parameter):,} characters and this has {len(complaint.typed):,}"
        case FieldFault.TOO_MANY_FILES:
            return f"takes {plural(most_files(parameter), 'file')}, not {complaint.typed}"
        case FieldFault.WRONG_TYPE:
            wanted = _TYPES.get(wanted_type(parameter) or "", "another type of file")
            return f"takes {wanted}, and {typed} is none"
        case FieldFault.FILE_TOO_LARGE:
            return f"takes files of up to {MAX_FILE_BYTES // _MEGABYTE} MB, and {typed} is larger"
        case _:
            assert_never(complaint.fault)


def _number_words(parameter: Parameter) -> str:
    minimum, maximum = parameter.minimum, parameter.maximum
    if minimum is not None and maximum is not None:
        return f"a number from {minimum:f} to {maximum:f}"
    if minimum is not None:
        return f"a number of at least {minimum:f}"
    return f"a number of at most {maximum:f}" if maximum is not None else "a number"


def _options(parameter: Parameter) -> str:
    named = [escaped(option.shown, TYPED_CHARS) for option in parameter.options[:MAX_OPTIONS] if option.shown]
    more = len(parameter.options) - len(named)
    return "one of " + ", ".join(named) + (f" and {more:,} more" if more > 0 else "")


def _size(error: InputRefused) -> str:
    if not (error.detail.isascii() and error.detail.isdecimal() and len(error.detail) < 20):
        return ""
    return f" ({int(error.detail) / _MEGABYTE:,.0f} MB)"
