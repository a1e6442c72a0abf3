"""Where `python -m bot backup` asks a running bot to keep its file still while it is copied.

The bot alone may touch its file through SQLite, so it makes no copy itself and hears of no path: it folds its
log into the file and writes to the log only, for as long as the visitor holds the connection, ten minutes
at most. It is a Unix socket beside the database (Linux, unix(7)): no port that a web page could reach,
no name that another user could take first, and the kernel tells who connects.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import struct
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Final

from bot.domain.errors import StoreError
from bot.services.tasks import TaskOwner
from bot.store.sqlite.database import Database

log = logging.getLogger(__name__)

STILL: Final = b"still\n"  # the bot: copy now
COPIED: Final = b"copied\n"  # the visitor
WHOLE: Final = b"whole\n"  # the bot: the file was still all the time
HOLD_S: Final = 600.0
ROOT_UID: Final = 0
_CREDENTIALS: Final = struct.Struct("3i")  # pid, uid, gid: struct ucred of unix(7)


@contextmanager
def socket_address(database: Path) -> Iterator[str]:
    """The address of the bot that owns this file, whatever path leads there. Raises OSError.

    It goes by the opened folder: an address has room for a hundred bytes, a path may have more.
    """
    found = database.resolve(strict=True)
    folder = os.open(found.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/.{found.name}.door"  # the name of release 0.1.0
    finally:
        os.close(folder)


@contextmanager
def _listening(database: Path) -> Iterator[socket.socket]:
    """Listening for this user and root alone; gone at the end. Raises OSError."""
    with socket_address(database) as address, socket.socket(socket.AF_UNIX) as listening:
        place = Path(address)
        if place.is_socket():  # of a bot that was killed: this one owns the database
            place.unlink()
        listening.bind(address)
        try:
            place.chmod(0o600)
            listening.listen()
            yield listening
        finally:
            with suppress(OSError):
                place.unlink()


def peer_uid(connection: socket.socket) -> int:
    """Whose process is at the other end."""
    if sys.platform != "linux":
        raise OSError("this system does not tell who is at the other end of a socket")
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _pid, uid, _gid = _CREDENTIALS.unpack(raw)
    return int(uid)


@asynccontextmanager
async def maintenance_socket(database: Database) -> AsyncIterator[None]:
    """Open until the block ends, which cuts a copy short. One that cannot be opened is told in the log."""
    visits = TaskOwner(asyncio.create_task)

    async def visit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visits.start("backup", _visit(database, reader, writer))

    server = None
    with ExitStack() as stack:
        if sys.platform == "linux":
            try:
                listening = stack.enter_context(_listening(database.path))
                server = await asyncio.start_unix_server(visit, sock=listening)
            except OSError as error:
                log.warning("no backup can be made while the bot runs: %s", error)
        try:
            yield
        finally:
            if server is not None:
                server.close()
            await visits.drain()


async def _visit(database: Database, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        if peer_uid(writer.get_extra_info("socket")) not in {os.getuid(), ROOT_UID}:
            log.warning("another user's process asked for a backup and was sent away")
            return
        async with asyncio.timeout(HOLD_S):
            async with database.standing_still():
                log.info("the database stands still for a backup")
                writer.write(STILL)
                is_copied = await reader.readline() == COPIED
            if is_copied:
                writer.write(WHOLE)
                await writer.drain()
        log.info("the backup is copied" if is_copied else "the backup was given up")
    except TimeoutError:
        log.warning("a backup took longer than %d s and was given up", HOLD_S)
    except StoreError as error:
        log.warning("no backup: %s", error.reason)
        writer.write(f"{error.reason}\n".encode())
    except (OSError, ValueError) as error:  # the visitor hung up, or speaks something else
        log.info("a backup was broken off: %s", type(error).__name__)
    finally:
        writer.close()
