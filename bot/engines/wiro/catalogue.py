"""From a catalogue entry to a model of the domain."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from bot.domain.catalogue.adult import says_adult
from bot.domain.catalogue.model import Kind, Model, ModelSummary, Option, Parameter
from bot.engines.wiro.frames import Tool, ToolItem
from bot.engines.wiro.pricing import least_price, price_rules

MAX_DESCRIPTION_CHARS: Final = 1_000
MAX_LICENCE_CHARS: Final = 200

# Types as Wiro's parameter page names them (Aug 2026), and what stands for them on model pages.
_KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "textarea": Kind.LONG_TEXT,
        "number": Kind.WHOLE,
        "range": Kind.WHOLE,
        "integer": Kind.WHOLE,
        "float": Kind.DECIMAL,
        "select": Kind.CHOICE,
        "multiselect": Kind.CHOICES,
        "checkbox": Kind.CHOICE,
        "boolean": Kind.CHOICE,
        "switch": Kind.CHOICE,
        "fileinput": Kind.FILE,
        "multifileinput": Kind.FILES,
        "combinefileinput": Kind.FILES_OR_LINKS,
    }
)
_YES_OR_NO: Final = (Option("true", "Yes"), Option("false", "No"))
_UNITS_S: Final = MappingProxyType({"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0})


def slug_parts(slug: str) -> tuple[str, str] | None:
    """Owner and project of ``owner/project``, or None where it is no such thing."""
    owner, _, project = slug.strip().partition("/")
    parts = (owner.strip(), project.strip())
    if "/" in project or any(part.strip(".") == "" for part in parts):
        return None
    return parts


def clean_slug(slug: str) -> str:
    """Wiro's clean spelling: lower case, dashes for blanks and dots inside the words.

    ``black-forest-labs/FLUX.2-klein-4B`` is ``black-forest-labs/flux-2-klein-4b``.
    """
    return re.sub(r"[\s.]+", "-", slug.strip().lower())


def slug_of(tool: Tool) -> str:
    """The clean slug where the entry has one, else the raw; empty where it has neither."""
    owner = tool.cleanslugowner or tool.slugowner
    project = tool.cleanslugproject or tool.slugproject
    return f"{owner}/{project}" if owner and project else ""


def model_of(tool: Tool, asked: str) -> Model:
    """The model of Tool/Detail. `asked` is the slug where the entry names none."""
    return Model(
        slug=slug_of(tool) or asked,
        title=tool.title or asked,
        parameters=_parameters(tool),
        prices=price_rules(tool.dynamicprice),
        approximate_cost=tool.approximatelycost,
        cost_per_second=tool.cps,
        description=_description(tool),
        categories=_categories(tool),
        usual_s=_usual_s(tool),
        run_count=tool.taskstat.runcount,
        licence=_licence(tool),
        is_adult=_is_adult(tool),
    )


def summary_of(tool: Tool) -> ModelSummary:
    """One line of Tool/List."""
    least, mean = least_price(price_rules(tool.dynamicprice)), tool.approximatelycost
    is_hint_mean = least is None and mean is not None and mean.pico > 0
    return ModelSummary(
        slug_of(tool),
        tool.title or slug_of(tool),
        mean if is_hint_mean else least,
        _description(tool),
        _categories(tool),
        _usual_s(tool),
        tool.taskstat.runcount,
        is_hint_mean,
        tool.cps,
        _is_adult(tool),
    )


def parameter_of(item: ToolItem) -> Parameter:
    """One input of a model, whichever of the two spellings the catalogue uses."""
    minimum, maximum = _bounds(_first(item.min, item.minvalue), _first(item.max, item.maxvalue))
    step = _first(item.step, item.incrementby)
    default = next((d for d in (item.default, item.defaultvalue, item.value) if d is not None), None)
    options = tuple(Option(option.value, option.label) for option in item.options if option.value is not None)
    kind = _kind(item.type.lower(), is_fractional=_is_fractional(step, minimum, maximum, default))
    if kind is Kind.CHOICE and not options:
        options = _YES_OR_NO if item.type.lower() != "select" else ()
    if kind in {Kind.CHOICE, Kind.CHOICES} and not options:
        kind = Kind.TEXT  # a choice between nothing: Run has the last word
    return Parameter(
        parameter_id=item.id,
        kind=kind,
        label=item.label,
        is_required=item.required is True,
        default=default,
        minimum=minimum,
        maximum=maximum,
        options=options,
        help_text=item.description or item.note or item.placeholder,
        step=step if step is not None and step > 0 else None,
    )


def _parameters(tool: Tool) -> tuple[Parameter, ...] | None:
    """Each id once: the first of its name counts."""
    found: dict[str, Parameter] = {}
    for item in tool.parameters:
        if item.id:
            found.setdefault(item.id, parameter_of(item))
    return tuple(found.values()) or None


def _kind(type_name: str, *, is_fractional: bool) -> Kind:
    kind = _KINDS.get(type_name, Kind.TEXT)
    return Kind.DECIMAL if kind is Kind.WHOLE and is_fractional else kind


def _is_fractional(
    step: Decimal | None, minimum: Decimal | None, maximum: Decimal | None, default: str | None
) -> bool:
    """Some pages call an input a number whose own bounds, step or default are not whole."""
    numbers = [number for number in (step, minimum, maximum) if number is not None]
    has_decimals = default is not None and re.fullmatch(r"-?\d*\.\d*[1-9]\d*", default) is not None
    return has_decimals or any(number != number.to_integral_value() for number in numbers)


def _description(tool: Tool) -> str:
    return _plain(tool.description or tool.seodescription)[:MAX_DESCRIPTION_CHARS]


def _categories(tool: Tool) -> tuple[str, ...]:
    """Without the shelf that every model stands on."""
    return tuple(dict.fromkeys(name for name in map(_plain, tool.categories) if name and name != "tool"))


def _is_adult(tool: Tool) -> bool:
    return says_adult((*tool.categories, *tool.tags))


def _usual_s(tool: Tool) -> float | None:
    """From words such as "10 seconds" or "1.5 minutes", else the seconds of the latest run."""
    match = re.match(r"\s*(\d{1,6}(?:\.\d{1,6})?)\s*(ms|s|m|h)?", tool.computingtime.lower())
    if match is not None:
        return float(match[1]) * _UNITS_S[match[2] or "s"]
    return tool.taskstat.lastruntime


def _licence(tool: Tool) -> str:
    """What the page says of its licence: its own field, else the first sentence of the readme about it."""
    if tool.license:
        return _plain(tool.license)[:MAX_LICENCE_CHARS]
    for sentence in re.split(r"(?<=[.!?])\s+|\n+", _plain(tool.readme[:100_000], keep_lines=True)):
        if re.search(r"\blicen[cs]e", sentence, re.IGNORECASE):
            return sentence.strip()[:MAX_LICENCE_CHARS]
    return ""


def _plain(text: str, *, keep_lines: bool = False) -> str:
    """Without tags and entities; the blocks of a page become lines."""
    bare = html.unescape(re.sub(r"<[^<>]*>", "\n" if keep_lines else " ", text))
    return re.sub(r"[^\S\n]+", " ", bare).strip() if keep_lines else " ".join(bare.split())


def _first(new: Decimal | None, old: Decimal | None) -> Decimal | None:
    return old if new is None else new


def _bounds(minimum: Decimal | None, maximum: Decimal | None) -> tuple[Decimal | None, Decimal | None]:
    # An empty or inverted range is a form that was never filled in: 0 to 0 would refuse every value.
    if minimum is not None and maximum is not None and (maximum < minimum or minimum == maximum == 0):
        return None, None
    return minimum, maximum
