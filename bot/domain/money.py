"""Money as whole picodollars: Wiro's twelve decimals, exact, never a float."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, DecimalException, Inexact, InvalidOperation, Overflow
from functools import lru_cache
from typing import Final

from bot.domain.errors import BotError

PICO_PER_DOLLAR: Final = 10**12
MAX_PICO: Final = 2**63 - 1  # what SQLite's INTEGER holds: about 9.2 million dollars
# Digits that would be rounded away are an error: the default context drops them in silence.
_EXACT: Final = Context(prec=40, traps=[InvalidOperation, Inexact, Overflow])


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount of US dollars in picodollars (1e-12 $). Never negative."""

    pico: int

    def __post_init__(self) -> None:
        if not 0 <= self.pico <= MAX_PICO:
            raise AmountInvalid(str(self.pico))

    @classmethod
    def parse(cls, text: str | int | Decimal) -> Money:
        """Read dollars such as ``"0.003510000000"``.

        Raises AmountInvalid for anything but a finite, non-negative number of at most twelve
        decimals that fits in 64 bits.
        """
        try:
            amount = Decimal(text.strip() if isinstance(text, str) else text)
            pico = amount.scaleb(12, _EXACT)
            if not amount.is_finite() or pico != pico.to_integral_value() or pico > MAX_PICO:
                raise AmountInvalid(str(text))
            return cls(int(pico))
        except (DecimalException, ValueError) as error:
            raise AmountInvalid(str(text)) from error

    def __add__(self, other: Money) -> Money:
        return Money(self.pico + other.pico)

    def scaled(self, factor: Decimal) -> Money:
        """The amount times a non-negative factor, to the nearest picodollar; at most the largest amount."""
        return Money(
            int(min((Decimal(self.pico) * factor).to_integral_value(ROUND_HALF_UP), Decimal(MAX_PICO)))
        )

    @property
    def dollars(self) -> Decimal:
        """The exact amount in dollars."""
        return Decimal(self.pico).scaleb(-12)

    def __str__(self) -> str:
        """For people: ``$1.25``, ``$0.0035``, ``<$0.0001``."""
        return _words(self.pico)


@lru_cache(maxsize=256)  # a running job's hold is told again with every step
def _words(pico: int) -> str:
    if 0 < pico < PICO_PER_DOLLAR // 10_000:
        return "<$0.0001"
    places = Decimal("0.01") if pico >= 100 * PICO_PER_DOLLAR else Decimal("0.0001")
    rounded = Money(pico).dollars.quantize(places, ROUND_HALF_UP)
    whole, _, decimals = f"{rounded:,f}".partition(".")
    return f"${whole}.{decimals.rstrip('0').ljust(2, '0')}"


ZERO: Final = Money(0)


class AmountInvalid(BotError):
    """A text that is no amount of money."""
