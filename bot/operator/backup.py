"""`python -m bot backup FILE`: a copy of the database, proven before it bears its name."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from bot.domain.errors import DatabaseInUse, StoreError
from bot.operator.maintenance_socket import COPIED, HOLD_S, ROOT_UID, STILL, WHOLE, peer_uid, socket_address
from bot.store.sqlite.backup import copy_unowned, proven

ANSWER_S: Final = 30.0  # for the bot to fold its log in, behind whatever its disk is busy with


class BackupFailed(Exception):
    """No copy was made. The text is a sentence for the operator."""


def make_backup(source: Path, target: Path) -> str:
    """Copy, prove, and only then name the copy `target`. A sentence about it. Raises BackupFailed."""
    try:
        is_there = source.is_file()
    except OSError as error:
        raise BackupFailed(f"{source} cannot be reached: {error.strerror}. Check DATABASE_URL.") from error
    if not is_there:
        raise BackupFailed(f"There is no database at {source}. Check DATABASE_URL.")
    with _unnamed(target) as copy:
        try:
            copy_unowned(source, copy)
        except DatabaseInUse:
            _copy_of_running_bot(source, copy)
        except StoreError as error:
            raise BackupFailed(f"The database could not be copied: {error.reason}.") from error
        try:
            is_audited = proven(copy)
        except StoreError as error:
            raise BackupFailed(f"The copy was thrown away: {error.reason}. `check` tells more.") from error
        size = copy.stat().st_size
        _name(copy, target)
    books = "its books balance" if is_audited else "its books are of another version of the bot: not audited"
    return f"{target}: {size:,} bytes, intact; {books}."


@contextmanager
def _unnamed(target: Path) -> Iterator[Path]:
    """An empty file beside the target, for this user alone; gone at the end."""
    if os.path.lexists(target):
        raise _taken(target)
    copy = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        raise BackupFailed(f"{target} cannot be written: {error.strerror}.") from error
    try:
        yield copy
    finally:
        copy.unlink(missing_ok=True)


def _copy_of_running_bot(source: Path, copy: Path) -> None:
    """The running bot keeps its file still meanwhile, see bot/operator/maintenance_socket.py."""
    if sys.platform != "linux":
        raise BackupFailed("The database is in use. On this system, stop the bot before a backup.")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(ANSWER_S)
        try:
            with socket_address(source) as address:
                connection.connect(address)
            if peer_uid(connection) not in {os.getuid(), source.stat().st_uid, ROOT_UID}:
                raise BackupFailed("Another user's process answers for the bot; no backup was made.")
        except OSError as error:
            raise BackupFailed(
                "The database is in use, and no running bot answers. Try again in a moment, "
                f"or end what uses it ({error.strerror or error})."
            ) from error
        try:
            with connection.makefile("rb") as answers:
                answer = answers.readline()
                if answer == STILL:
                    _copy_bytes(source, copy)
                    connection.sendall(COPIED)
                    answer = answers.readline()
        except OSError as error:
            raise BackupFailed(f"The backup broke off: {error.strerror or error}.") from error
    if answer != WHOLE:
        reason = answer.decode(errors="replace").strip()
        reason = reason or f"the bot stopped meanwhile, or sent the command away, or {HOLD_S:.0f} s were over"
        raise BackupFailed(f"No backup was made: {reason}.")


def _copy_bytes(source: Path, copy: Path) -> None:
    with source.open("rb") as original, copy.open("wb") as file:
        shutil.copyfileobj(original, file, 1 << 20)
        file.flush()
        os.fsync(file.fileno())


def _name(copy: Path, target: Path) -> None:
    """Give the copy its name, which must be free, and make that last."""
    try:
        # Unlike a renaming, a link never replaces what came there meanwhile.
        os.link(copy, target)
        with suppress(OSError):  # some systems cannot open a folder
            folder = os.open(target.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
    except FileExistsError:
        raise _taken(target) from None
    except OSError as error:
        raise BackupFailed(f"{target} cannot take its name: {error.strerror}. Try another folder.") from error


def _taken(target: Path) -> BackupFailed:
    return BackupFailed(f"{target} exists, and nothing is overwritten: name another file.")
