"""The audit log's entries: written within the transaction of what each is about, read page by page."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict, fields, replace
from enum import Enum
from functools import cache
from types import NoneType
from typing import Any, Final, get_args, get_type_hints

from bot.domain.errors import DatabaseUnavailable
from bot.domain.moderation.audit import AuditEntry, AuditPage, AuditQuery, Change, ChangeKind
from bot.store.sqlite.rows import storable_json

PAGE_SIZE: Final = 8

_NOTE: Final = """
INSERT INTO audit_log (guild_id, actor_id, kind, subject, before, after, at_s) VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_NEWEST: Final = "SELECT coalesce(max(entry_id), 0) FROM audit_log WHERE guild_id = ?"
# Entries that were kept as words name the member they are about as a mention.
_PAGE: Final = """
SELECT entry_id, guild_id, actor_id, kind, subject, before, after, at_s FROM audit_log
WHERE guild_id = :guild_id AND entry_id <= :newest_id AND at_s >= :since_s
  AND (:member_id = 0 OR actor_id = :member_id
       OR :member_id IN (json_extract(subject, '$.user_id'), json_extract(subject, '$.audience_id'))
       OR (kind = 'words' AND instr(subject, '<@' || :member_id || '>')))
ORDER BY entry_id DESC LIMIT :limit OFFSET :offset
"""
_CHANGES: Final[dict[ChangeKind, type]] = {change.kind: change for change in get_args(Change)}


def note_in(sqlite: sqlite3.Connection, entry: AuditEntry) -> None:
    """Write an audit entry within the transaction of what it is about."""
    about = asdict(entry.change)
    before, after = about.pop("before"), about.pop("after")
    data = (storable_json(part, _by_value) for part in (about, before, after))
    sqlite.execute(_NOTE, (entry.guild_id, entry.actor_id, entry.change.kind.value, *data, entry.at_s))


def page_in(sqlite: sqlite3.Connection, query: AuditQuery) -> AuditPage:
    """The entries asked for. Raises DatabaseUnavailable for one that no version of ours wrote."""
    (newest_id,) = sqlite.execute(_NEWEST, (query.guild_id,)).fetchone()
    query = replace(query, newest_id=query.newest_id or newest_id)
    part = {"limit": PAGE_SIZE + 1, "offset": (query.page - 1) * PAGE_SIZE}
    rows = sqlite.execute(_PAGE, asdict(query) | part).fetchall()
    return AuditPage(query, tuple(_entry_of(row) for row in rows[:PAGE_SIZE]), len(rows) > PAGE_SIZE)


def _entry_of(row: sqlite3.Row) -> AuditEntry:
    try:
        about = json.loads(row["subject"])
        about |= {"before": json.loads(row["before"]), "after": json.loads(row["after"])}
        change = _value(_CHANGES[ChangeKind(row["kind"])], about)
    except (KeyError, TypeError, ValueError) as error:
        raise DatabaseUnavailable(f"audit entry {row['entry_id']} cannot be read: {error!r}") from error
    return AuditEntry(row["guild_id"], row["actor_id"], change, row["at_s"])


def _by_value(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    raise TypeError(f"{type(value).__name__} is not kept in an audit entry")


@cache
def _hints(kind: type) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def _value(hint: Any, value: Any) -> Any:
    """What JSON made of a value of this type, back as it was. Raises KeyError, TypeError, ValueError."""
    options = get_args(hint) or (hint,)
    if value is None and NoneType in options:
        return None
    kind: Any
    (kind,) = (option for option in options if option is not NoneType)
    if hasattr(kind, "__dataclass_fields__"):
        hints = _hints(kind)
        return kind(**{name: _value(hints[name], part) for name, part in value.items()})
    if issubclass(kind, Enum):
        return kind(value)
    if not isinstance(value, (int, float) if kind is float else kind):
        raise TypeError(f"{value!r} is not of type {kind.__name__}")
    return value
