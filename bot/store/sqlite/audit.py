"""The proof that the books are right: counters equal the sums, every ended job is resolved once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Final

from bot.domain.limits.limit import Subject, Usage, Window, window_bounds
from bot.domain.money import MAX_PICO
from bot.store.sqlite.fragments import COUNTER, HAS_ENDED, HELD, counter_of, halves, whole
from bot.store.sqlite.ledger import Key, model_key

# A late bill is the operator's, as a write-off is, beside whatever the resolution says.
_IS_OPERATORS: Final = f"u.subject = '{Subject.OPERATOR.value}'"
_IS_CHARGED: Final = f"(r.kind = 'post' OR ({_IS_OPERATORS} AND r.kind = 'write_off'))"
_IS_BILLED_LATE: Final = f"({_IS_OPERATORS} AND late.amount_pico > 0)"
# What never resets counts what is unfinished; elsewhere a hold that is kept for its charge counts, too.
_IS_HELD: Final = f"""(r.job_id IS NULL AND NOT (u."window" = '{Window.EVER.value}' AND {HAS_ENDED}))"""

_CHARGED: Final = halves("r.amount_pico", _IS_CHARGED)
_BILLED_LATE: Final = halves("late.amount_pico", _IS_BILLED_LATE)
_BOOKED: Final = f"""
SELECT {counter_of("u")},
       count(*) FILTER (WHERE {_IS_CHARGED} OR {_IS_BILLED_LATE}),
       count(*) FILTER (WHERE {_IS_HELD}),
       {_CHARGED[0]} + {_BILLED_LATE[0]}, {_CHARGED[1]} + {_BILLED_LATE[1]},
       {", ".join(halves(HELD, _IS_HELD))}
FROM reservation_usage AS u
JOIN reservation AS h USING (job_id)
JOIN jobs USING (job_id)
LEFT JOIN resolution AS r USING (job_id)
LEFT JOIN late_bill AS late USING (job_id)
GROUP BY 1, 2, 3, 4, 5, 6, 7
"""

_COUNTED: Final = f"SELECT {COUNTER}, runs_used, runs_held, spend_used_pico, spend_held_pico FROM usage"

_FAULTS: Final = {
    "job {} has no reservation": """
        SELECT job_id FROM jobs WHERE job_id NOT IN (SELECT job_id FROM reservation)""",
    "job {} has ended without a resolution": f"""
        SELECT job_id FROM jobs
        WHERE {HAS_ENDED} AND job_id NOT IN (SELECT job_id FROM resolution)
          AND NOT (is_charge_open = 1 AND stage <> 'FAILED' AND task_id IS NOT NULL)""",
    "job {} is resolved and has not ended": f"""
        SELECT job_id FROM jobs JOIN resolution USING (job_id) WHERE NOT {HAS_ENDED}""",
    "job {} and its reservation name different amounts or owners": """
        SELECT job_id FROM jobs JOIN reservation AS h USING (job_id)
        WHERE h.amount_pico <> jobs.hold_pico OR h.user_id <> jobs.user_id
           OR h.guild_id <> coalesce(jobs.guild_id, 0)""",
    "job {} and its reservation name different channels": """
        SELECT job_id FROM jobs JOIN reservation AS h USING (job_id)
        WHERE h.channel_id <> jobs.channel_id
           OR h.ruled_channel_id <> coalesce(nullif(jobs.ruled_channel_id, 0), jobs.channel_id)""",
    "job {} is held for more because of a bill that was no surprise": """
        SELECT job_id FROM hold_raise AS raised WHERE NOT EXISTS (
            SELECT 1 FROM bill_alarm AS a WHERE a.job_id = raised.cause_job_id AND a.kind = 'surprise')""",
    "job {} was billed late beside a resolution that covers all": """
        SELECT job_id FROM late_bill
        JOIN reservation AS h USING (job_id) LEFT JOIN resolution AS r USING (job_id)
        WHERE r.kind IS NULL OR r.kind = 'write_off'
           OR (r.kind = 'post' AND r.amount_pico NOT IN (0, h.amount_pico))""",
    "job {} was billed late and is still waited for": """
        SELECT job_id FROM late_bill JOIN jobs USING (job_id) WHERE is_charge_open = 1""",
    "job {} was billed late for a task that belongs to another job": """
        SELECT late.job_id FROM late_bill AS late JOIN jobs USING (task_id)
        WHERE jobs.job_id <> late.job_id""",
}

_SPANS: Final = """
SELECT "window", starts_at_s, min(reserved_at_s), max(reserved_at_s)
FROM reservation_usage JOIN reservation USING (job_id) GROUP BY "window", starts_at_s
"""

_MODELS: Final = """
SELECT jobs.model, h.model, min(job_id) FROM jobs JOIN reservation AS h USING (job_id) GROUP BY 1, 2
"""

# A tracked dimension promises a row for the member and one for the server: neither may be missing.
_UNCOUNTED: Final = """
SELECT h.job_id, t."window", t.channel_id, t.model
FROM tracked_dimensions AS t
JOIN reservation AS h
  ON h.guild_id = t.guild_id AND t.channel_id IN (0, h.channel_id, h.ruled_channel_id)
 AND t.model IN ('', h.model)
