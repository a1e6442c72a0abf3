"""How often each server ran each model lately, a server at a time, so that decisions pass in between."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Final

from bot.store.sqlite.database import Database

LATELY: Final = 2_000  # runs of a server: what it used years ago does not count, and reading stays short

_NEXT: Final = "SELECT min(guild_id) FROM reservation WHERE guild_id > max(?, 0)"  # 0 are direct messages
_USES: Final = f"""
SELECT model, count(*)
FROM (SELECT model FROM reservation WHERE guild_id = ? ORDER BY reserved_at_s DESC LIMIT {LATELY})
GROUP BY model
"""  # noqa: S608 — a constant of ours; values are always bound


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
        """The latest LATELY jobs by model, in lower case, whatever became of them."""
        return await self._database.read(lambda sqlite: dict(sqlite.execute(_USES, (guild_id,)).fetchall()))
