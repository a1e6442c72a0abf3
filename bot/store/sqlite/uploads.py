"""Files that were sent to Wiro: on record before they are sent, and until they are gone there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from bot.domain.request.files import SentFile
from bot.services.runs.ports import UploadStore
from bot.store.sqlite.fragments import IS_PAST, SOME_IDS
from bot.store.sqlite.records import Records
from bot.store.sqlite.rows import storable, storable_or_none

_INTEND: Final = """
INSERT INTO upload (job_id, user_id, guild_id, sent_at_s) VALUES (?, ?, ?, ?) RETURNING upload_id
"""
_KEPT: Final = "UPDATE upload SET file_id = ?, url = ? WHERE upload_id = ?"
_DROP: Final = f"DELETE FROM upload WHERE upload_id IN {SOME_IDS}"
# Nobody uses it any more: its job was erased, or ended without a task that it could have gone into.
_UNUSED: Final = f"""
SELECT upload_id, upload.guild_id, file_id, url, upload.sent_at_s, jobs.task_id
FROM upload JOIN jobs USING (job_id)
WHERE (?1 IS NULL OR upload.user_id = ?1)
  AND {IS_PAST}
  AND (jobs.is_forgotten = 1 OR jobs.task_id IS NULL)
ORDER BY upload_id
"""


class UploadRecords(Records, UploadStore):
    async def intend(self, job_id: int, user_id: int, guild_id: int, at_s: float) -> int:
        row = (job_id, user_id, guild_id, at_s)
        return await self._database.write(lambda sqlite: int(sqlite.execute(_INTEND, row).fetchone()[0]))

    async def kept(self, upload_id: int, file_id: str, url: str | None) -> None:
        await self._execute(_KEPT, (storable(file_id), storable_or_none(url), upload_id))

    async def drop(self, upload_ids: Sequence[int]) -> None:
        await self._execute(_DROP, (json.dumps(list(upload_ids)),))

    async def unused(self, user_id: int | None = None) -> Sequence[SentFile]:
        return await self._all(lambda row: SentFile(*row), _UNUSED, (user_id,))
