"""What a server uses most is known without asking anybody, and begins with what is on record."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

import pytest

from bot.domain.errors import DatabaseUnavailable, StoreError
from bot.services.catalogue.popularity import Popularity


class MemoryUses:
    """Runs by server; the next questions fail as `faults` says."""

    def __init__(self, uses: Mapping[int, Mapping[str, int]]) -> None:
        self._uses = uses
        self.faults: deque[StoreError | None] = deque()
        self.asked = 0

    async def next_guild(self, after_id: int) -> int | None:
        self._answer()
        return min((guild_id for guild_id in self._uses if guild_id > after_id), default=None)

    async def uses(self, guild_id: int) -> Mapping[str, int]:
        self._answer()
        return self._uses[guild_id]

    def _answer(self) -> None:
        self.asked += 1
        fault = self.faults.popleft() if self.faults else None
        if fault is not None:
            raise fault


RECORD = {7: {"o/a": 3, "o/b": 1}, 9: {"o/b": 5}}


async def test_the_record_and_every_further_run_are_counted_by_server() -> None:
    popularity = Popularity()
    await popularity.load(MemoryUses(RECORD))
    popularity.count(7, "O/B")
    popularity.count(None, "o/b")
    assert popularity.of(7) == {"o/a": 3, "o/b": 2}
    assert popularity.of(9) == {"o/b": 5}
    assert popularity.of(8) == popularity.of(None) == {}


async def test_a_run_while_the_record_is_read_is_not_lost() -> None:
    popularity = Popularity()
    popularity.count(7, "o/new")
    popularity.count(7, "o/a")
    await popularity.load(MemoryUses(RECORD))
    assert popularity.of(7) == {"o/a": 3, "o/b": 1, "o/new": 1}


async def test_a_failing_record_is_read_on_where_it_failed() -> None:
    store = MemoryUses(RECORD)
    store.faults.extend([None, DatabaseUnavailable("busy"), None, None, DatabaseUnavailable("busy")])
    popularity = Popularity()
    for _ in range(2):
        with pytest.raises(DatabaseUnavailable):
            await popularity.load(store)
    await popularity.load(store)
    assert popularity.of(7) == RECORD[7]
    assert popularity.of(9) == RECORD[9]
    assert store.asked == 8
