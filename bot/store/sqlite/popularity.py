"""How often each server ran each model lately, a server at a time, so that decisions pass in between."""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter
from typing import Final

from bot.services.catalogue.ports import UsesStore
from bot.store.sqlite.records import Records

LATELY: Final = 2_000  # runs of a server: what it used years ago does not count, and reading stays short

_NEXT: Final = "SELECT min(guild_id) FROM reservation WHERE guild_id > max(?, 0)"  # 0 are direct messages
_USES: Final = f"""
SELECT model, count(*)
FROM (SELECT model FROM reservation WHERE guild_id = ? ORDER BY reserved_at_s DESC LIMIT {LATELY}) AS lately
GROUP BY model
"""


class PopularityRecords(Records, UsesStore):
    async def next_guild(self, after_id: int) -> int | None:
        guild_id: int | None = await self._first(itemgetter(0), _NEXT, (after_id,))
        return guild_id

    async def uses(self, guild_id: int) -> Mapping[str, int]:
        return dict(await self._all(tuple, _USES, (guild_id,)))
