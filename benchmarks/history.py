"""A database with a long history, written in bulk: what a server has after years."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from bot.store.sqlite.database import Database

DAY_S = 86_400
MEMBERS = 2_000
NOW_S = 1_790_000_000  # of the new reservations: after the whole history

# Spread over the years before NOW_S: `n` counts rows from 1.
_MOMENT = f"({NOW_S} - {DAY_S} - ((:rows - n) % 1000) * {DAY_S} - n % {DAY_S})"
_MEMBER = f"(1000 + n % {MEMBERS})"
_COUNT = "WITH RECURSIVE count(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count WHERE n < :rows)"

# Put together from constants of this file; the number of rows is bound.
_JOBS = f"""
{_COUNT}
INSERT INTO jobs (job_id, user_id, channel_id, ruled_channel_id, guild_id, message_id, is_private,
                  attachment_limit_bytes, model, prompt, picture_count, seed, hold_pico, created_at_s, stage,
                  task_id, detail, cost_pico, elapsed_s, outputs, is_delivered)
SELECT n, {_MEMBER}, 30, 30, 700, n, 0, 10485760, 'stabilityai/stable-diffusion-3-medium',
       'a lighthouse ' || n, 1, n, 3510000000, {_MOMENT}, 'SUCCEEDED', 'old-' || n, '', 3510000000, 6.0,
       '[]', 1
FROM count
"""  # noqa: S608 — see above
_RESERVATIONS = f"""
{_COUNT}
INSERT INTO reservation (job_id, amount_pico, guild_id, user_id, channel_id, ruled_channel_id, model,
                         reserved_at_s)
SELECT n, 3510000000, 700, {_MEMBER}, 30, 30, 'stabilityai/stable-diffusion-3-medium', {_MOMENT}
FROM count
"""  # noqa: S608 — see above
_RESOLUTIONS = f"""
{_COUNT}
INSERT INTO resolution (job_id, kind, amount_pico, resolved_at_s)
SELECT n, 'post', 3510000000, {_MOMENT} + 7 FROM count
"""  # noqa: S608 — see above
_BOOKED = f"""
{_COUNT}
INSERT INTO reservation_usage (job_id, subject, guild_id, subject_id, channel_id, model, window, starts_at_s)
SELECT n, 'member', 700, {_MEMBER}, 0, '', 'day', {_MOMENT} / {DAY_S} * {DAY_S} FROM count
"""  # noqa: S608 — see above
_COUNTERS = """
INSERT INTO usage
SELECT subject, guild_id, subject_id, channel_id, model, window, starts_at_s, count(*), 0,
       count(*) * 3510000000, 0
FROM reservation_usage GROUP BY 1, 2, 3, 4, 5, 6, 7
"""


async def with_history(path: Path, rows: int) -> Path:
    """A database of ours with so many settled jobs in it."""
    async with Database(path):
        pass  # the schema is the bot's own
    sqlite = sqlite3.connect(path, isolation_level=None)
    try:
        sqlite.execute("PRAGMA synchronous = OFF")
        sqlite.execute("PRAGMA journal_mode = OFF")
        sqlite.execute("PRAGMA cache_size = -400000")
        sqlite.execute("BEGIN")
        for script in (_JOBS, _RESERVATIONS, _RESOLUTIONS, _BOOKED):
            sqlite.execute(script, {"rows": rows})
        sqlite.execute(_COUNTERS)
        sqlite.execute("COMMIT")
    finally:
        sqlite.close()
    return path
