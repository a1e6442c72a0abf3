"""Figures of a period: who ran how much, where, with what, for how many dollars."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.money import Money


@dataclass(frozen=True, slots=True)
class Share:
    """One line of a report. `key` is a member's or channel's id, or a model."""

    key: str
    runs: int  # that were charged
    spend: Money


@dataclass(frozen=True, slots=True)
class DaySpend:
    """What one model cost on one UTC day. `day` is the epoch second of its midnight."""

    day: int
    model: str
    spend: Money


@dataclass(frozen=True, slots=True)
class UsageReport:
    """A server's (or one member's) period, epoch seconds, end exclusive. Shares are the largest first."""

    since_s: int
    until_s: int
    runs: int
    failed: int  # ended without a charge
    spend: Money
    held: Money  # by jobs still running
    by_member: tuple[Share, ...]
    by_channel: tuple[Share, ...]
    by_model: tuple[Share, ...]
    by_day: tuple[DaySpend, ...]


@dataclass(frozen=True, slots=True)
class ExportLine:
    """One job of an export, without its prompt."""

    job_id: int
    created_at_s: float
    user_id: int
    channel_id: int
    model: str
    stage: str
    charged: Money
    elapsed_s: float | None


@dataclass(frozen=True, slots=True)
class PictureWish:
    """A member's own word that nobody else may use their pictures."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a member last filled in for a model: by the model's own names, the texts as typed."""

    model: str
    typed: Mapping[str, tuple[str, ...]]
    saved_at_s: float
