"""Every failure in words: what happened, what was kept, what to do next."""

from __future__ import annotations

from typing import Final

from bot.domain.errors import (
    AlreadyStarted,
    AmountRefused,
    BlockFault,
    BlockRefused,
    BotError,
    ButtonUnknown,
    CaseDecided,
    CaseFault,
    CaseNotFound,
    CaseRefused,
    CommandOutdated,
    DatabaseFull,
    ErasureRunning,
    FieldsRefused,
    FormBusy,
    FormGone,
    InputRefused,
    JobEnded,
    JobNotFound,
    LimitReached,
    LogUnreachable,
    ManagersOnly,
    ModelUnknown,
    NotAccepting,
    NotPermitted,
    NotYours,
    OptionAlone,
    OptionRefused,
    OptionsConflict,
    PatternFault,
    PatternRefused,
    PictureNotTaken,
    PromptFault,
    PromptRefused,
    QuestionExpired,
    RuleFault,
    RuleRefused,
    StoreError,
    StyleRefused,
    SubjectFault,
    SubjectRefused,
    WordsFault,
    WordsGone,
)
from bot.domain.job import Cause, Job
from bot.domain.limits import Audience, Limit, Measure, Window
from bot.domain.money import ZERO, Money
from bot.view.limit_words import allowance_words, amount_words, audience_words, extent_words
from bot.view.model_words import model_unknown, withdrawn_words
from bot.view.request_sentences import fields_refused, input_refused, picture_not_taken
from bot.view.style_words import style_refused
from bot.view.text import escaped, plural, relative

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
            return _prompt_refused(error)
        case OptionRefused():
            return _option_refused(error)
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
        case RuleRefused():
            return _rule_refused(error)
        case PatternRefused():
            return _pattern_refused(error)
        case AmountRefused():
            return _amount_refused(error)
        case CaseNotFound():
            return "There is no record of this case on this server, so the button can do nothing."
        case CaseDecided():
            return "Another moderator has decided this already; nothing was changed."
        case CaseRefused():
            return _case_refused(error)
        case BlockRefused():
            return _block_refused(error)
        case LimitReached():
            return _limit_reached(error)
        case ManagersOnly():
            return f"Only members with the permission Manage Server can {error.action}. Nothing was changed."
        case SubjectRefused():
            return _subject_refused(error)
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


def ending(job: Job) -> str:
    """Why a job brought no picture, and what it cost."""
    detail = escaped(job.detail, 200)
    match job.cause:
        case Cause.CANCELLED:
            return f"Cancelled. {_charged(job.cost)}"
        case Cause.WIRO_FAILED:
            return f"The model could not make this picture{_because(detail)}. Nothing was charged."
        case Cause.REFUSED:
            reason = escaped(withdrawn_words(job.detail), 200)
            return f"Wiro did not take this request{_because(reason)}. Nothing was charged."
        case Cause.NO_FUNDS:
            return (
                "The bot's Wiro account has run out of money. Nothing was charged; please tell the operator."
            )
        case Cause.AUTH:
            return "Wiro does not accept the bot's key. Nothing was charged; please tell the operator."
        case Cause.UNREACHABLE:
            return "Wiro could not be reached, so nothing was sent and nothing was charged. Try again in a minute."
        case Cause.UNANSWERED:
            return (
                "Wiro never answered, and no picture of yours is on its list. "
                "The request was not sent a second time and nothing was charged."
            )
        case Cause.LOST:
            return "Wiro no longer knows this picture. Nothing was charged."
        case Cause.DEADLINE:
            return "It took too long and was stopped. Nothing was charged."
        case Cause.OUTPUT_UNUSABLE:
            reason = _because(_fault_words(job.detail))
            return f"Wiro answered with something that cannot be shown{reason}. You were not charged."
        case Cause.INPUT_LOST:
            return (
                f"The file {escaped(job.detail, 60)} could not be sent to Wiro: it is no longer where it was. "
                "Nothing was charged; attach it again."
            )
        case Cause.INTERNAL | None:
            return (
                "Something went wrong on our side. You were not charged; the operator can see it in the log."
            )


# The short reasons of bot/view/media.py and download.py, in words; any other stands as it is.
_FAULT_WORDS: Final = {
    "html": "a web page instead of a picture",
    "svg": "an SVG drawing, which could carry code",
    "xml": "an XML text instead of a picture",
    "program": "a program instead of a picture",
    "truncated": "a picture that is cut off",
    "damaged": "a damaged picture",
    "checksum": "a damaged picture",
    "0 bytes": "an empty file",
    "unknown kind": "a file of an unknown kind",
    "content encoding": "a packed file, as bombs are",
    "address off the list": "a picture on a host that the operator does not allow",
    "there was no output": "no output at all",
}


