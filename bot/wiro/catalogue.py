"""From a catalogue entry to a model of the domain."""

from __future__ import annotations

import re
from decimal import Decimal

from bot.domain.model import Model, ModelSummary, Parameter
from bot.wiro.frames import Tool, ToolItem
from bot.wiro.pricing import price_hint, price_rules


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
        parameters=tuple(parameter_of(item) for item in tool.parameters if item.id) or None,
        prices=price_rules(tool.dynamicprice),
        approximate_cost=tool.approximatelycost,
        cost_per_second=tool.cps,
    )


def summary_of(tool: Tool) -> ModelSummary:
    """One line of Tool/List."""
    hint = price_hint(price_rules(tool.dynamicprice), tool.approximatelycost)
    return ModelSummary(slug_of(tool), tool.title or slug_of(tool), hint)


def parameter_of(item: ToolItem) -> Parameter:
    """One input of a model, whichever of the two spellings the catalogue uses."""
    minimum, maximum = _bounds(_first(item.min, item.minvalue), _first(item.max, item.maxvalue))
    return Parameter(
        parameter_id=item.id,
        kind=item.type,
        label=item.label,
        is_required=item.required is True,
        default=next((d for d in (item.default, item.defaultvalue, item.value) if d is not None), None),
        minimum=minimum,
        maximum=maximum,
        options=tuple(option.value for option in item.options if option.value is not None),
    )


def _first(new: Decimal | None, old: Decimal | None) -> Decimal | None:
    return old if new is None else new


def _bounds(minimum: Decimal | None, maximum: Decimal | None) -> tuple[Decimal | None, Decimal | None]:
    # An empty or inverted range is a form that was never filled in: 0 to 0 would refuse every value.
    if minimum is not None and maximum is not None and (maximum < minimum or minimum == maximum == 0):
        return None, None
    return minimum, maximum
