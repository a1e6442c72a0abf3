"""Charges that come after a run's end, inside a transaction: asked after, adopted, booked once."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from bot.domain.job.job import Job
from bot.domain.job.ledger import CHARGE_WAIT_S, OpenCharge, late_settlement
from bot.domain.limits.limit import Subject
from bot.domain.money import MAX_PICO, ZERO, Money
from bot.store.sqlite import ledger, surprises
from bot.store.sqlite.fragments import IS_RUNNING, same_counter
from bot.store.sqlite.rows import storable

PROVEN_FREE_S: Final = (
    7 * 86_400.0
)  # for so long a model is free that was; then one more success is waited for
_NEWEST: Final = 50  # successes of a model, none of which may have cost anything

# Answered by the index of open charges alone: there may be thousands.
_OPEN: Final = """
SELECT job_id, task_id, charge_until_s FROM jobs WHERE is_charge_open = 1 ORDER BY charge_until_s, job_id
"""
_WAIT: Final = "UPDATE jobs SET charge_until_s = ? WHERE job_id = ?"

# Nothing where the task belongs to another job, or where it may yet turn out to be that of a running twin
# whose Run has no answer.
_ADOPT: Final = f"""
UPDATE jobs SET task_id = :task_id
WHERE job_id = :job_id AND task_id IS NULL AND is_charge_open = 1
  AND NOT EXISTS (SELECT 1 FROM jobs WHERE task_id = :task_id)
  AND NOT EXISTS (SELECT 1 FROM late_bill WHERE task_id = :task_id)
  AND NOT EXISTS (
      SELECT 1 FROM jobs AS twin
      WHERE twin.{IS_RUNNING}
        AND twin.sent_at_s IS NOT NULL AND twin.task_id IS NULL
        AND (twin.seed = jobs.seed OR twin.prompt = jobs.prompt)
  )
"""

_CLOSE: Final = "UPDATE jobs SET is_charge_open = 0 WHERE job_id = ? AND is_charge_open = 1"
_KIND: Final = "SELECT kind FROM resolution WHERE job_id = ?"
_BILL: Final = "INSERT INTO late_bill (job_id, task_id, amount_pico, found_at_s) VALUES (?, ?, ?, ?)"

_CHARGE_OPERATOR: Final = f"""
UPDATE usage
SET runs_used = runs_used + :runs,
    spend_used_pico = min({MAX_PICO}, spend_used_pico + :amount_pico)
FROM (SELECT * FROM reservation_usage WHERE job_id = :job_id AND subject = :operator) AS charged
WHERE {same_counter("charged")}
"""

_IS_FREE: Final = """
SELECT EXISTS (
    SELECT 1 FROM jobs WHERE model = :model COLLATE NOCASE AND created_at_s > :since_s
      AND stage = 'SUCCEEDED' AND cost_pico = 0 AND is_charge_open = 0 AND charge_until_s IS NOT NULL
) AND NOT EXISTS (
    SELECT 1 FROM (
        SELECT cost_pico FROM jobs WHERE model = :model COLLATE NOCASE AND stage = 'SUCCEEDED'
        ORDER BY created_at_s DESC LIMIT :newest
    ) WHERE cost_pico > 0
)
"""


def open_charges(sqlite: sqlite3.Connection) -> Sequence[OpenCharge]:
    """Everything that is asked after, what is due first."""
    return [OpenCharge(*row) for row in sqlite.execute(_OPEN)]


def wait(sqlite: sqlite3.Connection, job: Job, at_s: float) -> None:
    """From here on the charge of an ended job is asked after; a Run without an answer, since it was sent."""
    since_s = at_s if job.task_id is not None or job.sent_at_s is None else job.sent_at_s
    sqlite.execute(_WAIT, (since_s + CHARGE_WAIT_S, job.job_id))


def adopt(sqlite: sqlite3.Connection, job_id: int, task_id: str) -> bool:
    """Make a task that turned up late that of its ended job. False: it is, or may become, another's."""
    return sqlite.execute(_ADOPT, {"job_id": job_id, "task_id": storable(task_id)}).rowcount > 0


def book(sqlite: sqlite3.Connection, job: Job, charge: Money, at_s: float) -> bool:
    """Write what the job's task is charged in the end, zero for nothing, and ask after it no more.

    A hold that was kept ends by it. Whatever the member does not pay moves the operator's counters alone.
    False, with nothing written: it is not asked after any more.
    """
    if sqlite.execute(_CLOSE, (job.job_id,)).rowcount == 0:
        return False
    resolved = sqlite.execute(_KIND, (job.job_id,)).fetchone()
    rest_pico, is_counted = charge.pico, resolved is not None and resolved[0] != "void"
    if resolved is None:
        settlement = late_settlement(job, charge)
        ledger.resolve(sqlite, job.job_id, settlement, at_s, has_ended_before=True)
        sqlite.execute("UPDATE jobs SET cost_pico = ? WHERE job_id = ?", (charge.pico, job.job_id))
        rest_pico, is_counted = charge.pico - settlement.amount.pico, True
    if charge > ZERO:
        surprises.look_at_bill(sqlite, job.job_id, job.request, charge, at_s)
    if rest_pico > 0:
        sqlite.execute(_BILL, (job.job_id, storable(job.task_id or ""), rest_pico, at_s))
        bill = {"job_id": job.job_id, "amount_pico": rest_pico, "runs": int(not is_counted)}
        sqlite.execute(_CHARGE_OPERATOR, bill | {"operator": Subject.OPERATOR.value})
    return True


def is_known_free(sqlite: sqlite3.Connection, model: str, at_s: float) -> bool:
    """Whether a success of the model was lately waited for a whole day, and no newer one cost anything."""
    asked = {"model": storable(model), "since_s": at_s - PROVEN_FREE_S, "newest": _NEWEST}
    return bool(sqlite.execute(_IS_FREE, asked).fetchone()[0])
