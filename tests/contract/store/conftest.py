"""The stores that keep the contract of the ports: every test here runs on each of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Final, TypeAlias

import pytest

from bot.services.guild_settings.ports import GuildStore
from bot.services.moderation.ports import CaseStore
from bot.services.records.ports import ReportStore
from bot.store.sqlite.database import Database
from bot.store.sqlite.stores import SqliteStores
from tests.support.store_samples import Ledger

OpenStores: TypeAlias = Callable[[Path], AbstractAsyncContextManager[SqliteStores]]


@asynccontextmanager
async def _sqlite(folder: Path) -> AsyncIterator[SqliteStores]:
    async with Database(folder / "bot.sqlite3") as database:
        yield SqliteStores(database)


# A store of another kind is a line here: what is opened for the same folder again remembers.
STORES: Final[dict[str, OpenStores]] = {"sqlite": _sqlite}


@pytest.fixture(scope="session", params=STORES)
def open_stores(request: pytest.FixtureRequest) -> OpenStores:
    return STORES[request.param]


@pytest.fixture
async def stores(open_stores: OpenStores, tmp_path: Path) -> AsyncIterator[SqliteStores]:
    async with open_stores(tmp_path) as stores:
        yield stores


@pytest.fixture
def store(stores: SqliteStores) -> Ledger:
    return stores.jobs


@pytest.fixture
def guilds(stores: SqliteStores) -> GuildStore:
    return stores.guilds


@pytest.fixture
def cases(stores: SqliteStores) -> CaseStore:
    return stores.cases


@pytest.fixture
def reports(stores: SqliteStores) -> ReportStore:
    return stores.reports
