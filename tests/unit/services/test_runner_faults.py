"""The disk is full, a part of ours breaks: money stays right and the member hears of it."""

from __future__ import annotations

import asyncio
import logging

import pytest

from bot.domain.errors import DatabaseFull, DatabaseUnavailable, StoreError
from bot.domain.job.job import Cause, Stage
from bot.engines.port import EngineUnreachable
from bot.services.runs import service
from tests.support.bot_harness import BotHarness
from tests.support.clocks import until
from tests.support.samples import COST, PNG, SUCCESS, a_requester

FULL = DatabaseFull("no space left")


@pytest.fixture(autouse=True)
def _short_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "PAUSE_AFTER_FAULT_S", 0.01)


async def test_without_room_to_reserve_nothing_is_started(harness: BotHarness) -> None:
    harness.store.faults["reserve"].append(FULL)
    with pytest.raises(DatabaseFull):
        await harness.submit()
    assert (harness.jobs.running, harness.wiro.runs) == (0, [])
    await harness.submit_and_watch()


async def test_without_room_for_the_intent_run_is_not_sent(harness: BotHarness) -> None:
    harness.store.faults["save"].extend([FULL] * 10_000)
    await harness.submit()
    await until(lambda: len(harness.store.faults["save"]) < 9_995)
    assert harness.wiro.runs == []
    harness.store.faults["save"].clear()
    await harness.submit_and_watch(2)
    await harness.watched(1)
    assert len(harness.wiro.runs) == 2


async def test_a_job_that_waits_for_room_can_be_cancelled_and_is_told_so_when_that_is_on_record(
    harness: BotHarness,
) -> None:
    harness.store.faults["save"].extend([FULL] * 10_000)
    harness.store.faults["settle"].extend([FULL] * 10_000)
    await harness.submit()
    await until(lambda: len(harness.store.faults["save"]) < 9_995)
    await harness.jobs.cancel(1, a_requester(1))
    await until(lambda: len(harness.store.faults["settle"]) < 9_995)
    assert harness.board.concluded == []
    harness.store.faults["settle"].clear()
    assert (await harness.end_of()).stage is Stage.CANCELLED
    assert harness.wiro.runs == []
    assert await harness.spent() == (0, 0, 0, 0)


async def test_a_task_that_could_not_be_recorded_is_followed_all_the_same(harness: BotHarness) -> None:
    harness.wiro.run_gate.clear()
    await harness.submit()
    await until(lambda: harness.wiro.runs)
    harness.store.faults["save"].append(FULL)
    harness.wiro.run_gate.set()
    task_id = await harness.watched()
    harness.wiro.tell(task_id, SUCCESS)
    job = await harness.end_of()
    assert (job.stage, job.task_id) == (Stage.SUCCEEDED, task_id)


async def test_a_settlement_that_found_no_room_is_made_good_later(harness: BotHarness) -> None:
    harness.store.faults["settle"].extend([FULL] * 3)
    task_id = await harness.submit_and_watch()
    harness.wiro.tell(task_id, SUCCESS)
    await until(lambda: harness.board.concluded)
    job = await harness.end_of()
    while not job.is_terminal:
        await asyncio.sleep(0.001)
        job = await harness.end_of()
    assert (job.stage, job.cost, job.is_delivered) == (Stage.SUCCEEDED, COST, True)
    assert await harness.spent() == (1, 0, COST.pico, 0)


async def test_a_delivery_that_could_not_be_recorded_is_shown_again_after_a_restart(
    harness: BotHarness,
) -> None:
    harness.store.faults["mark_delivered"].extend([DatabaseUnavailable("I/O error")] * 10_000)
    task_id = await harness.submit_and_watch()
    harness.wiro.tell(task_id, SUCCESS)
    assert not (await harness.end_of()).is_delivered
    assert await harness.jobs.resume() == 1
    harness.store.faults["mark_delivered"].clear()
    assert (await harness.end_of()).is_delivered
    assert await harness.spent() == (1, 0, COST.pico, 0)


async def test_a_delivery_is_recorded_as_soon_as_the_disk_takes_it_and_not_told_again(
    harness: BotHarness,
) -> None:
    harness.store.faults["mark_delivered"].extend([FULL] * 3)
    task_id = await harness.submit_and_watch()
    harness.wiro.tell(task_id, SUCCESS)
    await harness.end_of()
    async with asyncio.timeout(5):
        while await harness.store.unfinished():  # noqa: ASYNC110 — as in `until`
            await asyncio.sleep(0.001)
    assert await harness.jobs.resume() == 0
    assert len(harness.board.concluded) == 1


async def test_a_record_that_cannot_be_read_does_not_end_a_doubt(harness: BotHarness) -> None:
    harness.wiro.run_faults.append(EngineUnreachable("timeout"))
    harness.wiro.is_made_although_unanswered = True
    faults: list[StoreError] = [DatabaseUnavailable("I/O error")] * 3
    harness.store.faults["claimed"].extend(faults)
    await harness.submit_and_watch()
    assert len(harness.wiro.runs) == 1


async def test_a_fault_of_ours_is_logged_shown_and_the_job_taken_up_again(
    harness: BotHarness, caplog: pytest.LogCaptureFixture
) -> None:
    harness.wiro.detail_faults.append(RuntimeError("a slip"))
    with caplog.at_level(logging.ERROR):
        task_id = await harness.submit_and_watch()
        await until(lambda: any("on our side" in news.note for news in harness.board.shown))
    assert "job 1: a fault of ours" in caplog.text
    assert "RuntimeError: a slip" in caplog.text
    harness.wiro.tell(task_id, SUCCESS)
    assert (await harness.end_of()).stage is Stage.SUCCEEDED
    assert len(harness.wiro.runs) == 1


async def test_a_record_that_cannot_be_read_after_a_fault_is_replaced_by_what_is_known(
    harness: BotHarness,
) -> None:
    harness.wiro.detail_faults.append(RuntimeError("a slip"))
    harness.store.faults["job"].append(DatabaseUnavailable("I/O error"))
    task_id = await harness.submit_and_watch()
    harness.wiro.tell(task_id, SUCCESS)
    assert (await harness.end_of()).stage is Stage.SUCCEEDED


async def test_a_job_that_breaks_again_and_again_is_given_up_and_void(harness: BotHarness) -> None:
    harness.wiro.detail_faults.extend([RuntimeError("a slip")] * 100)
    await harness.submit()
    job = await harness.end_of()
    assert (job.stage, job.cause, job.is_delivered) == (Stage.FAILED, Cause.INTERNAL, True)
    assert await harness.spent() == (0, 0, 0, 0)
    assert harness.board.ending_of(1) is not None


async def test_an_ending_that_broke_on_its_way_is_shown_again_and_paid_once(harness: BotHarness) -> None:
    harness.board.faults.append(RuntimeError("a slip"))
    task_id = await harness.submit_and_watch()
    harness.wiro.tell(task_id, SUCCESS)
    job = await harness.end_of()
    assert (job.stage, job.is_delivered) == (Stage.SUCCEEDED, True)
    ((_, pictures),) = harness.board.concluded
    assert [picture.filename for picture in pictures] == [PNG.name]
    assert await harness.spent() == (1, 0, COST.pico, 0)
