"""A model's parameters as a form: its pages, and what was typed turned into what Run is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import Enum, auto
from typing import Final, TypeAlias, assert_never

from bot.domain.catalogue.model import Kind, Model, Parameter, Value
from bot.domain.discord_limits import MODAL_COMPONENTS, TEXT_INPUT_CHARS, UPLOAD_FILES
from bot.domain.errors import Refusal
from bot.domain.request.files import MAX_FILE_BYTES, InputFile
from bot.domain.request.prompt import MAX_PROMPT_CHARS

MAX_NUMBER_CHARS: Final = 40

# What was typed or picked, by parameter id: no text where nothing was.
Typed: TypeAlias = Mapping[str, tuple[str, ...]]

_PROMPTS: Final = frozenset({"prompt", "negativeprompt", "negative_prompt"})
# What an input's own name says of the files that it takes.
_TYPE_WORDS: Final = {
    "image": ("image", "photo", "picture", "mask", "selfie", "portrait"),
    "video": ("video",),
    "audio": ("audio", "voice", "speech", "music", "song"),
}
_SUFFIXES: Final = {
    "image": frozenset({"png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff", "avif", "heic"}),
    "video": frozenset({"mp4", "mov", "webm", "mkv", "avi"}),
    "audio": frozenset({"mp3", "wav", "flac", "ogg", "m4a", "opus", "aac"}),
}
_NO_TYPES: Final = frozenset({"", "application/octet-stream"})

# A model whose page gives no schema takes a prompt, as far as anybody knows.
_UNKNOWN_SCHEMA: Final = (Parameter("prompt", Kind.LONG_TEXT, "Prompt"),)


class FieldFault(Enum):
    """What is wrong with one field."""

    REQUIRED = auto()
    NOT_A_NUMBER = auto()
    NOT_WHOLE = auto()
    TOO_SMALL = auto()
    TOO_LARGE = auto()
    NOT_AN_OPTION = auto()
    TOO_LONG = auto()
    TOO_MANY_FILES = auto()
    WRONG_TYPE = auto()  # a file of another type than the input's name asks for
    FILE_TOO_LARGE = auto()


@dataclass(frozen=True, slots=True)
class Complaint:
    """One field that cannot be sent as it was typed. For a file, `typed` is its name."""

    parameter: Parameter
    fault: FieldFault
    typed: str = ""


def fields_of(model: Model) -> tuple[Parameter, ...]:
    """Every input in the order of the form: the prompt, what is required, the rest as listed."""
    parameters = model.parameters if model.parameters is not None else _UNKNOWN_SCHEMA
    return tuple(sorted(parameters, key=lambda p: (p.parameter_id.lower() != "prompt", not p.is_required)))


def pages_of(model: Model) -> tuple[tuple[Parameter, ...], ...]:
    """The form in steps, each small enough for one modal."""
    fields = fields_of(model)
    return tuple(fields[at : at + MODAL_COMPONENTS] for at in range(0, len(fields), MODAL_COMPONENTS))


def defaults_of(model: Model) -> dict[str, tuple[str, ...]]:
    """What the form holds before anybody typed."""
    filled: dict[str, tuple[str, ...]] = {}
    for parameter in fields_of(model):
        if parameter.default and not parameter.kind.takes_files:
            many = parameter.kind is Kind.CHOICES
            filled[parameter.parameter_id] = _listed(parameter.default) if many else (parameter.default,)
    return filled


def still_taken(model: Model, typed: Typed) -> tuple[dict[str, tuple[str, ...]], tuple[Complaint, ...]]:
    """Of values from an earlier form: those that the model takes today, and what is wrong with the others.

    A value whose input is gone is told by an input of that name without a label.
    """
    kept: dict[str, tuple[str, ...]] = {}
    dropped: list[Complaint] = []
    by_id = {parameter.parameter_id: parameter for parameter in fields_of(model)}
    for parameter_id, texts in typed.items():
        parameter = by_id.get(parameter_id)
        if parameter is None or parameter.kind.takes_files:
            gone = Parameter(parameter_id, Kind.TEXT)
            if any(texts):
                dropped.append(Complaint(gone, FieldFault.NOT_AN_OPTION, ", ".join(texts)))
            continue
        read = read_field(parameter, texts)
        if isinstance(read, Complaint) and read.fault is not FieldFault.REQUIRED:
            dropped.append(read)
        else:
            kept[parameter_id] = tuple(texts)
    return kept, tuple(dropped)


def complaints_of(model: Model, typed: Typed, files: Sequence[InputFile]) -> tuple[Complaint, ...]:
    """Every field that stands in the way of a run, in the order of the form."""
    found = []
    for parameter in fields_of(model):
        if parameter.kind.takes_files:
            given = [file for file in files if file.parameter_id == parameter.parameter_id]
            complaint = _file_complaint(parameter, given)
        else:
            read = read_field(parameter, typed.get(parameter.parameter_id, ()))
            complaint = read if isinstance(read, Complaint) else None
        if complaint is not None:
            found.append(complaint)
    return tuple(found)


def sent_values(model: Model, typed: Typed) -> dict[str, Value]:
    """What Run is sent for the fields that were filled in. Call it where nothing is to complain of."""
    sent: dict[str, Value] = {}
    for parameter in fields_of(model):
        if parameter.kind.takes_files:
            continue
        read = read_field(parameter, typed.get(parameter.parameter_id, ()))
        if read is not None and not isinstance(read, Complaint):
            sent[parameter.parameter_id] = read
    return sent


def typed_of(value: Value) -> tuple[str, ...]:
    """A value as it could have been typed: `read_field` makes it the same value again."""
    match value:
        case tuple():
            return value
        case float():
            return (repr(value),)
        case _:
            return (str(value),)


def most_chars(parameter: Parameter) -> int:
    """How long a text this field takes."""
    if parameter.kind.is_number:
        return MAX_NUMBER_CHARS
    return MAX_PROMPT_CHARS if parameter.parameter_id.lower() in _PROMPTS else TEXT_INPUT_CHARS


def most_files(parameter: Parameter) -> int:
    """How many files this input takes."""
    return 1 if parameter.kind is Kind.FILE else UPLOAD_FILES


def wanted_type(parameter: Parameter) -> str | None:
    """The first half of the media type of the files that this input takes, where its name says just one."""
    name = f"{parameter.parameter_id} {parameter.label}".lower()
    found = [kind for kind, words in _TYPE_WORDS.items() if any(word in name for word in words)]
    return found[0] if len(found) == 1 else None


def read_field(parameter: Parameter, typed: Sequence[str]) -> Value | Complaint | None:
    """One field: its value, None where it is left to the model, or what is wrong with it."""
    texts = [text for text in (text.replace("\0", "").strip() for text in typed) if text]
    if not texts:
        return Complaint(parameter, FieldFault.REQUIRED) if parameter.is_needed else None
    match parameter.kind:
        case Kind.WHOLE | Kind.DECIMAL:
            return _number(parameter, texts[0])
        case Kind.CHOICE | Kind.CHOICES:
            return _choice(parameter, texts)
        case Kind.TEXT | Kind.LONG_TEXT | Kind.FILE | Kind.FILES | Kind.FILES_OR_LINKS:
            if len(texts[0]) > most_chars(parameter):
                return Complaint(parameter, FieldFault.TOO_LONG, texts[0])
            return texts[0]
        case _:
            assert_never(parameter.kind)


def _number(parameter: Parameter, text: str) -> int | float | Complaint:
    plain = text.replace(",", ".", 1) if text.count(",") == 1 and "." not in text else text
    try:
        # Bounded first: "1e999999999" is short to write and endless to compute with.
        number = Decimal(plain) if plain.isascii() and len(plain) <= MAX_NUMBER_CHARS else Decimal("NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number.adjusted()) > MAX_NUMBER_CHARS or "_" in plain:
        return Complaint(parameter, FieldFault.NOT_A_NUMBER, text)
    is_whole = number == number.to_integral_value()
    if parameter.kind is Kind.WHOLE and not is_whole:
        return Complaint(parameter, FieldFault.NOT_WHOLE, text)
    if parameter.minimum is not None and number < parameter.minimum:
        return Complaint(parameter, FieldFault.TOO_SMALL, text)
    if parameter.maximum is not None and number > parameter.maximum:
        return Complaint(parameter, FieldFault.TOO_LARGE, text)
    return int(number) if is_whole else float(number)


def _choice(parameter: Parameter, texts: Sequence[str]) -> str | tuple[str, ...] | Complaint | None:
    """Values as Run takes them; labels and any case are understood where they were typed.

    An option without a value leaves the choice to the model.
    """
    asked = texts if parameter.kind is Kind.CHOICES and len(texts) > 1 else texts[:1]
    exact, folded = {option.value for option in parameter.options}, _folded_options(parameter)

    def option(text: str) -> str | None:
        return text if text in exact else folded.get(text.casefold())

    chosen: list[str] = []
    for text in asked:
        whole = option(text)
        parts = [whole] if whole is not None else [option(part) for part in _listed(text)]
        if not parts or None in parts or (len(parts) > 1 and parameter.kind is Kind.CHOICE):
            return Complaint(parameter, FieldFault.NOT_AN_OPTION, text)
        chosen += [part for part in parts if part]
    if not chosen:
        return None
    return tuple(dict.fromkeys(chosen)) if parameter.kind is Kind.CHOICES else chosen[0]


def _folded_options(parameter: Parameter) -> Mapping[str, str]:
    """Values by themselves and by their labels, in any case; of two that are called alike, the first."""
    found: dict[str, str] = {}
    for option in parameter.options:
        for name in (option.value, option.shown):
            found.setdefault(name.casefold(), option.value)
    return found


def _listed(text: str) -> tuple[str, ...]:
    """The parts of "a, b" and of ["a", "b"]."""
    inner = text.strip().removeprefix("[").removesuffix("]")
    parts = (part.strip().strip("\"'") for part in inner.split(","))
    return tuple(part for part in parts if part)


def _file_complaint(parameter: Parameter, files: Sequence[InputFile]) -> Complaint | None:
    """By what Discord says of the files; their bytes are looked at when they are sent."""
    if not files:
        return Complaint(parameter, FieldFault.REQUIRED) if parameter.is_needed else None
    if len(files) > most_files(parameter):
        return Complaint(parameter, FieldFault.TOO_MANY_FILES, str(len(files)))
    wanted = wanted_type(parameter)
    for file in files:
        if file.size_bytes is not None and file.size_bytes > MAX_FILE_BYTES:
            return Complaint(parameter, FieldFault.FILE_TOO_LARGE, file.filename)
        if wanted is not None and _type_of(file) not in {wanted, None}:
            return Complaint(parameter, FieldFault.WRONG_TYPE, file.filename)
    return None


def _type_of(file: InputFile) -> str | None:
    """The first half of its media type, None where neither Discord nor the name tells."""
    if file.content_type not in _NO_TYPES:
        return file.content_type.partition("/")[0].lower()
    suffix = file.filename.lower().rpartition(".")[2]
    return next((kind for kind, suffixes in _SUFFIXES.items() if suffix in suffixes), None)


@dataclass(eq=False)
class FieldsRefused(Refusal):
    """Fields of a model's form that cannot be sent as they are: at least one complaint."""

    complaints: tuple[Complaint, ...]
    model: str
