"""A database in a real file, and the stores on top of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.store.sqlite.cases import CaseRecords
from bot.store.sqlite.database import Database
from bot.store.sqlite.guilds import GuildRecords
from bot.store.sqlite.jobs import JobStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "bot.sqlite3"


@pytest.fixture
async def database(path: Path) -> AsyncIterator[Database]:
    async with Database(path) as database:
        yield database


@pytest.fixture
def store(database: Database) -> JobStore:
    return JobStore(database)


@pytest.fixture
def guilds(database: Database) -> GuildRecords:
    return GuildRecords(database)


@pytest.fixture
def cases(database: Database) -> CaseRecords:
    return CaseRecords(database)
