"""From what SQLite says to the StoreError family, decided on result codes and never on message texts."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from bot.domain.errors import DatabaseDamaged, DatabaseFull, DatabaseInUse, DatabaseUnavailable, StoreError
from bot.store.sqlite.lock_owner import format_lock_owner

_DAMAGED: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_PRIMARY: Final = (
    0xFF  # an extended result code carries its primary code in the low byte (sqlite.org, Result Codes)
)


def store_error(error: BaseException, path: Path) -> StoreError:
    """A new error of the family for whatever broke a unit of work on the file at `path`."""
    if isinstance(error, StoreError):
        return type(error)(error.reason)
    if not isinstance(error, sqlite3.Error):
        return DatabaseUnavailable(f"{path}: {type(error).__name__}: {error}")
    # sqlite3 leaves the code out of the errors that it raises itself, such as those for misuse.
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    name: str = getattr(error, "sqlite_errorname", type(error).__name__)
    reason = f"{path}: {error} ({name})"
    if code & _PRIMARY in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return DatabaseInUse(f"{path} is in use by {format_lock_owner(path)}: {error} ({name})")
    if code & _PRIMARY == sqlite3.SQLITE_FULL:
        return DatabaseFull(reason)
    if code == sqlite3.SQLITE_IOERR_WRITE:
        # SQLite says FULL for ENOSPC alone; a quota and a file size limit come as a failed write.
        return DatabaseFull(f"{reason}: a quota, a limit on file size, or a failing disk")
    if code & _PRIMARY in _DAMAGED:
        return DatabaseDamaged(reason)
    return DatabaseUnavailable(reason)


class DatabaseGone(DatabaseUnavailable):
    """The file was moved, deleted or replaced while it was open: what is written there is lost."""


def is_final(error: BaseException) -> bool:
    """Whether the file cannot be trusted with another write until it has been opened anew.

    After a failed fsync the system may have dropped what it could not write, and says so only once.
    """
    if isinstance(error, (DatabaseGone, DatabaseDamaged)):
        return True
    if not isinstance(error, sqlite3.Error):
        return False
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    is_room = code in {sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_NOMEM}
    return code & _PRIMARY in {*_DAMAGED, sqlite3.SQLITE_IOERR} and not is_room
