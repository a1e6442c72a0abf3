"""A job that somebody else has taken up: its older owner ends silently, everywhere."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.errors import DatabaseFull
from bot.domain.job.job import Stage
from bot.domain.job.ledger import settlement_of
from bot.services.runs import service
from bot.store.sqlite.jobs import JobStore
from tests.support.bot_harness import BotHarness, a_harness
from tests.support.clocks import until
from tests.support.samples import COST, SUCCESS


@pytest.fixture(autouse=True)
def _short_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "PAUSE_AFTER_FAULT_S", 0.01)


async def gone(harness: BotHarness, job_id: int = 1) -> None:
    await until(lambda: job_id not in harness.jobs._followers)


async def test_a_runner_whose_job_is_taken_up_elsewhere_ends_silently(harness: BotHarness) -> None:
    task_id = await harness.submit_and_watch()
    (taken,) = await harness.store.resume([1])
    saved = len(harness.store.saves)
    harness.wiro.tell(task_id, SUCCESS)
    await gone(harness)
    assert len(harness.store.saves) == saved + 1, "the one try that told it"
    assert all(news.job.stage < Stage.FINISHING for news in harness.board.shown)
    assert harness.board.concluded == []
    assert (harness.wiro.stopped, len(harness.wiro.runs)) == ([], 1)
    assert await harness.store.job(1) == taken
    assert await harness.jobs.resume() == 1, "it goes on with whoever owns it"
    assert (await harness.end_of()).stage is Stage.SUCCEEDED
    assert await harness.spent() == (1, 0, COST.pico, 0)


async def test_what_waits_for_its_turn_is_never_sent_by_an_older_owner(file: Path) -> None:
    async with a_harness(file, max_running=1) as harness:
        first = await harness.submit_and_watch(1)
        await harness.submit(2)
        await until(lambda: harness.board.places_of(2) != [])
        (taken,) = await harness.store.resume([2])
        harness.wiro.tell(first, SUCCESS)
        await harness.end_of(1)
        await gone(harness, 2)
        assert len(harness.wiro.runs) == 1
        assert await harness.store.job(2) == taken
        assert harness.board.ending_of(2) is None
        await harness.submit_and_watch(3)  # its turn was given back


async def test_after_a_fault_of_ours_nobody_takes_the_place_of_a_newer_owner(harness: BotHarness) -> None:
    task_id = await harness.submit_and_watch()

    async def broken(*_: object) -> None:
        (taken,) = await harness.store.resume([1])
        assert taken.epoch == 1
        raise RuntimeError("a fault of ours")

    harness.context.delivery.inspect = broken  # type: ignore[method-assign,assignment]
    harness.wiro.tell(task_id, SUCCESS)
    await gone(harness)
    record = await harness.store.job(1)
    assert record is not None
    assert (record.epoch, record.is_terminal) == (1, False)
    assert harness.board.concluded == []


async def test_an_ending_that_could_not_be_recorded_is_left_to_a_newer_owner(harness: BotHarness) -> None:
    task_id = await harness.submit_and_watch()
    for method in ("settle", "mark_delivered"):
        harness.store.faults[method].extend([DatabaseFull("no space left")] * 10_000)
    harness.wiro.tell(task_id, SUCCESS)
    await gone(harness)
    (taken,) = await harness.store.resume([1])
    harness.store.faults.clear()
    await until(lambda: len(harness.owner) == 0)
    assert await harness.store.job(1) == taken


async def test_a_late_settlement_that_was_made_by_another_hand_is_not_tried_for_ever(
    harness: BotHarness,
) -> None:
    task_id = await harness.submit_and_watch()
    harness.store.faults["settle"].extend([DatabaseFull("no space left")] * 10_000)
    harness.wiro.tell(task_id, SUCCESS)
    await gone(harness)
    end = harness.board.ending_of(1)
    assert end is not None
    assert await JobStore.settle(harness.store, end, settlement_of(end), end.created_at_s)
    harness.store.faults["settle"].clear()
    await until(lambda: len(harness.owner) == 0)
    assert await harness.spent() == (1, 0, COST.pico, 0)


async def test_on_a_full_disk_jobs_are_followed_all_the_same(harness: BotHarness) -> None:
    task_id = await harness.submit_and_watch()
    await harness.stop()
    again = BotHarness(harness.store, harness.wiro)
    harness.store.faults["resume"].append(DatabaseFull("no space left"))
    try:
        assert await again.jobs.resume() == 1
        again.wiro.tell(task_id, SUCCESS)
        end = await again.end_of()
    finally:
        await again.stop()
    assert end == replace(end, stage=Stage.SUCCEEDED, epoch=0, is_delivered=True)
