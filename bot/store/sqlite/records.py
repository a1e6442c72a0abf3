"""What the adapters of all ports stand on: one database, and the usual ways of a single statement."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias, TypeVar

from bot.store.sqlite.database import Database

T = TypeVar("T")
Values: TypeAlias = Sequence[object] | Mapping[str, object]


class Records:
    """Records of one kind over one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def _all(self, of: Callable[[sqlite3.Row], T], query: str, values: Values = ()) -> list[T]:
        """What `of` makes of every row, off the loop."""
        return await self._database.read(lambda sqlite: [of(row) for row in sqlite.execute(query, values)])

    async def _first(self, of: Callable[[sqlite3.Row], T], query: str, values: Values = ()) -> T | None:
        """What `of` makes of the first row; None where there is none."""
        found = await self._all(of, query, values)
        return found[0] if found else None

    async def _execute(self, statement: str, values: Values) -> int:
        """How many rows it changed."""
        return await self._database.write(lambda sqlite: sqlite.execute(statement, values).rowcount)
