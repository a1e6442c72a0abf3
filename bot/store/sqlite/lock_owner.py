"""Who has a database open: read from the system's table of locks, without touching the file."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

_LOCKS: Final = Path("/proc/locks")
# Where SQLite puts its locks, past any data (sqlite.org, Database file format, lock-byte page).
FIRST_LOCK_BYTE: Final = 0x4000_0000
LOCK_BYTES: Final = 512
_LAST_LOCK_BYTE: Final = FIRST_LOCK_BYTE + LOCK_BYTES - 1


def lock_owner(database: Path) -> int | None:
    """The process that may write to this file and lets nobody else in, by its id.

    None: nobody, or this system does not tell (Linux does, proc(5)).
    """
    try:
        found = database.stat()
        lines = _LOCKS.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return None
    device = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}"
    for line in lines:
        fields = line.split()
        # 1: POSIX  ADVISORY  WRITE 3568 fd:00:2531452 1073741826 1073742335
        if len(fields) != 8 or fields[1] not in {"POSIX", "OFDLCK"} or fields[3] != "WRITE":
            continue
        _, _, _, _, pid, place, first, last = fields
        if place != f"{device}:{found.st_ino}" or not (first.isdecimal() and pid.isdecimal()):
            continue
        is_whole = last == "EOF" or (last.isdecimal() and int(last) >= _LAST_LOCK_BYTE)
        if FIRST_LOCK_BYTE <= int(first) <= _LAST_LOCK_BYTE and is_whole and int(pid) != os.getpid():
            return int(pid)
    return None


def is_held(database: Path) -> bool:
    """Whether somebody has this file open who lets nobody else in; asked of the system, by its own lock."""
    if sys.platform == "win32":
        return False
    import fcntl  # noqa: PLC0415 — not on Windows

    with database.open("rb") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB, LOCK_BYTES, FIRST_LOCK_BYTE)
        except OSError:
            return True
    return False


def format_lock_owner(database: Path) -> str:
    """``another process (3568, python)``, or ``another process`` where nobody tells."""
    pid = lock_owner(database)
    if pid is None:
        return "another process"
    try:
        name = Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        name = ""
    return f"another process ({pid}, {name})" if name else f"another process ({pid})"
