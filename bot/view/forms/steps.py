"""One step of a model's form as a modal, built from memory, and what it was sent back with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, cast

import discord
from discord import ui

from bot.domain.catalogue.model import Kind, Model, Option, Parameter
from bot.domain.discord_limits import (
    CUSTOM_ID_CHARS,
    HINT_CHARS,
    LABEL_CHARS,
    MODAL_TITLE_CHARS,
    SELECT_OPTIONS,
)
from bot.domain.request.files import InputFile
from bot.domain.request.form import Typed, fields_of, most_chars, most_files, pages_of, read_field
from bot.domain.request.form_state import FormState
from bot.view.actions.buttons import FORM_KIND
from bot.view.actions.ids import IdTemplate
from bot.view.actions.seal import ROOM
from bot.view.text.format import plain
from bot.view.text.pages import units

LONG_CHARS: Final = 100  # a text longer than this is shown in several lines

_Item: TypeAlias = ui.Item[ui.Modal]


@dataclass(frozen=True, slots=True)
class FormSubmission:
    """A modal that came back: whose form, and the model where its id had room for it."""

    form_id: int
    page: int
    slug: str


_ID: Final = IdTemplate(FormSubmission, FORM_KIND + ":{form_id}:save:{page:3}:{slug}")


def modal_of(state: FormState, page: int) -> ui.Modal | None:
    """The step `page` of the form, with what it holds now; None where the form has no such step."""
    pages = pages_of(state.model)
    if page >= len(pages):
        return None
    modal = ui.Modal(title=_title(state.model, page, len(pages)), custom_id=_modal_id(state, page))
    numbers = {parameter.parameter_id: n for n, parameter in enumerate(fields_of(state.model))}
    for parameter in pages[page]:
        number = numbers[parameter.parameter_id]
        label = plain(parameter.shown, LABEL_CHARS) or f"Field {number + 1}"
        description = plain(parameter.help_text, HINT_CHARS) or None
        modal.add_item(
            ui.Label(text=label, description=description, component=_component(state, parameter, number))
        )
    return modal


def submission_in(custom_id: str) -> FormSubmission | None:
    """Whose modal this id is, or None where it is none of a form's."""
    return _ID.read(custom_id)


def texts_of(model: Model, fields: Mapping[str, Sequence[str]]) -> Typed:
    """What was typed and picked, by parameter id; nothing where a field was left empty."""
    found: dict[str, tuple[str, ...]] = {}
    for number, parameter in enumerate(fields_of(model)):
        sent = fields.get(_field_id(parameter, number))
        if sent is None or parameter.kind.takes_files:
            continue
        options = _choices(parameter)
        values = {code: option.value for code, option in options.items()}
        found[parameter.parameter_id] = tuple(values.get(text, text) for text in sent)
    return found


def raw_texts_of(fields: Mapping[str, Sequence[str]]) -> Typed:
    """As `texts_of`, where the model is not known any more: what went by a code is left out."""
    return {
        name: tuple(texts)
        for name, texts in fields.items()
        if not name.startswith("#") and not any(text.startswith("#") for text in texts)
    }


def files_of(model: Model, fields: Mapping[str, Sequence[str]], data: Mapping[str, Any]) -> list[InputFile]:
    """The files that a modal brought, as Discord describes them."""
    resolved = data.get("resolved")
    attachments = resolved.get("attachments") if isinstance(resolved, Mapping) else None
    if not isinstance(attachments, Mapping):
        return []
    found = []
    for number, parameter in enumerate(fields_of(model)):
        if not parameter.kind.takes_files:
            continue
        for file_id in fields.get(_field_id(parameter, number), ()):
            attachment = attachments.get(file_id)
            if isinstance(attachment, Mapping):
                found.append(_file(parameter, attachment))
    return found


def _file(parameter: Parameter, attachment: Mapping[str, Any]) -> InputFile:
    size = attachment.get("size")
    return InputFile(
        parameter.parameter_id,
        str(attachment.get("url", "")),
        str(attachment.get("filename", "")),
        str(attachment.get("content_type") or "").partition(";")[0].strip().lower(),
        size if isinstance(size, int) else None,
    )


def _title(model: Model, page: int, pages: int) -> str:
    step = f" · {page + 1} of {pages}" if pages > 1 else ""
    return (plain(model.title, MODAL_TITLE_CHARS - len(step)) or "Model") + step


