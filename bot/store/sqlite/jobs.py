"""Jobs on record: every question and every change is one unit of work."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Final

from bot.domain.job.errors import JobNotFound
from bot.domain.job.job import Job
from bot.domain.job.ledger import OpenCharge, Settlement
from bot.domain.limits.holds import History
from bot.domain.limits.limit import Limit, Scope, Usage, Window
from bot.domain.money import Money
from bot.store.sqlite import charges, ledger, surprises
from bot.store.sqlite.audit import discrepancies
from bot.store.sqlite.database import Database
from bot.store.sqlite.histories import history_of
from bot.store.sqlite.intakes import TAKE_AWAY
from bot.store.sqlite.rows import COLUMNS, PLACEHOLDERS, SET_ENDED, SET_MOVING, job_of, row_of, values_of_row

# Word for word the conditions of the partial indexes, or SQLite will not use them.
_IS_RUNNING: Final = "stage NOT IN ('SUCCEEDED', 'FAILED', 'CANCELLED')"
_IS_UNFINISHED: Final = f"is_delivered = 0 OR {_IS_RUNNING}"

# Put together from the constants above and in rows.py; values are always bound.
_INSERT: Final = f"INSERT INTO jobs ({COLUMNS}) VALUES ({PLACEHOLDERS}) ON CONFLICT (job_id) DO NOTHING"  # noqa: S608 — see above
_SELECT: Final = f"SELECT {COLUMNS} FROM jobs"  # noqa: S608 — see above
_ONE: Final = f"{_SELECT} WHERE job_id = ?"
_SOME: Final = f"{_SELECT} WHERE job_id IN (SELECT value FROM json_each(?))"  # noqa: S608 — see above
_UNFINISHED: Final = f"{_SELECT} WHERE {_IS_UNFINISHED} ORDER BY created_at_s, job_id"
_MOVE: Final = f"UPDATE jobs SET {SET_MOVING} WHERE job_id = :job_id AND {_IS_RUNNING}"  # noqa: S608 — see above
_WISH: Final = f"UPDATE jobs SET is_cancel_asked = 1 WHERE job_id = ? AND {_IS_RUNNING}"  # noqa: S608 — see above
_END: Final = f"UPDATE jobs SET {SET_ENDED} WHERE job_id = :job_id AND {_IS_RUNNING}"  # noqa: S608 — see above
_CLAIMED: Final = """
SELECT task_id FROM jobs WHERE task_id IN (SELECT value FROM json_each(?1))
UNION ALL SELECT task_id FROM late_bill WHERE task_id IN (SELECT value FROM json_each(?1))
"""


class JobStore:
    """Jobs and the ledger over one database. Raises the StoreError family beside what each method names."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def reserve(
        self, job: Job, limits: Sequence[Limit], counters: Sequence[tuple[Scope, Window]]
    ) -> bool:
        """Put the job, its reservation and its counters on record in one transaction, its intake away.

        False: the job is on record already. Raises LimitReached, with nothing written. The windows are
        those around `job.created_at_s`.
        """
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
        """Record where a job stands that has not ended; one that has ended stays as it ended.

        Raises JobNotFound, and ValueError for an ended job, which only `settle` may record.
        """
        if job.is_terminal:
            raise ValueError(f"job {job.job_id} has ended: it is settled, not saved")
        row = row_of(job)

        def unit(sqlite: sqlite3.Connection) -> None:
            if sqlite.execute(_MOVE, row).rowcount == 0:
                _require(sqlite, job.job_id)

        await self._database.write(unit)

    async def request_cancel(self, job_id: int) -> None:
        """Record that somebody wants this job stopped. One that has ended stays as it ended."""
        await self._database.write(lambda sqlite: sqlite.execute(_WISH, (job_id,)).rowcount)

    async def settle(self, job: Job, settlement: Settlement | None, at_s: float) -> bool:
        """Record the ended job and its one resolution in one transaction; None: its hold stays.

        False: it was settled already, and nothing changes. Raises JobNotFound, and ValueError for a job
        that has not ended.
        """
        if not job.is_terminal:
            raise ValueError(f"job {job.job_id} has not ended: it is saved, not settled")

        def unit(sqlite: sqlite3.Connection) -> bool:
            # Here, off the loop: a model may have said millions of characters.
            if sqlite.execute(_END, row_of(job)).rowcount == 0:
                _require(sqlite, job.job_id)
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

    async def mark_delivered(self, job_id: int) -> None:
        """Record that the member has been told. Raises JobNotFound."""

        def unit(sqlite: sqlite3.Connection) -> None:
            marked = sqlite.execute("UPDATE jobs SET is_delivered = 1 WHERE job_id = ?", (job_id,))
            if marked.rowcount == 0:
                raise JobNotFound(job_id)

        await self._database.write(unit)

    async def job(self, job_id: int) -> Job | None:
        """One job, whatever its stage."""

        def unit(sqlite: sqlite3.Connection) -> Job | None:
            row = sqlite.execute(_ONE, (job_id,)).fetchone()
            return None if row is None else job_of(row)

        return await self._database.read(unit)

    async def jobs(self, job_ids: Sequence[int]) -> Sequence[Job]:
        """These jobs, as far as they are on record, in no order."""
        asked = json.dumps(list(job_ids))
        return await self._database.read(
            lambda sqlite: [job_of(row) for row in sqlite.execute(_SOME, (asked,))]
        )

    async def unfinished(self) -> Sequence[Job]:
        """Jobs that have not ended or whose member has not been told, oldest first."""
        return await self._database.read(lambda sqlite: [job_of(row) for row in sqlite.execute(_UNFINISHED)])

    async def claimed(self, task_ids: Sequence[str]) -> frozenset[str]:
        """Those of these tasks that belong to a job or were billed late for one."""
        asked = json.dumps(list(task_ids))
        return await self._database.read(
            lambda sqlite: frozenset(row[0] for row in sqlite.execute(_CLAIMED, (asked,)))
        )

    async def open_charges(self) -> Sequence[OpenCharge]:
        """Ended jobs that Wiro may yet charge, what is due first."""
        return await self._database.read(charges.open_charges)

    async def adopt_late(self, job_id: int, task_id: str) -> bool:
        """Make a task that turned up late that of its ended job.

        False, with nothing written: it is another job's, or may yet be found to be that of a running job with
        the same seed or prompt.
        """
        return await self._database.write(lambda sqlite: charges.adopt(sqlite, job_id, task_id))

    async def book_charge(self, job: Job, charge: Money, at_s: float) -> bool:
        """Record what an ended job is charged in the end, zero for nothing; a hold that was kept ends by it.

        The member pays only out of such a hold, the operator the rest. False, with nothing written: the
        charge is on record already.
        """
        return await self._database.write(lambda sqlite: charges.book(sqlite, job, charge, at_s))

    async def is_known_free(self, model: str, at_s: float) -> bool:
        """Whether a success of the model was waited for a whole day of late, and nothing was charged."""
        return await self._database.read(lambda sqlite: charges.is_known_free(sqlite, model, at_s))

    async def usage(self, scope: Scope, window: Window, at_s: float) -> Usage:
        """What stands in one counter in the window around `at_s`."""
        return await self._database.read(lambda sqlite: ledger.usage_of(sqlite, (scope, window), at_s))

    async def model_history(self, model: str, at_s: float) -> History:
        """What the model's latest successes took and cost, and its surprises up to `at_s`."""
        return await self._database.read(lambda sqlite: history_of(sqlite, model, at_s))

    async def audit(self) -> list[str]:
        """What does not add up, each a sentence for the operator; empty where all is well.

        Reads the whole ledger in one go, so the running bot has no use for it.
        """
        return await self._database.read(discrepancies)


def _is_on_record(sqlite: sqlite3.Connection, job_id: int) -> bool:
    return sqlite.execute("SELECT 1 FROM jobs WHERE job_id = ?", (job_id,)).fetchone() is not None


def _require(sqlite: sqlite3.Connection, job_id: int) -> None:
    if not _is_on_record(sqlite, job_id):
        raise JobNotFound(job_id)
