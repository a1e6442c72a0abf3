"""What is booked for tasks, and who asked with which seed: for whoever holds the books against Wiro's."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Final

from bot.domain.job.job import Job
from bot.domain.money import MAX_PICO, Money
from bot.domain.records.reconciliation import Booked
from bot.services.runs.ports import Books
from bot.store.sqlite.fragments import IS_PAST, IS_UNFINISHED
from bot.store.sqlite.records import Records
from bot.store.sqlite.rows import COLUMNS, job_of

_BOOKED: Final = """
SELECT coalesce(jobs.task_id, late.task_id), job_id,
       coalesce(r.amount_pico, 0), coalesce(late.amount_pico, 0), jobs.is_charge_open OR r.job_id IS NULL
FROM jobs LEFT JOIN resolution AS r USING (job_id) LEFT JOIN late_bill AS late USING (job_id)
WHERE job_id IN (
    SELECT job_id FROM jobs WHERE task_id IN (SELECT value FROM json_each(?1))
    UNION ALL SELECT job_id FROM late_bill WHERE task_id IN (SELECT value FROM json_each(?1))
)
"""

# Each half word for word with the condition of a partial index: whatever was made lately, run or ended.
_ASKED: Final = f"""
SELECT {COLUMNS} FROM jobs
WHERE is_forgotten = 0 AND {IS_PAST}
  AND created_at_s > ?1 AND seed IN (SELECT value FROM json_each(?2))
UNION ALL SELECT {COLUMNS} FROM jobs
WHERE ({IS_UNFINISHED})
  AND created_at_s > ?1 AND seed IN (SELECT value FROM json_each(?2))
"""


class BookRecords(Records, Books):
    async def booked(self, task_ids: Sequence[str]) -> Mapping[str, Booked]:
        return dict(await self._all(_booked, _BOOKED, (json.dumps(list(task_ids)),)))

    async def asked_with(self, seeds: Sequence[int], since_s: float) -> Sequence[Job]:
        return await self._all(job_of, _ASKED, (since_s, json.dumps(list(seeds))))


def _booked(row: sqlite3.Row) -> tuple[str, Booked]:
    task_id, job_id, paid_pico, late_pico, is_open = row
    return task_id, Booked(job_id, Money(min(MAX_PICO, paid_pico + late_pico)), bool(is_open))
