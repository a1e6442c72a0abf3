"""Files that were sent to Wiro: on record before they are sent, and until they are gone there."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Final

from bot.domain.request.files import SentFile
from bot.store.sqlite.database import Database

_INTEND: Final = "INSERT INTO upload (job_id, user_id, guild_id, sent_at_s) VALUES (?, ?, ?, ?)"
_KEPT: Final = "UPDATE upload SET file_id = ?, url = ? WHERE upload_id = ?"
_DROP: Final = "DELETE FROM upload WHERE upload_id IN (SELECT value FROM json_each(?))"
# Nobody uses it any more: its job was erased, or ended without a task that it could have gone into.
_UNUSED: Final = """
SELECT upload_id, upload.guild_id, file_id, url, upload.sent_at_s, jobs.task_id
FROM upload JOIN jobs USING (job_id)
WHERE (?1 IS NULL OR upload.user_id = ?1)
  AND jobs.is_delivered = 1 AND jobs.stage IN ('SUCCEEDED', 'FAILED', 'CANCELLED')
  AND (jobs.is_forgotten = 1 OR jobs.task_id IS NULL)
ORDER BY upload_id
"""


class UploadRecords:
    """Uploads over one database. Raises the StoreError family."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def intend(self, job_id: int, user_id: int, guild_id: int, at_s: float) -> int:
        """A file is about to be sent. The id of the upload."""
        row = (job_id, user_id, guild_id, at_s)
        return await self._database.write(lambda sqlite: sqlite.execute(_INTEND, row).lastrowid or 0)

    async def kept(self, upload_id: int, file_id: str, url: str | None) -> None:
        row = (file_id, url, upload_id)
        await self._database.write(lambda sqlite: sqlite.execute(_KEPT, row).rowcount)

    async def drop(self, upload_ids: Sequence[int]) -> None:
        """They are not there."""
        asked = json.dumps(list(upload_ids))
        await self._database.write(lambda sqlite: sqlite.execute(_DROP, (asked,)).rowcount)

    async def unused(self, user_id: int | None = None) -> Sequence[SentFile]:
        """What may be at Wiro still and no job needs, of one member or of all; the first sent first."""

        def unit(sqlite: sqlite3.Connection) -> list[SentFile]:
            return [SentFile(*row) for row in sqlite.execute(_UNUSED, (user_id,))]

        return await self._database.read(unit)
