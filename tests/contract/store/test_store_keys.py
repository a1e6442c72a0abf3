"""The bot's own secret: the first one stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain.errors import DatabaseUnavailable
from bot.store.sqlite.keys import KEY_BYTES
from tests.contract.store.conftest import OpenStores


async def test_the_first_secret_is_kept_with_its_hour(open_stores: OpenStores, tmp_path: Path) -> None:
    first, second = b"1" * KEY_BYTES, b"2" * KEY_BYTES
    for fresh, now_s in ((first, 100.0), (second, 200.0)):
        async with open_stores(tmp_path) as stores:
            assert await stores.keys.custom_id_key(fresh, now_s) == (first, 100.0)


async def test_a_short_secret_is_none(open_stores: OpenStores, tmp_path: Path) -> None:
    async with open_stores(tmp_path) as stores:
        with pytest.raises(DatabaseUnavailable):
            await stores.keys.custom_id_key(b"short", 100.0)
