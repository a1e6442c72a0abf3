"""`python -m bot restore FILE`: a backup takes the database's place, and nothing is overwritten.

Killed at any step it leaves the database of before, or a file that the bot refuses to start without; the same
command then finishes the work.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from bot.domain.errors import DatabaseTooNew, StoreError
from bot.operator.backup import BackupFailed
from bot.store.sqlite.backup import make_restorable, proven
from bot.store.sqlite.database_file import PARTS, log_of, restoring
from bot.store.sqlite.lock_owner import FIRST_LOCK_BYTE, LOCK_BYTES, format_lock_owner


def restore(database: Path, backup: Path, wall: Callable[[], float]) -> str:
    """Prove the backup, keep what is there aside, put it in place. What was done. Raises BackupFailed."""
    _require_backup(database, backup)
    copy = restoring(database)
    with _unused(database):
        try:
            database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            for part in ("", *PARTS):  # of a restore that was killed
                copy.with_name(copy.name + part).unlink(missing_ok=True)
            _copy(backup, copy)
            make_restorable(copy, wall)
            kept = _keep_aside(database, wall())
            copy.rename(database)
            _sync(database.parent)
        except StoreError as error:
            copy.unlink(missing_ok=True)
            raise BackupFailed(f"{backup} could not be restored: {error.reason}.") from error
        except OSError as error:
            with suppress(OSError):
                if database.exists():  # else it stays, and keeps the bot from starting with nothing
                    copy.unlink(missing_ok=True)
            raise BackupFailed(f"{backup} could not be restored: {error.strerror or error}.") from error
    aside = f"what was there is kept as {kept}" if kept is not None else "there was none before"
    return f"{database} is now the backup {backup}; {aside}. Pictures asked for since then are not on record."


def _require_backup(database: Path, backup: Path) -> None:
    try:
        if not backup.is_file():
            raise BackupFailed(f"There is no file {backup}.")
        if database.exists() and backup.samefile(database):
            raise BackupFailed(f"{backup} is the database itself: name a backup.")
        if log_of(backup).exists():
            raise BackupFailed(
                f"{backup} has a log beside it, so it is no backup made by `python -m bot backup`."
            )
        proven(backup)
    except DatabaseTooNew as error:
        raise BackupFailed(f"{backup} is of a newer version of the bot: {error.reason}.") from error
    except StoreError as error:
        raise BackupFailed(f"{backup} cannot be restored: {error.reason}. Try an older backup.") from error
    except OSError as error:
        raise BackupFailed(f"{backup} cannot be read: {error.strerror}.") from error


@contextmanager
def _unused(database: Path) -> Iterator[None]:
    """Nobody else opens the file meanwhile, however damaged it is: the very lock that SQLite would take."""
    if sys.platform == "win32" or not database.exists():
        yield  # Windows renames no file that somebody has open
        return
    import fcntl  # noqa: PLC0415 — not on Windows

    try:
        file = database.open("r+b")
    except OSError as error:
        raise BackupFailed(f"{database} cannot be reached: {error.strerror}.") from error
    with file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, LOCK_BYTES, FIRST_LOCK_BYTE)
        except OSError:
            raise BackupFailed(
                f"{database} is in use by {format_lock_owner(database)}: stop the bot first."
            ) from None
        yield


def _copy(backup: Path, copy: Path) -> None:
    with backup.open("rb") as original, copy.open("xb") as file:
        copy.chmod(0o600)
        shutil.copyfileobj(original, file, 1 << 20)
        file.flush()
        os.fsync(file.fileno())


def _keep_aside(database: Path, now_s: float) -> Path | None:
    """Rename the database and what belongs to it; its log would otherwise be taken for the backup's."""
    when = datetime.fromtimestamp(now_s, UTC).strftime("%Y%m%d-%H%M%S")
    kept = database.with_name(f"{database.name}.before-restore-{when}")
    number = 1
    while os.path.lexists(kept):
        number += 1
        kept = database.with_name(f"{database.name}.before-restore-{when}-{number}")
    is_there = database.exists()
    if is_there:
        database.chmod(0o600)  # one of an earlier version may be open to others
        database.rename(kept)
    for part in PARTS:
        beside = database.with_name(database.name + part)
        if beside.exists():
            beside.rename(kept.with_name(kept.name + part))
    return kept if is_there else None


def _sync(folder: Path) -> None:
    with suppress(OSError):  # some systems cannot open a folder
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
