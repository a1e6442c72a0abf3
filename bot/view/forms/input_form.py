"""The form behind "Use as input": words, strength and model for a picture that stands in a message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import discord
from discord import ui

from bot.domain.catalogue.model import ModelSummary
from bot.domain.discord_limits import HINT_CHARS, SELECT_OPTIONS
from bot.domain.request.errors import OptionRefused
from bot.domain.request.files import InputFile
from bot.domain.request.prompt import MAX_PROMPT_CHARS
from bot.view.text.format import plain
from bot.view.text.models import NOT_STATED, format_price

FORM: Final = "input"
STRENGTH: Final = (0.0, 1.0)


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model to pick. `summary` is None where the list of models is not read yet."""

    slug: str
    summary: ModelSummary | None


@dataclass(frozen=True, slots=True)
class InputSubmission:
    """What came back. `picture` is the place of the chosen one among those that were offered."""

    prompt: str
    model: str
    strength: float | None
    picture: int


def input_form(form_id: int, pictures: Sequence[InputFile], models: Sequence[ModelChoice]) -> ui.Modal:
    """At least one picture and one model; the first of each is picked already."""
    form = ui.Modal(title="Use as input", custom_id=f"{FORM}:{form_id}")
    form.add_item(ui.TextDisplay(_price_line(models[0])))
    prompt: ui.TextInput[ui.Modal] = ui.TextInput(
        custom_id="prompt",
        style=discord.TextStyle.paragraph,
        max_length=MAX_PROMPT_CHARS,
        required=False,
    )
    description = "What to make of the picture; some models need no words"
    form.add_item(ui.Label(text="Prompt", description=description, component=prompt))
    strength: ui.TextInput[ui.Modal] = ui.TextInput(
        custom_id="strength", placeholder="0 to 1", max_length=10, required=False
    )
    description = "How far the result may go from the picture; empty leaves it to the model"
    form.add_item(ui.Label(text="Strength", description=description, component=strength))
    form.add_item(ui.Label(text="Model", component=_select("model", [_model_option(m) for m in models])))
    if len(pictures) > 1:
        names = [plain(file.filename, HINT_CHARS - 4) for file in pictures[:SELECT_OPTIONS]]
        options = [
            discord.SelectOption(label=f"{number}. {name}", value=str(number - 1), default=number == 1)
            for number, name in enumerate(names, start=1)
        ]
        form.add_item(ui.Label(text="Picture", component=_select("picture", options)))
    return form


def form_id_in(custom_id: str) -> int | None:
    """The id of one of these forms; None for one that was made up."""
    digits = custom_id.removeprefix(f"{FORM}:")
    is_number = digits.isascii() and digits.isdecimal() and len(digits) <= 20
    return int(digits) if is_number and digits != custom_id else None


def input_submission(typed: dict[str, tuple[str, ...]], default_model: str) -> InputSubmission:
    """Raises OptionRefused for a strength that is none."""
    picked = "".join(typed.get("picture", ()))
    return InputSubmission(
        prompt="".join(typed.get("prompt", ())),
        model="".join(typed.get("model", ())) or default_model,
        strength=_strength("".join(typed.get("strength", ()))),
        picture=int(picked) if picked.isascii() and picked.isdecimal() and len(picked) < 4 else 0,
    )


def _strength(text: str) -> float | None:
    stripped = text.strip().replace(",", ".")
    if not stripped:
        return None
    try:
        number = float(stripped)
    except ValueError:
        number = float("nan")
    low, high = STRENGTH
    if not low <= number <= high:  # nor for one that is no number at all
        raise OptionRefused("strength", text.strip(), f"{low:g}", f"{high:g}")
    return number


def _price_line(model: ModelChoice) -> str:
    price = format_price(model.summary)
    title = plain(model.summary.title if model.summary is not None else model.slug, 60)
    return f"{title}: {price}." if price != NOT_STATED else f"{title}: what it costs is known once it runs."


def _model_option(model: ModelChoice) -> discord.SelectOption:
    title = model.summary.title if model.summary is not None else model.slug
    return discord.SelectOption(
        label=plain(title, HINT_CHARS) or model.slug[:HINT_CHARS],
        value=model.slug,
        description=plain(format_price(model.summary), HINT_CHARS),
    )


def _select(custom_id: str, options: list[discord.SelectOption]) -> ui.Select[ui.Modal]:
    if not any(option.default for option in options):
        options[0].default = True
    return ui.Select(custom_id=custom_id, options=options)
