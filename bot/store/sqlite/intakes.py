"""Requests that were acknowledged and have no job yet: put down, and taken away with their reservation."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Final

from bot.domain.request.intake import Intake
from bot.services.runs.ports import IntakeStore
from bot.store.sqlite.records import Records

# One statement for all of a crowd: after each, this thread waits for Python's lock, just when the event loop
# has the crowd to acknowledge.
_PUT_DOWN: Final = """
INSERT INTO intake (message_id, job_id, channel_id, user_id, is_private)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?) WHERE true
ON CONFLICT (message_id) DO NOTHING
"""
_TAKE_AWAY: Final = "DELETE FROM intake WHERE message_id IN (SELECT value FROM json_each(?))"
TAKE_AWAY: Final = "DELETE FROM intake WHERE message_id = ?"
# One that was put down after its own reservation is no request that was cut short.
_LET_GO: Final = """
DELETE FROM intake WHERE EXISTS
    (SELECT 1 FROM jobs WHERE jobs.job_id = intake.job_id AND jobs.message_id = intake.message_id)
"""
_LEFT_OVER: Final = (
    "SELECT message_id, job_id, channel_id, user_id, is_private FROM intake ORDER BY message_id"
)


class IntakeRecords(Records, IntakeStore):
    async def change(self, put_down: Sequence[Intake], take_away: Sequence[int]) -> None:
        rows = [(i.message_id, i.job_id, i.channel_id, i.user_id, int(i.is_private)) for i in put_down]

        def unit(sqlite: sqlite3.Connection) -> None:
            if rows:
                sqlite.execute(_PUT_DOWN, (json.dumps(rows),))
            if take_away:
                sqlite.execute(_TAKE_AWAY, (json.dumps([*take_away]),))

        await self._database.write(unit)

    async def left_over(self) -> Sequence[Intake]:
        def unit(sqlite: sqlite3.Connection) -> list[Intake]:
            sqlite.execute(_LET_GO)
            rows = sqlite.execute(_LEFT_OVER)
            return [Intake(row[0], row[1], row[2], row[3], is_private=bool(row[4])) for row in rows]

        return await self._database.write(unit)
