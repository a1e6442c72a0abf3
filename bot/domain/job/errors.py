"""What cannot be done with a job, or be told of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from bot.domain.errors import BotError, Refusal


@dataclass(eq=False)
class NotPermitted(Refusal):
    """Only the owner of the job or a moderator may do this."""

    action: str


class ManagersOnly(NotPermitted):
    """Only members with Manage Server may do this."""


@dataclass(eq=False)
class JobNotFound(Refusal):
    """No job with this id is on record."""

    job_id: int


@dataclass(eq=False)
class LeaseLost(BotError):
    """Somebody else follows this job by now: its older owner stops, and touches nothing any more.

    No StoreError, for there is nothing to try again.
    """

    job_id: int


@dataclass(eq=False)
class JobWithheld(Refusal):
    """Reported, and hidden until the moderators decide; or removed, where they have."""

    is_removed: bool


class WordsFault(Enum):
    """Why nothing of a text can be shown."""

    ERASED = auto()  # the member had it erased
    NO_TEXT = auto()  # this job has none
    NO_LOG = auto()  # Wiro never started it, or keeps its log no more


@dataclass(eq=False)
class WordsGone(Refusal):
    """A text of a job, or its log, is not to be had (any more)."""

    fault: WordsFault


class LogUnreachable(Refusal):
    """Wiro does not answer about a log just now."""


@dataclass(eq=False)
class JobEnded(Refusal):
    """The job has ended already."""

    job_id: int
