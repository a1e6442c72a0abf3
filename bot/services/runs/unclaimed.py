"""Charges that come late: of tasks that ended unbilled, and of those whose job was given up."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.domain.clock import Clock
from bot.domain.errors import StoreError
from bot.domain.job.events import Cancelled, Event, Reached, Settled
from bot.domain.job.job import Job, Stage
from bot.domain.job.ledger import CHARGE_WAIT_S, OpenCharge, keeps_hold
from bot.domain.job.lifecycle import is_unbilled
from bot.domain.job.task import TaskReport
from bot.domain.money import ZERO, Money
from bot.engines.port import Engine, EngineError, EngineNotFound
from bot.services.runs.ports import Store
from bot.services.tasks import TaskOwner

log = logging.getLogger(__name__)

LONGEST_GAP_S: Final = 3_600.0
GROWTH: Final = 2.5
LIST_DEPTH: Final = 1_000  # tasks; a late one stands among those of the hour in which it was made
FEW: Final = 10  # tasks that are asked after one by one; more of them are looked up in the list
MOST_SINGLY: Final = 100  # that are not in the list are asked after at one look
SETTLE_S: Final = 3_600.0  # how long one found task is asked to end, until the next look finds it again


@dataclass(frozen=True, slots=True)
class SweepSchedule:
    """When a charge is asked after: `first_s` after it was due, then ever more seldom, then every hour.

    Whether a look is due is asked of the record every `tick_s`.
    """

    first_s: float
    tick_s: float

    @classmethod
    def after(cls, grace_s: float) -> SweepSchedule:
        """With the usual grace of 120 s: after 2, 5, 12.5, 31 and 78 minutes, and hourly from then on."""
        return cls(first_s=grace_s, tick_s=min(30.0, max(0.5, grace_s / 4)))

    def is_due(self, since_s: float, looked_at_s: float | None, now_s: float) -> bool:
        """Whether a look fell due since the last one (None: since this process started, none was made)."""
        if looked_at_s is None or looked_at_s > now_s:  # the clock may have been set back
            return True
        due_s = since_s + self.first_s
        while due_s <= looked_at_s:
            due_s += min((due_s - since_s) * (GROWTH - 1), LONGEST_GAP_S)
        return due_s <= now_s


class UnclaimedTaskReconciler:
    """Owns one task for each orphan that was found and has not ended.

    What is asked after is on record: after a restart `sweep` goes on with it. `delays` never ends.
    """

    def __init__(
        self,
        engine: Engine,
        store: Store,
        clock: Clock,
        owner: TaskOwner,
        looks: SweepSchedule,
        delays: Callable[[], Iterator[float]],
    ) -> None:
        self._engine = engine
        self._store = store
        self._clock = clock
        self._owner = owner
        self._looks = looks
        self._delays = delays
        self._looked_at_s: float | None = None
        self._listed_at_s = -math.inf
        self._settling: dict[int, str] = {}  # job id → task id

    async def sweep(self) -> None:
        """Ask after every charge that is due: many by one listing. Raises EngineError, StoreError."""
        now_s = self._clock.wall()
        charges = [one for one in await self._store.open_charges() if one.job_id not in self._settling]
        due = self._due(charges, now_s)
        if not due:
            return
        is_answered = all(one.task_id is not None for one in due)
        is_listed = len(due) > FEW or not is_answered
        if is_listed and is_answered and 0 <= now_s - self._listed_at_s < self._looks.first_s:
            return  # so many are due at any time: they wait for one another
        wanted = {*due, *(one for one in charges if is_listed and one.task_id is None)}
        jobs = await self._store.jobs([one.job_id for one in wanted])
        until_s = {one.job_id: one.until_s for one in wanted}
        reports: Sequence[TaskReport] = ()
        if is_listed:
            reports = await self._engine.recent_tasks(LIST_DEPTH)
            self._listed_at_s = now_s
        unanswered = [job for job in jobs if job.task_id is None]
        is_whole = not unanswered or await self._adopt(unanswered, reports, until_s)
        listed = {report.task.task_id: report for report in reports}
        known = sorted((job for job in jobs if job.task_id is not None), key=lambda job: until_s[job.job_id])
        # The youngest stand in the list; of the others, those whose time is up come first.
        unlisted = [job for job in known if job.task_id not in listed][MOST_SINGLY:]
        for job in known:
            if job not in unlisted:
                is_last = now_s > until_s[job.job_id]
                is_whole &= await self._ask(job, listed.get(job.task_id or ""), is_last=is_last)
        if is_whole:  # else looked at again at the next tick
            self._looked_at_s = now_s

    def _due(self, charges: Sequence[OpenCharge], now_s: float) -> list[OpenCharge]:
        """Those to be asked after now. They are many, and their ends within one tick are one to us."""
        answers: dict[float, bool] = {}
        due = []
        for one in charges:
            since_s = one.until_s - CHARGE_WAIT_S
            tick = since_s // self._looks.tick_s
            if tick not in answers:
                answers[tick] = self._looks.is_due(since_s, self._looked_at_s, now_s)
            if answers[tick] or now_s > one.until_s:
                due.append(one)
        return due

    async def _adopt(
        self, unanswered: Sequence[Job], reports: Sequence[TaskReport], until_s: Mapping[int, float]
    ) -> bool:
        """Find the tasks of Runs without an answer. False: some may yet be those of running jobs."""
        now_s = self._clock.wall()
        jobs = sorted(unanswered, key=lambda job: job.sent_at_s or 0.0)
        is_task_of = self._engine.is_task_of
        candidates = [report for report in reports if any(is_task_of(report, job) for job in jobs)]
        # A running job may be about to learn that one of these is its own task. Who waits for an answer is
        # read before what is claimed: an answer in between is then seen in one of them.
        waiting = await self._waiting()
        claimed = await self._store.claimed([report.task.task_id for report in candidates])
        ours = [report for report in candidates if report.task.task_id not in claimed]
        free = [report for report in ours if not any(is_task_of(report, job) for job in waiting)]
        is_whole = len(free) == len(ours)
        for job in jobs:
            # The newest stand first in the list; of twins the first sent gets the first made.
            report = next((report for report in reversed(free) if is_task_of(report, job)), None)
            if report is None:
                if now_s > until_s[job.job_id]:
                    await self._book(job, ZERO)
                continue
            free.remove(report)
            task_id = report.task.task_id
            if await self._store.adopt_late(job.job_id, task_id):
                log.warning("job %d: its unanswered Run turned up late as task %s", job.job_id, task_id)
                found, is_last = replace(job, task_id=task_id), now_s > until_s[job.job_id]
                await self._ask(found, report, is_last=is_last)
        return is_whole

    async def _waiting(self) -> Sequence[Job]:
        """Jobs whose Run is under way or unanswered."""
        jobs = await self._store.unfinished()
        return [job for job in jobs if not job.is_terminal and job.sent_at_s and job.task_id is None]

    async def _ask(self, job: Job, report: TaskReport | None, *, is_last: bool) -> bool:
        """What became of one known task. False: it could not be had. Raises StoreError."""
        task_id = job.task_id or ""
        try:
            event = (report or await self._engine.report(task_id)).event
        except EngineNotFound:
            if is_last:
                await self._book(job, job.hold if keeps_hold(job) and job.cost is None else ZERO)
            return True  # Wiro may never know of it again: asked at the next look
        except EngineError as error:
            log.warning("job %d: its task %s: %s", job.job_id, task_id, error)
            return False
        if not isinstance(event, (Settled, Cancelled)):
            self._settling[job.job_id] = task_id
            self._owner.start(f"orphan {task_id}", self._settle(job, task_id, event))
        else:
            await self._take(job, event, is_last=is_last)
        return True

    async def _take(self, job: Job, event: Settled | Cancelled, *, is_last: bool) -> None:
        charge = charge_of(job, event, is_last=is_last)
        if charge is not None:
            await self._book(job, charge)

    async def _book(self, job: Job, charge: Money) -> None:
        if await self._store.book_charge(job, charge, self._clock.wall()) and charge > ZERO:
            whose = f"the member, up to {job.hold}" if keeps_hold(job) else "the operator"
            log.warning(
                "job %d: its task %s was charged late; %s pays %s", job.job_id, job.task_id, whose, charge
            )

    async def _settle(self, job: Job, task_id: str, event: Event) -> None:
        """Stop a task that nobody waits for, and ask until it has ended."""
        found_at_s = self._clock.monotonic()
        try:
            await self._stop(task_id, event)
            for delay_s in self._delays():
                try:
                    event = (await self._engine.report(task_id)).event
                    if isinstance(event, (Settled, Cancelled)):
                        await self._take(job, event, is_last=False)
                        return
                    await self._stop(task_id, event)
                except EngineNotFound:
                    return  # Wiro may never know of it again: asked at the next look
                except (EngineError, StoreError) as error:
                    log.warning("job %d: its late task %s: %s", job.job_id, task_id, error)
                if self._clock.monotonic() - found_at_s > SETTLE_S:
                    log.error("job %d: its late task %s does not end", job.job_id, task_id)
                    return
                await asyncio.sleep(delay_s)
        finally:
            del self._settling[job.job_id]

    async def _stop(self, task_id: str, event: Event) -> None:
        """Nobody waits for it. Its record is asked after."""
        stage = event.stage if isinstance(event, Reached) else Stage.RUNNING
        if stage >= Stage.FINISHING:
            return
        try:
            await self._engine.stop(task_id, stage)
        except EngineError as error:
            log.info("task %s: not stopped: %s", task_id, error)


def charge_of(job: Job, event: Settled | Cancelled, *, is_last: bool) -> Money | None:
    """What an ended job is charged for a task that ended so. None: it may not be on record yet.

    At the last look what is not on record is nothing, and what cannot be read of a success is the hold.
    """
    if event.cost is not None and not is_unbilled(event.cost):
        return event.cost
    if isinstance(event, Cancelled):
        return ZERO if is_last or not event.has_run else None
    if not is_last:
        return None
    return job.hold if event.is_success and event.cost is None else ZERO
