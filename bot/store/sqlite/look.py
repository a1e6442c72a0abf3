"""A look at a copy of a database, as the next start would have it: file and folder stay as they are."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile

from bot.domain.errors import DatabaseInUse, DatabaseUnavailable, StoreError
from bot.store.sqlite.database import Database
from bot.store.sqlite.database_file import NOWHERE, identity, log_of, require_whole
from bot.store.sqlite.failures import store_error
from bot.store.sqlite.lock_owner import format_lock_owner, is_held
from bot.store.sqlite.schema import Migration, known_migrations, outstanding


@dataclass(frozen=True, slots=True)
class Look:
    """What the next start would do, and the copy as it would be then."""

    migrations: tuple[Migration, ...]
    database: Database


@asynccontextmanager
async def looked_at(path: Path, wall: Callable[[], float]) -> AsyncIterator[Look | None]:
    """None: there is no database yet, and the first start can make it. Raises StoreError."""
    require_whole(path)
    if identity(path) == NOWHERE:
        _require_room(path.parent)
        yield None
        return
    with TemporaryDirectory(prefix="wiro-check-") as folder:
        copy = Path(folder) / path.name
        _copy(path, copy)
        try:
            with closing(sqlite3.connect(copy)) as sqlite:
                to_come = outstanding(sqlite, known_migrations())
        except sqlite3.Error as error:
            raise store_error(error, path) from error
        try:
            async with Database(copy, wall=wall) as database:
                yield Look(to_come, database)
        except StoreError as error:
            raise type(error)(error.reason.replace(str(copy), str(path))) from error


def _copy(path: Path, copy: Path) -> None:
    """The file and its log. Nobody uses them before or after, so nothing changed between."""
    _require_unused(path)
    try:
        shutil.copyfile(path, copy)
        if log_of(path).exists():
            shutil.copyfile(log_of(path), log_of(copy))
    except OSError as error:
        raise DatabaseUnavailable(
            f"a copy of {path} to look at could not be made in {copy.parent}: {error.strerror}"
        ) from error
    _require_unused(path)


def _require_unused(path: Path) -> None:
    if is_held(path):
        raise DatabaseInUse(f"{path} is in use by {format_lock_owner(path)}")


def _require_room(folder: Path) -> None:
    """Whether a file can be made there, tried with one that has no name."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise DatabaseUnavailable(f"nothing can be made in {folder}: {error.strerror}") from error
