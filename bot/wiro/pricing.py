"""What a run may cost, read from a model's `dynamicprice`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.domain.model import PriceRule
from bot.domain.money import Money
from bot.wiro.scalars import as_list, as_money, as_text, as_text_map

_PER_RUN: Final = frozenset({"cpr", "cpo"})  # per run, per output: what a picture costs (Wiro docs, Pricing)


def price_rules(dynamicprice: object) -> tuple[PriceRule, ...]:
    """The rules in their order, from a list or its JSON text, e.g. ``[{"inputs": {}, "price": 0.03,
    "priceMethod": "cpr"}]``.

    Empty where a single rule cannot be read: the first match counts, so half a list gives wrong prices.
    """
    rules: list[PriceRule] = []
    for entry in as_list(dynamicprice):
        price = as_money(entry.get("price")) if isinstance(entry, dict) else None
        if not isinstance(entry, dict) or price is None:
            return ()
        method = as_text(entry.get("priceMethod")).strip()
        rules.append(PriceRule(as_text_map(entry.get("inputs")), price, method))
    return tuple(rules)


def price_hint(rules: Sequence[PriceRule], approximate_cost: Money | None) -> Money | None:
    """What one run costs at least: the lowest price per run or output, else Wiro's mean."""
    prices = [rule.price for rule in rules if rule.method in _PER_RUN]
    if prices:
        return min(prices)
    return approximate_cost if approximate_cost is not None and approximate_cost.pico > 0 else None
