"""A Wiro model as the catalogue describes it: parameters with bounds, and what a run may cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bot.domain.money import Money


@dataclass(frozen=True, slots=True)
class Parameter:
    """One input of a model. Bounds are None where the catalogue gives none."""

    parameter_id: str
    kind: str  # text, textarea, number, float, select, fileinput, … as Wiro names it
    label: str = ""
    is_required: bool = False
    default: str | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PriceRule:
    """One entry of `dynamicprice`: the price when every input equals the request's value."""

    inputs: Mapping[str, str]
    price: Money
    method: str  # cpr, cps, cpo, … (Wiro docs, Pricing)


@dataclass(frozen=True, slots=True)
class Model:
    """A model that can be run. `slug` is ``owner/project``."""

    slug: str
    title: str
    parameters: tuple[Parameter, ...] | None = None  # None: the catalogue gives no schema
    prices: tuple[PriceRule, ...] = ()
    approximate_cost: Money | None = None
    cost_per_second: Money | None = None

    def parameter(self, *names: str) -> Parameter | None:
        """The first parameter whose id is one of these names, without regard to case."""
        wanted = [name.lower() for name in names]
        for parameter in self.parameters or ():
            if parameter.parameter_id.lower() in wanted:
                return parameter
        return None


@dataclass(frozen=True, slots=True)
class ModelSummary:
    """One line of the catalogue."""

    slug: str
    title: str
    price_hint: Money | None


def estimate(
    model: Model, sent: Mapping[str, str | int | float], median_elapsed_s: float | None, fallback: Money
) -> Money:
    """What to hold for a run: the exact price, else Wiro's mean, else cps × our median, else `fallback`."""
    exact = _rule_price(model.prices, sent, median_elapsed_s)
    if exact is not None:
        return exact
    if model.approximate_cost is not None and model.approximate_cost.pico > 0:
        return model.approximate_cost
    if model.cost_per_second is not None and median_elapsed_s is not None:
        return model.cost_per_second.scaled(Decimal(str(median_elapsed_s)))
    return fallback


def _rule_price(
    rules: Sequence[PriceRule], sent: Mapping[str, str | int | float], median_elapsed_s: float | None
) -> Money | None:
    values = {name: str(value) for name, value in sent.items()}
    for rule in rules:
        if all(values.get(name) == wanted for name, wanted in rule.inputs.items()):
            match rule.method:
                case "cpr":
                    return rule.price
                case "cpo":
                    return rule.price.scaled(Decimal(max(1, _whole(values.get("samples")))))
                case "cps" if median_elapsed_s is not None:
                    return rule.price.scaled(Decimal(str(median_elapsed_s)))
                case "cp-pixel":
                    pixels = _whole(values.get("width")) * _whole(values.get("height"))
                    return rule.price.scaled(Decimal(max(1, -(-pixels // 1_048_576))))
                case _:
                    return None
    return None


def _whole(text: str | None) -> int:
    return int(text) if text is not None and text.isdecimal() else 0