def _fault_words(reason: str) -> str:
    if reason.endswith(" pixels") and "x" in reason:
        return f"a picture of {escaped(reason, 60)}, more than can be opened safely"
    if reason.startswith("http 3"):
        return "a redirect to another place"
    return _FAULT_WORDS.get(reason) or escaped(reason, 200)


def _because(detail: str) -> str:
    return f": {detail.rstrip('.')}" if detail else ""


def _charged(cost: Money | None) -> str:
    return (
        "Nothing was charged."
        if cost is None or cost == ZERO
        else f"Wiro charged {cost} for the time it ran."
    )


def _prompt_refused(error: PromptRefused) -> str:
    if error.fault is PromptFault.EMPTY:
        return "There is nothing to draw in an empty prompt. Nothing was held; describe the picture in a few words."
    return (
        f"A prompt can have {error.limit:,} characters and this one has {error.length:,}. "
        "Nothing was held; shorten it and send it again."
    )


def _option_refused(error: OptionRefused) -> str:
    option = error.option.replace("_", " ")
    if error.minimum is None and error.maximum is None:
        return (
            f"{escaped(error.model or 'This model', 100)} has no setting for {option}. "
            "Nothing was held; leave it out and send it again."
        )
    bounds = (
        f"from {error.minimum} to {error.maximum}"
        if error.minimum is not None and error.maximum is not None
        else f"of at least {error.minimum}"
        if error.minimum is not None
        else f"of at most {error.maximum}"
    )
    model = f" for {escaped(error.model, 100)}" if error.model else ""
    return (
        f"The {option}{model} can be a number {bounds}, and {escaped(error.value, 40)} is not. "
        "Nothing was held; change it and send it again."
    )


def _rule_refused(error: RuleRefused) -> str:
    subject = escaped(error.subject, 100)
    match error.fault:
        case RuleFault.BLOCKED:
            return "The moderators of this server have blocked you from the bot. Nothing was held; they can lift it."
        case RuleFault.CHANNEL:
            return "The moderators do not allow the bot's pictures in this channel. Nothing was held; try another one."
        case RuleFault.MODEL:
            return (
                f"The moderators do not allow {subject} on this server. Nothing was held; pick another model."
            )
        case RuleFault.ADULT_MODEL:
            return f"{subject} may be used in age-restricted channels only. Nothing was held; go there or pick another."
        case RuleFault.WORD:
            return "The moderators do not allow a word of this prompt. Nothing was held; put it another way."


def _pattern_refused(error: PatternRefused) -> str:
    match error.fault:
        case PatternFault.EMPTY:
            return "There is no word in it to look for. Nothing was changed."
        case PatternFault.TOO_LONG:
            return "A word rule can have 200 characters. Nothing was changed; make it shorter."
        case PatternFault.NESTED:
            return (
                "A repetition inside a repetition, such as (a+)+, can take for ever elsewhere and is not taken. "
                "Nothing was changed; write it without the inner one."
            )
        case PatternFault.MATCHES_ALL:
            return (
                "This pattern matches every prompt, even an empty one. Nothing was changed; make it narrower."
            )
        case PatternFault.TOO_MANY:
            return "This server has as many word rules as it can have. Nothing was changed; a pattern can stand for several words."
        case PatternFault.UNREADABLE:
            reason = f" ({escaped(error.detail, 100)})" if error.detail else ""
            return f"This pattern cannot be read{reason}. Nothing was changed; patterns follow RE2's syntax."


def _subject_refused(error: SubjectRefused) -> str:
    match error.fault:
        case SubjectFault.ROLE_ELSEWHERE:
            return "This role is not one of this server. Nothing was changed; pick one from the list."
        case SubjectFault.CHANNEL_ELSEWHERE:
            return "This is no channel of this server that pictures are made in. Nothing was changed; pick one from the list."
        case SubjectFault.CHANNEL_CLOSED:
            return (
                "The bot cannot write to this channel. Nothing was changed; let it view the channel and send "
                "messages there, or pick another."
            )
        case SubjectFault.MEMBER_LEFT:
            return "This member is not on this server any more. Nothing was changed."
        case SubjectFault.MEMBER_IS_BOT:
            return "Bots ask for no pictures, so there is nothing to limit or grant. Nothing was changed."


