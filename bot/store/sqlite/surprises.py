"""Bills that nobody could foresee: written down, and the holds of their models' running jobs raised."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Final, TypeAlias

from bot.domain.job.job import Job
from bot.domain.limits.holds import Bill, is_surprise, raised_to
from bot.domain.money import Money
from bot.domain.request.run_request import RunRequest
from bot.store.sqlite.fragments import IS_RUNNING, SOME_IDS, counter_of, same_counter
from bot.store.sqlite.histories import effort_of, effort_of_row
from bot.store.sqlite.ledger import held_pico, model_key

# A hold may have been worked out so much earlier than it is written: a surprise in between is caught up with.
STALE_S: Final = 60.0

Raise: TypeAlias = tuple[int, int, int]  # whose hold is raised, whose bill does it, picodollars

_ALARM: Final = """
INSERT INTO bill_alarm (job_id, kind, model, billed_pico, at_s) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
"""
_RAISE: Final = "INSERT INTO hold_raise (job_id, cause_job_id, amount_pico, raised_at_s) VALUES (?, ?, ?, ?)"
# What has not ended is found by the index of what is unfinished.
_RUNNING: Final = f"""
SELECT jobs.job_id, width, height, steps, picture_count
FROM jobs JOIN reservation AS h USING (job_id)
WHERE {IS_RUNNING} AND h.model = ?
"""
_OF_LATE: Final = """
SELECT job_id, billed_pico, width, height, steps, picture_count FROM bill_alarm JOIN jobs USING (job_id)
WHERE bill_alarm.model = ? AND at_s > ? AND kind = 'surprise'
"""
_COUNT: Final = f"""
UPDATE usage SET spend_held_pico = spend_held_pico + raised.pico
FROM (
    SELECT {counter_of("u")}, sum(r.amount_pico) AS pico
    FROM hold_raise AS r JOIN reservation_usage AS u USING (job_id)
    WHERE r.job_id IN {SOME_IDS} AND r.cause_job_id IN {SOME_IDS}
    GROUP BY 1, 2, 3, 4, 5, 6, 7
) AS raised
WHERE {same_counter("raised")}
"""


def look_at_bill(
    sqlite: sqlite3.Connection, job_id: int, request: RunRequest, billed: Money, at_s: float
) -> None:
    """When a job is billed so much: is it a surprise, the other running jobs are held for as much."""
    if not is_surprise(Money(held_pico(sqlite, job_id)), billed):
        return
    model = model_key(request.model)
    if sqlite.execute(_ALARM, (job_id, "surprise", model, billed.pico, at_s)).rowcount == 0:
        return
    bill = Bill(billed, effort_of(request))
    wanted = [
        (other_id, job_id, raised_to(bill, effort_of_row(*rest)).pico - held_pico(sqlite, other_id))
        for other_id, *rest in sqlite.execute(_RUNNING, (model,)).fetchall()
        if other_id != job_id
    ]
    write_raises(sqlite, [one for one in wanted if one[2] > 0], at_s)


def note_disbelieved(sqlite: sqlite3.Connection, job: Job, at_s: float) -> None:
    """Wiro's bill for an ended job is no amount, or past belief: it is to be reconciled by hand."""
    sqlite.execute(_ALARM, (job.job_id, "disbelieved", model_key(job.request.model), None, at_s))


def missed(sqlite: sqlite3.Connection, job: Job) -> list[Raise]:
    """What a job that is about to be written must hold besides: bills that came while it was on its way."""
    of_late = (model_key(job.request.model), job.created_at_s - STALE_S)
    found = sqlite.execute(_OF_LATE, of_late).fetchall()
    if not found:  # as of nearly every job
        return []
    effort, raises, held = effort_of(job.request), list[Raise](), job.hold.pico
    for cause_id, pico, *rest in found:
        target = raised_to(Bill(Money(pico), effort_of_row(*rest)), effort).pico
        if target > held:
            raises.append((job.job_id, cause_id, target - held))
            held = target
    return raises


def write_raises(sqlite: sqlite3.Connection, raises: Sequence[Raise], at_s: float) -> None:
    """Hold so much more for these jobs, in every counter of their reservations."""
    if raises:
        sqlite.executemany(_RAISE, [(*one, at_s) for one in raises])
        job_ids, cause_ids = ({one[place] for one in raises} for place in (0, 1))
        sqlite.execute(_COUNT, (json.dumps([*job_ids]), json.dumps([*cause_ids])))
