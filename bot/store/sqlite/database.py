"""One connection to one file: units of work in, group commits out, success told only after COMMIT."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final, TypeVar, cast

import aiosqlite

from bot.domain.errors import DatabaseDamaged, DatabaseUnavailable, StoreError
from bot.store.sqlite.database_file import NOWHERE, identity, log_of, make_private, require_whole
from bot.store.sqlite.failures import DatabaseGone, is_final, store_error
from bot.store.sqlite.group_commit import Write, commit_together, wake
from bot.store.sqlite.schema import Migration, known_migrations, migrate

T = TypeVar("T")

_log = logging.getLogger(__name__)

BUSY_TIMEOUT_S: Final = 0.2  # a second process gives up well within a second
CHECKPOINT_AFTER_WRITES: Final = 256  # then the log is folded into the file, at the next idle moment
THOROUGH_BYTES: Final = 64 * 1024 * 1024  # a larger file is checked without its indexes: a second a GiB
BUSY_GROUP: Final = 8  # writes that were committed together: no idle moment follows
# 128 MiB: bounds the log where writes never pause. Folding it in costs whoever writes then some 10 ms more.
AUTOCHECKPOINT_PAGES: Final = 32_768

_PRAGMAS: Final = (
    "PRAGMA locking_mode = EXCLUSIVE",  # before WAL: no shared memory, and nobody else gets in
    "PRAGMA synchronous = FULL",  # a commit that was told survives a power cut
    "PRAGMA foreign_keys = ON",
    "PRAGMA recursive_triggers = ON",  # else REPLACE deletes rows without firing the ledger's triggers
    "PRAGMA secure_delete = ON",  # a prompt that is erased is gone from the file, not only from the table
    "PRAGMA temp_store = MEMORY",
    f"PRAGMA wal_autocheckpoint = {AUTOCHECKPOINT_PAGES}",
)


class Database:
    """The one owner of the file. Use as `async with Database(path) as database`, or open() and close().

    Units of work are plain functions of a `sqlite3.Connection` and run on aiosqlite's thread. Where another
    unit of its group fails, one may be undone and run again, so it changes nothing but the database.
    Everything raises the StoreError family; what a unit raises of its own reaches its caller unchanged.
    Writes that wait together are as many as the callers, and are all taken at once.
    """

    def __init__(
        self,
        path: Path,
        *,
        max_pages: int | None = None,
        migrations: Sequence[Migration] | None = None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """`max_pages` caps the file's size, in pages of 4 KiB; `migrations` defaults to the package's."""
        self.path = path
        self.commits = 0
        self._max_pages = max_pages
        self._migrations = known_migrations() if migrations is None else tuple(migrations)
        self._wall = wall
        self._connection: aiosqlite.Connection | None = None
        self._sqlite: sqlite3.Connection | None = None  # touched on aiosqlite's thread only
        self._refusal: sqlite3.Error | OSError | StoreError | None = None  # why the file could not be opened
        self._lock = threading.Lock()
        self._waiting: list[Write[Any]] = []  # not empty means: a hop that will take it is queued
        self._writes_since_checkpoint = 0
        self._is_still = False
        self._standing_still = asyncio.Lock()
        self._identity = NOWHERE  # of the opened file and of its log
        self._log_identity = NOWHERE
        self._failure: StoreError | None = None
        self._has_failed = asyncio.Event()

    async def open(self) -> None:
        """Lock, check and migrate the file, creating it and its folder where missing.

        Raises DatabaseInUse, DatabaseTooNew, DatabaseFull, or DatabaseUnavailable with the reason.
        """
        if self._connection is not None:
            raise DatabaseUnavailable(f"{self.path} is open already")
        connection = aiosqlite.Connection(self._connect, iter_chunk_size=64)
        try:
            await connection
            await _hop(connection, self._prepare)
        except BaseException as error:
            await connection.close()
            self._sqlite = None
            if isinstance(error, (sqlite3.Error, OSError)):
                raise store_error(error, self.path) from error
            raise
        self._connection = connection

    async def close(self) -> None:
        """Finish what waits, fold the log into the file and let go of it. Closing twice is nothing."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            if self._failure is None:  # else the log is left as it is, for the next opening
                await _hop(connection, self._checkpoint, "TRUNCATE")
        finally:
            await connection.close()  # behind all that waits, even where this caller is cancelled
            self._sqlite = None

    async def failed(self) -> StoreError:
        """Wait until the file cannot be trusted any more; from then on everything is refused so."""
        await self._has_failed.wait()
        return self._failure or DatabaseUnavailable(f"{self.path} is out of order")

    async def __aenter__(self) -> Database:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def read(self, unit: Callable[[sqlite3.Connection], T]) -> T:
        """Run a unit that only reads. It sees everything committed before."""
        connection = self._opened()
        try:
            return cast(T, await _hop(connection, self._run_read, unit))
        except sqlite3.Error as error:
            self._look_at(error)
            raise store_error(error, self.path) from error

    async def write(self, unit: Callable[[sqlite3.Connection], T]) -> T:
        """Run a unit in the next group and return its result once the group is committed.

        A unit that raises is undone alone. A caller that is cancelled does not stop its unit: it commits,
        or it does not, with the others of its group.
        """
        connection = self._opened()
        write = Write(unit, asyncio.get_running_loop().create_future())
        with self._lock:
            self._waiting.append(write)
            is_first = len(self._waiting) == 1
        if is_first:
            try:
                await asyncio.sleep(0)  # whoever is about to write joins this group
            finally:
                await _hop(connection, self._commit_waiting, asyncio.get_running_loop())
        await write.done
        self._look_at(write.error)
        if isinstance(write.error, sqlite3.Error):
            raise store_error(write.error, self.path) from write.error
        if write.error is not None:
            raise write.error
        return cast(T, write.result)

    @asynccontextmanager
    async def standing_still(self) -> AsyncIterator[None]:
        """Within the block the file holds every earlier commit and does not change: it may be copied.

        Reading and writing go on; commits stay in the log, which grows meanwhile. One block at a time, others
        wait. Raises the StoreError family, also where the database was closed before the block ended.
        """
        async with self._standing_still:
            connection = self._opened()
            try:
                await _hop(connection, self._stand_still)
                yield
            except sqlite3.Error as error:
                raise store_error(error, self.path) from error
            finally:
                await _hop(self._opened(), self._move_on)

    def _opened(self) -> aiosqlite.Connection:
        if self._connection is None:
            raise DatabaseUnavailable(f"{self.path} is closed")
        if self._failure is not None:
            raise type(self._failure)(self._failure.reason)
        return self._connection

    def _look_at(self, error: BaseException | None) -> None:
        cause = error.__cause__ or error if isinstance(error, StoreError) else error
        if cause is not None and self._failure is None and is_final(cause):
            self._failure = store_error(cause, self.path)
            self._has_failed.set()

    # Below: on aiosqlite's thread.

    def _connect(self) -> sqlite3.Connection:
        self._refusal = None
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            require_whole(self.path)
            make_private(self.path)
            self._sqlite = sqlite3.connect(self.path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
        except (sqlite3.Error, OSError, StoreError) as error:
            # aiosqlite 0.22 does not wait for the end of its thread where this function raises. With an
            # empty connection in hand it closes in order, and `_prepare` raises instead.
            self._refusal = error
            return sqlite3.connect(":memory:")
        return self._sqlite

    def _prepare(self) -> None:
        if self._refusal is not None:
            raise self._refusal
        sqlite = self._raw()
        for pragma in _PRAGMAS:
            sqlite.execute(pragma)
        (mode,) = sqlite.execute("PRAGMA journal_mode = WAL").fetchone()
        if mode != "wal":
            raise DatabaseUnavailable(f"{self.path}: this place takes no write-ahead log, only {mode!r}")
        sqlite.execute("BEGIN EXCLUSIVE")  # takes the lock, which locking_mode then keeps
        sqlite.execute("COMMIT")
        check = "integrity_check" if self.path.stat().st_size <= THOROUGH_BYTES else "quick_check"
        (verdict,) = sqlite.execute(f"PRAGMA {check}(1)").fetchone()
        if verdict != "ok":
            raise DatabaseDamaged(f"{self.path} is damaged: {verdict.splitlines()[-1]}")
        self._identity = identity(self.path)
        if self._max_pages is not None:
            sqlite.execute(f"PRAGMA max_page_count = {self._max_pages:d}")
        migrate(sqlite, self._migrations, self._wall)
        sqlite.row_factory = sqlite3.Row

    def _run_read(self, unit: Callable[[sqlite3.Connection], T]) -> T:
        return unit(self._raw())

    def _raw(self) -> sqlite3.Connection:
        if self._sqlite is None:
            raise DatabaseUnavailable(f"{self.path} is closed")
        return self._sqlite

    def _commit_waiting(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._lock:
            group, self._waiting = self._waiting, []
        try:
            self._commit(self._raw(), group)
        except BaseException as error:  # noqa: BLE001 — handed to every caller of the group: nobody hangs
            for write in group:
                write.error = store_error(error, self.path)
                write.error.__cause__ = error
        loop.call_soon_threadsafe(wake, group)
        self._writes_since_checkpoint += len(group)
        with self._lock:
            is_idle = not self._waiting
        is_idle = is_idle and len(group) < BUSY_GROUP  # a crowd comes back as soon as it is told
        if is_idle and not self._is_still and self._writes_since_checkpoint >= CHECKPOINT_AFTER_WRITES:
            self._checkpoint("PASSIVE")

    def _commit(self, sqlite: sqlite3.Connection, group: Sequence[Write[Any]]) -> None:
        self._require_same_file()
        commit_together(sqlite, group)
        self.commits += 1

    def _require_same_file(self) -> None:
        """What is committed to a file without a name is lost when this process ends."""
        path, log_path = self.path, log_of(self.path)
        if identity(path) != self._identity:
            raise DatabaseGone(f"{path} was moved, deleted or replaced while the bot uses it")
        log_identity = identity(log_path)
        if log_identity != self._log_identity != NOWHERE:
            raise DatabaseGone(f"{log_path} was moved, deleted or replaced while the bot uses it")
        self._log_identity = log_identity

    def _stand_still(self) -> None:
        self._is_still = True
        sqlite = self._raw()
        sqlite.execute("PRAGMA wal_autocheckpoint = 0")
        is_busy, *_ = sqlite.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if is_busy:
            raise DatabaseUnavailable(f"{self.path}: the write-ahead log could not be folded in")

    def _move_on(self) -> None:
        self._is_still = False
        self._raw().execute(f"PRAGMA wal_autocheckpoint = {AUTOCHECKPOINT_PAGES}")

    def _checkpoint(self, mode: str) -> None:
        self._writes_since_checkpoint = 0
        try:
            self._raw().execute(f"PRAGMA wal_checkpoint({mode})").fetchall()
        except sqlite3.Error as error:
            # Nothing is lost: the log holds every commit, and is read at the next opening.
            _log.warning("the write-ahead log could not be folded into the database: %s", error)


async def _hop(connection: aiosqlite.Connection, function: Callable[..., Any], *arguments: object) -> Any:
    """Run a function on the connection's thread: one hop, where aiosqlite's public calls take one each."""
    return await connection._execute(function, *arguments)  # type: ignore[no-untyped-call]  # noqa: SLF001 — untyped and private; the minor version is pinned
