"""Migrations as text: cut into statements, and known by number and content."""

from __future__ import annotations

import sqlite3

import pytest

from bot.domain.errors import DatabaseUnavailable
from bot.store.sqlite.schema import known_migrations, statements

SCRIPT = """
-- a remark; with a semicolon
CREATE TABLE a (b TEXT DEFAULT 'x;y');
CREATE TRIGGER t BEFORE DELETE ON a BEGIN SELECT RAISE(ABORT, 'no;'); END;  INSERT INTO a VALUES ('z;');
-- the end
"""


def test_statements_are_cut_where_they_end_and_nowhere_else() -> None:
    found = list(statements(SCRIPT))
    assert len(found) == 3
    assert found[1].startswith("CREATE TRIGGER")
    assert found[1].endswith("END;")
    connection = sqlite3.connect(":memory:")
    for statement in found:
        connection.execute(statement)
    assert connection.execute("SELECT b FROM a").fetchall() == [("z;",)]
    connection.close()


@pytest.mark.parametrize(
    "script", ["SELECT 1; SELECT 2", "CREATE TRIGGER t BEGIN SELECT 1;"], ids=["open", "trigger"]
)
def test_an_unfinished_statement_is_refused(script: str) -> None:
    with pytest.raises(DatabaseUnavailable, match="unfinished"):
        list(statements(script))


def test_the_migrations_of_the_package_are_numbered_without_a_gap() -> None:
    numbers = [migration.number for migration in known_migrations()]
    assert numbers == list(range(1, len(numbers) + 1))
    assert numbers


def test_every_table_of_ours_is_strict() -> None:
    connection = sqlite3.connect(":memory:")
    for migration in known_migrations():
        for statement in statements(migration.sql):
            connection.execute(statement)
    tables = [row for row in connection.execute("PRAGMA table_list") if not row[1].startswith("sqlite_")]
    assert len(tables) >= 5
    assert all(row[5] == 1 for row in tables), tables
    connection.close()
