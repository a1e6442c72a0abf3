"""How often each server ran each model, a server at a time, so that decisions pass in between."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Final

from bot.store.database import Database

_NEXT: Final = "SELECT min(guild_id) FROM jobs WHERE guild_id > ?"
_USES: Final = "SELECT lower(model), count(*) FROM jobs WHERE guild_id = ? GROUP BY model"


class PopularityRecords:
    """Runs by server and model over one database. Raises the StoreError family."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def next_guild(self, after_id: int) -> int | None:
        """The server with the next larger id that has jobs on record."""

        def unit(sqlite: sqlite3.Connection) -> int | None:
            (guild_id,) = sqlite.execute(_NEXT, (after_id,)).fetchone()
            return None if guild_id is None else int(guild_id)

        return await self._database.read(unit)

    async def uses(self, guild_id: int) -> Mapping[str, int]:
        """Jobs by model, in lower case, whatever became of them."""

        def unit(sqlite: sqlite3.Connection) -> Mapping[str, int]:
            found: dict[str, int] = {}
            for model, count in sqlite.execute(_USES, (guild_id,)):
                found[model] = found.get(model, 0) + count
            return found

        return await self._database.read(unit)
