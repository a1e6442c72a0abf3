"""One change by a moderator, as the audit log keeps it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who changed what, when, from what to what; `before` and `after` are words, empty for nothing."""

    guild_id: int
    actor_id: int
    action: str  # the command, such as "limits set"
    subject: str  # what it was about, such as "runs a day for @Artist in #art"
    before: str
    after: str
    at_s: float
