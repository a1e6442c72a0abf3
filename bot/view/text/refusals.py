"""Refusals that need more than a line: what was asked, what stands against it, what would be taken."""

from __future__ import annotations

from typing import Final

from bot.domain.limits.errors import AmountRefused
from bot.domain.limits.limit import Audience, Limit, LimitReached, Measure, Subject, Window
from bot.domain.money import Money
from bot.domain.records.since import MomentRefused
from bot.domain.request.errors import OptionRefused
from bot.view.text.format import code, escaped, plural, relative
from bot.view.text.limits import format_allowance, format_amount, format_audience, format_extent


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


def amount_refused(error: AmountRefused) -> str:
    example = "dollars such as 2 or 0.50" if error.is_money else "a whole number such as 20"
    return (
        f"{escaped(error.text, 40) or 'Nothing'} is not an amount that can be used here. "
        f"Nothing was changed; give {example}."
    )


def moment_refused(error: MomentRefused) -> str:
    return (
        f"{escaped(error.text, 40) or 'Nothing'} is no moment in the past. Nothing was looked up; give a "
        "date such as 2026-11-01 (in UTC), or how long ago, such as 12h, 7d or 2w."
    )


def limit_reached(error: LimitReached) -> str:
    if error.bound is not None and error.bound.audience is Audience.CAUTION:
        return _format_caution(error.bound)
    if error.bound is not None and error.bound.audience in _CAPPED:
        return _format_cap(error, error.bound)
    if error.is_operator:
        return (
            "The bot has spent all that its operator allows for today, over all servers. Nothing was held; "
            f"it starts again {relative(error.resets_at_s)}."
        )
    limit = error.bound
    if limit is not None and limit.measure is Measure.AT_ONCE:
        return (
            f"{_whose(limit)} {error.held:,} of {format_amount(limit.measure, limit.amount)} running"
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
            f"This would cost about {Money(error.asked)}, "
            f"and {'this server has' if is_servers else 'you have'} {left} "
            f"of {owner} {format_allowance(Measure.SPEND, window, error.limit)}{extent} left "
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


def _format_cap(error: LimitReached, limit: Limit) -> str:
    who, whom = _CAPPED[limit.audience]
    if limit.audience is Audience.CAP_SERVER and not limit.scope.guild_id:
        who, whom = "All direct messages together have", "them together in a day"
    return (
        f"{who} reached what the bot's operator allows {whom}: {Money(limit.amount)}, of which "
        f"{Money(error.used)} are used and {Money(error.held)} held by running pictures; this would cost "
        f"about {Money(error.asked)}. Nothing was held; it starts again {relative(error.resets_at_s)}, and "
        "only the operator can raise it."
    )


def _format_caution(limit: Limit) -> str:
    runs = (
        "one run at a time for each person, and yours is still running"
        if limit.scope.subject is Subject.PERSON
        else f"{plural(limit.amount, 'run')} at a time for everybody together, and all of them are taken"
    )
    return (
        f"Nobody can say yet what a run of {code(limit.scope.model)} costs, so the bot makes {runs}. Nothing "
        "was held; there is room again when one of them ends, and more once its bill is known."
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
    extent = format_extent(limit.scope.channel_id, limit.scope.model)
    if limit.audience in {Audience.ROLE, Audience.MEMBER, Audience.EVERYONE}:
        return f"{extent} by the limit for {format_audience(limit.audience, limit.audience_id)}"
    return extent
