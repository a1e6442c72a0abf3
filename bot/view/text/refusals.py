"""Refusals that need more than a line: what was asked, what stands against it, what would be taken."""

from __future__ import annotations

from typing import Final

from bot.domain.limits.errors import AmountRefused
from bot.domain.limits.limit import Audience, Limit, LimitReached, Measure, Subject, Window
from bot.domain.moderation.errors import (
    AdmissionFault,
    BlockFault,
    BlockRefused,
    CaseFault,
    CaseRefused,
    NotAdmitted,
    PatternFault,
    PatternRefused,
    RuleFault,
    RuleRefused,
    SubjectFault,
    SubjectRefused,
)
from bot.domain.money import Money
from bot.domain.records.since import MomentRefused
from bot.domain.request.errors import OptionRefused, PromptFault, PromptRefused
from bot.view.text.format import code, escaped, plural, relative
from bot.view.text.limits import allowance_words, amount_words, audience_words, extent_words

_TEXTS: Final = {"prompt": "this prompt", "negative_prompt": "the negative prompt"}


def prompt_refused(error: PromptRefused) -> str:
    if error.fault is PromptFault.EMPTY:
        return "There is nothing to draw in an empty prompt. Nothing was held; describe the picture in a few words."
    if error.fault is PromptFault.UNFOLDS:
        return (
            f"This is written in characters that stand for many letters each, {error.length:,} in all, and the words "
            f"of this server are looked for in {error.limit:,}. Nothing was held; write it in plain letters."
        )
    return (
        f"A prompt can have {error.limit:,} characters and this one has {error.length:,}. "
        "Nothing was held; shorten it and send it again."
    )


def option_refused(error: OptionRefused) -> str:
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


def not_admitted(error: NotAdmitted) -> str:
    match error.fault:
        case AdmissionFault.SERVER:
            return (
                "The operator of this bot lets it work on servers of their choice, and this is none of them. "
                "Nothing was held; whoever runs the bot can add this server."
            )
        case AdmissionFault.DIRECT_MESSAGE:
            return (
                "The operator of this bot takes no requests by direct message. Nothing was held; send it on a "
                "server that has the bot."
            )
        case AdmissionFault.PERSON:
            return (
                "The operator of this bot has blocked you, on every server and in direct messages. Nothing was "
                "held; only they can lift it."
            )


def rule_refused(error: RuleRefused) -> str:
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
            where = _TEXTS.get(error.subject, f"the field {subject}")
            return f"The moderators do not allow a word of {where}. Nothing was held; put it another way."
        case RuleFault.PICTURE_OWN:
            return (
                "Here only your own pictures may go into a model, and this one is somebody else's. "
                "Nothing was held; use one of yours."
            )
        case RuleFault.PICTURE_MADE_HERE:
            return (
                "Here only your own pictures and what the bot made may go into a model, and this one is somebody "
                "else's. Nothing was held; use another one."
            )
        case RuleFault.PICTURE_CLOSED:
            return "Whose picture this is lets nobody else use theirs. Nothing was held; use another one."
        case RuleFault.PICTURE_LINK:
            return (
                "A link does not tell whose picture it is, and not everybody's may go into a model here. Nothing "
                "was held; upload your own, or press Apps → Use as input on the message with the picture."
            )


def pattern_refused(error: PatternRefused) -> str:
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
        case PatternFault.TOO_LARGE_TOGETHER:
            return (
                "With this one the patterns of this server would take more memory than there is for them. "
                "Nothing was changed; write it without long repetitions such as {100}, or remove another one."
            )
        case PatternFault.UNREADABLE:
            reason = f" ({escaped(error.detail, 100)})" if error.detail else ""
            return f"This pattern cannot be read{reason}. Nothing was changed; patterns follow RE2's syntax."


def subject_refused(error: SubjectRefused) -> str:
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


def amount_refused(error: AmountRefused) -> str:
    example = "dollars such as 2 or 0.50" if error.is_money else "a whole number such as 20"
    return (
        f"{escaped(error.text, 40) or 'Nothing'} is not an amount that can be used here. "
        f"Nothing was changed; give {example}."
    )


def moment_refused(error: MomentRefused) -> str:
    return (
        f"{escaped(error.text, 40) or 'Nothing'} is no moment in the past. Nothing was looked up; give a date "
        "such as 2026-11-01 (in UTC), or how long ago, such as 12h, 7d or 2w."
    )


def case_refused(error: CaseRefused) -> str:
    match error.fault:
        case CaseFault.ASKED:
            return "The moderators have been asked about this one already; the answer comes to you."
        case CaseFault.EXPIRED:
            return "This request is not remembered any more. Nothing was changed; it has to be sent again."
        case CaseFault.REPORTED:
            return "This has been reported already; the moderators decide about it."
        case CaseFault.JUDGED:
            return "This was reported before, and the moderators have decided about it. Nothing was changed."
        case CaseFault.UNFINISHED:
            return "Discord or Wiro does not answer just now; the bot goes on trying until it is done."
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
            return "its message is gone, or the bot cannot reach it in that channel."
        case CaseFault.DISCORD_SILENT:
            return "Discord does not answer just now. Nothing was changed; please try again in a minute."


def block_refused(error: BlockRefused) -> str:
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


def limit_reached(error: LimitReached) -> str:
    if error.bound is not None and error.bound.audience is Audience.CAUTION:
        return _caution_words(error.bound)
    if error.bound is not None and error.bound.audience in _CAPPED:
        return _cap_words(error, error.bound)
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
            f"({Money(error.used)} used, {Money(error.held)} held until costs are known). Nothing was held; "
            f"{again} {relative(error.resets_at_s)}."
        )
    return (
        f"{'This server has' if is_servers else 'You have'} used {owner} {plural(error.limit, 'run')} "
        f"for {_PERIODS[window]}{extent} ({error.used:,} used, {error.held:,} held). "
        f"Nothing was held; {again} {relative(error.resets_at_s)}."
    )


_CAPPED: Final = {
    Audience.CAP_PERSON: ("You have", "each person in a day, over all servers and direct messages"),
    Audience.CAP_SERVER: ("This server has", "each server in a day"),
}


def _cap_words(error: LimitReached, limit: Limit) -> str:
    who, whom = _CAPPED[limit.audience]
    if limit.audience is Audience.CAP_SERVER and not limit.scope.guild_id:
        who, whom = "All direct messages together have", "them together in a day"
    return (
        f"{who} reached what the bot's operator allows {whom}: {Money(limit.amount)}, of which "
        f"{Money(error.used)} are used and {Money(error.held)} held by running pictures; this would cost about "
        f"{Money(error.asked)}. Nothing was held; it starts again {relative(error.resets_at_s)}, and only the "
        "operator can raise it."
    )


def _caution_words(limit: Limit) -> str:
    runs = (
        "one run at a time for each person, and yours is still running"
        if limit.scope.subject is Subject.PERSON
        else f"{plural(limit.amount, 'run')} at a time for everybody together, and all of them are taken"
    )
    return (
        f"Nobody can say yet what a run of {code(limit.scope.model)} costs, so the bot makes {runs}. Nothing was "
        "held; there is room again when one of them ends, and more once its bill is known."
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
