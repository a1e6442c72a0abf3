"""Every failure in words: what happened, what was kept, what to do next."""

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
    WordsFault,
    WordsGone,
)
from bot.domain.limits.errors import AmountRefused, RunTooDear, TooFast
from bot.domain.limits.limit import LimitReached
from bot.domain.moderation.errors import (
    BlockRefused,
    CaseDecided,
    CaseNotFound,
    CaseRefused,
    NotAdmitted,
    PatternRefused,
    RuleRefused,
    SubjectRefused,
)
from bot.domain.records.errors import ErasureRunning
from bot.domain.records.since import MomentRefused
from bot.domain.request.errors import (
    InputRefused,
    OptionAlone,
    OptionRefused,
    OptionsConflict,
    PictureNotTaken,
    PromptRefused,
    StyleRefused,
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
from bot.view.text.format import relative
from bot.view.text.models import model_unknown
from bot.view.text.refusals import (
    amount_refused,
    block_refused,
    case_refused,
    limit_reached,
    moment_refused,
    not_admitted,
    option_refused,
    pattern_refused,
    prompt_refused,
    rule_refused,
    subject_refused,
)
from bot.view.text.requests import fields_refused, input_refused, picture_not_taken, run_too_dear
from bot.view.text.styles import style_refused

_WORDS_GONE: Final = {
    WordsFault.ERASED: "This has been erased from the bot's records, so nothing of it can be shown any more.",
    WordsFault.NO_TEXT: "There is no text here to read on.",
    WordsFault.NO_LOG: "Wiro keeps no log of this run any more.",
}
UNFORESEEN = (
    "Something went wrong on our side. Nothing was charged for it; the operator can see it in the log."
)


def sentence(error: BotError) -> str:
    """What the asker is told."""
    match error:
        case PromptRefused():
            return prompt_refused(error)
        case OptionRefused():
            return option_refused(error)
        case OptionsConflict():
            return f"Give either {error.one} or {error.other}, not both. Nothing was held; leave one out and send it again."
        case FieldsRefused():
            return fields_refused(error)
        case OptionAlone():
            return (
                f"The {error.option} says something about the {error.needs}, and none was given. "
                f"Nothing was held; add the {error.needs} or leave the {error.option} out."
            )
        case AlreadyStarted():
            return "This has been started already; its result comes in a message of its own. Nothing was held twice."
        case PictureNotTaken():
            return picture_not_taken(error)
        case TooFast():
            return (
                f"That was more than {error.most} of these within {error.within_s} seconds. Nothing was "
                f"changed; go on {relative(error.at_s)}."
            )
        case RunTooDear():
            return run_too_dear(error)
        case InputRefused():
            return input_refused(error)
        case FormGone():
            return (
                "This form is not open any more: it was left for too long, or the bot was restarted. What you "
                "filled in is remembered; use /run again."
            )
        case FormBusy():
            return "This form has just been run; nothing was started a second time. Use the button under it for another run."
        case ModelUnknown():
            return model_unknown(error)
        case StyleRefused():
            return style_refused(error)
        case NotAdmitted():
            return not_admitted(error)
        case RuleRefused():
            return rule_refused(error)
        case PatternRefused():
            return pattern_refused(error)
        case AmountRefused():
            return amount_refused(error)
        case MomentRefused():
            return moment_refused(error)
        case CaseNotFound():
            return "There is no record of this case on this server, so the button can do nothing."
        case CaseDecided():
            return "Another moderator has decided this already; nothing was changed."
        case CaseRefused():
            return case_refused(error)
        case BlockRefused():
            return block_refused(error)
        case LimitReached():
            return limit_reached(error)
        case ManagersOnly():
            return f"Only members with the permission Manage Server can {error.action}. Nothing was changed."
        case SubjectRefused():
            return subject_refused(error)
        case NotYours():
            return "This button belongs to another member. Nothing was changed; ask for your own with the command."
        case QuestionExpired():
            return (
                "This question is too old to be answered. Nothing was erased; use /privacy delete once more."
            )
        case ErasureRunning():
            return "Your records are being erased already; the earlier answer tells how far it is."
        case NotPermitted():
            return f"Only the member who asked for this picture or a moderator can {error.action} it."
        case JobNotFound():
            return "There is no record of this picture any more, so the button can do nothing."
        case JobWithheld():
            if error.is_removed:
                return "The moderators have deleted this, so nothing can be done with it any more."
            return "This was reported and is hidden until the moderators decide; until then nothing can be done with it."
        case WordsBlocked():
            return "This server's AutoMod blocked what was to be shown here. Nothing was changed; moderators can exempt the bot."
        case WordsGone():
            return _WORDS_GONE[error.fault]
        case LogUnreachable():
            return "Wiro does not answer just now, so the log cannot be read. Please try again in a minute."
        case CommandOutdated():
            return "Discord sent a value that this command does not offer. Nothing was changed; reload Discord, then try again."
        case ButtonUnknown():
            return "This button is none of the bot's, or from a version long gone. Nothing was changed."
        case JobEnded():
            return "This one has ended already; there is nothing left to cancel."
        case NotAccepting():
            return "The bot is restarting and takes no new pictures for a moment. Nothing was held; try again shortly."
        case DatabaseFull():
            return "The bot's disk is full, so nothing could be held and nothing was sent. Please tell the operator."
        case StoreError():
            return (
                "The bot's records cannot be written just now, so nothing was held and nothing was sent. "
                "Please try again in a minute."
            )
        case _:
            return UNFORESEEN
