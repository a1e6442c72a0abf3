"""A copy of a database file that nobody has open, and the proof that a copy is good."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from bot.domain.errors import DatabaseDamaged, DatabaseUnavailable
from bot.store.sqlite.audit import discrepancies
from bot.store.sqlite.database import BUSY_TIMEOUT_S
from bot.store.sqlite.failures import store_error
from bot.store.sqlite.schema import known_migrations, migrate

_DOUBTED: Final = """
UPDATE jobs SET sent_at_s = created_at_s WHERE stage = 'SUBMITTING' AND sent_at_s IS NULL AND task_id IS NULL
"""


def copy_unowned(source: Path, target: Path) -> None:
    """Copy a database, its log included, into an empty file, while nobody else can open it.

    Raises DatabaseInUse where somebody has it open, otherwise DatabaseFull or DatabaseUnavailable. Nothing
    is migrated: the copy is of the version that the file is of.
    """
    try:
        with closing(_connect(source, "mode=rw")) as owned, closing(_connect(target, "mode=rw")) as copy:
            owned.execute("PRAGMA locking_mode = EXCLUSIVE")
            owned.execute("BEGIN EXCLUSIVE")
            owned.execute("COMMIT")
            copy.execute("PRAGMA journal_mode = OFF")  # a copy that fails is thrown away
            owned.backup(copy)
    except sqlite3.Error as error:
        raise store_error(error, source) from error


def proven(copy: Path) -> bool:
    """Read every page and audit the books, without changing the file.

    False: it is of another version of the bot, whose books this one cannot audit. Raises
    DatabaseUnavailable where the file is damaged, not of this bot, or its books do not balance.
    """
    try:
        # Immutable: SQLite looks for no log and makes none, though the file's header may speak of one.
        with closing(_connect(copy, "mode=ro&immutable=1")) as sqlite:
            (verdict,) = sqlite.execute("PRAGMA integrity_check(1)").fetchone()
            if verdict != "ok":
                raise DatabaseDamaged(f"it is damaged: {verdict.splitlines()[-1]}")
            if not sqlite.execute("SELECT 1 FROM sqlite_schema WHERE name = 'migration'").fetchall():
                raise DatabaseUnavailable("it is no database of this bot")
            applied = {number for (number,) in sqlite.execute("SELECT number FROM migration")}
            known = {migration.number for migration in known_migrations()}
            if applied != known:
                return False
            faults = discrepancies(sqlite)
    except sqlite3.Error as error:
        raise store_error(error, copy) from error
    if faults:
        raise DatabaseUnavailable(f"its books do not balance: {faults[0]}")
    return True


def _connect(path: Path, how: str) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?{how}"
    return sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None)


def make_restorable(copy: Path, wall: Callable[[], float]) -> None:
    """Bring a copy up to date, and to a state from which nothing is done that may have been done since.

    A request that waited for its Run may have been sent after the backup was made: it becomes one that is
    looked for at Wiro and never sent again. Verdicts that were given are left as they are. Raises StoreError.
    """
    try:
        with closing(_connect(copy, "mode=rw")) as sqlite:
            sqlite.execute("PRAGMA journal_mode = DELETE")
            migrate(sqlite, known_migrations(), wall)
            sqlite.execute("BEGIN IMMEDIATE")
            sqlite.execute(_DOUBTED)
            sqlite.execute("UPDATE cases SET is_to_do = 0 WHERE is_to_do = 1")
            sqlite.execute("COMMIT")
    except sqlite3.Error as error:
        raise store_error(error, copy) from error
