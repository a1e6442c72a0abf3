"""A group of units of work: run one after the other, committed once, and each told what became of it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeAlias, TypeVar

T = TypeVar("T")


class Write(Generic[T]):
    """A unit of work on its way through the connection's thread, and what became of it."""

    __slots__ = ("done", "error", "result", "unit")

    def __init__(self, unit: Callable[[sqlite3.Connection], T], done: asyncio.Future[None]) -> None:
        self.unit = unit
        self.done = done
        self.result: T | None = None
        self.error: BaseException | None = None


_Run: TypeAlias = Callable[[sqlite3.Connection, Write[Any]], bool]


def commit_together(sqlite: sqlite3.Connection, group: Sequence[Write[Any]]) -> None:
    """Run and commit the group; a unit that raises is undone alone.

    A savepoint for each unit costs a group a tenth of its time, and hardly a unit ever needs one: they are
    set where the group came to grief without them.
    """
    if not _is_committed(sqlite, group, _run_bare):
        _is_committed(sqlite, group, _run_apart)


def _is_committed(sqlite: sqlite3.Connection, group: Sequence[Write[Any]], run: _Run) -> bool:
    """False, with nothing written: a unit could not be run like this."""
    sqlite.execute("BEGIN IMMEDIATE")
    try:
        is_run = all(run(sqlite, write) for write in group)
        sqlite.execute("COMMIT" if is_run else "ROLLBACK")
    except BaseException:
        if sqlite.in_transaction:
            sqlite.execute("ROLLBACK")
        raise
    return is_run


def _run_bare(sqlite: sqlite3.Connection, write: Write[Any]) -> bool:
    """False: the unit raised after it had written, and cannot be undone alone."""
    changes = sqlite.total_changes
    try:
        write.result = write.unit(sqlite)
    except BaseException as error:
        if not sqlite.in_transaction:
            raise  # SQLite undid the whole group itself, as it may on a full disk or an I/O error
        write.error = error
        return sqlite.total_changes == changes
    return True


def _run_apart(sqlite: sqlite3.Connection, write: Write[Any]) -> bool:
    write.error = None  # of the run before
    sqlite.execute("SAVEPOINT unit")
    try:
        write.result = write.unit(sqlite)
    except BaseException as error:
        if not sqlite.in_transaction:
            raise  # as above
        sqlite.execute("ROLLBACK TO unit")
        write.error = error
    sqlite.execute("RELEASE unit")
    return True


def wake(group: Sequence[Write[Any]]) -> None:
    """Let every caller of the group go on."""
    for write in group:
        if not write.done.done():  # a cancelled caller has left
            write.done.set_result(None)
