"""The card of a form: what it holds, what is wrong with it, what a run costs, a button for each step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.domain.catalogue.model import Parameter
from bot.domain.discord_limits import BUTTON_CHARS, MESSAGE_CHARS, MODAL_COMPONENTS
from bot.domain.request.form import Complaint, defaults_of, fields_of, pages_of
from bot.domain.request.form_state import Form, FormState
from bot.domain.request.origin import Origin
from bot.view.actions.buttons import FormAction, FormButton
from bot.view.card import Card, Tone
from bot.view.text.fitting import fitting, message_url
from bot.view.text.format import code, duration, escaped, plain
from bot.view.text.requests import field_name, format_complaint, format_fault

MAX_TEXT_CHARS: Final = MESSAGE_CHARS - 400  # the title and the small print
MAX_PAGES: Final = 25  # steps that have a button: five rows, of the 40 components of a message
VALUE_CHARS: Final = 100
SHORT_CHARS: Final = 30  # of a value where there are many
MAX_LEFT_OUT: Final = 5  # values of an earlier form that are named


def form_card(form: Form) -> Card:
    """The form as it is now."""
    state = form.state
    lines = [*_notes(state), *_field_lines(state, form.complaints)]
    is_ready = not form.complaints
    pages = len(pages_of(state.model))
    return Card(
        Tone.WORKING if is_ready else Tone.WARNING,
        "\n".join([f"### {escaped(state.model.title, 90)}", *lines]),
        small_print=_small_print(form),
        buttons=(*_fill_buttons(state, min(pages, MAX_PAGES)), *_last_row(form, is_ready=is_ready)),
    )


def _notes(state: FormState) -> list[str]:
    """What a member has to know before the fields."""
    notes = []
    if state.origin is not None and not state.is_starting:
        notes.append(f"**It runs** {_where(state.origin)}. The form stays open for another run.")
    if state.left_out:
        told, more = fitting(state.left_out, most=MAX_LEFT_OUT, name=format_complaint)
        told += [f"{more:,} more"] if more else []
        notes.append(f"-# Left out of your last values: {'; '.join(told)}.")
    if state.model.parameters is None:
        notes.append(
            "-# Wiro's page tells no inputs of this model; the prompt is passed on as it is, and Wiro has "
            "the last word."
        )
    hidden = len(fields_of(state.model)) - MAX_PAGES * MODAL_COMPONENTS
    if hidden > 0:
        notes.append(f"-# {hidden:,} more inputs have no room on a form and stay at their defaults.")
    return notes


def _where(origin: Origin) -> str:
    if origin.is_private or origin.message_id is None:
        return "in a message to you alone"
    return f"[here]({message_url(origin.guild_id, origin.channel_id, origin.message_id)})"


def _field_lines(state: FormState, complaints: Sequence[Complaint]) -> list[str]:
    """Every field where they fit; else those at their defaults are counted, then values cut, then fields."""
    wrong = {complaint.parameter.parameter_id: complaint for complaint in complaints}
    defaults = defaults_of(state.model)
    fields = fields_of(state.model)
    lines = [_line(state, p, wrong.get(p.parameter_id), VALUE_CHARS) for p in fields]
    if _length(lines) <= MAX_TEXT_CHARS:
        return lines
    chosen = [p for p in fields if p.parameter_id in wrong or not _is_default(state, p, defaults)]
    rest = len(fields) - len(chosen)
    at_defaults = [f"-# {rest:,} more at their defaults"] if rest else []
    for limit in (VALUE_CHARS, SHORT_CHARS):
        lines = [_line(state, p, wrong.get(p.parameter_id), limit) for p in chosen]
        if _length(lines) <= MAX_TEXT_CHARS:
            return [*lines, *at_defaults]
    # What is wrong comes first: the rest can be seen in its step.
    lines.sort(key=lambda line: not line.startswith("⚠️"))
    shown, more = fitting(lines, MAX_TEXT_CHARS)
    return [*shown, f"-# {more:,} more are filled in", *at_defaults]


def _is_default(state: FormState, parameter: Parameter, defaults: dict[str, tuple[str, ...]]) -> bool:
    name = parameter.parameter_id
    if parameter.kind.takes_files:
        return not any(file.parameter_id == name for file in state.files)
    return state.typed.get(name, ()) == defaults.get(name, ())


def _line(state: FormState, parameter: Parameter, complaint: Complaint | None, limit: int) -> str:
    name = field_name(parameter)
    if complaint is not None:
        return f"⚠️ **{name}** {format_fault(complaint)}"
    return f"**{name}** {_value(state, parameter, limit)}"


def _value(state: FormState, parameter: Parameter, limit: int) -> str:
    if parameter.kind.takes_files:
        texts = [f.filename for f in state.files if f.parameter_id == parameter.parameter_id]
    else:
        labels = {option.value: option.shown for option in parameter.options}
        texts = [labels.get(text, text) for text in state.typed.get(parameter.parameter_id, ())]
    return escaped(", ".join(texts), limit) or "—"


def _length(lines: Sequence[str]) -> int:
    return sum(len(line) + 1 for line in lines)


def _small_print(form: Form) -> str:
    facts = [
        code(form.state.model.slug),
        f"about {form.price} a run",
        f"usually {duration(form.usual_s)}" if form.usual_s is not None else "",
        "shown to you alone" if form.state.is_private else "",
    ]
    return " · ".join(fact for fact in facts if fact)


def _fill_buttons(state: FormState, pages: int) -> list[FormAction]:
    return [
        FormAction(
            FormButton.FILL,
            state.form_id,
            page,
            f"Fill in {page + 1}/{pages}" if pages > 1 else "Fill in",
        )
        for page in range(pages)
    ]


def _last_row(form: Form, *, is_ready: bool) -> tuple[FormAction, ...]:
    state = form.state
    verb = "Run once more" if state.runs else "Run"
    run = FormAction(
        FormButton.RUN,
        state.form_id,
        state.runs,
        plain(f"{verb} · about {form.price}", BUTTON_CHARS),
        is_disabled=not is_ready,
    )
    return (run, FormAction(FormButton.RESET, state.form_id, label="Start over"))
