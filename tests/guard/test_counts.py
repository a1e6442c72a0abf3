"""Gross regressions of speed, found by counting: what jobs take of everything that costs time or memory."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from bot.delivery import status_messages
from bot.delivery.editor import MessageEditor
from bot.domain.job.events import Event
from bot.domain.job.status_update import StatusUpdate
from bot.services.guild_settings.service import GuildSettings, GuildSettingsService
from bot.services.runs.runner import JobRunner
from bot.store.sqlite.database import Database
from bot.view.cards.renderer import status_card
from tests.guard.guard_counts import INTERVAL_S, TICKS, Counts, wired
from tests.support.clocks import until

# One at the start, one for each interval, and the ending, which waits for no interval.
EDITS_BESIDE_PACE: Final = 2
# On its way in, held, about to be sent, adopted, preparing, running, finishing, settled, delivered.
# Ticks are never written.
TRANSACTIONS_A_JOB: Final = 9
# Of a hundred jobs at once many share a transaction: one for each stage of each job would be eight hundred.
TRANSACTIONS_OF_A_CROWD_A_JOB: Final = 2
# Each write that joins no group, and each read: the server's rules and limits, the model's usual time.
HOPS_A_JOB: Final = 16
# A crowd joins groups, and reads once what all of it needs.
HOPS_OF_A_CROWD_A_JOB: Final = 5
# Run, the model's page (once for all), Task/Detail after registering and at the end, and one more for an end
# that is told twice.
REQUESTS_A_JOB: Final = 5
# The intake, the follower, the look at the budget, the sending of the ending; beside one a status edit.
TASKS_BESIDE_EDITS: Final = 5
# What is promised for ten thousand tasks. Three quarters of it are taken here.
BYTES_A_TASK: Final = 16 * 1024


def over(counts: Counts) -> list[str]:
    """The bounds that are passed."""
    paced = counts.elapsed_s / INTERVAL_S + EDITS_BESIDE_PACE
    is_one = counts.jobs == 1
    transactions = TRANSACTIONS_A_JOB if is_one else TRANSACTIONS_OF_A_CROWD_A_JOB
    bounds = {
        "edits": counts.jobs * paced,
        "unchanged": 0,
        "transactions": counts.jobs * transactions,
        "hops": counts.jobs * (HOPS_A_JOB if is_one else HOPS_OF_A_CROWD_A_JOB),
        "asked": counts.jobs * REQUESTS_A_JOB,
        "sockets": 1,  # one for the channel
        "tasks": counts.edits + counts.jobs * TASKS_BESIDE_EDITS + 2,  # with the socket's reader
    }
    return [name for name, bound in bounds.items() if getattr(counts, name) > bound]


@pytest.mark.parametrize("jobs", [1, 100])
async def test_jobs_take_no_more_than_they_need(tmp_path: Path, jobs: int) -> None:
    async with wired(tmp_path / "bot.sqlite3") as bot:
        counts = await bot.live(jobs)
    assert over(counts) == []


async def test_a_waiting_job_takes_little_memory(tmp_path: Path) -> None:
    async with wired(tmp_path / "bot.sqlite3") as bot:
        assert await bytes_a_task(bot) < BYTES_A_TASK


async def bytes_a_task(bot: Any) -> float:
    """What Python holds for each further job that is followed and shown."""
    await hold(bot, range(1, 51))  # what is made once is not a job's
    gc.collect()
    tracemalloc.start()
    try:
        await hold(bot, range(51, 151))
        gc.collect()
        return tracemalloc.get_traced_memory()[0] / 100
    finally:
        tracemalloc.stop()


async def hold(bot: Any, job_ids: range) -> None:
    await asyncio.gather(*(bot.imagine(job_id) for job_id in job_ids))
    await until(lambda: len(bot.sockets.registered) == job_ids[-1])
    await asyncio.sleep(2 * INTERVAL_S)  # until all is shown
    for interaction in bot.interactions.values():
        interaction.mod_log.requests.clear()


# Builds as one would write them at first, and the bounds that they pass -------------------------------


class EveryState(MessageEditor):
    """Shows each state, whatever it shows already and whatever comes after it."""

    def show(self, news: StatusUpdate) -> None:
        self._start("every state", self._now(news))

    async def _now(self, news: StatusUpdate) -> None:
        route = self._channels.current(self._clock.monotonic())
        if route is not None and not self._is_finalizing:
            await self._send_progress(route, status_card(news), news)


class OneByOne(Database):
    """A transaction for each write, alone."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._turn = asyncio.Lock()

    async def write(self, unit: Callable[[Any], Any]) -> Any:
        async with self._turn:
            return await super().write(unit)


async def test_a_reading_of_the_servers_rules_by_each_of_a_crowd_would_be_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def read_alone(self: GuildSettingsService, guild_id: int | None) -> GuildSettings:
        return self._cached.get(guild_id or 0) or await self._read(guild_id or 0)

    monkeypatch.setattr(GuildSettingsService, "of", read_alone)
    async with wired(tmp_path / "bot.sqlite3") as bot:
        assert over(await bot.live(100)) == ["hops"]


async def test_an_edit_for_each_event_would_be_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status_messages, "MessageEditor", EveryState)
    async with wired(tmp_path / "bot.sqlite3") as bot:
        counts = await bot.live(1)
    assert counts.edits > TICKS
    assert "edits" in over(counts)


async def test_a_record_of_each_event_would_be_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hear = JobRunner.hear

    async def hear_and_save(self: JobRunner, event: Event) -> None:
        await hear(self, event)
        if not self.job.is_terminal:
            await self.save()

    monkeypatch.setattr(JobRunner, "hear", hear_and_save)
    async with wired(tmp_path / "bot.sqlite3") as bot:
        counts = await bot.live(1)
    assert {"transactions", "hops"} <= set(over(counts))


async def test_a_transaction_for_each_write_would_be_found(tmp_path: Path) -> None:
    async with wired(tmp_path / "bot.sqlite3", OneByOne) as bot:
        counts = await bot.live(100)
    assert "transactions" in over(counts)


async def test_a_socket_for_each_job_would_be_found(tmp_path: Path) -> None:
    async with wired(tmp_path / "bot.sqlite3") as bot:
        bot.engine.sockets._may_share = False
        counts = await bot.live(5)
    assert "sockets" in over(counts)


async def test_what_each_job_keeps_too_much_would_be_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    init = JobRunner.__init__

    def hoard(self: JobRunner, *given: Any) -> None:
        init(self, *given)
        self.hoard = bytearray(BYTES_A_TASK)  # type: ignore[attr-defined]  # such as every event, or the payload

    monkeypatch.setattr(JobRunner, "__init__", hoard)
    async with wired(tmp_path / "bot.sqlite3") as bot:
        assert await bytes_a_task(bot) > BYTES_A_TASK
