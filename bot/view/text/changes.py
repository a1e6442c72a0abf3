"""A change by a moderator in words: the command, what it was about, what was so before and after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, assert_never

from bot.domain.limits.policies import LimitPolicy
from bot.domain.moderation.audit import (
    CaseChange,
    Change,
    ChannelChange,
    GrantChange,
    LimitChange,
    LogChannelChange,
    MemberChange,
    ModelChange,
    PicturesChange,
    StyleChange,
    WordChange,
    WordsChange,
)
from bot.domain.moderation.cases import CaseKind
from bot.view.text.format import code, escaped
from bot.view.text.limits import format_allowance, format_amount, format_subject
from bot.view.text.rules import (
    NOTHING,
    format_channel_rule,
    format_model_rule,
    format_picture_rule,
    format_word_kind,
)
from bot.view.text.styles import format_style

_CASES: Final = {CaseKind.ASK: "a request of", CaseKind.REPORT: "a report about"}


@dataclass(frozen=True, slots=True)
class FormattedChange:
    """`before` and `after` are empty for nothing."""

    action: str
    subject: str
    before: str
    after: str


def format_change(change: Change) -> FormattedChange:
    match change:
        case LimitChange():
            return _of_limit(change)
        case GrantChange():
            extra = f"{format_amount(change.measure, change.after)} more"
            return FormattedChange("limits grant", f"an extra for <@{change.user_id}>", "", extra)
        case ChannelChange():
            before, after = format_channel_rule(change.before), format_channel_rule(change.after)
            return FormattedChange("rules channel", f"<#{change.channel_id}>", before, after)
        case ModelChange():
            before, after = format_model_rule(change.before), format_model_rule(change.after)
            return FormattedChange("rules model", code(change.model), before, after)
        case WordChange():
            action = "rules word add" if change.after else "rules word remove"
            before, after = (
                "refused" if is_refused else NOTHING for is_refused in (change.before, change.after)
            )
            return FormattedChange(action, format_word_kind(change.word), before, after)
        case MemberChange():
            action = "rules block" if change.after else "rules unblock"
            before, after = ("blocked" if is_so else "allowed" for is_so in (change.before, change.after))
            return FormattedChange(action, f"<@{change.user_id}>", before, after)
        case LogChannelChange():
            before, after = (f"<#{place}>" if place else "none" for place in (change.before, change.after))
            return FormattedChange("rules log", "the log channel", before, after)
        case PicturesChange():
            subject = "pictures that go into models" + (
                f" in <#{change.channel_id}>" if change.channel_id else ""
            )
            before, after = format_picture_rule(change.before), format_picture_rule(change.after)
            return FormattedChange("rules pictures", subject, before, after)
        case StyleChange():
            action = "style save" if change.after is not None else "style delete"
            before, after = format_style(change.before), format_style(change.after)
            return FormattedChange(action, f"the style {escaped(change.name, 40)}", before, after)
        case CaseChange():
            subject = f"{_CASES[change.case_kind]} <@{change.user_id}>"
            after = change.after.value if change.after is not None else "could not be carried out"
            return FormattedChange("case decided", subject, change.before.value, after)
        case WordsChange():
            return FormattedChange(change.action, change.subject, change.before, change.after)
        case _:
            assert_never(change)


def _of_limit(change: LimitChange) -> FormattedChange:
    dimension = change.dimension

    def words(amount: int | None) -> str:
        return "" if amount is None else format_allowance(dimension.measure, dimension.window, amount)

    rule = LimitPolicy(change.audience, change.audience_id, dimension, 0)
    action = "limits set" if change.after is not None else "limits clear"
    return FormattedChange(action, format_subject(rule), words(change.before), words(change.after))
