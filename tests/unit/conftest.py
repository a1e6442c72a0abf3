"""Every unit test runs on a virtual clock: waiting takes no time, and a slow machine changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from tests.support.in_place import ConnectionInPlace
from tests.support.virtual_loop import VirtualLoop


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"virtual": VirtualLoop}


@pytest.fixture(autouse=True)
def _no_thread_beside_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aiosqlite.Connection", ConnectionInPlace)
