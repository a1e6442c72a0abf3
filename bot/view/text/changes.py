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
from bot.view.text.limits import allowance_words, amount_words, subject_words
from bot.view.text.rules import NOTHING, channel_words, kind_words, model_words, picture_words
from bot.view.text.styles import style_words

_CASES: Final = {CaseKind.ASK: "a request of", CaseKind.REPORT: "a report about"}


@dataclass(frozen=True, slots=True)
class ChangeWords:
    """`before` and `after` are empty for nothing."""

    action: str
    subject: str
    before: str
    after: str


def change_words(change: Change) -> ChangeWords:
    match change:
        case LimitChange():
            return _of_limit(change)
        case GrantChange():
            extra = f"{amount_words(change.measure, change.after)} more"
            return ChangeWords("limits grant", f"an extra for <@{change.user_id}>", "", extra)
        case ChannelChange():
            before, after = channel_words(change.before), channel_words(change.after)
            return ChangeWords("rules channel", f"<#{change.channel_id}>", before, after)
        case ModelChange():
            before, after = model_words(change.before), model_words(change.after)
            return ChangeWords("rules model", code(change.model), before, after)
        case WordChange():
            action = "rules word add" if change.after else "rules word remove"
            before, after = (
                "refused" if is_refused else NOTHING for is_refused in (change.before, change.after)
            )
            return ChangeWords(action, kind_words(change.word), before, after)
        case MemberChange():
            action = "rules block" if change.after else "rules unblock"
            before, after = ("blocked" if is_so else "allowed" for is_so in (change.before, change.after))
            return ChangeWords(action, f"<@{change.user_id}>", before, after)
        case LogChannelChange():
            before, after = (f"<#{place}>" if place else "none" for place in (change.before, change.after))
            return ChangeWords("rules log", "the log channel", before, after)
        case PicturesChange():
            subject = "pictures that go into models" + (
                f" in <#{change.channel_id}>" if change.channel_id else ""
            )
            before, after = picture_words(change.before), picture_words(change.after)
            return ChangeWords("rules pictures", subject, before, after)
        case StyleChange():
            action = "style save" if change.after is not None else "style delete"
            before, after = style_words(change.before), style_words(change.after)
            return ChangeWords(action, f"the style {escaped(change.name, 40)}", before, after)
        case CaseChange():
            subject = f"{_CASES[change.case_kind]} <@{change.user_id}>"
            after = change.after.value if change.after is not None else "could not be carried out"
            return ChangeWords("case decided", subject, change.before.value, after)
        case WordsChange():
            return ChangeWords(change.action, change.subject, change.before, change.after)
        case _:
            assert_never(change)


def _of_limit(change: LimitChange) -> ChangeWords:
    dimension = change.dimension

    def words(amount: int | None) -> str:
        return "" if amount is None else allowance_words(dimension.measure, dimension.window, amount)

    rule = LimitPolicy(change.audience, change.audience_id, dimension, 0)
    action = "limits set" if change.after is not None else "limits clear"
    return ChangeWords(action, subject_words(rule), words(change.before), words(change.after))
