"""What a status message is told about its job, and how the ending reached the member."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from bot.domain.job.job import Job


class DeliveryOutcome(Enum):
    """How the ending reached the member."""

    SHOWN = auto()  # in the status message
    ALONE = auto()  # to the asker alone, as refusals are; the status message is gone
    BY_DM = auto()
    GONE = auto()  # the message was deleted: nobody is told again
    UNDELIVERABLE = auto()  # no way left to tell


@dataclass(frozen=True, slots=True)
class StatusUpdate:
    """A job as the status message should show it now."""

    job: Job
    queue_position: int | None = None  # in our own queue, 1 is next
    quiet_since_s: float | None = None  # epoch seconds of the last news, once it has grown old
    is_cancelling: bool = False
    note: str = ""
