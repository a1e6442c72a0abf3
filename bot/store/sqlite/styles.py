"""House styles on record: a member's own by server, and those that are pinned for everybody there."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from bot.domain.moderation.audit import AuditEntry
from bot.domain.request.errors import StyleFault, StyleRefused
from bot.domain.request.style import Style
from bot.services.styles.ports import StyleStore
from bot.store.sqlite.audit_log import note_in
from bot.store.sqlite.records import Records
from bot.store.sqlite.rows import storable, storable_or_none

_COLUMNS: Final = (
    "guild_id, user_id, name_key, name, template, negative_prompt, model, width, height, steps, guidance, "
    "saved_by, saved_at_s"
)
# Put together from the constant above; values are always bound.
_SELECT: Final = f"SELECT {_COLUMNS} FROM styles"
_KEEP: Final = f"""
INSERT INTO styles ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (guild_id, user_id, name_key)
DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in _COLUMNS.split(", ")[3:])}
"""
_ONE: Final = f"{_SELECT} WHERE guild_id = ? AND user_id = ? AND name_key = ?"
_OF_MEMBER_HERE: Final = f"{_SELECT} WHERE guild_id = ? AND user_id = ? ORDER BY name_key"
_OF_MEMBER: Final = f"""
{_SELECT} WHERE user_id = ?1 OR (user_id = 0 AND saved_by = ?1) ORDER BY guild_id, user_id, name_key
"""
_NAMES: Final = """
SELECT guild_id, user_id, name_key, name FROM styles
WHERE (guild_id, user_id, name_key) > (?, ?, ?) ORDER BY guild_id, user_id, name_key LIMIT ?
"""
_IS_THERE: Final = "SELECT 1 FROM styles WHERE guild_id = ? AND user_id = ? AND name_key = ?"
_COUNT: Final = "SELECT count(*) FROM styles WHERE guild_id = ? AND user_id = ?"
_DELETE: Final = "DELETE FROM styles WHERE guild_id = ? AND user_id = ? AND name_key = ?"


class StyleRecords(Records, StyleStore):
    async def keep_style(self, style: Style, most: int, entry: AuditEntry | None) -> None:
        values = _row(style)

        def unit(sqlite: sqlite3.Connection) -> None:
            if sqlite.execute(_IS_THERE, values[:3]).fetchone() is None:
                (count,) = sqlite.execute(_COUNT, values[:2]).fetchone()
                if count >= most:
                    fault = StyleFault.TOO_MANY_PINNED if style.is_pinned else StyleFault.TOO_MANY
                    raise StyleRefused(fault, style.name, most)
            sqlite.execute(_KEEP, values)
            if entry is not None:
                note_in(sqlite, entry)

        await self._database.write(unit)

    async def delete_style(self, style: Style, entry: AuditEntry | None) -> bool:
        def unit(sqlite: sqlite3.Connection) -> bool:
            is_deleted = sqlite.execute(_DELETE, _row(style)[:3]).rowcount > 0
            if is_deleted and entry is not None:
                note_in(sqlite, entry)
            return is_deleted

        return await self._database.write(unit)

    async def style(self, guild_id: int, user_id: int, key: str) -> Style | None:
        return await self._first(_style, _ONE, (guild_id, user_id, storable(key)))

    async def styles_here(self, guild_id: int, user_id: int) -> Sequence[Style]:
        return await self._all(_style, _OF_MEMBER_HERE, (guild_id, user_id))

    async def styles_of(self, user_id: int) -> Sequence[Style]:
        return await self._all(_style, _OF_MEMBER, (user_id,))

    async def names_after(
        self, last: tuple[int, int, str], limit: int
    ) -> Sequence[tuple[int, int, str, str]]:
        return await self._all(tuple, _NAMES, (*last, limit))

    async def forget_styles(self, user_id: int) -> int:
        def unit(sqlite: sqlite3.Connection) -> int:
            sqlite.execute("UPDATE styles SET saved_by = 0 WHERE user_id = 0 AND saved_by = ?", (user_id,))
            return sqlite.execute("DELETE FROM styles WHERE user_id = ?", (user_id,)).rowcount

        return await self._database.write(unit)


def _row(style: Style) -> tuple[object, ...]:
    return (
        style.guild_id,
        style.user_id,
        storable(style.key),
        storable(style.name),
        storable(style.template),
        storable_or_none(style.negative_prompt),
        storable_or_none(style.model),
        style.width,
        style.height,
        style.steps,
        style.guidance,
        style.saved_by,
        style.saved_at_s,
    )


def _style(row: sqlite3.Row) -> Style:
    return Style(**{name: row[name] for name in row.keys() if name != "name_key"})  # noqa: SIM118 — a Row iterates over its values
