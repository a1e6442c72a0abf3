"""How a reservation ends: posted, voided, or written off; and what may still be charged after a run's end."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from bot.domain.job.job import Cause, Job, Stage
from bot.domain.money import ZERO, Money

# How long a charge is waited for. "A task stopped while running can still be charged once its work ends", and
# a success's charge may not be on record yet (Wiro's page of get_task_price, Nov 2026); nobody says how long.
CHARGE_WAIT_S: Final = 86_400.0


class Resolution(Enum):
    """What became of a hold. Stored by value."""

    POST = "post"  # charged to the member
    VOID = "void"  # nothing was billed
    WRITE_OFF = "write_off"  # Wiro billed it, the member got nothing: only the operator pays


@dataclass(frozen=True, slots=True)
class Settlement:
    """The one resolution of a job's hold. `amount` is what is charged (zero for VOID)."""

    resolution: Resolution
    amount: Money


@dataclass(frozen=True, slots=True)
class OpenCharge:
    """An ended job whose charge may not be on record yet, its task, and until when it is asked after."""

    job_id: int
    task_id: str | None
    until_s: float


def keeps_hold(job: Job) -> bool:
    """Whether an ended job's hold stays until its charge is known.

    So it does where the member will pay: what they got, and what they stopped while it ran. A failure costs
    them nothing, whatever comes of it, so their money is given back at once.
    """
    is_members = job.stage is Stage.SUCCEEDED or (
        job.stage is Stage.CANCELLED and job.cause is Cause.CANCELLED and job.task_id is not None
    )
    return is_members and job.is_charge_open and job.hold > ZERO


def settlement_of(job: Job) -> Settlement | None:
    """How an ended job settles now: only what Wiro bills is posted, and never for an unusable result.

    None: its hold stays.
    """
    if keeps_hold(job):
        return None
    if job.stage is Stage.SUCCEEDED:
        # One that cannot be read is the hold, the nearest figure known.
        return Settlement(Resolution.POST, job.hold if job.cost is None else job.cost)
    billed = ZERO if job.cost is None else job.cost
    if billed == ZERO:
        return Settlement(Resolution.VOID, ZERO)
    if job.stage is Stage.CANCELLED and job.cause is Cause.CANCELLED:
        return Settlement(Resolution.POST, billed)
    return Settlement(Resolution.WRITE_OFF, billed)


def late_settlement(job: Job, charge: Money) -> Settlement:
    """How a hold that was kept ends by a late charge, zero where there was none.

    The member pays up to the hold, which is what they were told; what is above it is the operator's.
    """
    share = min(charge, job.hold)
    if job.stage is not Stage.SUCCEEDED and share == ZERO:
        return Settlement(Resolution.VOID, ZERO)
    return Settlement(Resolution.POST, share)
