"""Requests that were acknowledged and have no job yet: put down, and taken away with their reservation."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from bot.domain.intake import Intake
from bot.store.database import Database

_PUT_DOWN: Final = """
INSERT INTO intake (message_id, job_id, channel_id, user_id, is_private) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (message_id) DO NOTHING
"""
TAKE_AWAY: Final = "DELETE FROM intake WHERE message_id = ?"
# One that was put down after its own reservation is no request that was cut short.
_LEFT_OVER: Final = """
SELECT message_id, job_id, channel_id, user_id, is_private FROM intake AS i
WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.job_id = i.job_id AND jobs.message_id = i.message_id)
ORDER BY message_id
"""


class IntakeRecords:
    """Intakes over one database. Raises the StoreError family."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put_down(self, intake: Intake) -> None:
        row = (intake.message_id, intake.job_id, intake.channel_id, intake.user_id, int(intake.is_private))
        await self._database.write(lambda sqlite: sqlite.execute(_PUT_DOWN, row).rowcount)

    async def take_away(self, message_id: int) -> None:
        await self._database.write(lambda sqlite: sqlite.execute(TAKE_AWAY, (message_id,)).rowcount)

    async def left_over(self) -> Sequence[Intake]:
        """Those that no job came of, the first first."""

        def unit(sqlite: sqlite3.Connection) -> list[Intake]:
            rows = sqlite.execute(_LEFT_OVER)
            return [Intake(row[0], row[1], row[2], row[3], is_private=bool(row[4])) for row in rows]

        return await self._database.read(unit)
