"""Figures of a period and members' own records: found by index, read in slices that let decisions through."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeAlias

from bot.domain.job.job import Job
from bot.domain.job.ledger import Resolution
from bot.domain.limits.limit import Window, window_bounds
from bot.domain.money import MAX_PICO, Money
from bot.domain.records.reports import DaySpend, ExportLine, Remembered, Share, UsageReport
from bot.services.records.ports import ReportStore
from bot.store.sqlite.fragments import IS_PAST, SOME_IDS, halves, whole
from bot.store.sqlite.last_values import typed_of_text
from bot.store.sqlite.records import Records
from bot.store.sqlite.rows import COLUMNS, COLUMNS_OF_JOBS, job_of

EXPORT_SLICE: Final = 1_000  # lines a read
MAX_JOB_ID: Final = 2**63 - 1
LATEST_S: Final = 1e18  # later than any moment

_FIGURES: Final = f"""
SELECT h.user_id, h.ruled_channel_id, h.model,
       count(*) FILTER (WHERE r.kind = 'post'),
       count(*) FILTER (WHERE r.kind <> 'post'),
       {", ".join(halves("r.amount_pico", "r.kind = 'post'"))},
       {", ".join(halves("h.amount_pico", "r.job_id IS NULL"))}
FROM reservation AS h LEFT JOIN resolution AS r USING (job_id)
WHERE {{}} AND h.reserved_at_s >= :from_s AND h.reserved_at_s < :until_s
GROUP BY 1, 2, 3
"""
_NEXT: Final = "SELECT min(h.reserved_at_s) FROM reservation AS h WHERE {} AND h.reserved_at_s >= :from_s"
_OF_GUILD: Final = "h.guild_id = :guild_id"
_OF_MEMBER: Final = "h.guild_id = :guild_id AND h.user_id = :user_id"

_EXPORT: Final = """
SELECT h.job_id, jobs.created_at_s, h.user_id, h.channel_id, jobs.model, jobs.stage,
       CASE r.kind WHEN ? THEN r.amount_pico ELSE 0 END AS charged_pico, jobs.elapsed_s,
       h.reserved_at_s
FROM reservation AS h JOIN jobs USING (job_id) LEFT JOIN resolution AS r USING (job_id)
WHERE h.guild_id = ? AND h.reserved_at_s >= ? AND (h.reserved_at_s, h.job_id) > (?, ?)
  AND h.reserved_at_s < ?
ORDER BY h.reserved_at_s, h.job_id LIMIT ?
"""

_SELECT: Final = f"SELECT {COLUMNS} FROM jobs"

# The ledger knows whose a job is, so `jobs` needs no index of members.
_OF_RESERVATIONS: Final = f"SELECT {COLUMNS_OF_JOBS} FROM reservation AS h CROSS JOIN jobs USING (job_id)"
_HISTORY: Final = f"""
{_OF_RESERVATIONS}
WHERE h.user_id = :user_id AND h.guild_id = :guild_id AND jobs.exposure <> 'REMOVED'
  AND (h.reserved_at_s, h.job_id)
      < (coalesce((SELECT reserved_at_s FROM reservation WHERE job_id = :before), :latest_s), :before)
ORDER BY h.reserved_at_s DESC, h.job_id DESC LIMIT :limit
"""
_RECORDS: Final = f"""
{_OF_RESERVATIONS} WHERE h.user_id = ? AND jobs.is_forgotten = 0 ORDER BY h.reserved_at_s, h.job_id
"""

_OLD: Final = f"""
{_SELECT} WHERE is_forgotten = 0 AND {IS_PAST} AND created_at_s < ? ORDER BY created_at_s, job_id LIMIT ?
"""
_FORGET: Final = f"""
UPDATE jobs SET prompt = '', negative_prompt = NULL, detail = '', outputs = '[]', form_values = '[]',
                files = '[]', is_forgotten = 1
