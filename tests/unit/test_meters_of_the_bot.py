"""The figures the bot gives of itself: the loop's delay, holds of two days, a page for Prometheus."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.delivery.budgets import Budgets
from bot.domain.errors import DatabaseUnavailable
from bot.domain.job.job import Stage
from bot.domain.limits.limit import OPERATOR, Window
from bot.domain.money import Money
from bot.domain.records.reconciliation import Difference, Reckoning
from bot.engines.wiro.socket import SocketTally
from bot.observability.meters import LoopLag, Meters
from bot.observability.metrics import exposition
from bot.services.runs.bookkeeper import Bookkeeper
from bot.services.supervisor import Supervisor
from bot.store.sqlite.books import BookRecords
from bot.store.sqlite.database import Database
from tests.support.bot_harness import a_harness
from tests.support.clocks import StoppedClock, until


class Naps:
    """Sleeps that last as long as was asked and then some; after the last one, for ever."""

    def __init__(self, time: StoppedClock, late_s: Iterator[float]) -> None:
        self._time = time
        self._late_s = late_s
        self.is_over = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        late_s = next(self._late_s, None)
        if late_s is None:
            self.is_over.set()
            await asyncio.Event().wait()
            return
        self._time.forward(seconds + late_s)


async def lag_after(*late_s: float) -> LoopLag:
    time = StoppedClock()
    naps = Naps(time, iter(late_s))
    lag = LoopLag(time.monotonic, naps.sleep)
    supervisor = Supervisor(asyncio.create_task)
    supervisor.every("event loop", 0, lag.sample, lambda: iter(()))
    async with asyncio.timeout(5):
        await naps.is_over.wait()
    await supervisor.drain()
    assert not len(supervisor)
    return lag


async def test_the_delay_of_the_loop_is_measured_and_the_worst_of_a_minute_remembered() -> None:
    lag = await lag_after(0.0, 0.25, 0.0625)
    assert (lag.last_s, lag.worst_s) == (0.0625, 0.25)
    lag = await lag_after(0.25, *[0.0625] * 60)
    assert (lag.last_s, lag.worst_s) == (0.0625, 0.0625)


async def test_only_a_long_delay_is_told_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "bot.observability.meters"):
        await lag_after(0.5, 0.75, 0.0)
    assert [record.getMessage() for record in caplog.records] == ["the event loop was held up for 0.75 s"]


def values(page: bytes) -> dict[str, float]:
    """Every sample of the page, read by the client library's own parser."""
    return {
        sample.name + "".join(f"{{{value}}}" for value in sample.labels.values()): sample.value
        for family in text_string_to_metric_families(page.decode())
        for sample in family.samples
    }


async def test_a_reading_tells_what_is_under_way(tmp_path: Path) -> None:
    async with a_harness(tmp_path / "bot.sqlite3", max_running=1) as harness:
        budgets, sockets = Budgets(harness.time.monotonic), SocketTally(open=2, reconnects=3, gaps=5)
        database: Database = harness.store._database
        lag = LoopLag(harness.time.monotonic)
        failures = {"late orphans": 0}
        is_ready = [False]
        meters = Meters(
            lambda: is_ready[0],
            harness.jobs,
            harness.queue,
            budgets,
            sockets,
            harness.limit_service,
            database,
            lag,
            failures,
            bookkeeper := Bookkeeper(harness.engine, BookRecords(database), harness.time.clock),
        )
        at_rest = values(exposition(await meters.read()))
        moved = {"bot_socket_gaps_total", "bot_socket_reconnects_total", "bot_sockets_open"}
        assert {name for name, value in at_rest.items() if value} == moved
        assert not any("reconciliation" in name for name in at_rest), "nothing is said before the first one"
        is_ready[0] = True
        await harness.submit_and_watch(1)
        await harness.submit(2, user_id=2)
        await until(lambda: len(harness.queue) == 1)
        budgets.sent()
        failures["late orphans"] += 3
        budgets.observe("GET", "/gateway", 429, {})
        page = values(exposition(await meters.read()))
        held = await harness.store.usage(OPERATOR, Window.DAY, harness.time.clock.wall())
        assert held.spend_held_pico > 0
        assert page["bot_connected"] == page["bot_edits_total"] == page["bot_rate_limited_total"] == 1
        assert page["bot_jobs{submitting}"] == 1
        assert sum(page[f"bot_jobs{{{stage.name.lower()}}}"] for stage in Stage) == 2
        assert (page["bot_queue_waiting"], page["bot_queue_running"]) == (1, 1)
        assert page["bot_money_held_dollars"] == pytest.approx(held.spend_held_pico / 1e12)
        assert page["bot_socket_gaps_total"] == 5
        assert page["bot_socket_reconnects_total"] == 3
        assert page["bot_sockets_open"] == 2
        assert page["bot_background_failures_total{late orphans}"] == 3
        bookkeeper.last = Reckoning(
            1.5, 4, 2, (Difference("9", 1, Money.parse("0.05"), Money.parse("0.02")),)
        )
        page = values(exposition(await meters.read()))
        names = (
            "timestamp_seconds",
            "difference_dollars",
            "differing_tasks",
            "compared_tasks",
            "unknown_tasks",
        )
        assert [page[f"bot_reconciliation_{name}"] for name in names] == [1.5, pytest.approx(0.03), 1, 4, 2]
        assert page["bot_database_commits_total"] == database.commits > 0


async def test_what_was_held_before_midnight_is_still_held_after_it(tmp_path: Path) -> None:
    async with a_harness(tmp_path / "bot.sqlite3", max_running=1) as harness:
        await harness.submit_and_watch(1)
        await harness.submit(2)
        held_pico = await harness.limit_service.held_pico()
        assert held_pico > 0
        harness.time.forward(13 * 3600)
        assert await harness.limit_service.held_pico() == held_pico


async def test_a_database_that_fails_costs_one_figure_alone(tmp_path: Path) -> None:
    async with a_harness(tmp_path / "bot.sqlite3") as harness:
        database = Database(tmp_path / "bot.sqlite3")
        meters = Meters(
            lambda: True,
            harness.jobs,
            harness.queue,
            Budgets(harness.time.monotonic),
            SocketTally(),
            harness.limit_service,
            database,
            LoopLag(harness.time.monotonic),
            {},
            Bookkeeper(harness.engine, BookRecords(database), harness.time.clock),
        )
        with pytest.MonkeyPatch.context() as patch:

            async def fail(*_: object) -> None:
                raise DatabaseUnavailable("the disk is gone")

            patch.setattr(harness.store, "usage", fail)
            page = values(exposition(await meters.read()))
        assert "bot_money_held_dollars" not in page
        assert page["bot_connected"] == 1
