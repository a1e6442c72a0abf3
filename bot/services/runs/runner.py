"""Takes one job from wherever it stands to its ending: submitted, watched, settled, delivered."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from bot.domain.catalogue.errors import ModelUnknown
from bot.domain.catalogue.model import Value
from bot.domain.clock import Clock
from bot.domain.errors import StoreError
from bot.domain.job.events import Accepted, Cancelled, Event, Reached, Refused, Settled, Unanswered
from bot.domain.job.input_faults import refused_by
from bot.domain.job.job import Cause, Job, Stage
from bot.domain.job.ledger import keeps_hold, settlement_of
from bot.domain.job.lifecycle import advance
from bot.domain.job.status_update import StatusUpdate
from bot.domain.job.task import Task, TaskReport
from bot.domain.request.errors import InputRefused, OptionRefused, PictureNotTaken
from bot.domain.request.files import Upload
from bot.domain.request.form import FieldsRefused
from bot.domain.request.parameters import parameters_for
from bot.engines.port import (
    Engine,
    EngineAuthFailed,
    EngineBusy,
    EngineError,
    EngineNoFunds,
    EngineNotFound,
    EngineRateLimited,
    EngineRefused,
    EngineUnreachable,
    LinkedInput,
    LostRuns,
    StartRequest,
)
from bot.services.catalogue.service import Catalogue
from bot.services.runs._lost_runs import find_task
from bot.services.runs._mailbox import Mailbox
from bot.services.runs._monitor import TaskMonitor
from bot.services.runs.delivery import ResultDelivery
from bot.services.runs.inputs import Inputs, linked_inputs
from bot.services.runs.ports import Queue, StatusMessages, Store

log = logging.getLogger(__name__)

T = TypeVar("T")


NO_ROOM: Final = (
    "The bot cannot record this just now, so it is not sent yet; it will be as soon as it can be."
)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long is waited, all in seconds."""

    silence_s: float = 20.0
    unknown_grace_s: float = 120.0
    deadline_s: float = 3600.0


@dataclass(frozen=True, slots=True)
class RunContext:
    """What every follower works with."""

    engine: Engine
    store: Store
    board: StatusMessages
    delivery: ResultDelivery
    catalogue: Catalogue
    inputs: Inputs
    queue: Queue
    clock: Clock
    timeouts: Timeouts
    poll_delays: Callable[[], Iterator[float]]  # seconds between questions while an end is awaited


