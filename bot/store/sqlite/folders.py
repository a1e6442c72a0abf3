"""The folder at Wiro that each server's files go to."""

from __future__ import annotations

from typing import Final

from bot.engines.wiro.ports import Folders
from bot.store.sqlite.records import Records
from bot.store.sqlite.rows import storable

_KEEP: Final = """
INSERT INTO wiro_folders (guild_id, folder_id) VALUES (?, ?)
ON CONFLICT (guild_id) DO UPDATE SET folder_id = excluded.folder_id
"""


class FolderRecords(Records, Folders):
    async def folder_of(self, guild_id: int) -> str | None:
        folder = "SELECT folder_id FROM wiro_folders WHERE guild_id = ?"
        return await self._first(lambda row: str(row[0]), folder, (guild_id,))

    async def keep_folder(self, guild_id: int, folder_id: str) -> None:
        await self._execute(_KEEP, (guild_id, storable(folder_id)))

    async def forget_folder(self, guild_id: int) -> None:
        await self._execute("DELETE FROM wiro_folders WHERE guild_id = ?", (guild_id,))
