"""Cases before the moderators: each is opened once and decided once."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Final

from bot.domain.errors import DatabaseUnavailable
from bot.domain.job.job import Exposure
from bot.domain.limits.limit import Measure
from bot.domain.moderation.cases import Case, CaseKind, Report, Traces, Verdict
from bot.domain.request.files import InputFile
from bot.domain.request.run_request import RunRequest
from bot.services.moderation.ports import CaseStore
from bot.store.sqlite.records import Records
from bot.store.sqlite.rows import storable_json, storable_or_none, values_of

# A case of the same id and an open report of the same picture are both unique in the file itself.
_OPEN: Final = """
INSERT INTO cases (case_id, kind, guild_id, channel_id, user_id, opened_by, opened_at_s, request, is_private,
                   job_id, is_hiding, shown, verdict)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open')
ON CONFLICT DO NOTHING
"""
_HIDE: Final = """
UPDATE cases SET is_hiding = 1, shown = ?, opened_by = ?, opened_at_s = ?
WHERE case_id = ? AND kind = 'report' AND verdict = 'open' AND is_hiding = 0
"""
_HIDDEN_BY: Final = """
SELECT count(*) FROM cases WHERE guild_id = ? AND opened_by = ? AND opened_at_s >= ? AND is_hiding = 1
"""
_EXPOSE: Final = """
UPDATE jobs SET exposure = ? WHERE job_id = (SELECT job_id FROM cases WHERE case_id = ?)
"""
_ONE: Final = "SELECT * FROM cases WHERE case_id = ?"
_DECIDE: Final = """
UPDATE cases SET verdict = ?, decided_by = ?, decided_at_s = ?, press_id = ?, is_to_do = 1
WHERE case_id = ? AND verdict = 'open'
"""
_TO_DO: Final = "SELECT * FROM cases WHERE is_to_do = 1 ORDER BY decided_at_s"
_GRANTED: Final = """
SELECT measure, amount FROM grants WHERE guild_id = ? AND user_id = ? AND granted_at_s = ?
"""
# As words, where the version that decided it kept them.
_NOTED: Final = """
SELECT 1 FROM audit_log WHERE guild_id = ? AND actor_id = ? AND at_s = ? AND kind IN ('case', 'words')
"""
_ERASE: Final = """
UPDATE cases SET request = NULL
WHERE request IS NOT NULL AND opened_at_s < :before_s AND (:user_id IS NULL OR user_id = :user_id)
"""
_ERASE_SHOWN: Final = """
UPDATE cases SET shown = NULL
WHERE shown IS NOT NULL AND opened_at_s < :before_s AND (:user_id IS NULL OR user_id = :user_id)
"""

# What a verdict on a report makes of its job at once; a block alone leaves it hidden.
_EXPOSURES: Final = {Verdict.RESTORED: Exposure.SHOWN, Verdict.DELETED: Exposure.REMOVED}


class CaseRecords(Records, CaseStore):
    async def open_case(self, case: Case) -> bool:
        if case.verdict is not Verdict.OPEN:
            raise ValueError(f"case {case.case_id} is decided: a case opens undecided")
        return await self._database.write(lambda sqlite: _open_in(sqlite, case))

    async def open_report(self, case: Case, most: int, since_s: float) -> Report:
        def unit(sqlite: sqlite3.Connection) -> Report:
            whose = (case.guild_id, case.opened_by, since_s)
            may_hide = sqlite.execute(_HIDDEN_BY, whose).fetchone()[0] < most
            new = replace(case, is_hiding=may_hide, shown=case.shown if may_hide else None)
            is_new = has_hidden = _open_in(sqlite, new)
            if not is_new and may_hide:
                values = (storable_or_none(case.shown), case.opened_by, case.opened_at_s, case.case_id)
                has_hidden = sqlite.execute(_HIDE, values).rowcount == 1
            has_hidden &= may_hide
            if has_hidden:
                sqlite.execute(_EXPOSE, (Exposure.HIDDEN.name, case.case_id))
            return Report(_case_of(sqlite.execute(_ONE, (case.case_id,)).fetchone()), is_new, has_hidden)

        return await self._database.write(unit)

    async def case(self, case_id: int) -> Case | None:
        return await self._first(_case_of, _ONE, (case_id,))

    async def decide(
        self, case_id: int, verdict: Verdict, decided_by: int, at_s: float, press_id: int | None = None
    ) -> bool:
        if verdict is Verdict.OPEN:
            raise ValueError("a case is decided by a verdict")
        values = (verdict.value, decided_by, at_s, press_id, case_id)
        exposure = _EXPOSURES.get(verdict)

        def unit(sqlite: sqlite3.Connection) -> bool:
            is_decided = sqlite.execute(_DECIDE, values).rowcount == 1
            if is_decided and exposure is not None:
                sqlite.execute(_EXPOSE, (exposure.name, case_id))
            return is_decided

        return await self._database.write(unit)

    async def carried_out(self, case_id: int) -> None:
        await self._execute("UPDATE cases SET is_to_do = 0, shown = NULL WHERE case_id = ?", (case_id,))

    async def to_do(self) -> Sequence[Case]:
        return await self._all(_case_of, _TO_DO)

    async def traces(self, case: Case) -> Traces:
        def unit(sqlite: sqlite3.Connection) -> Traces:
            granted = sqlite.execute(_GRANTED, (case.guild_id, case.user_id, case.decided_at_s))
            noted = sqlite.execute(_NOTED, (case.guild_id, case.decided_by, case.decided_at_s))
            return Traces(
                is_noted=noted.fetchone() is not None,
                granted=tuple((Measure(name), amount) for name, amount in granted),
            )

        return await self._database.read(unit)

    async def asks_of(self, user_id: int) -> Sequence[Case]:
        asked = "SELECT * FROM cases WHERE request IS NOT NULL AND user_id = ? ORDER BY opened_at_s"
        return await self._all(_case_of, asked, (user_id,))

    async def forget_requests(self, before_s: float, user_id: int | None = None) -> int:
        values = {"before_s": before_s, "user_id": user_id}

        def unit(sqlite: sqlite3.Connection) -> int:
            sqlite.execute(_ERASE_SHOWN, values)
            return sqlite.execute(_ERASE, values).rowcount

        return await self._database.write(unit)


def _open_in(sqlite: sqlite3.Connection, case: Case) -> bool:
    values = (
        case.case_id,
        case.kind.value,
        case.guild_id,
        case.channel_id,
        case.user_id,
        case.opened_by,
        case.opened_at_s,
        None if case.request is None else storable_json(asdict(case.request)),
        int(case.is_private),
        case.job_id,
        int(case.is_hiding),
        storable_or_none(case.shown),
    )
    return sqlite.execute(_OPEN, values).rowcount == 1


def _request_of(text: str | None) -> RunRequest | None:
    if text is None:
        return None
    fields = json.loads(text)  # those of an older version know neither files nor values
    files = tuple(InputFile(**file) for file in fields.pop("files", []))
    return RunRequest(**fields | {"files": files, "values": values_of(fields.pop("values", []))})


def _case_of(row: sqlite3.Row) -> Case:
    try:
        return Case(
            case_id=row["case_id"],
            kind=CaseKind(row["kind"]),
            guild_id=row["guild_id"],
            channel_id=row["channel_id"],
            user_id=row["user_id"],
            opened_by=row["opened_by"],
            opened_at_s=row["opened_at_s"],
            request=_request_of(row["request"]),
            is_private=bool(row["is_private"]),
            job_id=row["job_id"],
            is_hiding=bool(row["is_hiding"]),
            shown=row["shown"],
            verdict=Verdict(row["verdict"]),
            decided_by=row["decided_by"],
            decided_at_s=row["decided_at_s"],
            press_id=row["press_id"],
        )
    except (TypeError, ValueError) as error:
        raise DatabaseUnavailable(f"case {row['case_id']} cannot be read: {error!r}") from error
