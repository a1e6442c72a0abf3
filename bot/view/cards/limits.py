"""Cards about limits: the table of a server, how a member stands, what a change did."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final

from bot.domain.discord_limits import MESSAGE_CHARS
from bot.domain.limits.limit import Audience, LimitStatus, Measure, Window
from bot.domain.limits.policies import LimitPolicy
from bot.view.card import Card, Tone
from bot.view.text.fitting import fitting
from bot.view.text.format import plural, relative
from bot.view.text.limits import (
    NOBODY_GONE,
    Reader,
    format_allowance,
    format_amount,
    format_audience,
    format_extent,
    format_figures,
    format_reason,
    format_subject,
    format_summary,
    format_title,
)

PAGE_CHARS: Final = MESSAGE_CHARS - 700  # the heading and the small print

_GROUPS: Final = {
    Audience.EVERYONE: "Everyone",
    Audience.ROLE: "Roles",
    Audience.MEMBER: "Members",
    Audience.SERVER: "The whole server together",
}
_WINDOWS: Final = tuple(Window)
_MEASURES: Final = tuple(Measure)
_HELD: Final = "Held is set aside until it is known what a picture costs; what fails is given back."


def table_card(
    rules: Iterable[LimitPolicy],
    defaults: Sequence[LimitPolicy],
    page: int,
    gone: frozenset[int] = NOBODY_GONE,
) -> Card:
    """Every limit of a server, grouped by whom it is for, a page at a time (from 1; too high is the last)."""
    pages = list(_pages(rules, gone))
    *most, last = [
        format_allowance(rule.dimension.measure, rule.dimension.window, rule.amount) for rule in defaults
    ]
    standard = f"{', '.join(most)} and {last}"
    rest = (
        f"Where nothing is set, each member has the operator's default of {standard}. "
        "The operator has a daily stop over all servers besides."
    )
    if not pages:
        text = "### Limits of this server\nNone is set. `/limits set` makes one."
        return Card(Tone.WAITING, text, small_print=rest)
    number = min(max(page, 1), len(pages))
    heading = "### Limits of this server"
    if len(pages) > 1:
        heading += f" · page {number} of {len(pages)}"
        turn = number % len(pages) + 1
        rest += f" `/limits show page:{turn}` shows {'the next page' if turn > 1 else 'the first page'}."
    return Card(Tone.WORKING, "\n".join((heading, *pages[number - 1])), small_print=rest)


def explain_card(
    statuses: Sequence[LimitStatus], rules: Sequence[LimitPolicy], reader: Reader, place: str, at_s: float
) -> Card:
    """Which limit binds a member here first, how every other stands, and why these.

    `place` names the channel; the standings come tightest first, those of other models last.
    """
    members = [status for status in statuses if status.limit.audience is not Audience.OPERATOR]
    first = _first_to_bind(members)
    lines = [
        f"### Limits for <@{reader.user_id}> in {place}",
        f"<@{reader.user_id}> in {place}: **{format_summary(first, at_s)}**",
        f"-# This one binds first, {format_reason(first.limit, rules, reader)}.",
    ]
    others = [status for status in members if status is not first]
    if others:
        lines.append("**Besides it bind**")
    blocks = [
        f"- {format_summary(status, at_s)}\n-# {format_reason(status.limit, rules, reader)}"
        for status in others
    ]
    lines += _within(blocks, PAGE_CHARS - sum(len(line) + 1 for line in lines))
    return Card(
        _tone(first),
        "\n".join((*lines, *_operator_lines(statuses))),
        small_print=f"{_HELD} The operator has a daily stop over all servers besides.",
    )


def quota_card(
    statuses: Sequence[LimitStatus], rules: Sequence[LimitPolicy], reader: Reader, *, is_direct: bool
) -> Card:
    """A member's own limits here: used, held, left, when each starts again, and why it binds."""
    members = [status for status in statuses if status.limit.audience is not Audience.OPERATOR]
    heading = "### Your day in direct messages" if is_direct else "### What you have left here"
    blocks = [
        f"**{format_title(status)}**\n{format_figures(status)}"
        f"\n-# {format_reason(status.limit, rules, reader)}"
        for status in members
    ]
    lines = [heading, *_within(blocks, PAGE_CHARS), *_operator_lines(statuses)]
    return Card(_tone(_first_to_bind(members)), "\n".join(lines), small_print=_HELD)


