"""Holds our books against Wiro's own once a day: a difference is an alarm, and a figure."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

from bot.domain.clock import Clock
from bot.domain.job.events import Cancelled, Settled
from bot.domain.job.ledger import CHARGE_WAIT_S
from bot.domain.job.task import TaskReport
from bot.domain.money import ZERO, Money
from bot.domain.records.reconciliation import Difference, Reckoning, differences
from bot.domain.request.parameters import SEED
from bot.domain.request.run_request import MAX_SEED
from bot.engines.port import Engine, EngineError
from bot.services.runs.ports import Books

log = logging.getLogger(__name__)

EVERY_S: Final = 86_400.0
FIRST_S: Final = 3_600.0  # after a start, when what it took up has come to rest
TICK_S: Final = 900.0
SPAN_S: Final = 2 * CHARGE_WAIT_S  # so that a charge that came as late as we wait for it is looked at, too
DEPTH: Final = 5_000  # tasks, the newest
NAMED: Final = 10  # differences in one line of the log
TWICE: Final = 50  # differences that are looked at once more


class Bookkeeper:
    """`last` is the latest reckoning of this process."""

    def __init__(self, engine: Engine, books: Books, clock: Clock) -> None:
        self._engine = engine
        self._books = books
        self._clock = clock
        self._due_s = clock.monotonic() + FIRST_S
        self.last: Reckoning | None = None

    async def look(self) -> None:
        """Reckon where it is due. Raises EngineError, StoreError."""
        if self._clock.monotonic() >= self._due_s:
            await self.reckon()
            self._due_s = self._clock.monotonic() + EVERY_S

    async def reckon(self) -> Reckoning:
        """Compare the tasks of the last two days, one by one. Raises EngineError, StoreError."""
        now_s = self._clock.wall()
        reports = await self._engine.recent_tasks(DEPTH, since_s=now_s - SPAN_S)
        reports = [report for report in reports if report.created_at_s >= now_s - SPAN_S]
        charged = {report.task.task_id: cost for report in reports if (cost := _cost(report)) is not None}
        booked = await self._books.booked([report.task.task_id for report in reports])
        found = await self._looked_at_twice(differences(charged, booked))
        unknown = [report for report in reports if report.task.task_id not in booked]
        found += await self._strays(unknown, now_s)
        compared = sum(not booked[task_id].is_open for task_id in charged if task_id in booked)
        self.last = reckoning = Reckoning(now_s, compared, len(unknown), tuple(found))
        _tell(reckoning)
        return reckoning

    async def _looked_at_twice(self, found: Sequence[Difference]) -> list[Difference]:
        """Those that are differences still: a charge may have been booked while the list was read."""
        confirmed = list(found[TWICE:])
        for one in found[:TWICE]:
            try:
                cost = _cost(await self._engine.report(one.task_id))
            except EngineError:
                cost = one.charged
            if cost is not None:
                confirmed += differences({one.task_id: cost}, await self._books.booked([one.task_id]))
        return confirmed

    async def _strays(self, unknown: Sequence[TaskReport], now_s: float) -> list[Difference]:
        """Tasks that no job has, and that one of ours must have made: others' tasks have other seeds."""
        seeds = {report.task.task_id: seed for report in unknown if (seed := _seed(report)) is not None}
        jobs = await self._books.asked_with(list(set(seeds.values())), now_s - SPAN_S) if seeds else ()
        strays = []
        for report in unknown:
            cost, task_id = _cost(report), report.task.task_id
            if cost is None or cost == ZERO or task_id not in seeds:
                continue
            makers = [
                job for job in jobs if job.seed == seeds[task_id] and self._engine.is_task_of(report, job)
            ]
            # One that waits for its answer may be about to learn that this is its own.
            if makers and all(job.is_terminal and not job.is_charge_open for job in makers):
                strays.append(Difference(task_id, makers[0].job_id, cost, None))
        return strays


def _cost(report: TaskReport) -> Money | None:
    """What an ended task was charged. None: it runs, or that cannot be read."""
    return report.event.cost if isinstance(report.event, (Settled, Cancelled)) else None


def _seed(report: TaskReport) -> int | None:
    texts = [report.parameters[name] for name in SEED if name in report.parameters]
    if not texts or not texts[0].isascii() or not texts[0].isdecimal() or len(texts[0]) > len(str(MAX_SEED)):
        return None
    return int(texts[0])


def _tell(reckoning: Reckoning) -> None:
    if not reckoning.differences:
        log.info(
            "our books equal Wiro's: %d tasks of ours, %d of others", reckoning.compared, reckoning.unknown
        )
        return
    told = [
        f"task {one.task_id} of job {one.job_id}: Wiro charged {one.charged}, "
        + (f"{one.booked} is booked" if one.booked is not None else "it is on no record")
        for one in reckoning.differences[:NAMED]
    ]
    log.error(
        "our books differ from Wiro's in %d tasks, of %d compared: %s%s. Look them up in Wiro's dashboard",
        len(reckoning.differences),
        reckoning.compared,
        "; ".join(told),
        f"; and {len(reckoning.differences) - NAMED} more" if len(reckoning.differences) > NAMED else "",
    )
