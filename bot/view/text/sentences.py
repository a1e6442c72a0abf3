"""Every failure in words, by its class: what happened, what was kept, what to do next."""

from __future__ import annotations

from typing import Final

from bot.domain.catalogue.errors import ModelUnknown
from bot.domain.errors import BotError, DatabaseFull, StoreError
from bot.domain.job.errors import (
    JobEnded,
    JobNotFound,
    JobWithheld,
    LogUnreachable,
    ManagersOnly,
    NotPermitted,
)
from bot.domain.limits.errors import AmountRefused, RunTooDear, TooFast
from bot.domain.limits.limit import LimitReached
from bot.domain.moderation.errors import CaseDecided, CaseNotFound
from bot.domain.records.errors import ErasureRunning
from bot.domain.records.since import MomentRefused
from bot.domain.request.errors import (
    InputRefused,
    OptionAlone,
    OptionRefused,
    OptionsConflict,
    PictureNotTaken,
)
from bot.domain.request.form import FieldsRefused
from bot.domain.request.interactions import (
    AlreadyStarted,
    ButtonUnknown,
    CommandOutdated,
    FormBusy,
    FormGone,
    NotAccepting,
    NotYours,
    QuestionExpired,
    WordsBlocked,
)
from bot.view.text.faults import FAULTS
from bot.view.text.filled import Sentence, filled
from bot.view.text.models import model_unknown
from bot.view.text.refusals import amount_refused, limit_reached, moment_refused, option_refused
from bot.view.text.requests import fields_refused, input_refused, picture_not_taken

UNFORESEEN: Final = (
    "Something went wrong on our side. Nothing was charged for it; the operator can see it in the log."
)
_SENTENCES: Final[dict[type[BotError], Sentence]] = {
    OptionRefused: option_refused,
    OptionsConflict: (
        "Give either {error.one} or {error.other}, not both. "
        "Nothing was held; leave one out and send it again."
    ),
    OptionAlone: (
        "The {error.option} says something about the {error.needs}, and none was given. "
        "Nothing was held; add the {error.needs} or leave the {error.option} out."
    ),
    FieldsRefused: fields_refused,
    InputRefused: input_refused,
    PictureNotTaken: picture_not_taken,
    ModelUnknown: model_unknown,
    AmountRefused: amount_refused,
    MomentRefused: moment_refused,
    LimitReached: limit_reached,
    TooFast: (
        "That was more than {error.most} of these within {error.within_s} seconds. Nothing was "
        "changed; go on {error.at_s:R}."
    ),
    RunTooDear: (
        "This run of {error.model:~100} may cost {error.asked_pico:$}, and the bot's operator allows "
        "{error.most_pico:$} for one run. Nothing was held; make it smaller, with fewer pictures, steps or "
        "pixels, or pick a cheaper model."
    ),
    AlreadyStarted: (
        "This has been started already; its result comes in a message of its own. Nothing was held twice."
    ),
    FormGone: (
        "This form is not open any more: it was left for too long, or the bot was restarted. What you "
        "filled in is remembered; use /run again."
    ),
    FormBusy: (
        "This form has just been run; nothing was started a second time. "
        "Use the button under it for another run."
    ),
    CaseNotFound: "There is no record of this case on this server, so the button can do nothing.",
    CaseDecided: "Another moderator has decided this already; nothing was changed.",
    ManagersOnly: ("Only members with the permission Manage Server can {error.action}. Nothing was changed."),
    NotPermitted: "Only the member who asked for this picture or a moderator can {error.action} it.",
    NotYours: (
        "This button belongs to another member. Nothing was changed; ask for your own with the command."
    ),
    QuestionExpired: (
        "This question is too old to be answered. Nothing was erased; use /privacy delete once more."
    ),
    ErasureRunning: "Your records are being erased already; the earlier answer tells how far it is.",
    JobNotFound: "There is no record of this picture any more, so the button can do nothing.",
    JobWithheld: lambda error: (
        "The moderators have deleted this, so nothing can be done with it any more."
        if error.is_removed
        else "This was reported and is hidden until the moderators decide; until then nothing can be done "
        "with it."
    ),
    JobEnded: "This one has ended already; there is nothing left to cancel.",
    WordsBlocked: (
        "This server's AutoMod blocked what was to be shown here. Nothing was changed; moderators can exempt "
        "the bot."
    ),
    LogUnreachable: (
        "Wiro does not answer just now, so the log cannot be read. Please try again in a minute."
    ),
    CommandOutdated: (
        "Discord sent a value that this command does not offer. Nothing was changed; reload Discord, then "
        "try again."
    ),
    ButtonUnknown: ("This button is none of the bot's, or from a version long gone. Nothing was changed."),
    NotAccepting: (
        "The bot is restarting and takes no new pictures for a moment. Nothing was held; try again shortly."
    ),
    DatabaseFull: (
        "The bot's disk is full, so nothing could be held and nothing was sent. Please tell the operator."
    ),
    StoreError: (
        "The bot's records cannot be written just now, so nothing was held and nothing was sent. "
        "Please try again in a minute."
    ),
}


def sentence(error: BotError) -> str:
    """What the asker is told: by the error's fault where it has one, else by its class or its base."""
    by_fault = FAULTS.get(getattr(error, "fault", None))
    by_class = (_SENTENCES[kind] for kind in type(error).__mro__ if kind in _SENTENCES)
    return filled(by_fault or next(by_class, UNFORESEEN), error)
