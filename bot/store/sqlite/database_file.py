"""The place of a database: whether its parts are together, and whether it is still the same file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from bot.domain.errors import DatabaseUnavailable

WAL: Final = "-wal"
PARTS: Final = (WAL, "-shm", "-journal")  # what SQLite keeps beside a database
NOWHERE: Final = (0, 0)
RESTORING: Final = ".restoring"


def restoring(database: Path) -> Path:
    """Where a restored copy stands until it takes the database's name."""
    return database.with_name(database.name + RESTORING)


def log_of(database: Path) -> Path:
    """The write-ahead log."""
    return database.with_name(database.name + WAL)


def require_whole(database: Path) -> None:
    """Raises DatabaseUnavailable where the file is missing, and what lies beside it shows that it was there.

    An empty database in its stead would forget what was paid and who may spend how much. A place that cannot
    be written to is refused as well, in plainer words than SQLite has.
    """
    for place in (database, database.parent):
        if place.exists() and not os.access(place, os.W_OK):
            raise DatabaseUnavailable(f"{place} is read-only for this user")
    if database.exists() and (database.is_dir() or database.stat().st_size > 0):
        return
    if restoring(database).exists():
        raise DatabaseUnavailable(
            f"{database} is missing because a restore was interrupted: run `python -m bot restore FILE` again"
        )
    log = log_of(database)
    if log.exists() and log.stat().st_size > 0:
        raise DatabaseUnavailable(
            f"{database} is missing or empty, but its log {log.name} is there: bring the file back to it"
        )


def make_private(database: Path) -> None:
    """An empty file for this user alone, where there is none; SQLite gives the log the same mode."""
    if not database.exists():
        os.close(os.open(database, os.O_CREAT | os.O_RDWR, 0o600))


def identity(database: Path) -> tuple[int, int]:
    """What tells this file from any other that may bear its name later; NOWHERE: there is none."""
    try:
        found = database.stat()
    except OSError:
        return NOWHERE
    return (found.st_dev, found.st_ino)
