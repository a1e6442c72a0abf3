"""The folder at Wiro that each server's files go to."""

from __future__ import annotations

import sqlite3
from typing import Final

from bot.store.sqlite.database import Database

_KEEP: Final = """
INSERT INTO wiro_folders (guild_id, folder_id) VALUES (?, ?)
ON CONFLICT (guild_id) DO UPDATE SET folder_id = excluded.folder_id
"""


class FolderRecords:
    """Folders over one database. Raises the StoreError family. Direct messages are guild 0."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def folder_of(self, guild_id: int) -> str | None:
        def unit(sqlite: sqlite3.Connection) -> str | None:
            found = sqlite.execute("SELECT folder_id FROM wiro_folders WHERE guild_id = ?", (guild_id,))
            row = found.fetchone()
            return None if row is None else str(row[0])

        return await self._database.read(unit)

    async def keep_folder(self, guild_id: int, folder_id: str) -> None:
        await self._database.write(lambda sqlite: sqlite.execute(_KEEP, (guild_id, folder_id)).rowcount)

    async def forget_folder(self, guild_id: int) -> None:
        """The next file of this server makes another."""
        forget = "DELETE FROM wiro_folders WHERE guild_id = ?"
        await self._database.write(lambda sqlite: sqlite.execute(forget, (guild_id,)).rowcount)
