"""What somebody sees who goes on from a result: what will run at which price, and the form for its words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, assert_never

import discord
from discord import ui

from bot.domain.job.job import Job
from bot.domain.limits.quote import Quote
from bot.domain.money import Money
from bot.domain.request.prompt import MAX_PROMPT_CHARS
from bot.view.actions.buttons import ConfirmAction, ConfirmButton, ResultAction, ResultButton
from bot.view.actions.ids import IdTemplate
from bot.view.card import Card, Preview, Tone
from bot.view.text.format import escaped
from bot.view.text.headings import model_name

FORM: Final = "remix"
PROMPT_FIELD: Final = "prompt"
PROMPT_CHARS: Final = 300


@dataclass(frozen=True, slots=True)
class RemixForm:
    """Which form came back. `is_private`: what it starts is for its asker alone."""

    action: ResultButton  # EDIT or REWORD
    job_id: int
    index: int
    is_private: bool


_FORM_ID: Final = IdTemplate(RemixForm, FORM + ":{action}:{job_id}:{index:4}:{is_private}")


def confirmation(quote: Quote, go: ConfirmAction, preview: Preview | None) -> Card:
    """What will run, with which model, for how much; nothing has been held yet."""
    request = quote.request
    match go.action:
        case ConfirmButton.VARY:
            title = "A variation of this picture"
        case ConfirmButton.UPSCALE:
            title = "This picture, made larger"
        case _:
            assert_never(go.action)
    lines = [f"### {title}", f"With {model_name(request)} · {format_price_of_left(quote.price, quote.left)}"]
    if request.prompt:
        lines.append(escaped(request.prompt, PROMPT_CHARS))
    reword = ResultAction(ResultButton.REWORD, go.job_id, go.index)
    picks = (reword,) if go.action is ConfirmButton.VARY and request.prompt else ()
    return Card(Tone.WAITING, "\n".join(lines), preview=preview, buttons=(go, *picks))


def format_price_of_left(price: Money, left: Money | None) -> str:
    """``about $0.0035 of your $1.20 left today``."""
    return f"about {price}" + (f" of your {left} left today" if left is not None else "")


def ready_card(pick: ResultAction, preview: Preview | None) -> Card:
    """For a job that had to be read first: a form can only be opened by a press."""
    text = "This one is from a while ago, so it had to be looked up. The form is ready now."
    return Card(Tone.WAITING, text, preview=preview, buttons=(pick,))


def prompt_form(pick: ResultAction, job: Job, *, model: str, price: Money | None) -> ui.Modal:
    """The prompt to change. `model` and `price` are those of what it will start."""
    is_edit = pick.action is ResultButton.EDIT
    what = "The same settings and the same seed" if is_edit else "A variation with these words"
    cost = f", about {price}" if price is not None else ""
    opened = RemixForm(pick.action, pick.job_id, pick.index, job.origin.is_private)
    form = ui.Modal(title="Edit prompt", custom_id=_FORM_ID.written(opened))
    prompt: ui.TextInput[ui.Modal] = ui.TextInput(
        custom_id=PROMPT_FIELD,
        style=discord.TextStyle.paragraph,
        default=job.request.prompt[:MAX_PROMPT_CHARS] or None,
        max_length=MAX_PROMPT_CHARS,
    )
    form.add_item(ui.TextDisplay(f"{what}, with {escaped(model.rpartition('/')[2], 60)}{cost}."))
    form.add_item(ui.Label(text="Prompt", component=prompt))
    return form


def remix_form(custom_id: str) -> RemixForm | None:
    """Which of these forms has this id; None for one that was made up."""
    form = _FORM_ID.read(custom_id)
    return form if form is not None and form.action in {ResultButton.EDIT, ResultButton.REWORD} else None
