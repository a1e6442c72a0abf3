"""Late orphans: tasks of jobs that were given up, found at Wiro after all, stopped and paid for."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.domain.clock import Clock
from bot.domain.errors import StoreError, WiroError, WiroNotFound
from bot.domain.events import Cancelled, Event, Reached, Settled
from bot.domain.job import Job, Stage
from bot.domain.ledger import settlement_of
from bot.domain.lifecycle import advance
from bot.domain.money import ZERO, Money
from bot.domain.parameters import PROMPT, SEED
from bot.domain.task import TaskReport
from bot.jobs.ports import Store, Wiro
from bot.jobs.reconcile import is_of
from bot.jobs.tasks import TaskOwner

log = logging.getLogger(__name__)

HUNT_S: Final = 86_400.0  # after Run was sent; what turns up later is the operator's to find
LONGEST_GAP_S: Final = 3_600.0
GROWTH: Final = 2.5
LIST_DEPTH: Final = 1_000  # tasks; a late one stands among those of the hour in which it was made
SETTLE_S: Final = 3_600.0  # how long one found task is asked to end, until the next look finds it again


@dataclass(frozen=True, slots=True)
class Looks:
    """When Wiro's list is looked at: `first_s` after Run was sent, then ever more seldom, then every hour.

    Whether a look is due is asked of the record every `tick_s`.
    """

    first_s: float
    tick_s: float

    @classmethod
    def after(cls, grace_s: float) -> Looks:
        """With the usual grace of 120 s: after 2, 5, 12.5, 31 and 78 minutes, and hourly from then on."""
        return cls(first_s=grace_s, tick_s=min(30.0, max(0.5, grace_s / 4)))

    def is_due(self, sent_at_s: float, looked_at_s: float | None, now_s: float) -> bool:
        """Whether a look fell due since the last one (None: since this process started, none was made)."""
        if looked_at_s is None or looked_at_s > now_s:  # the clock may have been set back
            return True
        due_s = sent_at_s + self.first_s
        while due_s <= looked_at_s:
            due_s += min((due_s - sent_at_s) * (GROWTH - 1), LONGEST_GAP_S)
        return due_s <= now_s


class Orphans:
    """Owns a task for each orphan that was found and has not been settled.

    What it knows is on record: after a restart `sweep` finds it again. `delays` never ends.
    """

    def __init__(
        self,
        wiro: Wiro,
        store: Store,
        clock: Clock,
        owner: TaskOwner,
        looks: Looks,
        delays: Callable[[], Iterator[float]],
    ) -> None:
        self._wiro = wiro
        self._store = store
        self._clock = clock
        self._owner = owner
        self._looks = looks
        self._delays = delays
        self._looked_at_s: float | None = None
        self._settling: dict[int, str] = {}  # job id → task id

    async def sweep(self) -> None:
        """One listing for all unanswered jobs, if it is due for one. Raises WiroError, StoreError."""
        now_s = self._clock.wall()
        unanswered = await self._store.unanswered(now_s - HUNT_S)
        jobs = [job for job in unanswered if job.job_id not in self._settling]
        given_up = [
            job for job in await self._store.given_up(now_s - HUNT_S) if job.job_id not in self._settling
        ]
        due = [
            job
            for job in (*jobs, *given_up)
            if self._looks.is_due(job.sent_at_s or 0.0, self._looked_at_s, now_s)
        ]
        if not due:
            return
        for job in due:
            if job.task_id is not None:
                self._take(job, job.task_id)
        if not jobs:
            self._looked_at_s = now_s
            return
        reports = await self._wiro.recent_tasks(LIST_DEPTH)
        candidates = [report for report in reports if any(_is_of(report, job) for job in jobs)]
        # A running job may be about to learn that one of these is its own task. Who waits for an answer is
        # read before what is claimed: an answer in between is then seen in one of them.
        waiting = await self._waiting()
        claimed = {*self._settling.values()}
        claimed |= await self._store.claimed([report.task.task_id for report in candidates])
        ours = [report for report in candidates if report.task.task_id not in claimed]
        free = [report for report in ours if not any(is_of(report, job) for job in waiting)]
        if len(free) == len(ours):  # else looked at again at the next tick
            self._looked_at_s = now_s
        for job in jobs:
            # The newest stand first in the list; of twins the first sent gets the first made.
            report = next((report for report in reversed(free) if _is_of(report, job)), None)
            if report is not None:
                free.remove(report)
                self._take(job, report.task.task_id)

    async def _waiting(self) -> Sequence[Job]:
        """Jobs whose Run is under way or unanswered."""
        jobs = await self._store.unfinished()
        return [job for job in jobs if not job.is_terminal and job.sent_at_s and job.task_id is None]

    def _take(self, job: Job, task_id: str) -> None:
        self._settling[job.job_id] = task_id
        self._owner.start(f"orphan {task_id}", self._settle(job, task_id))

    async def _settle(self, job: Job, task_id: str) -> None:
        """Ask until the task has ended and its bill is on record."""
        found_at_s = self._clock.monotonic()
        try:
            for delay_s in self._delays():
                try:
                    if await self._try_to_settle(job, task_id):
                        return
                except WiroNotFound:
                    if job.task_id is not None:  # Wiro may never know of it again: asked at the next look
                        return
                except (WiroError, StoreError) as error:
                    log.warning("job %d: its late task %s: %s", job.job_id, task_id, error)
                if self._clock.monotonic() - found_at_s > SETTLE_S:
                    log.error("job %d: its late task %s does not end", job.job_id, task_id)
                    return
                await asyncio.sleep(delay_s)
        finally:
            del self._settling[job.job_id]

    async def _try_to_settle(self, job: Job, task_id: str) -> bool:
        """False: not yet. Raises WiroError, StoreError."""
        event = (await self._wiro.detail(task_id)).event
        if not isinstance(event, (Settled, Cancelled)):
            await self._stop(task_id, event)
            return False
        bill = billed(job, event)
        if not await self._store.bill_late(job.job_id, task_id, bill, self._clock.wall()):
            return task_id in await self._store.claimed([task_id])
        if job.task_id is None:
            log.warning(
                "job %d: its unanswered Run turned up late as task %s; the operator pays %s for it",
                job.job_id,
                task_id,
                bill,
            )
        elif bill > ZERO:
            log.warning(
                "job %d: its task %s, given up, was billed; the operator pays %s", job.job_id, task_id, bill
            )
        return True

    async def _stop(self, task_id: str, event: Event) -> None:
        """Nobody waits for it: Cancel while it is queued, Kill once it runs. Task/Detail is asked after."""
        stage = event.stage if isinstance(event, Reached) else Stage.RUNNING
        if stage >= Stage.FINISHING:
            return
        is_queued = stage <= Stage.QUEUED
        for stop in (self._wiro.cancel, self._wiro.kill) if is_queued else (self._wiro.kill,):
            try:
                await stop(task_id)
            except WiroError as error:
                log.info("task %s: not stopped: %s", task_id, error)
            else:
                return


def billed(job: Job, event: Settled | Cancelled) -> Money:
    """What the operator pays for a task that ended so. As for any job: an unreadable price is the hold."""
    unheard = replace(job, stage=Stage.UNKNOWN, cause=None)
    return settlement_of(advance(unheard, event)).amount


def _is_of(report: TaskReport, job: Job) -> bool:
    """`is_of`, also for a job whose prompt has been erased since: it is told by its seed alone."""
    request = job.request
    if request.prompt or request.values or request.files:
        return is_of(report, job)
    prompt = next((report.parameters[name] for name in PROMPT if name in report.parameters), None)
    if prompt is None or not any(name in report.parameters for name in SEED):
        return False
    return is_of(report, replace(job, request=replace(job.request, prompt=prompt)))