def _modal_id(state: FormState, page: int) -> str:
    """With the model's name, if there is room, so that what was typed survives a restart in between."""
    custom_id = _ID.written(FormSubmission(state.form_id, page, state.model.slug))
    return custom_id if _is_id(custom_id, ROOM) else _ID.written(FormSubmission(state.form_id, page, ""))


def _field_id(parameter: Parameter, number: int) -> str:
    name = parameter.parameter_id
    return name if _is_id(name) else f"#{number}"


def _is_id(text: str, most: int = CUSTOM_ID_CHARS) -> bool:
    """Whether it can stand in an id however Discord counts and trims; ours begin with a #."""
    return 0 < units(text) <= most and text.isprintable() and text == text.strip() and text[0] != "#"


def _component(state: FormState, parameter: Parameter, number: int) -> _Item:
    field_id = _field_id(parameter, number)
    if parameter.kind.takes_files:
        has_files = any(file.parameter_id == parameter.parameter_id for file in state.files)
        is_needed = parameter.is_needed and not has_files
        return cast(
            _Item,
            ui.FileUpload(
                custom_id=field_id,
                required=is_needed,
                min_values=int(is_needed),
                max_values=most_files(parameter),
            ),
        )
    present = state.typed.get(parameter.parameter_id, ())
    options = _choices(parameter)
    if options:
        return _select(parameter, field_id, options, present)
    return _text_input(parameter, field_id, ", ".join(present))


def _select(
    parameter: Parameter, field_id: str, options: Mapping[str, Option], present: Sequence[str]
) -> _Item:
    is_needed = parameter.is_needed
    chosen = _chosen(parameter, present)
    many = len(options) if parameter.kind is Kind.CHOICES else 1
    select: ui.Select[Any] = ui.Select(
        custom_id=field_id,
        placeholder="Choose any number" if many > 1 else "Choose one",
        min_values=int(is_needed),
        max_values=many,
        required=is_needed,
        options=[
            discord.SelectOption(
                label=plain(option.shown, HINT_CHARS) or "(nothing)",
                value=code,
                default=option.value in chosen,
            )
            for code, option in options.items()
        ],
    )
    return cast(_Item, select)


def _chosen(parameter: Parameter, present: Sequence[str]) -> set[str]:
    """The options that are picked now, as far as they are any."""
    read = read_field(parameter, present)
    if isinstance(read, tuple):
        return set(read)
    return {read} if isinstance(read, str) else set()


def _text_input(parameter: Parameter, field_id: str, present: str) -> _Item:
    limit = most_chars(parameter)
    # A text that is cut would be sent back cut, and count as typed.
    fits = len(present) <= limit
    is_long = parameter.kind is Kind.LONG_TEXT or "\n" in present or len(present) > LONG_CHARS
    text_input: ui.TextInput[Any] = ui.TextInput(
        custom_id=field_id,
        style=discord.TextStyle.paragraph if is_long else discord.TextStyle.short,
        default=(present or None) if fits else None,
        placeholder=_hint(parameter) if fits else "What it holds now is too long to be shown here",
        required=parameter.is_needed,
        max_length=limit,
    )
    return cast(_Item, text_input)


def _hint(parameter: Parameter) -> str | None:
    """The bounds of a number, or the first of too many options."""
    if parameter.kind.is_number:
        minimum, maximum = parameter.minimum, parameter.maximum
        what = "a whole number" if parameter.kind is Kind.WHOLE else "a number"
        bounds = [f"from {minimum:f}"] if minimum is not None else []
        bounds += [f"up to {maximum:f}"] if maximum is not None else []
        return plain(" ".join([what, *bounds]), HINT_CHARS)
    if parameter.options:
        return plain("one of " + ", ".join(o.shown for o in parameter.options), HINT_CHARS)
    return None


def _choices(parameter: Parameter) -> dict[str, Option]:
    """Options by the code that stands for them in a select; none where there are too many for one."""
    if parameter.kind not in {Kind.CHOICE, Kind.CHOICES}:
        return {}
    options = {option.value: option for option in reversed(parameter.options)}
    if not 0 < len(options) <= SELECT_OPTIONS:
        return {}
    return dict(_coded(option for option in parameter.options if options[option.value] is option))


def _coded(options: Iterator[Option]) -> Iterator[tuple[str, Option]]:
    for number, option in enumerate(options):
        yield (option.value if _is_id(option.value) else f"#{number}"), option
