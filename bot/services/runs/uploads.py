"""Files that members gave and that lie at Wiro: looked for when they are to be gone, until they are.

Wiro deletes what a task was given together with that task, and has no call for a file that went into none.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Final

from bot.domain.request.files import SentFile
from bot.engines.port import Engine, EngineError
from bot.services.runs.ports import Lookout, UploadStore

log = logging.getLogger(__name__)

LOOKS_AT_ONCE: Final = 5
UPLOADS_EVERY_S: Final = 86_400.0
MAX_LOGGED: Final = 50  # of one look


class Uploads:
    """Raises the StoreError family."""

    def __init__(self, records: UploadStore, engine: Engine, lookout: Lookout) -> None:
        self._records = records
        self._engine = engine
        self._lookout = lookout

    async def erase(self, user_id: int) -> int:
        """Have a member's files deleted with their tasks, and look. How many may be there still.

        They stay on record: another erasure asks again, and each day is looked whether they are gone.
        """
        left = await self._left_of(await self._records.unused(user_id))
        asked = {file.task_id for file in left if file.task_id is not None}
        for task_id in asked:
            try:
                await self._engine.erase(task_id)
            except EngineError as error:
                log.info("task %s keeps its files: %s", task_id, error.message or type(error).__name__)
        return len(await self._left_of(left)) if asked else len(left)

    async def look(self) -> None:
        """Whether those that nobody uses any more are gone; what is left, the operator reads in the log."""
        left = await self._left_of(await self._records.unused())
        for file in left[:MAX_LOGGED]:
            folder = f"discord-{file.guild_id}" if file.guild_id else "discord-direct"
            log.warning(
                "a file that no picture needs any more may still be at Wiro, in the folder %s: %s",
                folder,
                file.url or f"sent at {file.sent_at_s:.0f}, never confirmed",
            )

    async def _left_of(self, files: Sequence[SentFile]) -> list[SentFile]:
        left: list[SentFile] = []
        for start in range(0, len(files), LOOKS_AT_ONCE):
            some = files[start : start + LOOKS_AT_ONCE]
            looks = await asyncio.gather(*(self._is_gone(file) for file in some))
            gone = [file.upload_id for file, is_gone in zip(some, looks, strict=True) if is_gone]
            if gone:
                await self._records.drop(gone)
            left += [file for file in some if file.upload_id not in gone]
        return left

    async def _is_gone(self, file: SentFile) -> bool:
        return file.url is not None and await self._lookout.is_gone(file.url)
