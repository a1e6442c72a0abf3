"""The ledger inside a transaction: holds, their one resolution, and the counters that follow both."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

from bot.domain.job import Job
from bot.domain.ledger import Resolution, Settlement
from bot.domain.limits import Limit, Scope, Subject, Usage, Window, decide, window_bounds
from bot.domain.money import MAX_PICO

Counter: TypeAlias = tuple[Scope, Window]
_Key: TypeAlias = tuple[str, int, int, str, int]  # the primary key of a row of `usage`

_HOLD: Final = """
INSERT INTO usage (subject, guild_id, subject_id, window, starts_at_s,
                   runs_used, runs_held, spend_used_pico, spend_held_pico)
VALUES (?, ?, ?, ?, ?, 0, 1, 0, ?)
ON CONFLICT DO UPDATE
SET runs_held = runs_held + 1, spend_held_pico = spend_held_pico + excluded.spend_held_pico
"""

# SQLite adds past 64 bits in floating point, so the smaller of both is exact or the largest amount:
# no bill, however absurd, can keep a job from settling.
_RELEASE: Final = f"""
UPDATE usage
SET runs_held = runs_held - 1,
    spend_held_pico = spend_held_pico - :held_pico,
    runs_used = runs_used + charged.runs,
    spend_used_pico = min({MAX_PICO}, spend_used_pico + charged.pico)
FROM (
    SELECT *,
           CASE WHEN subject = :operator THEN :operator_runs ELSE :member_runs END AS runs,
           CASE WHEN subject = :operator THEN :operator_pico ELSE :member_pico END AS pico
    FROM reservation_usage WHERE job_id = :job_id
) AS charged
WHERE usage.subject = charged.subject AND usage.guild_id = charged.guild_id
  AND usage.subject_id = charged.subject_id AND usage.window = charged.window
  AND usage.starts_at_s = charged.starts_at_s
"""  # noqa: S608 — the one thing put into the text is a constant of ours


def usage_of(sqlite: sqlite3.Connection, counter: Counter, at_s: float) -> Usage:
    """What stands in a counter in the window around `at_s`."""
    return _usage(sqlite, _key(counter, at_s))


def hold(sqlite: sqlite3.Connection, job: Job, limits: Sequence[Limit], counters: Iterable[Counter]) -> None:
    """Write the reservation of a job that is on record and bump its counters.

    Counted in every counter given and in those of the limits. Raises LimitReached.
    """
    at_s = job.created_at_s
    limited = [(limit.scope, limit.window) for limit in limits]
    keys = {counter: _key(counter, at_s) for counter in dict.fromkeys((*counters, *limited))}
    usage = {counter: _usage(sqlite, keys[counter]) for counter in limited}
    refusal = decide(limits, usage, job.hold, at_s)
    if refusal is not None:
        raise refusal
    sqlite.execute(
        """
        INSERT INTO reservation (job_id, amount_pico, guild_id, user_id, reserved_at_s)
        VALUES (?, ?, ?, ?, ?)
        """,
        (job.job_id, job.hold.pico, job.origin.guild_id or 0, job.origin.user_id, at_s),
    )
    for key in keys.values():
        sqlite.execute(_HOLD, (*key, job.hold.pico))
        sqlite.execute("INSERT INTO reservation_usage VALUES (?, ?, ?, ?, ?, ?)", (job.job_id, *key))


def resolve(sqlite: sqlite3.Connection, job_id: int, settlement: Settlement, at_s: float) -> bool:
    """Write the one resolution and move the counters of the reservation. False: it is resolved already.

    The amount may be more than was held: what Wiro bills is posted.
    """
    amount_pico = settlement.amount.pico
    written = sqlite.execute(
        """
        INSERT INTO resolution (job_id, kind, amount_pico, resolved_at_s) VALUES (?, ?, ?, ?)
        ON CONFLICT DO NOTHING
        """,
        (job_id, settlement.resolution.value, amount_pico, at_s),
    )
    if written.rowcount == 0:
        return False
    (held_pico,) = sqlite.execute(
        "SELECT amount_pico FROM reservation WHERE job_id = ?", (job_id,)
    ).fetchone()
    is_members = settlement.resolution is Resolution.POST
    is_operators = settlement.resolution is not Resolution.VOID
    sqlite.execute(
        _RELEASE,
        {
            "job_id": job_id,
            "held_pico": held_pico,
            "operator": Subject.OPERATOR.value,
            "operator_runs": int(is_operators),
            "operator_pico": amount_pico if is_operators else 0,
            "member_runs": int(is_members),
            "member_pico": amount_pico if is_members else 0,
        },
    )
    return True


def _usage(sqlite: sqlite3.Connection, key: _Key) -> Usage:
    row = sqlite.execute(
        """
        SELECT runs_used, runs_held, spend_used_pico, spend_held_pico FROM usage
        WHERE subject = ? AND guild_id = ? AND subject_id = ? AND window = ? AND starts_at_s = ?
        """,
        key,
    ).fetchone()
    return Usage() if row is None else Usage(*row)


def _key(counter: Counter, at_s: float) -> _Key:
    scope, window = counter
    starts_at_s, _ = window_bounds(window, at_s)
    return scope.subject.value, scope.guild_id, scope.subject_id, window.value, starts_at_s