WHERE job_id IN {SOME_IDS} AND {IS_PAST}
"""

_REMEMBERED: Final = "SELECT model, typed, saved_at_s FROM last_values WHERE user_id = ? ORDER BY model"
_FORGET_REMEMBERED: Final = "DELETE FROM last_values WHERE user_id = ?"
_FORGET_OLD_VALUES: Final = "DELETE FROM last_values WHERE saved_at_s < ?"

_Slice: TypeAlias = tuple[list[sqlite3.Row], float | None]  # and when the next reservation was made
_Tally: TypeAlias = dict[str, list[int]]  # key → runs, picodollars


class ReportRecords(Records, ReportStore):
    async def usage_report(
        self, guild_id: int, since_s: int, until_s: int, user_id: int | None = None
    ) -> UsageReport:
        whose = _OF_GUILD if user_id is None else _OF_MEMBER
        figures_query, next_query = _FIGURES.format(whose), _NEXT.format(whose)

        def slice_from(from_s: float) -> Callable[[sqlite3.Connection], _Slice]:
            _, midnight_s = window_bounds(Window.DAY, from_s)
            who = {"guild_id": guild_id, "user_id": user_id}
            span = {"from_s": from_s, "until_s": min(midnight_s, until_s)}

            def unit(sqlite: sqlite3.Connection) -> _Slice:
                rows = sqlite.execute(figures_query, who | span).fetchall()
                (later_s,) = sqlite.execute(next_query, who | {"from_s": midnight_s}).fetchone()
                return rows, later_s

            return unit

        figures = _Figures()
        from_s: float | None = since_s
        while from_s is not None and from_s < until_s:
            day, _ = window_bounds(Window.DAY, from_s)
            rows, from_s = await self._database.read(slice_from(from_s))
            figures.add(day, rows)
        return figures.report(since_s, until_s)

    async def export(self, guild_id: int, since_s: int, until_s: int) -> Sequence[ExportLine]:
        lines: list[ExportLine] = []
        last_s, last_id = float(since_s), -1
        while True:
            values = (Resolution.POST.value, guild_id, last_s, last_s, last_id, until_s, EXPORT_SLICE)
            rows = await self._all(_line_of, _EXPORT, values)
            lines += [line for _, line in rows]
            if len(rows) < EXPORT_SLICE:
                return lines
            last_s, last_id = rows[-1][0], rows[-1][1].job_id

    async def history(
        self, user_id: int, guild_id: int | None, before_job_id: int | None, limit: int
    ) -> Sequence[Job]:
        before = MAX_JOB_ID if before_job_id is None else before_job_id
        whose = {"user_id": user_id, "guild_id": guild_id or 0}
        values = whose | {"before": before, "latest_s": LATEST_S, "limit": limit}
        return await self._all(job_of, _HISTORY, values)

    async def records_of(self, user_id: int) -> Sequence[Job]:
        return await self._all(job_of, _RECORDS, (user_id,))

    async def forget(self, job_ids: Sequence[int]) -> None:
        await self._execute(_FORGET, (json.dumps(list(job_ids)),))

    async def old_jobs(self, before_s: float, limit: int) -> Sequence[Job]:
        return await self._all(job_of, _OLD, (before_s, limit))

    async def remembered(self, user_id: int) -> Sequence[Remembered]:
        return await self._all(
            lambda row: Remembered(row[0], typed_of_text(row[1]), row[2]), _REMEMBERED, (user_id,)
        )

    async def forget_remembered(self, user_id: int) -> None:
        await self._execute(_FORGET_REMEMBERED, (user_id,))

    async def forget_remembered_before(self, before_s: float) -> int:
        return await self._execute(_FORGET_OLD_VALUES, (before_s,))


class _Figures:
    """The sums of a report while it is put together."""

    def __init__(self) -> None:
        self._members: _Tally = {}
        self._channels: _Tally = {}
        self._models: _Tally = {}
        self._days: dict[tuple[int, str], int] = {}
        self._runs = self._failed = self._spend_pico = self._held_pico = 0

    def add(self, day: int, rows: Iterable[sqlite3.Row]) -> None:
        for user_id, channel_id, model, runs, failed, high, low, held_high, held_low in rows:
            spend_pico = whole(high, low)
            self._runs += runs
            self._failed += failed
            self._spend_pico += spend_pico
            self._held_pico += whole(held_high, held_low)
            if runs == 0:
                continue
            self._days[day, model] = self._days.get((day, model), 0) + spend_pico
            for tally, key in (
                (self._members, str(user_id)),
                (self._channels, str(channel_id)),
                (self._models, model),
            ):
                line = tally.setdefault(key, [0, 0])
                line[0] += runs
                line[1] += spend_pico

    def report(self, since_s: int, until_s: int) -> UsageReport:
        return UsageReport(
            since_s=since_s,
            until_s=until_s,
            runs=self._runs,
            failed=self._failed,
            spend=_money(self._spend_pico),
            held=_money(self._held_pico),
            by_member=_shares(self._members),
            by_channel=_shares(self._channels),
            by_model=_shares(self._models),
            by_day=tuple(
                DaySpend(day, model, _money(pico)) for (day, model), pico in sorted(self._days.items())
            ),
        )


def _shares(tally: _Tally) -> tuple[Share, ...]:
    largest_first = sorted(tally.items(), key=lambda line: (-line[1][1], -line[1][0], line[0]))
    return tuple(Share(key, runs, _money(pico)) for key, (runs, pico) in largest_first)


def _money(pico: int) -> Money:
    return Money(min(MAX_PICO, pico))  # the counters stop there too


def _line_of(row: sqlite3.Row) -> tuple[float, ExportLine]:
    """When it was reserved, and the line."""
    job_id, created_at_s, user_id, channel_id, model, stage, charged_pico, elapsed_s, reserved_at_s = row
    charged = Money(charged_pico)
    line = ExportLine(job_id, created_at_s, user_id, channel_id, model, stage, charged, elapsed_s)
    return reserved_at_s, line
