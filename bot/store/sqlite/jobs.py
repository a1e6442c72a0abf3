"""Jobs on record: every question and every change is one unit of work."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from operator import itemgetter
from typing import Final

from bot.domain.job.errors import JobNotFound, LeaseLost
from bot.domain.job.job import Job
from bot.domain.job.ledger import OpenCharge, Settlement
from bot.domain.limits.holds import History
from bot.domain.limits.limit import Limit, Scope, Usage, Window
from bot.domain.money import Money
from bot.services.limits.ports import UsageStore
from bot.services.runs.ports import Store
from bot.store.sqlite import charges, ledger, surprises
from bot.store.sqlite.audit import discrepancies
from bot.store.sqlite.fragments import IS_RUNNING, IS_UNFINISHED, SOME_IDS
from bot.store.sqlite.histories import history_of
from bot.store.sqlite.intakes import TAKE_AWAY
from bot.store.sqlite.records import Records
from bot.store.sqlite.rows import COLUMNS, PLACEHOLDERS, SET_ENDED, SET_MOVING, job_of, row_of, values_of_row

# Put together from the constants of ours; values are always bound.
_INSERT: Final = f"INSERT INTO jobs ({COLUMNS}) VALUES ({PLACEHOLDERS}) ON CONFLICT (job_id) DO NOTHING"
_SELECT: Final = f"SELECT {COLUMNS} FROM jobs"
_ONE: Final = f"{_SELECT} WHERE job_id = ?"
_SOME: Final = f"{_SELECT} WHERE job_id IN {SOME_IDS}"
_UNFINISHED: Final = f"{_SELECT} WHERE {IS_UNFINISHED} ORDER BY created_at_s, job_id"
_OWN: Final = f"""
UPDATE jobs SET epoch = epoch + 1 WHERE job_id IN {SOME_IDS} AND ({IS_UNFINISHED})
"""
_OWNED: Final = f"{_SOME} AND ({IS_UNFINISHED}) ORDER BY created_at_s, job_id"
_IS_OURS: Final = "job_id = :job_id AND epoch = :epoch"
_MOVE: Final = f"UPDATE jobs SET {SET_MOVING} WHERE {_IS_OURS} AND {IS_RUNNING}"
_WISH: Final = f"UPDATE jobs SET is_cancel_asked = 1 WHERE job_id = ? AND {IS_RUNNING}"
_END: Final = f"UPDATE jobs SET {SET_ENDED} WHERE {_IS_OURS} AND {IS_RUNNING}"
_DELIVERED: Final = f"UPDATE jobs SET is_delivered = 1 WHERE {_IS_OURS}"
_CLAIMED: Final = """
SELECT task_id FROM jobs WHERE task_id IN (SELECT value FROM json_each(?1))
UNION ALL SELECT task_id FROM late_bill WHERE task_id IN (SELECT value FROM json_each(?1))
"""


class JobStore(Records, Store, UsageStore):
    async def reserve(
        self, job: Job, limits: Sequence[Limit], counters: Sequence[tuple[Scope, Window]]
    ) -> bool:
        row = values_of_row(row_of(job))
        planned = ledger.Hold.of(job, limits, counters)

        def unit(sqlite: sqlite3.Connection) -> bool:
            raises = surprises.missed(sqlite, job)
            more_pico = sum(pico for *_, pico in raises)
            # Before anything is written: there is nothing to undo.
            refusal = ledger.refusal(sqlite, planned, more_pico)
            if refusal is not None and not _is_on_record(sqlite, job.job_id):
                raise refusal
            sqlite.execute(TAKE_AWAY, (job.origin.message_id,))
            if refusal is not None or sqlite.execute(_INSERT, row).rowcount == 0:
                return False
            ledger.hold(sqlite, planned)
            surprises.write_raises(sqlite, raises, job.created_at_s)
            return True

        return await self._database.write(unit)

    async def save(self, job: Job) -> None:
        if job.is_terminal:
            raise ValueError(f"job {job.job_id} has ended: it is settled, not saved")
        row = row_of(job)

        def unit(sqlite: sqlite3.Connection) -> None:
            if sqlite.execute(_MOVE, row).rowcount == 0:
                _require_owned(sqlite, job)

        await self._database.write(unit)

    async def request_cancel(self, job_id: int) -> None:
        await self._execute(_WISH, (job_id,))

    async def settle(self, job: Job, settlement: Settlement | None, at_s: float) -> bool:
        if not job.is_terminal:
            raise ValueError(f"job {job.job_id} has not ended: it is saved, not settled")

        def unit(sqlite: sqlite3.Connection) -> bool:
            # Here, off the loop: a model may have said millions of characters.
            if sqlite.execute(_END, row_of(job)).rowcount == 0:
                _require_owned(sqlite, job)
                return False
            if settlement is None:
                ledger.end_run(sqlite, job.job_id)
            else:
                ledger.resolve(sqlite, job.job_id, settlement, at_s)
            if job.cost is not None:
                surprises.look_at_bill(sqlite, job.job_id, job.request, job.cost, at_s)
            if job.is_bill_disbelieved:
                surprises.note_disbelieved(sqlite, job, at_s)
            if job.is_charge_open:
                charges.wait(sqlite, job, at_s)
            return True

        return await self._database.write(unit)

    async def mark_delivered(self, job: Job) -> None:
        def unit(sqlite: sqlite3.Connection) -> None:
            if sqlite.execute(_DELIVERED, {"job_id": job.job_id, "epoch": job.epoch}).rowcount == 0:
                _require_owned(sqlite, job)

        await self._database.write(unit)

    async def job(self, job_id: int) -> Job | None:
        return await self._first(job_of, _ONE, (job_id,))

    async def jobs(self, job_ids: Sequence[int]) -> Sequence[Job]:
        return await self._all(job_of, _SOME, (json.dumps(list(job_ids)),))

    async def unfinished(self) -> Sequence[Job]:
        return await self._all(job_of, _UNFINISHED)

    async def resume(self, job_ids: Sequence[int]) -> Sequence[Job]:
        asked = (json.dumps(list(job_ids)),)

        def unit(sqlite: sqlite3.Connection) -> Sequence[Job]:
            sqlite.execute(_OWN, asked)
            return [job_of(row) for row in sqlite.execute(_OWNED, asked)]

        return await self._database.write(unit)

    async def claimed(self, task_ids: Sequence[str]) -> frozenset[str]:
        return frozenset(await self._all(itemgetter(0), _CLAIMED, (json.dumps(list(task_ids)),)))

    async def open_charges(self) -> Sequence[OpenCharge]:
        return await self._database.read(charges.open_charges)

    async def adopt_late(self, job_id: int, task_id: str) -> bool:
        return await self._database.write(lambda sqlite: charges.adopt(sqlite, job_id, task_id))

    async def book_charge(self, job: Job, charge: Money, at_s: float) -> bool:
        return await self._database.write(lambda sqlite: charges.book(sqlite, job, charge, at_s))

    async def is_known_free(self, model: str, at_s: float) -> bool:
        return await self._database.read(lambda sqlite: charges.is_known_free(sqlite, model, at_s))

    async def usage(self, scope: Scope, window: Window, at_s: float) -> Usage:
        return await self._database.read(lambda sqlite: ledger.usage_of(sqlite, (scope, window), at_s))

    async def model_history(self, model: str, at_s: float) -> History:
        return await self._database.read(lambda sqlite: history_of(sqlite, model, at_s))

    async def audit(self) -> list[str]:
        return await self._database.read(discrepancies)


def _is_on_record(sqlite: sqlite3.Connection, job_id: int) -> bool:
    return sqlite.execute("SELECT 1 FROM jobs WHERE job_id = ?", (job_id,)).fetchone() is not None


def _require_owned(sqlite: sqlite3.Connection, job: Job) -> None:
    row = sqlite.execute("SELECT epoch FROM jobs WHERE job_id = ?", (job.job_id,)).fetchone()
    if row is None:
        raise JobNotFound(job.job_id)
    if row[0] != job.epoch:
        raise LeaseLost(job.job_id)
