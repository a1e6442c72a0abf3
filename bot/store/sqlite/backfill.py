"""A dimension limited for the first time is counted back, so that its counters are complete at once."""

from __future__ import annotations

import sqlite3
from typing import Final

from bot.domain.limits.limit import Subject, Window, window_bounds
from bot.domain.limits.policies import LimitKey
from bot.domain.money import MAX_PICO
from bot.store.sqlite.fragments import COUNTER, HELD, IS_RUNNING, halves, whole

_IN_WINDOW: Final = """
FROM reservation AS h LEFT JOIN resolution AS r USING (job_id)
WHERE h.guild_id = :guild_id AND h.reserved_at_s >= :starts_at_s AND h.reserved_at_s < :ends_at_s
"""

# What is unresolved has not ended; the index of running jobs spares the whole past.
_UNRESOLVED: Final = f"""
FROM (SELECT job_id FROM jobs WHERE {IS_RUNNING}) AS running
CROSS JOIN reservation AS h USING (job_id) LEFT JOIN resolution AS r USING (job_id)
WHERE h.guild_id = :guild_id AND r.job_id IS NULL
"""

_UNCOUNTED: Final = """
  AND :channel_id IN (0, h.channel_id, h.ruled_channel_id) AND :model IN ('', h.model)
  AND NOT EXISTS (
      SELECT 1 FROM reservation_usage AS u
      WHERE u.job_id = h.job_id AND u.subject = :subject AND u.guild_id = h.guild_id
        AND u.subject_id = CASE :subject WHEN 'member' THEN h.user_id ELSE 0 END
        AND u.channel_id = :channel_id AND u.model = :model AND u."window" = :window
  )
"""

_SUMS: Final = f"""
SELECT CASE :subject WHEN 'member' THEN h.user_id ELSE 0 END,
       count(*) FILTER (WHERE r.kind = 'post'),
       count(*) FILTER (WHERE r.job_id IS NULL),
       {", ".join(halves("r.amount_pico", "r.kind = 'post'"))},
       {", ".join(halves(HELD, "r.job_id IS NULL"))}
"""

_BOOK: Final = f"""
INSERT INTO reservation_usage (job_id, {COUNTER})
SELECT h.job_id, :subject, h.guild_id, CASE :subject WHEN 'member' THEN h.user_id ELSE 0 END,
       :channel_id, :model, :window, :starts_at_s
"""

_ADD: Final = f"""
INSERT INTO usage ({COUNTER}, runs_used, runs_held, spend_used_pico, spend_held_pico)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT ({COUNTER}) DO UPDATE
SET runs_used = usage.runs_used + excluded.runs_used,
    runs_held = usage.runs_held + excluded.runs_held,
    spend_used_pico = min({MAX_PICO}, usage.spend_used_pico + excluded.spend_used_pico),
    spend_held_pico = usage.spend_held_pico + excluded.spend_held_pico
"""

_NEXT: Final = "SELECT min(reserved_at_s) FROM reservation WHERE guild_id = ? AND reserved_at_s >= ?"


def track(sqlite: sqlite3.Connection, guild_id: int, dimension: LimitKey, at_s: float) -> None:
    """Track a dimension from the window around `at_s` on. One that is tracked already is left alone.

    Reads the server's reservations of that window: the one change whose cost grows with usage. The model of
    the dimension must be in lower case.
    """
    starts_at_s, ends_at_s = window_bounds(dimension.window, at_s)
    place = (guild_id, dimension.channel_id, dimension.model, dimension.window.value)
    tracked = sqlite.execute(
        "INSERT INTO tracked_dimensions VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (*place, dimension.measure.value, starts_at_s),
    )
    if tracked.rowcount == 0:
        return
    while True:
        _count_back(sqlite, guild_id, dimension, starts_at_s, ends_at_s)
        if dimension.window is Window.EVER:
            return
        # Nothing is reserved after now, but by a clock that was set back since.
        (later_s,) = sqlite.execute(_NEXT, (guild_id, ends_at_s)).fetchone()
        if later_s is None:
            return
        starts_at_s, ends_at_s = window_bounds(dimension.window, later_s)


def _count_back(
    sqlite: sqlite3.Connection, guild_id: int, dimension: LimitKey, starts_at_s: int, ends_at_s: int
) -> None:
    reservations = _UNRESOLVED if dimension.window is Window.EVER else _IN_WINDOW
    for subject in (Subject.MEMBER, Subject.SERVER):
        counted = {
            "subject": subject.value,
            "guild_id": guild_id,
            "channel_id": dimension.channel_id,
            "model": dimension.model,
            "window": dimension.window.value,
            "starts_at_s": starts_at_s,
            "ends_at_s": ends_at_s,
        }
        rows = sqlite.execute(f"{_SUMS}{reservations}{_UNCOUNTED} GROUP BY 1", counted).fetchall()
        sqlite.execute(f"{_BOOK}{reservations}{_UNCOUNTED}", counted)
        place = (dimension.channel_id, dimension.model, dimension.window.value, starts_at_s)
        for subject_id, runs_used, runs_held, used_high, used_low, held_high, held_low in rows:
            spend_used_pico = min(MAX_PICO, whole(used_high, used_low))
            key = (subject.value, guild_id, subject_id, *place)
            figures = (runs_used, runs_held, spend_used_pico, whole(held_high, held_low))
            sqlite.execute(_ADD, (*key, *figures))
