"""Commands and buttons that lead nowhere: somebody else's, too late, or about what is gone."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.errors import Refusal


class NotYours(Refusal):
    """The button belongs to another member."""


class QuestionExpired(Refusal):
    """A confirmation that was asked too long ago to be taken at its word."""


class FormGone(Refusal):
    """The form was left for too long, or from before a restart. What was filled in is remembered."""


class FormBusy(Refusal):
    """A second press of Run: the first one starts the job, or has started it."""


class WordsBlocked(Refusal):
    """The server's AutoMod will not have what was to be shown."""


class CommandOutdated(Refusal):
    """A command, option or choice that this version does not offer."""


@dataclass(eq=False)
class ButtonUnknown(Refusal):
    """A component whose id is none of ours."""

    custom_id: str


class AlreadyStarted(Refusal):
    """A confirmation that was pressed before: its picture is being made, or was."""


class NotAccepting(Refusal):
    """The bot is starting or shutting down."""