class JobRunner:
    """Owns one job's state while it is followed. `run` can be started again from the record at any time."""

    def __init__(self, job: Job, tools: RunContext, parameters: Mapping[str, Value] | None) -> None:
        self.job = job
        self.tools = tools
        self._parameters = parameters
        self._links: tuple[LinkedInput, ...] = ()
        self.mailbox = Mailbox()
        self._is_cancel_sent = False
        self.is_out_of_time = False
        self._wait: asyncio.Task[Any] | None = None  # that the wish to cancel ends at once
        self._is_called_out = False  # of that wait
        self._queue_position: int | None = None
        self._quiet_since_s: float | None = None
        self._task: Task | None = None  # with the socket's secret, where this process submitted it
        self._note = ""
        if job.is_cancel_asked:  # before a restart
            self.mailbox.wake()

    @property
    def news(self) -> StatusUpdate:
        """The job as its status message should show it now."""
        return StatusUpdate(
            self.job,
            queue_position=self._queue_position,
            quiet_since_s=self._quiet_since_s,
            is_cancelling=self.job.is_cancel_asked and not self.job.is_terminal,
            note=self._note,
        )

    @property
    def is_past_grace(self) -> bool:
        """Whether whatever Run made would have been shown by Wiro by now."""
        sent_at_s = self.job.sent_at_s or self.job.created_at_s
        return self.tools.clock.wall() - sent_at_s > self.tools.timeouts.unknown_grace_s

    def block_submission(self) -> None:
        """Somebody wishes to cancel: from here on, Run is not sent any more."""
        self.job = replace(self.job, is_cancel_asked=True)

    def request_cancel(self) -> None:
        """Cancel at whatever stage the job is. Asking twice is asking once."""
        self.block_submission()
        if self._wait is not None and not self._is_called_out:
            self._is_called_out = self._wait.cancel()
        self.mailbox.wake()
        self._show()

    async def run(self) -> None:
        """From the recorded stage to delivered. Raises only what nobody foresaw."""
        try:
            if not self.job.is_terminal:
                await self._to_an_end()
        finally:
            self.tools.queue.leave(self.job.job_id)
        await self.tools.delivery.deliver(self.job, self._note)

    async def _to_an_end(self) -> None:
        self._show()
        if self.job.stage is Stage.SUBMITTING:
            if self.job.sent_at_s is None:
                await self._submit()
            else:
                await self.hear(Unanswered())
        task: Task | None = None
        if self.job.stage is Stage.UNKNOWN:
            task = await self._look_for_task()
        if not self.job.is_terminal and self.job.task_id is not None:
            self.tools.queue.occupy(self.job.job_id)
            await TaskMonitor(self, task or self._task).until_the_end()

    # --- Run -----------------------------------------------------------------------------------

    async def _submit(self) -> None:
        if not self.job.is_cancel_asked:
            await self._take_in()
        is_wanted = not (self.job.is_cancel_asked or self.job.is_terminal)
        parameters = await self._resolved_parameters() if is_wanted else None
        if self.job.is_cancel_asked:
            await self.hear(Refused(Cause.CANCELLED))
        is_first = False
        while parameters is not None and not self.job.is_terminal:
            if not await self._wait_for_turn(is_first=is_first):
                await self.hear(Refused(Cause.CANCELLED))
                return
            is_first = await self._send(parameters)
            if not is_first:
                return

    async def _take_in(self) -> None:
        """The files of the request, brought to Wiro; one that cannot be is the end. A restart begins anew."""
        files = self.job.request.files
        if all(file.stored_url is not None for file in files):
            return
        try:
            taken = await self._until_called_out(self.tools.inputs.take_in(self.job))
        except InputRefused as error:
            await self.hear(refused_by(error))
            return
        if taken is not None:
            self.job = replace(self.job, request=replace(self.job.request, files=taken))
            await self._save()

    async def _send(self, parameters: Mapping[str, Value]) -> bool:
        """One Run, once it is on record. True where Wiro is too busy to take it now."""
        while True:
            try:
                # What Wiro does not keep is read once more, and is in memory only while it is sent.
                async with self.tools.inputs.carried(self.job.request.files) as files:
                    if await self._save_intent():
                        return await self._run(parameters, files)
            except InputRefused as error:
                self.tools.queue.leave(self.job.job_id)
                await self.hear(refused_by(error))
                return False
            if not self.job.is_cancel_asked:
                await self._until_called_out(self._until_room())  # with nobody's turn in hand
            if self.job.is_cancel_asked:
                return await self._not_sent()

    async def _not_sent(self) -> bool:
        """Cancelled in time, so there is no doubt either."""
        self.job = replace(self.job, sent_at_s=None)
        self.tools.queue.leave(self.job.job_id)
        await self.hear(Refused(Cause.CANCELLED))
        return False

    async def _run(self, parameters: Mapping[str, Value], files: Sequence[Upload]) -> bool:
        if self.job.is_cancel_asked:  # while the intent was written
            return await self._not_sent()
        try:
            task = await self.tools.engine.start(self._start_request(parameters, files))
        except (EngineBusy, EngineRateLimited) as error:
            await self._take_back_intent()
            self.tools.queue.refused_as_busy(self.job.job_id, error.retry_after_s)
            return True
        except EngineError as error:
            self.tools.queue.leave(self.job.job_id)
            await self._run_failed(error)
        else:
            self.tools.queue.accepted(self.job.job_id)
            await self._accepted(task)
        return False

    def _start_request(self, parameters: Mapping[str, Value], files: Sequence[Upload]) -> StartRequest:
        job = self.job
        model = job.request.model
        return StartRequest(job.job_id, model, job.seed, parameters, job.run_key, self._links, tuple(files))

    async def _accepted(self, task: Task) -> None:
        if not await self._adopt(task.task_id) and await self._is_anothers(task.task_id):
            # A twin whose Run was lost found this task before we heard of it; its own may be ours.
            self.tools.queue.leave(self.job.job_id)
            await self.hear(Unanswered())
            return
        self._task = task
        await self.hear(Accepted(task.task_id))

    async def _resolved_parameters(self) -> Mapping[str, Value] | None:
        if self._parameters is None:
            request = self.job.request
            try:
                model = await self.tools.catalogue.page(request.model)
                self._parameters = parameters_for(request, self.job.seed, model)
                self._links = linked_inputs(request.files, model)
            except OptionRefused as error:
                await self.hear(Refused(Cause.REFUSED, f"{error.option}: {error.value}"))
            except (FieldsRefused, PictureNotTaken, ModelUnknown):
                # Its page has changed, or is gone, since the request was checked.
                await self.hear(Refused(Cause.REFUSED, "the model does not take this request any more"))
        return self._parameters

    async def _wait_for_turn(self, *, is_first: bool) -> bool:
        """False when the job was cancelled while it waited."""
        if self.job.is_cancel_asked:
            return False
        job_id, user_id = self.job.job_id, self.job.origin.user_id

        async def enter() -> bool:
            await self.tools.queue.enter(job_id, user_id, self._at_place, is_first=is_first)
            return True

        try:
            return await self._until_called_out(enter()) is not None
        finally:
            self._queue_position = None

    async def _until_called_out(self, step: Coroutine[Any, Any, T]) -> T | None:
        """What the step returns; None where the wish to cancel cut it short."""
        self._wait = asyncio.current_task()
        try:
            return await step
        except asyncio.CancelledError:
            if not self._is_called_out or self._wait is None or self._wait.uncancel() > 0:
                raise
            return None
        finally:
            self._wait, self._is_called_out = None, False

    def _at_place(self, place: int) -> None:
        self._queue_position = place
        self._show()

    async def _save_intent(self) -> bool:
        """On record before the request is sent: a crash in between is a doubt, never a second Run."""
        self.job = replace(self.job, sent_at_s=self.tools.clock.wall())
        is_saved = await self._save()
        if not is_saved:
            self.job = replace(self.job, sent_at_s=None)
        return is_saved

    async def _until_room(self) -> None:
        """Until what is to be done can be recorded again. The member is told at once."""
        note = self._note
        self.remark(NO_ROOM)
        try:
            for delay_s in self.tools.poll_delays():
                await asyncio.sleep(delay_s)
                if await self._save():
                    return
        finally:
            self.remark(note)

    async def _take_back_intent(self) -> None:
        self.job = replace(self.job, sent_at_s=None)
        await self._save()

    async def _run_failed(self, error: EngineError) -> None:
        match error:
            case EngineAuthFailed():
                log.error("%s does not accept our key: %s", error.engine, error.message)
                await self.hear(Refused(Cause.AUTH, error.message))
            case EngineNoFunds():
                log.error("the account at %s has run dry: %s", error.engine, error.message)
                await self.hear(Refused(Cause.NO_FUNDS, error.message))
            case EngineRefused():
                if isinstance(error, EngineNotFound):  # withdrawn since its page was read
                    self.tools.catalogue.forget(self.job.request.model)
                await self.hear(Refused(Cause.REFUSED, error.message))
            case EngineUnreachable(may_have_arrived=False):
                await self.hear(Refused(Cause.UNREACHABLE))
            case _:
                log.warning("job %d: Run was not answered (%s)", self.job.job_id, type(error).__name__)
                await self.hear(Unanswered())

    # --- no answer -----------------------------------------------------------------------------

    async def _look_for_task(self) -> Task | None:
        """Search until the grace has passed. What may cost money is never sent again, what is free once."""
        capabilities, grace_s = self.tools.engine.capabilities, self.tools.timeouts.unknown_grace_s
        if capabilities.lost_runs is LostRuns.NEVER:
            grace_s = 0.0  # waiting shows nothing
        is_repeated = not capabilities.may_repeat
        sent_at_s = self.job.sent_at_s or self.job.created_at_s
        delays = self.tools.poll_delays()
        # The record has wall time only; from here on a clock that is put right changes nothing.
        since_s = self.tools.clock.monotonic() - max(0.0, self.tools.clock.wall() - sent_at_s)
        while True:
            waited_s, report = self.tools.clock.monotonic() - since_s, None
            patience_s = self.tools.timeouts.deadline_s
            try:
                report = await find_task(self.tools.engine, self.tools.store, self.job)
            except (EngineError, StoreError) as error:
                log.warning("job %d: the list of tasks could not be read: %s", self.job.job_id, error)
            else:
                if report is None:
                    patience_s = grace_s
                elif await self._adopt(report.task.task_id):
                    log.info("job %d: found as task %s", self.job.job_id, report.task.task_id)
                    return report.task
            if report is None and waited_s > grace_s and not (is_repeated or self.job.is_cancel_asked):
                is_repeated, since_s = True, self.tools.clock.monotonic()
                task = await self._repeat()
                if task is not None or self.job.is_terminal:
                    return task
            elif waited_s > patience_s:
                cause = Cause.CANCELLED if self.job.is_cancel_asked else Cause.UNANSWERED
                await self.hear(Refused(cause))
                return None
            await asyncio.sleep(next(delays))

    async def _repeat(self) -> Task | None:
        """Once more: should the first have arrived after all, it makes something for nobody, for nothing."""
        parameters = await self._resolved_parameters()
        if parameters is None:
            return None
        try:
            async with self.tools.inputs.carried(self.job.request.files) as files:
                task = await self.tools.engine.start(self._start_request(parameters, files))
        except InputRefused as error:
            await self.hear(refused_by(error))
            return None
        except EngineError as error:
            log.warning("job %d: sent once more: %s", self.job.job_id, error)
            return None
        return task if await self._adopt(task.task_id) else None

    async def _adopt(self, task_id: str) -> bool:
        """Make a task this job's own, on record. False: it is not, another job may have taken it."""
        adopted = advance(self.job, Accepted(task_id))
        try:
            # Before anything is built on it: two jobs may ask for the same picture with the same seed, and
            # only the record decides which of them a task belongs to.
            await self.tools.store.save(adopted)
        except StoreError as error:
            log.warning("job %d: task %s not adopted: %s", self.job.job_id, task_id, error.reason)
            return False
        self.job = advance(self.job, Accepted(task_id))  # somebody may have wished to cancel meanwhile
        self._show()
        return True

    async def _is_anothers(self, task_id: str) -> bool:
        """Whether the record gives a task that we do not have on record to another job."""
        try:
            return task_id in await self.tools.store.claimed([task_id])
        except StoreError:
            return False

    # --- a task exists -------------------------------------------------------------------------

    async def take(self, report: TaskReport) -> None:
        """Bring the job up to what Task/Detail says; its endings are inspected and settled."""
        if isinstance(report.event, Settled) and report.event.is_success:
            await self.hear(Reached(Stage.FINISHING))
            event = await self.tools.delivery.inspect(self.job, report.event)
            await self.hear(event)
        elif isinstance(report.event, Cancelled) and self.is_out_of_time and not self.job.is_cancel_asked:
            # We stopped it, not the member: they got nothing and pay nothing.
            cost, elapsed_s = report.event.cost, report.event.elapsed_s
            await self.hear(Settled(is_success=False, cost=cost, elapsed_s=elapsed_s, cause=Cause.DEADLINE))
        else:
            await self.hear(report.event)

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
            await self._save()
        self._quiet_since_s = None
        self._show()

    async def _save(self) -> bool:
        try:
            await self.tools.store.save(self.job)
        except StoreError as error:
            log.error("job %d could not be recorded: %s", self.job.job_id, error.reason)  # noqa: TRY400 — foreseen, the reason says it all
            return False
        return True

    async def _settle(self) -> None:
        if await self._is_known_free():
            self.job = replace(self.job, is_charge_open=False)
        settlement = settlement_of(self.job)
        at_s = self.tools.clock.wall()
        try:
            await self.tools.store.settle(self.job, settlement, at_s)
        except StoreError as error:
            log.error("job %d could not be settled: %s", self.job.job_id, error.reason)  # noqa: TRY400 — foreseen, the reason says it all
            if self.job.sent_at_s is None and self.job.task_id is None:
                # Told before it is on record, the next start would send it after all.
                await self.tools.delivery.settle_in_the_end(self.job, settlement, at_s)
            else:
                self.tools.delivery.settle_later(self.job, settlement, at_s)

    async def _is_known_free(self) -> bool:
        """Whether what the engine names for a success is all that will ever be billed."""
        job = self.job
        if not self.tools.engine.capabilities.does_bill:
            return True
        if not keeps_hold(job) or job.stage is not Stage.SUCCEEDED or job.cost is None:
            return False
        try:
            return await self.tools.store.is_known_free(job.request.model, self.tools.clock.wall())
        except StoreError:
            return False  # then its hold stays until it is known

    def _show(self) -> None:
        if not self.job.is_terminal:
            self.tools.board.show(self.news)

    # --- for the watch -------------------------------------------------------------------------

    def should_cancel(self) -> bool:
        """True once: when the wish to cancel has not been passed on to Wiro yet."""
        is_due = self.job.is_cancel_asked and not self._is_cancel_sent
        self._is_cancel_sent = self._is_cancel_sent or is_due
        return is_due

    def grew_quiet(self, since_s: float) -> None:
        self._quiet_since_s = since_s
        self._show()

    def remark(self, note: str) -> None:
        self._note = note
        self._show()
