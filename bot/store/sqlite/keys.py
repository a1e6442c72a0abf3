"""The one secret that the bot makes for itself: it marks the custom ids of its buttons and forms."""

from __future__ import annotations

import sqlite3
from typing import Final

from bot.store.sqlite.records import Records

KEY_BYTES: Final = 32
_KEEP: Final = "INSERT INTO custom_id_key VALUES (1, ?, ?) ON CONFLICT DO NOTHING"


class KeyRecords(Records):
    """The key over one database: the first one stays, so that buttons work after every restart."""

    async def custom_id_key(self, fresh: bytes, now_s: float) -> tuple[bytes, float]:
        """The secret and when it was made; `fresh` becomes it where there is none. StoreError family."""

        def unit(sqlite: sqlite3.Connection) -> tuple[bytes, float]:
            sqlite.execute(_KEEP, (fresh, now_s))
            secret, made_at_s = sqlite.execute("SELECT secret, made_at_s FROM custom_id_key").fetchone()
            return bytes(secret), float(made_at_s)

        return await self._database.write(unit)
