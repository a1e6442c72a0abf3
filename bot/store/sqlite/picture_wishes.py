"""The members who lend their pictures to nobody: their own word, on every server."""

from __future__ import annotations

import sqlite3
from collections.abc import Set

from bot.store.sqlite.database import Database


class PictureWishRecords:
    """Wishes over one database. Raises the StoreError family."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def closed_among(self, user_ids: Set[int]) -> frozenset[int]:
        """Those of these members whose pictures nobody else may use."""

        def unit(sqlite: sqlite3.Connection) -> frozenset[int]:
            find = "SELECT 1 FROM closed_pictures WHERE user_id = ?"
            return frozenset(user_id for user_id in user_ids if sqlite.execute(find, (user_id,)).fetchone())

        return await self._database.read(unit)

    async def set_closed(self, user_id: int, *, is_closed: bool) -> None:
        close = "INSERT INTO closed_pictures (user_id) VALUES (?) ON CONFLICT DO NOTHING"
        statement = close if is_closed else "DELETE FROM closed_pictures WHERE user_id = ?"
        await self._database.write(lambda sqlite: sqlite.execute(statement, (user_id,)).rowcount)
