"""Which limits bind a member at a place: the most specific subject wins, the server's own binds besides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from bot.domain.catalogue.model import folded_slug
from bot.domain.limits.limit import (
    OPERATOR,
    Audience,
    Limit,
    Measure,
    Scope,
    Window,
    member_scope,
    person_scope,
    server_scope,
)
from bot.domain.money import MAX_PICO
from bot.domain.request.requester import Requester


@dataclass(frozen=True, slots=True)
class LimitKey:
    """What a limit counts: limits of one dimension compete, those of different ones bind together."""

    measure: Measure
    window: Window
    channel_id: int = 0  # 0: in every channel
    model: str = ""  # empty: with every model; otherwise a slug in lower case


@dataclass(frozen=True, slots=True)
class LimitPolicy:
    """One limit as set: `amount` is runs, picodollars, or jobs at once. Ids are 0 where they mean nothing."""

    audience: Audience
    audience_id: int  # the role's or member's id
    dimension: LimitKey
    amount: int


@dataclass(frozen=True, slots=True)
class Grant:
    """An extra for one member, counted in every window that contains `granted_at_s`."""

    user_id: int
    measure: Measure
    amount: int
    granted_at_s: float


CounterKey: TypeAlias = tuple[Scope, Window]


def key_of(limit: Limit) -> LimitKey:
    """What a limit counts."""
    return LimitKey(limit.measure, limit.window, limit.scope.channel_id, limit.scope.model)


UNPROVEN_A_PERSON: Final = 1  # runs at once of a model that nobody can say the price of
UNPROVEN_TOGETHER: Final = 5


def resolve_limits(
    rules: Sequence[LimitPolicy],
    defaults: Sequence[LimitPolicy],
    operator: Sequence[Limit],
    requester: Requester,
    model: str,
    granted: Mapping[tuple[Measure, Window], int],
) -> tuple[Limit, ...]:
    """Every limit that one run of this model by this member here must keep, the operator's last.

    `defaults` (of the settings) stand where no rule of the server says anything for the member in the same
    dimension; what the operator sets above all servers comes as it is. `granted` is what the member was
    granted in the present window, by measure and window.
    """
    applying = [rule for rule in rules if _applies(rule, requester, model)]
    limits: list[Limit] = []
    for dimension in dict.fromkeys(rule.dimension for rule in (*applying, *defaults)):
        chosen = _most_specific([rule for rule in applying if rule.dimension == dimension])
        if chosen is None:
            chosen = next((rule for rule in defaults if rule.dimension == dimension), None)
        if chosen is not None:
            extra = granted.get((dimension.measure, dimension.window), 0)
            limits.append(_limit(chosen, member_scope_of(requester, dimension), extra))
    limits += [
        _limit(rule, server_scope_of(requester, rule.dimension), 0)
        for rule in applying
        if rule.audience is Audience.SERVER
    ]
    return (*limits, *operator)


def caution(requester: Requester, model: str) -> tuple[Limit, ...]:
    """What binds besides while nobody can say what a model costs: first bills, then crowds."""
    slug = folded_slug(model)
    return (
        Limit(
            person_scope(requester.user_id, slug),
            Measure.AT_ONCE,
            Window.EVER,
            UNPROVEN_A_PERSON,
            Audience.CAUTION,
        ),
        Limit(
            replace(OPERATOR, model=slug), Measure.AT_ONCE, Window.EVER, UNPROVEN_TOGETHER, Audience.CAUTION
        ),
    )


def counters_for(
    tracked: Iterable[LimitKey], defaults: Sequence[LimitPolicy], requester: Requester, model: str
) -> tuple[CounterKey, ...]:
    """Every counter that a run moves: each dimension a server tracks, for the member and for the server.

    And those of the settings: each default for the member; the day of the server, the person and everybody.
    """
    counters: dict[CounterKey, None] = {}
    for dimension in tracked:
        if _covers(dimension, requester, model):
            counters[member_scope_of(requester, dimension), dimension.window] = None
            counters[server_scope_of(requester, dimension), dimension.window] = None
    for rule in defaults:
        counters[member_scope_of(requester, rule.dimension), rule.dimension.window] = None
    for scope in (server_scope(requester.channel.guild_id), person_scope(requester.user_id), OPERATOR):
        counters[scope, Window.DAY] = None
    return tuple(counters)


def member_scope_of(requester: Requester, dimension: LimitKey) -> Scope:
    return member_scope(requester.channel.guild_id, requester.user_id, dimension.channel_id, dimension.model)


def server_scope_of(requester: Requester, dimension: LimitKey) -> Scope:
    return server_scope(requester.channel.guild_id, dimension.channel_id, dimension.model)


def _limit(rule: LimitPolicy, scope: Scope, extra: int) -> Limit:
    return Limit(
        scope,
        rule.dimension.measure,
        rule.dimension.window,
        min(rule.amount + extra, MAX_PICO),
        rule.audience,
        rule.audience_id,
    )


def _applies(rule: LimitPolicy, requester: Requester, model: str) -> bool:
    if not _covers(rule.dimension, requester, model):
        return False
    match rule.audience:
        case Audience.EVERYONE | Audience.SERVER:
            return True
        case Audience.ROLE:
            return rule.audience_id in requester.role_ids
        case Audience.MEMBER:
            return rule.audience_id == requester.user_id
        case (
            Audience.DEFAULT
            | Audience.OPERATOR
            | Audience.CAP_SERVER
            | Audience.CAP_PERSON
            | Audience.CAUTION
        ):
            return False


def _covers(dimension: LimitKey, requester: Requester, model: str) -> bool:
    is_here = dimension.channel_id in {0, requester.channel.channel_id, requester.channel.ruled_channel_id}
    return is_here and dimension.model in {"", folded_slug(model)}


def _most_specific(rules: Sequence[LimitPolicy]) -> LimitPolicy | None:
    """The member's own, else the most generous of the roles', else everyone's."""
    for audience in (Audience.MEMBER, Audience.ROLE, Audience.EVERYONE):
        candidates = [rule for rule in rules if rule.audience is audience]
        if candidates:
            return max(candidates, key=lambda rule: (rule.amount, -rule.audience_id))
    return None
