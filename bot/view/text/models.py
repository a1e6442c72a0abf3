"""Models in words: what they cost, take, give and ask for; and that there is no such model."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final
from urllib.parse import quote

from bot.domain.catalogue.abilities import Abilities, Medium
from bot.domain.catalogue.errors import ModelUnknown
from bot.domain.catalogue.model import Kind, ModelSummary, Parameter, PriceRule
from bot.domain.discord_limits import SUGGESTION_CHARS
from bot.view.text.fitting import joined
from bot.view.text.format import code, duration, escaped, plural

NOT_STATED: Final = "price not stated"
_MAX_OPTIONS: Final = 6
_MAX_CONDITIONS: Final = 2
_MAX_PATH_CHARS: Final = 200

_UNITS: Final = {
    "cpr": "a run",
    "cpo": "for each result",
    "cps": "a second",
    "cp-pixel": "a megapixel",
    "cp-promptlength": "a character of the prompt",
    "cpt": "a token",
    "cp-audiosecondslength": "a second of audio",
}
# What Wiro answers to a run of a model that it does not have (any more), or not for us (Wiro docs, Errors).
_WITHDRAWN: Final = frozenset({"slug-owner-project-not-exist", "tool-not-accessible"})
_KINDS: Final = {
    Kind.TEXT: "text",
    Kind.LONG_TEXT: "text",
    Kind.WHOLE: "whole number",
    Kind.DECIMAL: "number",
    Kind.CHOICE: "one of",
    Kind.CHOICES: "any of",
    Kind.FILE: "a file",
    Kind.FILES: "files",
    Kind.FILES_OR_LINKS: "files or addresses",
}


def format_price(summary: ModelSummary | None) -> str:
    """``from $0.0021``, ``about $0.0035``, ``$0.0006 a second``, ``price not stated``."""
    if summary is None:
        return NOT_STATED
    if summary.price_hint is not None:
        return f"{'about' if summary.is_hint_mean else 'from'} {summary.price_hint}"
    per_second = summary.cost_per_second
    return f"{per_second} a second" if per_second is not None and per_second.pico > 0 else NOT_STATED


def suggestion_name(summary: ModelSummary) -> str:
    """A line of an autocomplete: the title with the price, which stays whole however long the title is."""
    price = f" · {format_price(summary)}"
    title = " ".join((summary.title or summary.slug).split())
    room = SUGGESTION_CHARS - len(price)
    return (title if len(title) <= room else title[: room - 1] + "…") + price


def format_price_rule(rule: PriceRule) -> str:
    """``$0.03 a run where resolution is 1080p``."""
    unit = _UNITS.get(rule.method.strip().lower(), "by a measure of Wiro's own")
    where = [
        f"{escaped(name, 20)} is {escaped(wanted, 20) or 'empty'}"
        if not wanted.upper().startswith("QUANTITY:")
        else f"{escaped(name, 20)} has {escaped(wanted[9:], 10)} files"
        for name, wanted in list(rule.inputs.items())[:_MAX_CONDITIONS]
    ]
    return f"{rule.price} {unit}" + (f" where {' and '.join(where)}" if where else "")


def format_time(median_s: float | None, usual_s: float | None) -> str:
    """Our own history first, as it was measured here; which of the two it is stands beside it."""
    if median_s is not None:
        return f"usually {duration(median_s)} here"
    return f"usually {duration(usual_s)}, says Wiro" if usual_s is not None else "usual time not known"


def format_media(media: Sequence[Medium]) -> str:
    return " and ".join(medium.value for medium in media) or "not stated"


def format_abilities(abilities: Abilities) -> str:
    """``text → pictures``; empty where neither is known."""
    if not abilities.takes and not abilities.gives:
        return ""
    return f"{format_media(abilities.takes)} → {format_media(abilities.gives)}"


def page_url(slug: str) -> str:
    """The model's page, for people; where that address would fill the card, the page of all of them."""
    path = quote(slug, safe="/", errors="replace")
    return f"https://wiro.ai/models/{path}" if len(path) <= _MAX_PATH_CHARS else "https://wiro.ai/models"


def format_licence(licence: str, slug: str) -> str:
    """What Wiro states, or that it states nothing; with the way to the model's page."""
    page = f"[its page]({page_url(slug)})"
    if licence:
        return f"{escaped(licence, 200)} ({page})"
    return f"Wiro states no licence; see {page}"


def format_parameter(parameter: Parameter) -> str:
    """``**Steps** whole number, 1 to 100, by default 28``."""
    parts = [_format_kind(parameter)]
    if parameter.kind.is_number:
        parts.append(_format_bounds(parameter.minimum, parameter.maximum))
    if parameter.default and not parameter.kind.takes_files:
        parts.append(f"by default {escaped(parameter.default, 40)}")
    if parameter.is_required:
        parts.append("required")
    return f"**{escaped(parameter.shown, 40)}** {', '.join(part for part in parts if part)}"


def _format_kind(parameter: Parameter) -> str:
    words = _KINDS[parameter.kind]
    if not parameter.options or parameter.kind not in {Kind.CHOICE, Kind.CHOICES}:
        return words
    return (
        f"{words} {joined(parameter.options, _MAX_OPTIONS, lambda option: escaped(option.shown, 24), ' / ')}"
    )


def _format_bounds(minimum: Decimal | None, maximum: Decimal | None) -> str:
    if minimum is not None and maximum is not None:
        return f"{_number(minimum)} to {_number(maximum)}"
    if minimum is not None:
        return f"at least {_number(minimum)}"
    return f"at most {_number(maximum)}" if maximum is not None else ""


def _number(value: Decimal) -> str:
    """Short even where the catalogue writes a bound with forty digits."""
    return f"{value.normalize():f}" if abs(value.adjusted()) < 15 else f"{value:.3g}"


def format_runs(run_count: int | None) -> str:
    return f"{plural(run_count, 'run')} at Wiro" if run_count else ""


def model_unknown(error: ModelUnknown) -> str:
    """That there is no such model, and which there are instead."""
    advice = "pick one from the list that opens while you type."
    if error.similar:
        *others, last = [code(slug) for slug in error.similar]
        advice = f"you may mean {', '.join(others)} or {last}." if others else f"you may mean {last}."
    name = escaped(error.model, 100)
    return f"Wiro has no model called {name} that this bot may use. Nothing was held; {advice}"


def format_withdrawn(detail: str) -> str:
    """Wiro's own words about a refusal, those that only a program understands put into ours."""
    is_withdrawn = detail.strip().rstrip(".").lower() in _WITHDRAWN
    return "the model has been withdrawn, or is not open to this bot" if is_withdrawn else detail
