"""A disk that fails on demand, under the sqlite3 of a child process: the file DISK_FAULT says how.

``stall``: every statement waits until the file says something else. ``fsync``: every commit fails as where
the system could not write it out. ``corrupt``: every statement on a table meets a damaged page.
"""

import os
import sqlite3
import time
from pathlib import Path
from typing import Any

_CONTROL = Path(os.environ["DISK_FAULT"])
_connect = sqlite3.connect


def _error(text: str, name: str) -> sqlite3.Error:
    error = (sqlite3.DatabaseError if name == "SQLITE_CORRUPT" else sqlite3.OperationalError)(text)
    error.sqlite_errorcode = getattr(sqlite3, name)
    error.sqlite_errorname = name
    return error


def _meet(statement: str) -> None:
    verb = statement.split(maxsplit=1)[0].upper()
    while (fault := _CONTROL.read_text()) == "stall":
        time.sleep(0.02)
    if fault == "fsync" and verb == "COMMIT":
        raise _error("disk I/O error", "SQLITE_IOERR_FSYNC")
    if fault == "corrupt" and verb in {"SELECT", "INSERT", "UPDATE"}:
        raise _error("database disk image is malformed", "SQLITE_CORRUPT")


class _Connection(sqlite3.Connection):
    def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        _meet(statement)
        return super().execute(statement, *values)


def _faulty(*arguments: Any, **options: Any) -> sqlite3.Connection:
    return _connect(*arguments, **{"factory": _Connection, **options})


sqlite3.connect = _faulty
