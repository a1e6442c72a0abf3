"""The members who lend their pictures to nobody: their own word, on every server."""

from __future__ import annotations

import json
from collections.abc import Set
from operator import itemgetter

from bot.services.guild_settings.ports import PictureWishes
from bot.store.sqlite.records import Records


class PictureWishRecords(Records, PictureWishes):
    async def closed_among(self, user_ids: Set[int]) -> frozenset[int]:
        find = "SELECT user_id FROM closed_pictures WHERE user_id IN (SELECT value FROM json_each(?))"
        return frozenset(await self._all(itemgetter(0), find, (json.dumps(list(user_ids)),)))

    async def set_closed(self, user_id: int, *, is_closed: bool) -> None:
        close = "INSERT INTO closed_pictures (user_id) VALUES (?) ON CONFLICT DO NOTHING"
        statement = close if is_closed else "DELETE FROM closed_pictures WHERE user_id = ?"
        await self._execute(statement, (user_id,))
