"""What members last filled in: kept for each model, exported, erased and forgotten in time."""

from __future__ import annotations

import pytest

from bot.domain.records.reports import Remembered
from bot.services.forms.ports import MAX_MODELS, LastValues
from bot.services.records.ports import ReportStore
from bot.store.sqlite.stores import SqliteStores

TYPED = {"prompt": ("a mill\n“by night” 🦊",), "extras": ("x1", "x2"), "steps": ()}


@pytest.fixture
def values(stores: SqliteStores) -> LastValues:
    return stores.last_values


async def test_the_newest_values_of_each_model_and_member_are_kept(values: LastValues) -> None:
    assert await values.last_values(1, "a/b") is None
    await values.keep_last_values(1, "a/b", {"steps": ("1",)}, 5.0)
    await values.keep_last_values(1, "a/b", TYPED, 6.0)
    await values.keep_last_values(1, "a/c", {}, 6.0)
    await values.keep_last_values(2, "a/b", {"steps": ("2",)}, 6.0)
    assert await values.last_values(1, "a/b") == TYPED
    assert await values.last_values(1, "a/c") == {}
    assert await values.last_values(2, "a/b") == {"steps": ("2",)}


async def test_half_a_character_is_stored_as_what_utf_8_can_hold(values: LastValues) -> None:
    await values.keep_last_values(1, "a/b", {"prompt": ("\ud83d",)}, 5.0)
    assert await values.last_values(1, "a/b") == {"prompt": ("\ufffd",)}


async def test_one_member_fills_no_table(values: LastValues, reports: ReportStore) -> None:
    for number in range(MAX_MODELS + 3):
        await values.keep_last_values(1, f"a/{number}", {}, float(number))
    await values.keep_last_values(2, "a/0", {}, 0.0)
    kept = await reports.remembered(1)
    assert len(kept) == MAX_MODELS
    assert await values.last_values(1, "a/2") is None
    assert await values.last_values(1, "a/3") == {}
    assert await values.last_values(2, "a/0") == {}


async def test_they_can_be_listed_erased_and_forgotten(values: LastValues, reports: ReportStore) -> None:
    await values.keep_last_values(1, "a/c", TYPED, 7.0)
    await values.keep_last_values(1, "a/b", {}, 5.0)
    await values.keep_last_values(2, "a/b", {}, 5.0)
    assert await reports.remembered(1) == [Remembered("a/b", {}, 5.0), Remembered("a/c", TYPED, 7.0)]
    assert await reports.forget_remembered_before(6.0) == 2
    assert await reports.remembered(1) == [Remembered("a/c", TYPED, 7.0)]
    await reports.forget_remembered(1)
    assert await reports.remembered(1) == []