WHERE CASE t."window"
          WHEN :ever THEN NOT EXISTS (
              SELECT 1 FROM jobs
              WHERE jobs.job_id = h.job_id AND jobs.stage IN ('SUCCEEDED', 'FAILED', 'CANCELLED')
          )
          ELSE h.reserved_at_s >= t.since_s
      END
  AND 2 > (SELECT count(*) FROM reservation_usage AS u
           WHERE u.job_id = h.job_id AND u.guild_id = h.guild_id
             AND ((u.subject = :member AND u.subject_id = h.user_id)
               OR (u.subject = :server AND u.subject_id = 0))
             AND u.channel_id = t.channel_id AND u.model = t.model AND u."window" = t."window")
"""


def discrepancies(sqlite: sqlite3.Connection) -> list[str]:
    """Every way in which the books contradict themselves, each a sentence. Reads everything."""
    return [
        *_broken_references(sqlite),
        *_faults(sqlite),
        *_misnamed(sqlite),
        *_misplaced(sqlite),
        *_uncounted(sqlite),
        *_miscounted(sqlite),
    ]


def _broken_references(sqlite: sqlite3.Connection) -> Iterator[str]:
    for table, row_id, parent, _ in sqlite.execute("PRAGMA foreign_key_check"):
        yield f"row {row_id} of {table} belongs to no row of {parent}"


def _faults(sqlite: sqlite3.Connection) -> Iterator[str]:
    for sentence, query in _FAULTS.items():
        for (job_id,) in sqlite.execute(query):
            yield sentence.format(job_id)


def _misnamed(sqlite: sqlite3.Connection) -> Iterator[str]:
    for asked, booked, job_id in sqlite.execute(_MODELS):
        if model_key(asked) != booked:
            yield f"job {job_id} ran {asked}, its reservation names {booked}"


def _uncounted(sqlite: sqlite3.Connection) -> Iterator[str]:
    names = {
        "ever": Window.EVER.value,
        "member": Subject.MEMBER.value,
        "server": Subject.SERVER.value,
    }
    for job_id, window, channel_id, model in sqlite.execute(_UNCOUNTED, names):
        yield f"job {job_id} is missing in a tracked counter: {window}, channel {channel_id}, model {model!r}"


def _misplaced(sqlite: sqlite3.Connection) -> Iterator[str]:
    for name, starts_at_s, *reserved_at_s in sqlite.execute(_SPANS):
        if any(window_bounds(Window(name), at_s)[0] != starts_at_s for at_s in reserved_at_s):
            yield f"a reservation counts in the {name} of {starts_at_s}, in which it was not made"


def _miscounted(sqlite: sqlite3.Connection) -> Iterator[str]:
    booked: dict[Key, Usage] = {}
    for row in sqlite.execute(_BOOKED):
        used_high, used_low, held_high, held_low = row[9:]
        spend_used_pico = min(MAX_PICO, whole(used_high, used_low))  # the counter stops there too
        booked[tuple(row[:7])] = Usage(row[7], row[8], spend_used_pico, whole(held_high, held_low))
    counted: dict[Key, Usage] = {tuple(row[:7]): Usage(*row[7:]) for row in sqlite.execute(_COUNTED)}
    for key in sorted(booked.keys() | counted.keys()):
        in_books, in_counter = booked.get(key, Usage()), counted.get(key, Usage())
        if in_books != in_counter:
            yield f"counter {key} says {in_counter}, the ledger says {in_books}"
