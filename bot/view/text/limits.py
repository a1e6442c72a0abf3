"""Limits in plain words: how much, for whom, where, how it stands, and why this one binds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, assert_never

from bot.domain.limits.limit import Audience, Limit, LimitStatus, Measure, Window
from bot.domain.limits.policies import LimitKey, LimitPolicy, key_of
from bot.domain.money import MAX_PICO, Money
from bot.view.text.fitting import joined
from bot.view.text.format import code, duration, plural, relative

NOBODY_GONE: Final[frozenset[int]] = frozenset()

_PER: Final = {
    Window.HOUR: "an hour",
    Window.DAY: "a day",
    Window.WEEK: "a week",
    Window.MONTH: "a month",
    Window.EVER: "at once",
}
_UNITS: Final = {Measure.RUNS: "runs", Measure.SPEND: "dollars", Measure.AT_ONCE: "pictures"}


@dataclass(frozen=True, slots=True)
class Reader:
    """The member a text is about, and whether it speaks to them."""

    user_id: int
    role_ids: frozenset[int]
    is_addressed: bool

    @property
    def possessive(self) -> str:
        return "your" if self.is_addressed else "their"


def format_amount(measure: Measure, amount: int) -> str:
    """``20 runs``, ``$2.00``, ``3 pictures``."""
    match measure:
        case Measure.RUNS:
            return plural(amount, "run")
        case Measure.SPEND:
            return str(Money(min(amount, MAX_PICO)))
        case Measure.AT_ONCE:
            return plural(amount, "picture")


def format_allowance(measure: Measure, window: Window, amount: int) -> str:
    """``20 runs a day``, ``$2.00 an hour``, ``3 pictures at once``."""
    return f"{format_amount(measure, amount)} {_PER[window]}"


def format_counted(dimension: LimitKey) -> str:
    """What a limit counts, without how much: ``runs a day``."""
    return f"{_UNITS[dimension.measure]} {_PER[dimension.window]}"


def format_extent(channel_id: int, model: str, gone: frozenset[int] = NOBODY_GONE) -> str:
    """`` in #art with `owner/model` ``, with a blank before it; nothing where a limit holds everywhere."""
    place = ""
    if channel_id:
        place = " in a deleted channel" if channel_id in gone else f" in <#{channel_id}>"
    return place + (f" with {code(model)}" if model else "")


def format_audience(audience: Audience, audience_id: int, gone: frozenset[int] = NOBODY_GONE) -> str:
    """For whom a limit is. `gone` holds the ids of roles, members and channels that are there no more."""
    match audience:
        case Audience.EVERYONE:
            return "everyone"
        case Audience.ROLE:
            return f"a deleted role ({audience_id})" if audience_id in gone else f"<@&{audience_id}>"
        case Audience.MEMBER:
            left = " (has left)" if audience_id in gone else ""
            return f"<@{audience_id}>{left}"
        case Audience.SERVER:
            return "the whole server together"
        case Audience.DEFAULT:
            return "everyone, by the operator's default"
        case Audience.OPERATOR:
            return "all servers together"
        case Audience.CAP_SERVER:
            return "each server, by the operator"
        case Audience.CAP_PERSON:
            return "each person, by the operator"
        case Audience.CAUTION:
            return "a model whose price nobody knows"
        case _:
            assert_never(audience)


def format_subject(rule: LimitPolicy) -> str:
    """What a change is about: ``runs a day for @Artist in #art``."""
    dimension = rule.dimension
    extent = format_extent(dimension.channel_id, dimension.model)
    return f"{format_counted(dimension)} for {format_audience(rule.audience, rule.audience_id)}{extent}"


def format_title(status: LimitStatus) -> str:
    """``20 runs a day in #art``, with what was granted."""
    limit = status.limit
    default_limits = format_allowance(limit.measure, limit.window, limit.amount)
    extra = f" ({format_amount(limit.measure, status.granted)} of it granted)" if status.granted else ""
    return f"{default_limits}{format_extent(limit.scope.channel_id, limit.scope.model)}{extra}"


