"""Limits: who may use how much in which window, decided on counters alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import lru_cache
from typing import Final, assert_never

from bot.domain.errors import Refusal
from bot.domain.money import Money
from bot.domain.request.run_request import RunRequest

HOUR_S: Final = 3_600
DAY_S: Final = 24 * HOUR_S


class _Key(Enum):
    """Its members key dictionaries, several for each reservation: an Enum's own hash is made in Python."""

    __hash__ = object.__hash__


class Measure(_Key):
    """What is counted."""

    RUNS = "runs"
    SPEND = "spend"  # in picodollars
    AT_ONCE = "at_once"  # unfinished jobs


class Window(_Key):
    """How long usage counts, in UTC. Stored by value."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"  # from Monday
    MONTH = "month"
    EVER = "ever"  # never resets: what is unfinished now


class Subject(_Key):
    """Whose usage a counter holds. Stored by value."""

    MEMBER = "member"  # one member in one server; in direct messages, with guild id 0
    SERVER = "server"  # all members of one server together; direct messages together have guild id 0
    PERSON = "person"  # one person wherever they are
    OPERATOR = "operator"  # everybody everywhere


@dataclass(frozen=True, slots=True)
class Scope:
    """One counter: a subject in a server, in one channel or all (0), with one model or all (empty).

    Ids are 0 where they mean nothing; a model is a slug in lower case.
    """

    subject: Subject
    guild_id: int = 0
    subject_id: int = 0
    channel_id: int = 0
    model: str = ""


OPERATOR = Scope(Subject.OPERATOR)
FOR_EVER_S = 253_402_300_799  # the last second of the year 9999


def member_scope(guild_id: int | None, user_id: int, channel_id: int = 0, model: str = "") -> Scope:
    return Scope(Subject.MEMBER, guild_id or 0, user_id, channel_id, model)


def server_scope(guild_id: int | None, channel_id: int = 0, model: str = "") -> Scope:
    return Scope(Subject.SERVER, guild_id or 0, 0, channel_id, model)


def person_scope(user_id: int, model: str = "") -> Scope:
    return Scope(Subject.PERSON, 0, user_id, 0, model)


class Audience(Enum):
    """Who set a limit for whom. Stored by value."""

    EVERYONE = "everyone"  # a moderator, for each member
    ROLE = "role"  # a moderator, for each member with a role
    MEMBER = "member"  # a moderator, for one member
    SERVER = "server"  # a moderator, for all members together
    DEFAULT = "default"  # the operator, for each member where the server says nothing
    OPERATOR = "operator"  # the operator, for everybody everywhere
    CAP_SERVER = "cap_server"  # the operator, for each server; direct messages together count as one
    CAP_PERSON = "cap_person"  # the operator, for each person wherever they are
    CAUTION = "caution"  # the bot itself, while nobody can say what a model costs


_ABOVE_SERVERS: Final = frozenset(
    {Audience.OPERATOR, Audience.CAP_SERVER, Audience.CAP_PERSON, Audience.CAUTION}
)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `amount` (runs, picodollars, or jobs) for a scope in each window, and why."""

    scope: Scope
    measure: Measure
    window: Window
    amount: int
    audience: Audience = Audience.DEFAULT
    audience_id: int = 0  # the role or member it was set for

    @property
    def is_operators(self) -> bool:
        """Whether it lies above all that a server can decide."""
        return self.audience in _ABOVE_SERVERS or self.scope == OPERATOR

    @property
    def is_members(self) -> bool:
        """Whether the moderators can let a member pass it."""
        return self.audience is not Audience.SERVER and not self.is_operators


@dataclass(frozen=True, slots=True)
class Usage:
    """What stands in one counter for one window."""

    runs_used: int = 0
    runs_held: int = 0
    spend_used_pico: int = 0
    spend_held_pico: int = 0

    def used(self, measure: Measure) -> int:
        match measure:
            case Measure.RUNS:
                return self.runs_used
            case Measure.SPEND:
                return self.spend_used_pico
            case Measure.AT_ONCE:
                return 0

    def held(self, measure: Measure) -> int:
        return self.spend_held_pico if measure is Measure.SPEND else self.runs_held


