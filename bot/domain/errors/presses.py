"""Commands and buttons that lead nowhere: somebody else's, too late, or about what is gone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from bot.domain.errors.root import Refusal


@dataclass(eq=False)
class NotPermitted(Refusal):
    """Only the owner of the job or a moderator may do this."""

    action: str


class ManagersOnly(NotPermitted):
    """Only members with Manage Server may do this."""


class NotYours(Refusal):
    """The button belongs to another member."""


class QuestionExpired(Refusal):
    """A confirmation that was asked too long ago to be taken at its word."""


class FormGone(Refusal):
    """The form was left for too long, or from before a restart. What was filled in is remembered."""


class FormBusy(Refusal):
    """A second press of Run: the first one starts the job, or has started it."""


class ErasureRunning(Refusal):
    """This member's records are being erased already."""


@dataclass(eq=False)
class JobNotFound(Refusal):
    """No job with this id is on record."""

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


class WordsBlocked(Refusal):
    """The server's AutoMod will not have what was to be shown."""


class LogUnreachable(Refusal):
    """Wiro does not answer about a log just now."""


class CommandOutdated(Refusal):
    """A command, option or choice that this version does not offer."""


@dataclass(eq=False)
class ButtonUnknown(Refusal):
    """A component whose id is none of ours."""

    custom_id: str


@dataclass(eq=False)
class JobEnded(Refusal):
    """The job has ended already."""

    job_id: int


class AlreadyStarted(Refusal):
    """A confirmation that was pressed before: its picture is being made, or was."""


class NotAccepting(Refusal):
    """The bot is starting or shutting down."""
