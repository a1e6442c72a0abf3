"""Wiro is busy: a job waits in our own line, its place is shown, and it is sent when there is room."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain.job.events import Settled
from bot.domain.job.job import Stage
from bot.domain.money import Money
from bot.engines.port import EngineBusy, EngineError, EngineRateLimited
from tests.support.bot_harness import BotHarness, a_harness
from tests.support.clocks import until
from tests.support.samples import PNG

SUCCESS = Settled(is_success=True, cost=Money(5), outputs=(PNG,))
BUSY = EngineBusy("too many", code=96)


@pytest.mark.parametrize("fault", [BUSY, EngineRateLimited("slow down", http_status=429, retry_after_s=0.01)])
async def test_a_busy_wiro_puts_the_job_into_our_line_and_takes_it_later(
    harness: BotHarness, fault: EngineError
) -> None:
    harness.wiro.run_faults.extend([fault, fault])
    task_id = await harness.submit_and_watch()
    assert harness.board.places_of(1) == [1]
    harness.wiro.tell(task_id, SUCCESS)
    assert (await harness.end_of()).stage is Stage.SUCCEEDED
    assert len(harness.wiro.runs) == 3
    assert harness.wiro.made == 1
    assert len({str(parameters) for _, parameters in harness.wiro.runs}) == 1


async def test_a_job_in_our_line_is_on_record_as_not_sent(harness: BotHarness) -> None:
    harness.wiro.run_faults.append(EngineBusy("too many", retry_after_s=60))
    await harness.submit()
    await until(lambda: harness.board.places_of(1))
    recorded = await harness.store.job(1)
    assert recorded is not None
    assert (recorded.stage, recorded.sent_at_s) == (Stage.SUBMITTING, None)


async def test_a_refused_job_keeps_its_place_before_those_behind_it(harness: BotHarness) -> None:
    harness.wiro.run_faults.append(EngineBusy("too many", retry_after_s=0.03))
    await harness.submit(1)
    await until(lambda: harness.board.places_of(1) == [1])
    await harness.submit(2)
    await until(lambda: harness.board.places_of(2))
    assert harness.board.places_of(2) == [2]
    await harness.watched(1)
    await harness.watched(2)
    assert [parameters["seed"] for _, parameters in harness.wiro.runs][:2] == [
        harness.wiro.runs[0][1]["seed"]
    ] * 2
    assert harness.board.places_of(2) == [2, 1]


async def test_no_more_run_at_once_than_the_setting_says(file: Path) -> None:
    async with a_harness(file, max_running=2) as harness:
        for job_id in range(1, 5):
            await harness.submit(job_id, user_id=job_id % 3)
        for done in range(4):
            await until(lambda done=done: len(harness.wiro.runs) == min(4, done + 2))
            assert harness.queue.running <= 2
            running = next(
                task_id for task_id, report in harness.wiro.reports.items() if report.event != SUCCESS
            )
            harness.wiro.tell(running, SUCCESS)
        for job_id in range(1, 5):
            assert (await harness.end_of(job_id)).stage is Stage.SUCCEEDED
        assert (len(harness.wiro.runs), harness.queue.running) == (4, 0)
