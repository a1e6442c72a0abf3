"""One job's state while it is followed: advanced by events, recorded, settled, shown."""

from __future__ import annotations

import logging
from dataclasses import replace

from bot.domain.errors import StoreError
from bot.domain.job.events import Accepted, Cancelled, Event, Reached, Settled
from bot.domain.job.job import Cause, Job, Stage
from bot.domain.job.ledger import keeps_hold, settlement_of
from bot.domain.job.lifecycle import advance
from bot.domain.job.status_update import StatusUpdate
from bot.domain.job.task import TaskReport
from bot.services.runs._mailbox import Mailbox
from bot.services.runs.context import RunContext

log = logging.getLogger(__name__)


class FollowedJob:
    """What the stages of a run share. The job is replaced, never changed."""

    def __init__(self, job: Job, context: RunContext) -> None:
        self.job = job
        self.context = context
        self.mailbox = Mailbox()
        self.is_out_of_time = False
        self.queue_position: int | None = None
        self.note = ""
        self._is_cancel_sent = False
        self._quiet_since_s: float | None = None
        if job.is_cancel_asked:  # before a restart
            self.mailbox.wake()

    @property
    def news(self) -> StatusUpdate:
        """The job as its status message should show it now."""
        return StatusUpdate(
            self.job,
            queue_position=self.queue_position,
            quiet_since_s=self._quiet_since_s,
            is_cancelling=self.job.is_cancel_asked and not self.job.is_terminal,
            note=self.note,
        )

    @property
    def is_past_grace(self) -> bool:
        """Whether whatever Run made would have been shown by Wiro by now."""
        sent_at_s = self.job.sent_at_s or self.job.created_at_s
        return self.context.clock.wall() - sent_at_s > self.context.timeouts.unknown_grace_s

    def block_submission(self) -> None:
        """Somebody wishes to cancel: from here on, Run is not sent any more."""
        self.job = replace(self.job, is_cancel_asked=True)

    # --- the record ----------------------------------------------------------------------------

    async def hear(self, event: Event) -> None:
        """Advance, record a change of stage, show it."""
        before = self.job
        self.job = advance(before, event)
        if self.job is before:
            return
        if self.job.is_terminal:
            await self._settle()
        elif self.job.stage is not before.stage or self.job.task_id != before.task_id:
            await self.save()
        self._quiet_since_s = None
        self.show()

    async def save(self) -> bool:
        try:
            await self.context.store.save(self.job)
        except StoreError as error:
            log.error("job %d could not be recorded: %s", self.job.job_id, error.reason)  # noqa: TRY400 — foreseen, the reason says it all
            return False
        return True

    async def _settle(self) -> None:
        if await self._is_known_free():
            self.job = replace(self.job, is_charge_open=False)
        settlement = settlement_of(self.job)
        at_s = self.context.clock.wall()
        try:
            await self.context.store.settle(self.job, settlement, at_s)
        except StoreError as error:
            log.error("job %d could not be settled: %s", self.job.job_id, error.reason)  # noqa: TRY400 — foreseen, the reason says it all
            if self.job.sent_at_s is None and self.job.task_id is None:
                # Told before it is on record, the next start would send it after all.
                await self.context.delivery.settle_in_the_end(self.job, settlement, at_s)
            else:
                self.context.delivery.settle_later(self.job, settlement, at_s)

    async def _is_known_free(self) -> bool:
        """Whether what the engine names for a success is all that will ever be billed."""
        job = self.job
        if not self.context.engine.capabilities.does_bill:
            return True
        if not keeps_hold(job) or job.stage is not Stage.SUCCEEDED or job.cost is None:
            return False
        try:
            return await self.context.store.is_known_free(job.request.model, self.context.clock.wall())
        except StoreError:
            return False  # then its hold stays until it is known

    async def adopt(self, task_id: str) -> bool:
        """Make a task this job's own, on record. False: it is not, another job may have taken it."""
        adopted = advance(self.job, Accepted(task_id))
        try:
            # Before anything is built on it: two jobs may ask for the same picture with the same seed, and
            # only the record decides which of them a task belongs to.
            await self.context.store.save(adopted)
        except StoreError as error:
            log.warning("job %d: task %s not adopted: %s", self.job.job_id, task_id, error.reason)
            return False
        self.job = advance(self.job, Accepted(task_id))  # somebody may have wished to cancel meanwhile
        self.show()
        return True

    def show(self) -> None:
        if not self.job.is_terminal:
            self.context.status_messages.show(self.news)

    # --- a task exists -------------------------------------------------------------------------

    async def take(self, report: TaskReport) -> None:
        """Bring the job up to what Task/Detail says; its endings are inspected and settled."""
        if isinstance(report.event, Settled) and report.event.is_success:
            await self.hear(Reached(Stage.FINISHING))
            event = await self.context.delivery.inspect(self.job, report.event)
            await self.hear(event)
        elif isinstance(report.event, Cancelled) and self.is_out_of_time and not self.job.is_cancel_asked:
            # We stopped it, not the member: they got nothing and pay nothing.
            cost, elapsed_s = report.event.cost, report.event.elapsed_s
            await self.hear(Settled(is_success=False, cost=cost, elapsed_s=elapsed_s, cause=Cause.DEADLINE))
        else:
            await self.hear(report.event)

    def should_cancel(self) -> bool:
        """True once: when the wish to cancel has not been passed on to Wiro yet."""
        is_due = self.job.is_cancel_asked and not self._is_cancel_sent
        self._is_cancel_sent = self._is_cancel_sent or is_due
        return is_due

    def grew_quiet(self, since_s: float) -> None:
        self._quiet_since_s = since_s
        self.show()

    def remark(self, note: str) -> None:
        self.note = note
        self.show()