def window_bounds(window: Window, at_s: float) -> tuple[int, int]:
    """Epoch seconds of the window's start (inclusive) and end (exclusive) around `at_s`."""
    return _bounds_around(window, _hour(rounded(at_s)))


def window_starts(at_s: float) -> Mapping[Window, int]:
    """Where each window around an instant that was rounded begins, as `window_bounds` says."""
    return _starts_around(_hour(at_s))


def rounded(at_s: float) -> float:
    """To microseconds, as a datetime is: the last instant before midnight belongs to the next day."""
    return datetime.fromtimestamp(at_s, UTC).timestamp()


def _hour(rounded_s: float) -> int:
    """Every window begins and ends with an hour."""
    return int(rounded_s // HOUR_S)


@lru_cache(maxsize=64)
def _starts_around(hour: int) -> Mapping[Window, int]:
    return {window: _bounds_around(window, hour)[0] for window in Window}


@lru_cache(maxsize=256)
def _bounds_around(window: Window, hour: int) -> tuple[int, int]:
    moment = datetime.fromtimestamp(hour * HOUR_S, UTC)
    today = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    match window:
        case Window.HOUR:
            start = moment.replace(minute=0, second=0, microsecond=0)
            end = start + timedelta(hours=1)
        case Window.DAY:
            start, end = today, today + timedelta(days=1)
        case Window.WEEK:
            start = today - timedelta(days=today.weekday())
            end = start + timedelta(days=7)
        case Window.MONTH:
            start = today.replace(day=1)
            end = (start + timedelta(days=32)).replace(day=1)
        case Window.EVER:
            return 0, FOR_EVER_S
        case _:
            assert_never(window)
    return int(start.timestamp()), int(end.timestamp())


def needs(measure: Measure, price: Money) -> int:
    """What one run at this price takes from a limit of this measure."""
    return price.pico if measure is Measure.SPEND else 1


@dataclass(frozen=True, slots=True)
class LimitStatus:
    """One limit and how it stands in its present window, in its own measure; times are epoch seconds."""

    limit: Limit
    used: int
    held: int
    starts_at_s: int
    resets_at_s: int
    granted: int  # is part of its amount

    @classmethod
    def of(cls, limit: Limit, usage: Usage, at_s: float, granted: int = 0) -> LimitStatus:
        used, held = usage.used(limit.measure), usage.held(limit.measure)
        return cls(limit, used, held, *window_bounds(limit.window, at_s), granted)

    @property
    def left(self) -> int:
        return max(0, self.limit.amount - self.used - self.held)

    def admits(self, price: Money) -> bool:
        """Whether one more run at this price fits. What is held counts as used."""
        return self.used + self.held + needs(self.limit.measure, price) <= self.limit.amount

    def refusal(self, price: Money) -> LimitReached:
        """Of one more run at this price."""
        return LimitReached(
            is_operator=self.limit.is_operators,
            is_money=self.limit.measure is Measure.SPEND,
            limit=self.limit.amount,
            used=self.used,
            held=self.held,
            asked=needs(self.limit.measure, price),
            resets_at_s=self.resets_at_s,
            bound=self.limit,
        )


def first_refusal(statuses: Iterable[LimitStatus], price: Money) -> LimitReached | None:
    """By the first of these limits that one more run at this price would pass, or None."""
    return next((status.refusal(price) for status in statuses if not status.admits(price)), None)


def decide(
    limits: Sequence[Limit], usage: Mapping[tuple[Scope, Window], Usage], hold: Money, at_s: float
) -> LimitReached | None:
    """The limit that one more run with this hold would pass, or None."""
    nothing = Usage()
    statuses = (
        LimitStatus.of(limit, usage.get((limit.scope, limit.window), nothing), at_s) for limit in limits
    )
    return first_refusal(statuses, hold)


@dataclass(eq=False)
class LimitReached(Refusal):
    """A limit would be passed. Amounts are runs, or picodollars where `is_money`.

    `request` is what was refused, where the use case that refused it says so, `is_private` how.
    """

    is_operator: bool
    is_money: bool
    limit: int
    used: int
    held: int
    asked: int
    resets_at_s: int
    bound: Limit | None = None
    request: RunRequest | None = None
    is_private: bool = False  # whether what was refused was for its asker alone
