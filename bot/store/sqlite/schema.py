"""Numbered migrations: each runs once, in one transaction with the record of it."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files

from bot.domain.errors import DatabaseTooNew, DatabaseUnavailable

_FILE_NAME = re.compile(r"(\d{4})_(\w+)\.sql")

_RECORD = """
CREATE TABLE IF NOT EXISTS migration (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    applied_at_s REAL NOT NULL
) STRICT
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema: plain SQL statements without transaction control."""

    number: int
    name: str
    sql: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def known_migrations() -> tuple[Migration, ...]:
    """The migrations that come with the package, in order."""
    found = []
    for entry in files("bot.store.sqlite").joinpath("migrations").iterdir():
        match = _FILE_NAME.fullmatch(entry.name)
        if match is not None:
            found.append(Migration(int(match[1]), match[2], entry.read_text(encoding="utf-8")))
    return tuple(sorted(found, key=lambda migration: migration.number))


def migrate(
    connection: sqlite3.Connection, migrations: Sequence[Migration], wall: Callable[[], float]
) -> None:
    """Bring the file up to date. The connection must be in autocommit mode. Raises as `outstanding`."""
    for migration in outstanding(connection, migrations):
        _apply(connection, migration, wall())


def outstanding(connection: sqlite3.Connection, migrations: Sequence[Migration]) -> tuple[Migration, ...]:
    """What is still to be applied.

    Raises DatabaseTooNew for a file of a newer version, DatabaseUnavailable for a file of another
    program or one whose applied migrations are not the ones we know, and sqlite3.Error.
    """
    applied = _applied(connection)
    newest = max((migration.number for migration in migrations), default=0)
    if applied and max(applied) > newest:
        raise DatabaseTooNew(f"the database is at migration {max(applied)}, this version knows {newest}")
    for migration in migrations:
        if applied.get(migration.number, migration.sha256) != migration.sha256:
            raise DatabaseUnavailable(f"migration {migration.number} is not the one that was applied")
    return tuple(migration for migration in migrations if migration.number not in applied)


def statements(sql: str) -> Iterator[str]:
    """The single statements of a script; a trigger's body and quoted semicolons stay in one piece."""
    statement = ""
    *pieces, rest = sql.split(";")
    for piece in pieces:
        statement += piece + ";"
        if sqlite3.complete_statement(statement):
            yield statement.strip()
            statement = ""
    if any(line.strip() and not line.strip().startswith("--") for line in (statement + rest).splitlines()):
        raise DatabaseUnavailable(f"a migration ends in an unfinished statement: {statement + rest}")


def _applied(connection: sqlite3.Connection) -> dict[int, str]:
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    if "migration" in tables:
        return dict(connection.execute("SELECT number, sha256 FROM migration").fetchall())
    if tables:
        raise DatabaseUnavailable(
            f"the database belongs to another program: it has {', '.join(sorted(tables))}"
        )
    return {}


def _apply(connection: sqlite3.Connection, migration: Migration, now_s: float) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute(_RECORD)
        for statement in statements(migration.sql):
            connection.execute(statement)
        connection.execute(
            "INSERT INTO migration (number, name, sha256, applied_at_s) VALUES (?, ?, ?, ?)",
            (migration.number, migration.name, migration.sha256, now_s),
        )
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
