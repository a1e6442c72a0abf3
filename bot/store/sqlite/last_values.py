"""What each member last filled in for each model, so that the next form begins with it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Final

from bot.domain.errors import DatabaseUnavailable
from bot.services.forms.ports import MAX_MODELS, LastValues
from bot.store.sqlite.records import Records
from bot.store.sqlite.rows import storable, storable_json

_KEEP: Final = """
INSERT INTO last_values (user_id, model, typed, saved_at_s) VALUES (?, ?, ?, ?)
ON CONFLICT (user_id, model) DO UPDATE SET typed = excluded.typed, saved_at_s = excluded.saved_at_s
"""
_TRIM: Final = """
DELETE FROM last_values WHERE user_id = ?1 AND model NOT IN
    (SELECT model FROM last_values WHERE user_id = ?1 ORDER BY saved_at_s DESC, model LIMIT ?2)
"""
_OF: Final = "SELECT typed FROM last_values WHERE user_id = ? AND model = ?"


class LastValueRecords(Records, LastValues):
    async def last_values(self, user_id: int, model: str) -> Mapping[str, tuple[str, ...]] | None:
        return await self._first(lambda row: typed_of_text(row[0]), _OF, (user_id, storable(model)))

    async def keep_last_values(
        self, user_id: int, model: str, typed: Mapping[str, tuple[str, ...]], at_s: float
    ) -> None:
        text = storable_json(typed)

        def unit(sqlite: sqlite3.Connection) -> None:
            sqlite.execute(_KEEP, (user_id, storable(model), text, at_s))
            sqlite.execute(_TRIM, (user_id, MAX_MODELS))

        await self._database.write(unit)


def typed_of_text(text: str) -> Mapping[str, tuple[str, ...]]:
    """Texts by input out of their JSON. Raises DatabaseUnavailable."""
    try:
        return {str(name): tuple(str(part) for part in texts) for name, texts in json.loads(text).items()}
    except (AttributeError, TypeError, ValueError) as error:
        raise DatabaseUnavailable(f"last values cannot be read: {error!r}") from error
