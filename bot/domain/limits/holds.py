"""What is held for a run: a ceiling as far as anybody can know, from Wiro's prices and from our own bills."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from bot.domain.catalogue.model import Model, Value
from bot.domain.limits.effort import Effort
from bot.domain.limits.estimate import Basis, Estimate, estimate
from bot.domain.money import Money

PERCENTILE: Final = 95  # of our own bills: what a run may well cost, whatever was stated
SURPRISE_TIMES: Final = 3  # a bill of more than so many times its hold was foreseen by nobody
MOST_RAISED: Final = Money.parse("1000")  # for one job; a bill past it is not believed
# Every run has its start to pay for, so a bill drawn out over many times the work says too much: where there
# are bills of runs of this size, those of far smaller ones are left out.
FAR: Final = 4
WARY_S: Final = 3_600.0  # for so long a surprise, or a bill that is not believed, counts against a model


@dataclass(frozen=True, slots=True)
class Bill:
    """What Wiro billed for a run of so much effort."""

    amount: Money
    effort: Effort


@dataclass(frozen=True, slots=True)
class History:
    """What a model's runs took and cost with us: the latest ones, and the surprises of late."""

    median_s: float | None = None
    bills: tuple[Bill, ...] = ()
    surprises: tuple[Bill, ...] = ()
    is_disbelieved: bool = False  # it has sent a bill that is no amount, or past belief, of late


@dataclass(frozen=True, slots=True)
class Hold:
    """What a run holds. `is_unproven`: nobody can say that it is enough, so such runs are made singly."""

    amount: Money
    is_unproven: bool


def hold_of(
    model: Model,
    sent: Mapping[str, Value],
    files: Mapping[str, int],
    history: History,
    fallback: Money,
) -> Hold:
    """What to hold for one run that is sent these parameters and so many files for each input."""
    estimated = estimate(model, sent, history.median_s, fallback, files)
    known = _percentile([_as_large(bill, estimated) for bill in _alike(history.bills, estimated)])
    # A list with several prices explains a bill up to its dearest, which tells nothing of this very run.
    pico = max(estimated.amount.pico, known if known > estimated.dearest.pico else 0)
    pico = max([pico, *(_as_large(bill, estimated) for bill in history.surprises)])
    is_unknown = estimated.basis is Basis.NOTHING and not history.bills
    # Seconds vary by nature, and now we know how far; a price that was not kept to is worth nothing.
    is_broken = estimated.basis is not Basis.TIME and bool(history.surprises)
    return Hold(Money(pico), is_unknown or is_broken or history.is_disbelieved)


def is_surprise(hold: Money, bill: Money) -> bool:
    """Whether nobody could foresee this bill: the holds of other runs of its model are not to be trusted."""
    return bill.pico > SURPRISE_TIMES * hold.pico


def raised_to(bill: Bill, effort: Effort) -> Money:
    """What a running job of the surprising model is held for: the bill, and more where it is more work."""
    return min(bill.amount.scaled(max(Decimal(1), effort.over(bill.effort))), MOST_RAISED)


def _alike(bills: Sequence[Bill], run: Estimate) -> list[Bill]:
    """Those of runs of this size or larger; where there are none, those that come nearest to it."""
    growths = [_growth(bill, run) for bill in bills]
    furthest = FAR * max(Decimal(1), min(growths, default=Decimal(1)))
    return [bill for bill, growth in zip(bills, growths, strict=True) if growth <= furthest]


def _as_large(bill: Bill, run: Estimate) -> int:
    """Picodollars that the bill would be, had its run been as much work as this one."""
    return bill.amount.scaled(_growth(bill, run)).pico


def _growth(bill: Bill, run: Estimate) -> Decimal:
    """How many times as much work this run is, in what its price grows with."""
    match run.basis, run.method:
        case (Basis.STATED, "cpo"):
            mine, its = Effort(pictures=run.effort.pictures), bill.effort
        case (Basis.STATED, "cp-pixel"):
            mine, its = Effort(pixels=run.effort.pixels), bill.effort
        case (Basis.STATED, _):
            return Decimal(1)
        case _:
            mine, its = run.effort, bill.effort
    return mine.over(its)


def _percentile(amounts: Sequence[int]) -> int:
    """By the nearest rank; of fewer than twenty it is the largest."""
    return sorted(amounts)[-(-PERCENTILE * len(amounts) // 100) - 1] if amounts else 0