def changed_card(rule: LimitPolicy, before: int | None) -> Card:
    """What a limit was and is."""
    window, measure = rule.dimension.window, rule.dimension.measure
    was = "was not set" if before is None else f"was {format_allowance(measure, window, before)}"
    now = format_allowance(measure, window, rule.amount)
    none = " That is none at all." if rule.amount == 0 else ""
    return Card(Tone.DONE, f"Limit of {format_subject(rule)}: {was}, is now **{now}**.{none}")


def cleared_card(rule: LimitPolicy, before: int | None) -> Card:
    """That a limit is gone, or that there was none."""
    if before is None:
        return Card(Tone.WAITING, f"There was no limit of {format_subject(rule)}; nothing was changed.")
    was = format_allowance(rule.dimension.measure, rule.dimension.window, before)
    return Card(Tone.DONE, f"Limit of {format_subject(rule)}: was {was}, is **not set** any more.")


def granted_card(user_id: int, measure: Measure, amount: int, statuses: Sequence[LimitStatus]) -> Card:
    """What was granted, and what the member has now."""
    blocks = [
        f"**{format_title(status)}**\n{format_figures(status)}"
        for status in statuses
        if status.limit.measure is measure and status.limit.is_members
    ]
    heading = (
        f"<@{user_id}> is granted **{format_amount(measure, amount)}** more until each limit starts again."
    )
    return Card(
        Tone.DONE,
        "\n".join((heading, *_within(blocks, PAGE_CHARS))),
        small_print="The server's own limits and the operator's stop bind as before.",
    )


def _pages(rules: Iterable[LimitPolicy], gone: frozenset[int]) -> Iterator[list[str]]:
    page: list[str] = []
    size = 0
    for audience, group in groupby(sorted(rules, key=_order), key=lambda rule: rule.audience):
        heading = f"**{_GROUPS[audience]}**"
        is_headed = False
        for rule in group:
            line = _row(rule, gone)
            if page and size + len(heading) + len(line) + 2 > PAGE_CHARS:
                yield page
                page, size, is_headed = [], 0, False
            added = [line] if is_headed else [heading, line]
            page += added
            size += sum(len(text) + 1 for text in added)
            is_headed = True
    if page:
        yield page


def _row(rule: LimitPolicy, gone: frozenset[int]) -> str:
    dimension = rule.dimension
    default_limits = format_allowance(dimension.measure, dimension.window, rule.amount)
    extent = format_extent(dimension.channel_id, dimension.model, gone)
    if rule.audience in {Audience.ROLE, Audience.MEMBER}:
        return f"- {format_audience(rule.audience, rule.audience_id, gone)}: **{default_limits}**{extent}"
    return f"- **{default_limits}**{extent}"


def _order(rule: LimitPolicy) -> tuple[int, int, int, int, int, str]:
    dimension = rule.dimension
    return (
        list(_GROUPS).index(rule.audience),
        rule.audience_id,
        _WINDOWS.index(dimension.window),
        _MEASURES.index(dimension.measure),
        dimension.channel_id,
        dimension.model,
    )


def _within(blocks: Sequence[str], room: int) -> list[str]:
    """As many blocks as fit, and how many more there are."""
    kept, more = fitting(blocks, room)
    return [*kept, f"-# and {plural(more, 'more limit')}"] if more else kept


def _first_to_bind(statuses: Sequence[LimitStatus]) -> LimitStatus:
    """The tightest of those that bind every model; the settings always give one."""
    return next((status for status in statuses if not status.limit.scope.model), statuses[0])


def _operator_lines(statuses: Sequence[LimitStatus]) -> list[str]:
    """Only whether the operator's stop is reached: its figures are the operator's own business."""
    return [
        "**The operator's daily stop over all servers is reached.** "
        f"It starts again {relative(status.resets_at_s)}."
        for status in statuses
        if status.limit.audience is Audience.OPERATOR and status.left == 0
    ]


def _tone(first: LimitStatus) -> Tone:
    return Tone.WARNING if first.left == 0 else Tone.DONE