def _amount_refused(error: AmountRefused) -> str:
    example = "dollars such as 2 or 0.50" if error.is_money else "a whole number such as 20"
    return (
        f"{escaped(error.text, 40) or 'Nothing'} is not an amount that can be used here. "
        f"Nothing was changed; give {example}."
    )


def _case_refused(error: CaseRefused) -> str:
    match error.fault:
        case CaseFault.ASKED:
            return "The moderators have been asked about this one already; the answer comes to you."
        case CaseFault.EXPIRED:
            return "This request is not remembered any more. Nothing was changed; it has to be sent again."
        case CaseFault.REPORTED:
            return "This picture has been reported already; the moderators decide about it."
        case CaseFault.NO_LOG_CHANNEL:
            return "The moderators have no log channel any more, so nobody could be asked here; please write to one of them."
        case CaseFault.LOG_CHANNEL_CLOSED:
            return (
                "The moderators' log channel cannot be written to, so nobody was asked; please write to one of them. "
                "A moderator can set another with `/rules log`."
            )
        case CaseFault.RULES:
            return "By now a rule of this server forbids this request. Nothing was changed; `/rules show` lists the rules."
        case CaseFault.MEMBER_LEFT:
            return "This member is not on this server any more. Nothing was changed."
        case CaseFault.CHANNEL_GONE:
            return "The channel that this was asked in is gone. Nothing was changed."
        case CaseFault.MESSAGE_GONE:
            return "the message with the picture is gone, or the bot cannot reach it in that channel."
        case CaseFault.DISCORD_SILENT:
            return "Discord does not answer just now. Nothing was changed; please try again in a minute."


def _block_refused(error: BlockRefused) -> str:
    match error.fault:
        case BlockFault.SELF:
            return "You cannot block yourself. Nothing was changed."
        case BlockFault.MANAGER:
            return (
                "Members with the permission Manage Server could lift a block themselves, so they cannot be blocked. "
                "Nothing was changed; take the permission away first."
            )
        case BlockFault.BOT:
            return "Bots ask for no pictures, so there is nothing to block. Nothing was changed."


def _limit_reached(error: LimitReached) -> str:
    if error.is_operator:
        return (
            "The bot has spent all that its operator allows for today, over all servers. Nothing was held; "
            f"it starts again {relative(error.resets_at_s)}."
        )
    limit = error.bound
    if limit is not None and limit.measure is Measure.AT_ONCE:
        return (
            f"{_whose(limit)} {error.held:,} of {amount_words(limit.measure, limit.amount)} running"
            f"{_where_and_for_whom(limit)}. Nothing was held; there is room again when one of them ends."
        )
    is_servers = limit is not None and limit.audience is Audience.SERVER
    owner = "its" if is_servers else "your"
    window = limit.window if limit is not None else Window.DAY
    extent = _where_and_for_whom(limit) if limit is not None else ""
    again = "your day starts again" if window is Window.DAY and not is_servers else "it starts again"
    if error.is_money:
        left = Money(max(0, error.limit - error.used - error.held))
        return (
            f"This would cost about {Money(error.asked)}, and {'this server has' if is_servers else 'you have'} {left} "
            f"of {owner} {allowance_words(Measure.SPEND, window, error.limit)}{extent} left "
            f"({Money(error.used)} used, {Money(error.held)} held by running pictures). Nothing was held; "
            f"{again} {relative(error.resets_at_s)}."
        )
    return (
        f"{'This server has' if is_servers else 'You have'} used {owner} {plural(error.limit, 'run')} "
        f"for {_PERIODS[window]}{extent} ({error.used:,} used, {error.held:,} running). "
        f"Nothing was held; {again} {relative(error.resets_at_s)}."
    )


_PERIODS: Final = {
    Window.HOUR: "this hour",
    Window.DAY: "today",
    Window.WEEK: "this week",
    Window.MONTH: "this month",
    Window.EVER: "now",
}


def _whose(limit: Limit) -> str:
    return "This server has" if limit.audience is Audience.SERVER else "You have"


def _where_and_for_whom(limit: Limit) -> str:
    extent = extent_words(limit.scope.channel_id, limit.scope.model)
    if limit.audience in {Audience.ROLE, Audience.MEMBER, Audience.EVERYONE}:
        return f"{extent} by the limit for {audience_words(limit.audience, limit.audience_id)}"
    return extent
