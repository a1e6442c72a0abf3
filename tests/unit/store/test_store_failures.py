"""What SQLite says, as the errors that the project knows."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from bot.domain.errors import (
    DatabaseDamaged,
    DatabaseFull,
    DatabaseInUse,
    DatabaseTooNew,
    DatabaseUnavailable,
    StoreError,
)
from bot.store.sqlite.failures import DatabaseGone, is_final, store_error

PATH = Path("/data/bot.sqlite3")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param(sqlite3.SQLITE_BUSY, DatabaseInUse, id="busy"),
        pytest.param(sqlite3.SQLITE_BUSY_RECOVERY, DatabaseInUse, id="busy_recovery"),
        pytest.param(sqlite3.SQLITE_LOCKED, DatabaseInUse, id="locked"),
        pytest.param(sqlite3.SQLITE_FULL, DatabaseFull, id="full"),
        pytest.param(sqlite3.SQLITE_IOERR_WRITE, DatabaseFull, id="write"),
        pytest.param(sqlite3.SQLITE_IOERR_READ, DatabaseUnavailable, id="read"),
        pytest.param(sqlite3.SQLITE_IOERR_FSYNC, DatabaseUnavailable, id="fsync"),
        pytest.param(sqlite3.SQLITE_CORRUPT, DatabaseDamaged, id="corrupt"),
        pytest.param(sqlite3.SQLITE_NOTADB, DatabaseDamaged, id="not_a_database"),
        pytest.param(sqlite3.SQLITE_READONLY, DatabaseUnavailable, id="read_only"),
        pytest.param(sqlite3.SQLITE_CANTOPEN, DatabaseUnavailable, id="cannot_open"),
        pytest.param(sqlite3.SQLITE_CONSTRAINT_UNIQUE, DatabaseUnavailable, id="constraint"),
    ],
)
def test_each_code_of_sqlite_has_its_error_naming_the_file(code: int, expected: type[StoreError]) -> None:
    error = sqlite3.OperationalError("what sqlite says")
    error.sqlite_errorcode, error.sqlite_errorname = code, "SQLITE_NAME"
    translated = store_error(error, PATH)
    assert type(translated) is expected
    assert str(PATH) in translated.reason
    assert "what sqlite says (SQLITE_NAME)" in translated.reason


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("SQLITE_IOERR_FSYNC", True),
        ("SQLITE_IOERR_READ", True),
        ("SQLITE_CORRUPT", True),
        ("SQLITE_CORRUPT_INDEX", True),
        ("SQLITE_NOTADB", True),
        ("SQLITE_IOERR_WRITE", False),  # room may come back
        ("SQLITE_FULL", False),
        ("SQLITE_BUSY", False),
        ("SQLITE_CONSTRAINT_UNIQUE", False),
    ],
)
def test_what_leaves_the_file_in_doubt_is_final(name: str, expected: bool) -> None:
    error = sqlite3.OperationalError("what sqlite says")
    error.sqlite_errorcode, error.sqlite_errorname = getattr(sqlite3, name), name
    assert is_final(error) is expected
    assert is_final(DatabaseGone("moved"))
    assert not is_final(ValueError("a unit's own"))


def test_a_file_that_may_only_be_read_is_unavailable(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "a").close()
    connection = sqlite3.connect(f"file:{tmp_path / 'a'}?mode=ro", uri=True)
    with pytest.raises(sqlite3.OperationalError) as failure:
        connection.execute("CREATE TABLE t (a)")
    connection.close()
    assert type(store_error(failure.value, PATH)) is DatabaseUnavailable
    assert "readonly" in store_error(failure.value, PATH).reason


def test_errors_without_a_code_and_of_other_kinds_are_unavailable_too() -> None:
    assert "misuse" in store_error(sqlite3.ProgrammingError("misuse"), PATH).reason
    assert "PermissionError: no" in store_error(PermissionError("no"), PATH).reason


def test_everybody_gets_an_error_of_their_own() -> None:
    error = DatabaseTooNew("newer")
    copy = store_error(error, PATH)
    assert type(copy) is DatabaseTooNew
    assert copy is not error
    assert copy.reason == "newer"
