"""Which of our files others on this machine may read: those with secrets or with members' words in them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bot.store.sqlite.database_file import PARTS

_ENV_FILE: Final = Path(".env")
_OTHERS: Final = 0o077


def exposed_files(database: Path) -> list[Path]:
    """The settings, the database with what lies beside it, and what a restore kept of earlier ones."""
    if os.name != "posix":  # elsewhere a mode says nothing
        return []
    return [file for file in _ours(database) if file.is_file() and file.stat().st_mode & _OTHERS]


def format_exposed(files: list[Path]) -> str:
    """A sentence for the operator."""
    names = " ".join(map(str, files))
    return f"others on this machine may read {names}: chmod 600 {names}"


def _ours(database: Path) -> Iterator[Path]:
    yield _ENV_FILE
    yield database
    for part in PARTS:
        yield database.with_name(database.name + part)
    yield from sorted(database.parent.glob(f"{database.name}.before-restore-*"))