def format_summary(status: LimitStatus, at_s: float) -> str:
    """``20 runs a day in #art; used 15, 1 held, 4 left; resets in 3 h (…)``."""
    used, held, left = (_figure(status, value) for value in (status.used, status.held, status.left))
    counts = f"{held} held, {left} left" if _is_at_once(status) else f"used {used}, {held} held, {left} left"
    return f"{format_title(status)}; {counts}; {_format_reset(status, at_s)}"


def format_figures(status: LimitStatus) -> str:
    """``**Runs** 15 of 20 used, 1 held, **4 left**. Starts again in 3 hours.``"""
    used, held, left, most = (
        _figure(status, value) for value in (status.used, status.held, status.left, status.limit.amount)
    )
    match status.limit.measure:
        case Measure.RUNS:
            counts = f"**Runs** {used} of {most} used, {held} held"
        case Measure.SPEND:
            counts = f"**Dollars** {used} of {most} used, {held} held"
        case Measure.AT_ONCE:
            return f"**At once** {held} of {most} held, **{left} left**. Free again when a picture ends."
    return f"{counts}, **{left} left**. Starts again {relative(status.resets_at_s)}."


def format_reason(limit: Limit, rules: Sequence[LimitPolicy], reader: Reader) -> str:
    """Why this limit and no other of its kind: ``because @Artist is the most generous of your roles``."""
    rivals = [rule for rule in rules if rule.dimension == key_of(limit)]
    roles = [r for r in rivals if r.audience is Audience.ROLE and r.audience_id in reader.role_ids]
    everyone = [rule for rule in rivals if rule.audience is Audience.EVERYONE]
    subject = format_audience(limit.audience, limit.audience_id)
    match limit.audience:
        case Audience.MEMBER:
            whom = "you" if reader.is_addressed else subject
            return f"because it is set for {whom} personally{_before([*roles, *everyone])}"
        case Audience.ROLE if len(roles) > 1:
            others = [rule for rule in roles if rule.audience_id != limit.audience_id]
            return (
                f"because {subject} is the most generous of {reader.possessive} roles"
                f"{_before([*others, *everyone])}"
            )
        case Audience.ROLE:
            return f"because {subject} is one of {reader.possessive} roles{_before(everyone)}"
        case Audience.EVERYONE:
            return "because it is set for everyone"
        case Audience.SERVER:
            return "for all members of this server together, whatever else is set"
        case Audience.DEFAULT:
            return "the operator's default, because the moderators have set nothing in its place"
        case Audience.OPERATOR:
            return "the operator's stop over all servers"
        case Audience.CAP_SERVER if not limit.scope.guild_id:
            return "the operator's cap for all direct messages together, whatever else is set"
        case Audience.CAP_SERVER:
            return "the operator's cap for each server, whatever else is set"
        case Audience.CAP_PERSON:
            return "the operator's cap for each person over all servers and direct messages"
        case Audience.CAUTION:
            return "because nobody can say what this model costs"
        case _:
            assert_never(limit.audience)


def _before(losers: Sequence[LimitPolicy]) -> str:
    """Which limits stand back, a few of them."""
    if not losers:
        return ""
    return f"; it goes before {joined(losers, 3, _format_loser)}"


def _format_loser(rule: LimitPolicy) -> str:
    amount = format_amount(rule.dimension.measure, rule.amount)
    return f"{amount} of {format_audience(rule.audience, rule.audience_id)}"


def _format_reset(status: LimitStatus, at_s: float) -> str:
    if _is_at_once(status):
        return "free again when a picture ends"
    seconds_left = max(1.0, status.resets_at_s - at_s)
    wait = duration(seconds_left) if seconds_left < 60 else duration(60 * (seconds_left // 60))
    return f"resets in {wait} ({relative(status.resets_at_s)})"


def _is_at_once(status: LimitStatus) -> bool:
    return status.limit.measure is Measure.AT_ONCE


def _figure(status: LimitStatus, value: int) -> str:
    """A number without its unit; money keeps its sign."""
    if status.limit.measure is Measure.SPEND:
        return format_amount(Measure.SPEND, value)
    return f"{value:,}"
