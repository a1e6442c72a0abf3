"""How a reservation ends: posted, voided, or written off."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from bot.domain.job import Cause, Job, Stage
from bot.domain.money import ZERO, Money


class Resolution(Enum):
    """What became of a hold. Stored by value."""

    POST = "post"  # charged to the member
    VOID = "void"  # nothing was billed
    WRITE_OFF = "write_off"  # Wiro billed it, the member got nothing: only the operator pays


@dataclass(frozen=True, slots=True)
class Settlement:
    """The one resolution of a job's hold. `amount` is what Wiro bills (zero for VOID)."""

    resolution: Resolution
    amount: Money


def settlement_of(job: Job) -> Settlement:
    """How an ended job settles: only what Wiro bills is posted, and never for an unusable result.

    A success whose cost cannot be read posts its hold, the nearest figure known; so is one written off whose
    outputs were unusable, for Wiro bills it all the same.
    """
    if job.stage is Stage.SUCCEEDED:
        return Settlement(Resolution.POST, job.hold if job.cost is None else job.cost)
    is_billed = job.stage is Stage.FAILED and job.cause is Cause.OUTPUT_UNUSABLE
    billed = (job.hold if is_billed else ZERO) if job.cost is None else job.cost
    if billed == ZERO:
        return Settlement(Resolution.VOID, ZERO)
    if job.stage is Stage.CANCELLED and job.cause is Cause.CANCELLED:
        return Settlement(Resolution.POST, billed)
    return Settlement(Resolution.WRITE_OFF, billed)
