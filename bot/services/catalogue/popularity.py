"""What each server uses most: counted in memory, begun from what is on record."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Final

from bot.domain.catalogue.model import folded_slug
from bot.services.catalogue.ports import UsesStore

_NONE: Final[Mapping[str, int]] = {}


class Popularity:
    """Counters that answer without any I/O. Direct messages have no server and are not counted."""

    def __init__(self) -> None:
        self._uses: defaultdict[int, Counter[str]] = defaultdict(Counter)
        self._loaded_to = -1

    def of(self, guild_id: int | None) -> Mapping[str, int]:
        """A server's runs by slug in lower case, as far as they are known by now."""
        return self._uses.get(guild_id, _NONE) if guild_id is not None else _NONE

    def count(self, guild_id: int | None, model: str) -> None:
        """One more run."""
        if guild_id is not None:
            self._uses[guild_id][folded_slug(model)] += 1

    async def load(self, store: UsesStore) -> None:
        """Add what is on record, server by server. Raises StoreError; then it reads on there."""
        while (guild_id := await store.next_guild(self._loaded_to)) is not None:
            # A run of this moment may or may not be on record yet: the larger number is right enough.
            self._uses[guild_id] |= Counter(await store.uses(guild_id))
            self._loaded_to = guild_id
