"""What a run may cost, read from a model's `dynamicprice`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.domain.catalogue.model import PriceRule
from bot.domain.money import Money
from bot.engines.wiro.scalars import as_list, as_money, as_text, as_text_map

# Per run, per output, per tier of pixels: what one picture costs at least (Wiro docs, Pricing, Aug 2026).
_PER_PICTURE: Final = frozenset({"cpr", "cpo", "cp-pixel"})


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
        extra, per_input = as_money(entry.get("priceExtra")), as_money(entry.get("priceInput"))
        rules.append(PriceRule(as_text_map(entry.get("inputs")), price, method, extra, per_input))
    return tuple(rules)


def least_price(rules: Sequence[PriceRule]) -> Money | None:
    """What one run costs at least, or None where no price is by the run or the picture."""
    return min((rule.price for rule in rules if rule.method.lower() in _PER_PICTURE), default=None)
