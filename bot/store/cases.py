"""Cases before the moderators: each is opened once and decided once."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

from bot.domain.cases import Case, CaseKind, Traces, Verdict
from bot.domain.errors import DatabaseUnavailable
from bot.domain.files import InputFile
from bot.domain.job import PictureRequest
from bot.domain.limits import Measure
from bot.store.database import Database
from bot.store.rows import storable, values_of

# A case of the same id and an open report of the same picture are both unique in the file itself.
_OPEN: Final = """
INSERT INTO cases (case_id, kind, guild_id, channel_id, user_id, opened_by, opened_at_s, request, is_private,
                   job_id, verdict)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open')
ON CONFLICT DO NOTHING
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


class CaseRecords:
    """Cases over one database. Raises the StoreError family."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open_case(self, case: Case) -> bool:
        """False: a case of this id stands, or an open REPORT of the same job does.

        Raises ValueError for a case that has been decided.
        """
        if case.verdict is not Verdict.OPEN:
            raise ValueError(f"case {case.case_id} is decided: a case opens undecided")
        request = None if case.request is None else asdict(case.request)
        values = (
            case.case_id,
            case.kind.value,
            case.guild_id,
            case.channel_id,
            case.user_id,
            case.opened_by,
            case.opened_at_s,
            None if request is None else storable(json.dumps(request, ensure_ascii=False)),
            int(case.is_private),
            case.job_id,
        )
        return await self._database.write(lambda sqlite: sqlite.execute(_OPEN, values).rowcount == 1)

    async def case(self, case_id: int) -> Case | None:
        def unit(sqlite: sqlite3.Connection) -> Case | None:
            row = sqlite.execute(_ONE, (case_id,)).fetchone()
            return None if row is None else _case_of(row)

        return await self._database.read(unit)

    async def decide(
        self, case_id: int, verdict: Verdict, decided_by: int, at_s: float, press_id: int | None = None
    ) -> bool:
        """The first verdict stands, and is to be carried out until `carried_out` says that it was.

        False: it was decided before, or never opened; nothing was written. Raises ValueError
        for OPEN, which is no verdict.
        """
        if verdict is Verdict.OPEN:
            raise ValueError("a case is decided by a verdict")
        values = (verdict.value, decided_by, at_s, press_id, case_id)
        return await self._database.write(lambda sqlite: sqlite.execute(_DECIDE, values).rowcount == 1)

    async def carried_out(self, case_id: int) -> None:
        """What was decided has been done, and told."""
        done = "UPDATE cases SET is_to_do = 0 WHERE case_id = ?"
        await self._database.write(lambda sqlite: sqlite.execute(done, (case_id,)).rowcount)

    async def to_do(self) -> Sequence[Case]:
        """Decided and not carried out, as far as is on record; the first decided first."""
        return await self._database.read(lambda sqlite: [_case_of(row) for row in sqlite.execute(_TO_DO)])

    async def traces(self, case: Case) -> Traces:
        """What is on record of carrying out this case's verdict: it bears the very time of the decision."""

        def unit(sqlite: sqlite3.Connection) -> Traces:
            granted = sqlite.execute(_GRANTED, (case.guild_id, case.user_id, case.decided_at_s))
            noted = sqlite.execute(_NOTED, (case.guild_id, case.decided_by, case.decided_at_s))
            return Traces(
                is_noted=noted.fetchone() is not None,
                granted=tuple((Measure(name), amount) for name, amount in granted),
            )

        return await self._database.read(unit)

    async def asks_of(self, user_id: int) -> Sequence[Case]:
        """A member's cases that still hold what they asked for, oldest first."""

        def unit(sqlite: sqlite3.Connection) -> Sequence[Case]:
            rows = sqlite.execute(
                "SELECT * FROM cases WHERE request IS NOT NULL AND user_id = ? ORDER BY opened_at_s",
                (user_id,),
            )
            return [_case_of(row) for row in rows]

        return await self._database.read(unit)

    async def forget_requests(self, before_s: float, user_id: int | None = None) -> int:
        """Erase the requests, prompts with them, of cases opened before `before_s`; how many there were.

        Of one member, or of everybody. What was decided stays; an open case can no longer be approved.
        """
        values = {"before_s": before_s, "user_id": user_id}
        return await self._database.write(lambda sqlite: sqlite.execute(_ERASE, values).rowcount)


def _request_of(text: str | None) -> PictureRequest | None:
    if text is None:
        return None
    fields = json.loads(text)  # those of an older version know neither files nor values
    files = tuple(InputFile(**file) for file in fields.pop("files", []))
    return PictureRequest(**fields | {"files": files, "values": values_of(fields.pop("values", []))})


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
            verdict=Verdict(row["verdict"]),
            decided_by=row["decided_by"],
            decided_at_s=row["decided_at_s"],
            press_id=row["press_id"],
        )
    except (TypeError, ValueError) as error:
        raise DatabaseUnavailable(f"case {row['case_id']} cannot be read: {error!r}") from error
