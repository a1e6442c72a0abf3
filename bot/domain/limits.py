"""Limits: who may use how much in which window, decided on counters alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum

from bot.domain.errors import LimitReached
from bot.domain.money import Money


class Measure(Enum):
    """What is counted."""

    RUNS = "runs"
    SPEND = "spend"


class Window(Enum):
    """How long usage counts, in UTC. Stored by value."""

    DAY = "day"


class Subject(Enum):
    """Whose usage a counter holds. Stored by value."""

    MEMBER = "member"  # one member in one server; in direct messages, with guild id 0
    OPERATOR = "operator"  # everybody everywhere


@dataclass(frozen=True, slots=True)
class Scope:
    """One counter: a subject in a server. Ids are 0 where they mean nothing."""

    subject: Subject
    guild_id: int = 0
    subject_id: int = 0


OPERATOR = Scope(Subject.OPERATOR)


def member_scope(guild_id: int | None, user_id: int) -> Scope:
    return Scope(Subject.MEMBER, guild_id or 0, user_id)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `amount` (runs, or picodollars) for a scope in each window."""

    scope: Scope
    measure: Measure
    window: Window
    amount: int


@dataclass(frozen=True, slots=True)
class Usage:
    """What stands in one counter for one window."""

    runs_used: int = 0
    runs_held: int = 0
    spend_used_pico: int = 0
    spend_held_pico: int = 0

    def used(self, measure: Measure) -> int:
        return self.runs_used if measure is Measure.RUNS else self.spend_used_pico

    def held(self, measure: Measure) -> int:
        return self.runs_held if measure is Measure.RUNS else self.spend_held_pico


def window_bounds(window: Window, at_s: float) -> tuple[int, int]:
    """Epoch seconds of the window's start (inclusive) and end (exclusive) around `at_s`."""
    moment = datetime.fromtimestamp(at_s, UTC)
    match window:
        case Window.DAY:
            start = moment.replace(hour=0, minute=0, second=0, microsecond=0)
            end = start + timedelta(days=1)
    return int(start.timestamp()), int(end.timestamp())


def decide(
    limits: Sequence[Limit], usage: Mapping[tuple[Scope, Window], Usage], hold: Money, at_s: float
) -> LimitReached | None:
    """The limit that one more run with this hold would pass, or None. What is held counts as used."""
    for limit in limits:
        counter = usage.get((limit.scope, limit.window), Usage())
        asked = 1 if limit.measure is Measure.RUNS else hold.pico
        used, held = counter.used(limit.measure), counter.held(limit.measure)
        if used + held + asked > limit.amount:
            return LimitReached(
                is_operator=limit.scope == OPERATOR,
                is_money=limit.measure is Measure.SPEND,
                limit=limit.amount,
                used=used,
                held=held,
                asked=asked,
                resets_at_s=window_bounds(limit.window, at_s)[1],
            )
    return None
