"""Amounts as moderators type them: whole runs or jobs, or dollars; anything else is refused."""

from __future__ import annotations

import re
from typing import Final

from bot.domain.limits.errors import AmountRefused
from bot.domain.limits.limit import Measure
from bot.domain.money import PICO_PER_DOLLAR, Money

MAX_WHOLE: Final = 1_000_000  # runs, jobs or dollars

_WHOLE: Final = r"(?P<whole>[0-9]{1,12}|[0-9]{1,3}(?:,[0-9]{3}){1,3})"
_COUNT: Final = re.compile(_WHOLE)
_DOLLARS: Final = re.compile(rf"\$?\s?{_WHOLE}(?P<decimals>\.[0-9]{{1,12}})?\s?\$?")


def parse_amount(text: str, measure: Measure, *, least: int = 0) -> int:
    """Runs or jobs (up to 1,000,000), or picodollars (up to $1,000,000), such as ``2``, ``1,000``, ``$0.50``.

    Raises AmountRefused for anything else, and for less than `least`.
    """
    is_money = measure is Measure.SPEND
    match = (_DOLLARS if is_money else _COUNT).fullmatch(text.strip())
    if match is None or (whole := int(match["whole"].replace(",", ""))) > MAX_WHOLE:
        raise AmountRefused(text, is_money)
    amount = Money.parse(f"{whole}{match['decimals'] or ''}").pico if is_money else whole
    most = MAX_WHOLE * PICO_PER_DOLLAR if is_money else MAX_WHOLE
    if not least <= amount <= most:
        raise AmountRefused(text, is_money)
    return amount
