"""What a run may cost, before it is made: never a price that nobody has stated."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto
from types import MappingProxyType
from typing import Final

from bot.domain.catalogue.model import Model, PriceRule, Value
from bot.domain.limits.effort import Effort
from bot.domain.money import MAX_PICO, ZERO, Money
from bot.domain.request.parameters import COUNT, HEIGHT, STEPS, WIDTH

TIER_PIXELS: Final = 1_048_576  # of one tier of cp-pixel (Wiro docs, Pricing, Aug 2026)

_SIZE: Final = ("size", "resolution", "imageSize", "image_size", "dimensions")
_WRITTEN: Final = ("prompt", "text", "inputText")  # what cp-promptlength counts the characters of
_NO_FILES: Final[Mapping[str, int]] = MappingProxyType({})
_FILES: Final = "quantity:"  # of a condition: so many files
_NUMBER: Final = re.compile(r"[+-]?\d{1,40}(?:\.\d{0,40})?", re.ASCII)
_BY_SECOND: Final = "cps"
_SIDES: Final = re.compile(r"\s*(\d{1,9})\s*[xX×*]\s*(\d{1,9})\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Run:
    """What prices look at; names in lower case."""

    values: Mapping[str, str]
    files: Mapping[str, int]

    def of(self, names: Sequence[str]) -> str:
        """The first value that goes by one of these names, else empty."""
        return next((text for name in names if (text := self.values.get(name.lower(), ""))), "")

    def whole(self, names: Sequence[str]) -> int:
        number = _number(self.of(names))
        return int(number) if number is not None and number > 0 else 0


class Basis(Enum):
    """What an estimate rests on."""

    STATED = auto()  # Wiro's list gives the price of this very run
    TIME = auto()  # the run costs what its time costs: Wiro's mean, or seconds at a price
    NOTHING = auto()  # nobody has stated a price


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run may cost. `dearest` is the most that Wiro's list could ask for one of this size."""

    amount: Money
    basis: Basis
    effort: Effort
    method: str = ""  # by which the stated price is worked out
    dearest: Money = ZERO


def estimate(
    model: Model,
    sent: Mapping[str, Value],
    median_elapsed_s: float | None,
    fallback: Money,
    files: Mapping[str, int] = _NO_FILES,
) -> Estimate:
    """What Wiro says of a run: the exact price, else its mean, else seconds × their price, else `fallback`.

    `files` says how many files go into each input. Seconds are our median, or what Wiro calls usual. Wiro's
    own figures are of runs as the model makes them by itself: a larger one is taken to cost more.
    """
    run = _run(model, sent, files)
    effort = _effort(run)
    rule = next((rule for rule in model.prices if _fits(rule, run)), None)
    exact = _price(rule, run, median_elapsed_s) if rule is not None else None
    method = _method(rule) if rule is not None else ""
    if exact is not None and method != _BY_SECOND:
        prices = [_price(other, run, median_elapsed_s) for other in model.prices]
        dearest = max(price for price in prices if price is not None)
        return Estimate(exact, Basis.STATED, effort, method, dearest)
    if exact is not None:
        return Estimate(exact, Basis.TIME, effort)
    usual = max(Decimal(1), effort.over(_effort(_run(model, {}, _NO_FILES))))
    if model.approximate_cost is not None and model.approximate_cost.pico > 0:
        return Estimate(_times(model.approximate_cost, usual), Basis.TIME, effort)
    per_second = rule.price if rule is not None and method == _BY_SECOND else model.cost_per_second
    if per_second is not None and per_second.pico > 0:
        if median_elapsed_s is not None:
            return Estimate(_times(per_second, Decimal(str(median_elapsed_s))), Basis.TIME, effort)
        if model.usual_s is not None:
            amount = _times(per_second, Decimal(str(model.usual_s)) * usual)
            return Estimate(amount, Basis.TIME, effort)
    return Estimate(fallback, Basis.NOTHING, effort)


def _run(model: Model, sent: Mapping[str, Value], files: Mapping[str, int]) -> _Run:
    defaults = {p.parameter_id: p.default for p in model.parameters or () if p.default is not None}
    values = {name.lower(): _text(value) for name, value in (defaults | dict(sent)).items()}
    counts = {name.lower(): count for name, count in files.items()}
    for parameter in model.parameters or ():
        key = parameter.parameter_id.lower()
        given = sent.get(parameter.parameter_id)
        if parameter.kind.takes_files and given:  # addresses that were typed
            counts[key] = counts.get(key, 0) + (len(given) if isinstance(given, tuple) else 1)
    return _Run(values, counts)


def _fits(rule: PriceRule, run: _Run) -> bool:
    """Whether every condition holds; none holds always. Spellings of numbers and case make no difference."""
    return all(_holds(name.lower(), wanted.strip(), run) for name, wanted in rule.inputs.items())


def _holds(name: str, wanted: str, run: _Run) -> bool:
    if wanted.lower().startswith(_FILES):
        return _number(wanted[len(_FILES) :].strip()) == run.files.get(name, 0)
    given = run.values.get(name, "").strip()
    if given.casefold() == wanted.casefold():
        return True
    number = _number(wanted)
    return number is not None and _number(given) == number


def _price(rule: PriceRule, run: _Run, median_elapsed_s: float | None) -> Money | None:
    """None where it cannot be worked out: tokens, seconds of a model that never ran, methods of next year."""
    match _method(rule):
        case "cpr":
            return rule.price
        case "cpo":
            return _times(rule.price, Decimal(max(1, run.whole(COUNT))))
        case "cps" if median_elapsed_s is not None:
            return _times(rule.price, Decimal(str(median_elapsed_s)))
        case "cp-pixel":
            return _pixel_price(rule, run)
        case "cp-promptlength" if run.of(_WRITTEN):
            return _times(rule.price, Decimal(len(run.of(_WRITTEN))))
        case _:
            return None


def _pixel_price(rule: PriceRule, run: _Run) -> Money | None:
    """The first tier, each further one, and for each picture that goes in as much for every tier."""
    pixels = _pixels(run)
    if not pixels:
        return None
    tiers = -(-pixels // TIER_PIXELS)
    extra = rule.price if rule.extra is None else rule.extra
    per_input = rule.per_input.pico if rule.per_input is not None else 0
    pico = rule.price.pico + extra.pico * (tiers - 1) + per_input * sum(run.files.values()) * tiers
    return Money(min(MAX_PICO, pico))


def _pixels(run: _Run) -> int:
    """Of one picture; 0 where nothing says how large it gets."""
    width, height = run.whole(WIDTH), run.whole(HEIGHT)
    sides = _SIDES.fullmatch(run.of(_SIZE))
    if not (width and height) and sides is not None:
        width, height = int(sides[1]), int(sides[2])
    return width * height


def _effort(run: _Run) -> Effort:
    return Effort(run.whole(STEPS) or None, _pixels(run) or None, run.whole(COUNT) or None)


def _times(price: Money, factor: Decimal) -> Money:
    """As much as can be counted, at most: an absurd value must end at a limit, not in an error."""
    if price.pico * factor > MAX_PICO:
        return Money(MAX_PICO)
    return price.scaled(factor)


def _method(rule: PriceRule) -> str:
    return rule.method.strip().lower()


def _number(text: str) -> Decimal | None:
    stripped = text.strip()
    return Decimal(stripped) if _NUMBER.fullmatch(stripped) else None


def _text(value: Value) -> str:
    match value:
        case str():
            return value
        case tuple():
            return ",".join(value)
        case float():
            return f"{value:.12g}"
        case _:
            return str(value)
