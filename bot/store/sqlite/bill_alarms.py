"""Alarms about bills on record: those nobody was told of yet, and those of a span of time."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from bot.domain.limits.bill_alarm import BillAlarm
from bot.domain.money import Money
from bot.services.limits.ports import AlarmStore
from bot.store.sqlite.records import Records

_ALARMS: Final = """
SELECT job_id, guild_id, jobs.model, task_id, hold_pico, billed_pico, at_s,
       (SELECT count(*) FROM hold_raise WHERE cause_job_id = a.job_id AND billed_pico IS NOT NULL)
FROM bill_alarm AS a JOIN jobs USING (job_id)
"""
_UNTOLD: Final = f"{_ALARMS} WHERE is_told = 0 ORDER BY at_s, job_id"
_DISBELIEVED: Final = f"{_ALARMS} WHERE billed_pico IS NULL AND at_s > ? ORDER BY at_s, job_id"
_COUNTS: Final = "SELECT count(billed_pico), count(*) - count(billed_pico) FROM bill_alarm"
_TOLD: Final = "UPDATE bill_alarm SET is_told = 1 WHERE job_id = ? AND (billed_pico IS NULL) = ?"


class AlarmRecords(Records, AlarmStore):
    async def untold(self) -> Sequence[BillAlarm]:
        return await self._all(_alarm, _UNTOLD)

    async def told(self, alarm: BillAlarm) -> None:
        await self._execute(_TOLD, (alarm.job_id, alarm.billed is None))

    async def counts(self) -> tuple[int, int]:
        return await self._database.read(lambda sqlite: tuple(sqlite.execute(_COUNTS).fetchone()))

    async def to_reconcile(self, since_s: float) -> Sequence[BillAlarm]:
        return await self._all(_alarm, _DISBELIEVED, (since_s,))


def _alarm(row: sqlite3.Row) -> BillAlarm:
    job_id, guild_id, model, task_id, hold_pico, billed_pico, at_s, raised_jobs = row
    billed = None if billed_pico is None else Money(billed_pico)
    return BillAlarm(job_id, guild_id, model, task_id, Money(hold_pico), billed, at_s, raised_jobs)
