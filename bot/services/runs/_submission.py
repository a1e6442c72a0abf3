"""A run before its task is known: files, turn, intent, start; and the search where no answer came."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

from bot.domain.catalogue.errors import ModelUnknown
from bot.domain.catalogue.model import Value
from bot.domain.errors import StoreError
from bot.domain.job.events import Accepted, Refused, Unanswered
from bot.domain.job.input_faults import refused_by
from bot.domain.job.job import Cause
from bot.domain.job.task import Task
from bot.domain.request.errors import InputRefused, OptionRefused, PictureNotTaken
from bot.domain.request.files import Upload
from bot.domain.request.form import FieldsRefused
from bot.domain.request.parameters import parameters_for
from bot.engines.port import (
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
from bot.services.runs._followed import FollowedJob
from bot.services.runs._lost_runs import find_task
from bot.services.runs.inputs import linked_inputs

log = logging.getLogger(__name__)

T = TypeVar("T")

NO_ROOM: Final = (
    "The bot cannot record this just now, so it is not sent yet; it will be as soon as it can be."
)


class Submission:
    """Sends one job's start, once it is on record. `task` is what this process was answered."""

    def __init__(self, followed: FollowedJob, parameters: Mapping[str, Value] | None) -> None:
        self._followed = followed
        self._context = followed.context
        self._parameters = parameters
        self._links: tuple[LinkedInput, ...] = ()
        self.task: Task | None = None
        self._wait: asyncio.Task[Any] | None = None  # that the wish to cancel ends at once
        self._is_called_out = False  # of that wait

    def call_out(self) -> None:
        """Somebody wishes to cancel: end what is waited for."""
        if self._wait is not None and not self._is_called_out:
            self._is_called_out = self._wait.cancel()

    async def submit(self) -> None:
        """Until the engine has answered, or there is nothing left to send."""
        if not self._followed.job.is_cancel_asked:
            await self._take_in()
        is_wanted = not (self._followed.job.is_cancel_asked or self._followed.job.is_terminal)
        parameters = await self._resolved_parameters() if is_wanted else None
        if self._followed.job.is_cancel_asked:
            await self._followed.hear(Refused(Cause.CANCELLED))
        is_first = False
        while parameters is not None and not self._followed.job.is_terminal:
            if not await self._wait_for_turn(is_first=is_first):
                await self._followed.hear(Refused(Cause.CANCELLED))
                return
            is_first = await self._send(parameters)
            if not is_first:
                return

    async def _take_in(self) -> None:
        """The files of the request, brought to Wiro; one that cannot be is the end. A restart begins anew."""
        job, files = self._followed.job, self._followed.job.request.files
        if all(file.stored_url is not None for file in files):
            return
        try:
            taken = await self._until_called_out(self._context.inputs.take_in(job))
        except InputRefused as error:
            await self._followed.hear(refused_by(error))
            return
        if taken is not None:
            job = self._followed.job  # somebody may have wished to cancel meanwhile
            self._followed.job = replace(job, request=replace(job.request, files=taken))
            await self._followed.save()

    async def _send(self, parameters: Mapping[str, Value]) -> bool:
        """One Run, once it is on record. True where Wiro is too busy to take it now."""
        while True:
            try:
                # What Wiro does not keep is read once more, and is in memory only while it is sent.
                async with self._context.inputs.carried(self._followed.job.request.files) as files:
                    if await self._save_intent():
                        return await self._run(parameters, files)
            except InputRefused as error:
                self._context.queue.leave(self._followed.job.job_id)
                await self._followed.hear(refused_by(error))
                return False
            if not self._followed.job.is_cancel_asked:
                await self._until_called_out(self._until_room())  # with nobody's turn in hand
            if self._followed.job.is_cancel_asked:
                return await self._not_sent()

    async def _not_sent(self) -> bool:
        """Cancelled in time, so there is no doubt either."""
        self._followed.job = replace(self._followed.job, sent_at_s=None)
        self._context.queue.leave(self._followed.job.job_id)
        await self._followed.hear(Refused(Cause.CANCELLED))
        return False

    async def _run(self, parameters: Mapping[str, Value], files: Sequence[Upload]) -> bool:
        if self._followed.job.is_cancel_asked:  # while the intent was written
            return await self._not_sent()
        try:
            task = await self._context.engine.start(self._start_request(parameters, files))
        except (EngineBusy, EngineRateLimited) as error:
            await self._take_back_intent()
            self._context.queue.refused_as_busy(self._followed.job.job_id, error.retry_after_s)
            return True
        except EngineError as error:
            self._context.queue.leave(self._followed.job.job_id)
            await self._run_failed(error)
        else:
            self._context.queue.accepted(self._followed.job.job_id)
            await self._accepted(task)
        return False

    def _start_request(self, parameters: Mapping[str, Value], files: Sequence[Upload]) -> StartRequest:
        job = self._followed.job
        model = job.request.model
        return StartRequest(job.job_id, model, job.seed, parameters, job.run_key, self._links, tuple(files))

    async def _accepted(self, task: Task) -> None:
        if not await self._followed.adopt(task.task_id) and await self._is_anothers(task.task_id):
            # A twin whose Run was lost found this task before we heard of it; its own may be ours.
            self._context.queue.leave(self._followed.job.job_id)
            await self._followed.hear(Unanswered())
            return
        self.task = task
        await self._followed.hear(Accepted(task.task_id))

    async def _resolved_parameters(self) -> Mapping[str, Value] | None:
        if self._parameters is None:
            request = self._followed.job.request
            try:
                model = await self._context.catalogue.page(request.model)
                self._parameters = parameters_for(request, self._followed.job.seed, model)
                self._links = linked_inputs(request.files, model)
            except OptionRefused as error:
                await self._followed.hear(Refused(Cause.REFUSED, f"{error.option}: {error.value}"))
            except (FieldsRefused, PictureNotTaken, ModelUnknown):
                # Its page has changed, or is gone, since the request was checked.
                reason = "the model does not take this request any more"
                await self._followed.hear(Refused(Cause.REFUSED, reason))
        return self._parameters

    async def _wait_for_turn(self, *, is_first: bool) -> bool:
        """False when the job was cancelled while it waited."""
        if self._followed.job.is_cancel_asked:
            return False
        job_id, user_id = self._followed.job.job_id, self._followed.job.origin.user_id

        async def enter() -> bool:
            await self._context.queue.enter(job_id, user_id, self._at_place, is_first=is_first)
            return True

        try:
            return await self._until_called_out(enter()) is not None
        finally:
            self._followed.queue_position = None

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
        self._followed.queue_position = place
        self._followed.show()

    async def _save_intent(self) -> bool:
        """On record before the request is sent: a crash in between is a doubt, never a second Run."""
        self._followed.job = replace(self._followed.job, sent_at_s=self._context.clock.wall())
        is_saved = await self._followed.save()
        if not is_saved:
            self._followed.job = replace(self._followed.job, sent_at_s=None)
        return is_saved

    async def _until_room(self) -> None:
        """Until what is to be done can be recorded again. The member is told at once."""
        note = self._followed.note
        self._followed.remark(NO_ROOM)
        try:
            for delay_s in self._context.poll_delays():
                await asyncio.sleep(delay_s)
                if await self._followed.save():
                    return
        finally:
            self._followed.remark(note)

    async def _take_back_intent(self) -> None:
        self._followed.job = replace(self._followed.job, sent_at_s=None)
        await self._followed.save()

    async def _run_failed(self, error: EngineError) -> None:
        match error:
            case EngineAuthFailed():
                log.error("%s does not accept our key: %s", error.engine, error.message)
                await self._followed.hear(Refused(Cause.AUTH, error.message))
            case EngineNoFunds():
                log.error("the account at %s has run dry: %s", error.engine, error.message)
                await self._followed.hear(Refused(Cause.NO_FUNDS, error.message))
            case EngineRefused():
                if isinstance(error, EngineNotFound):  # withdrawn since its page was read
                    self._context.catalogue.forget(self._followed.job.request.model)
                await self._followed.hear(Refused(Cause.REFUSED, error.message))
            case EngineUnreachable(may_have_arrived=False):
                await self._followed.hear(Refused(Cause.UNREACHABLE))
            case _:
                job_id = self._followed.job.job_id
                log.warning("job %d: the start was not answered (%s)", job_id, type(error).__name__)
                await self._followed.hear(Unanswered())

    # --- no answer -----------------------------------------------------------------------------

    async def look_for_task(self) -> Task | None:
        """Search until the grace has passed. What may cost money is never sent again, what is free once."""
        capabilities, grace_s = self._context.engine.capabilities, self._context.timeouts.unknown_grace_s
        if capabilities.lost_runs is LostRuns.NEVER:
            grace_s = 0.0  # waiting shows nothing
        may_repeat = capabilities.may_repeat
        sent_at_s = self._followed.job.sent_at_s or self._followed.job.created_at_s
        delays = self._context.poll_delays()
        # The record has wall time only; from here on a clock that is put right changes nothing.
        since_s = self._context.clock.monotonic() - max(0.0, self._context.clock.wall() - sent_at_s)
        while True:
            waited_s, is_absent = self._context.clock.monotonic() - since_s, False
            patience_s = self._context.timeouts.deadline_s
            try:
                report = await find_task(self._context.engine, self._context.store, self._followed.job)
            except (EngineError, StoreError) as error:
                log.warning(
                    "job %d: the list of tasks could not be read: %s", self._followed.job.job_id, error
                )
            else:
                if report is None:
                    patience_s, is_absent = grace_s, True
                elif await self._followed.adopt(report.task.task_id):
                    log.info("job %d: found as task %s", self._followed.job.job_id, report.task.task_id)
                    return report.task
            is_wanted = may_repeat and not self._followed.job.is_cancel_asked
            if is_absent and is_wanted and waited_s > grace_s:
                may_repeat, since_s = False, self._context.clock.monotonic()
                task = await self._repeat()
                if task is not None or self._followed.job.is_terminal:
                    return task
            elif waited_s > patience_s:
                cause = Cause.CANCELLED if self._followed.job.is_cancel_asked else Cause.UNANSWERED
                await self._followed.hear(Refused(cause))
                return None
            await asyncio.sleep(next(delays))

    async def _repeat(self) -> Task | None:
        """Once more: should the first have arrived after all, it makes something for nobody, for nothing."""
        parameters = await self._resolved_parameters()
        if parameters is None:
            return None
        try:
            async with self._context.inputs.carried(self._followed.job.request.files) as files:
                task = await self._context.engine.start(self._start_request(parameters, files))
        except InputRefused as error:
            await self._followed.hear(refused_by(error))
            return None
        except EngineError as error:
            log.warning("job %d: sent once more: %s", self._followed.job.job_id, error)
            return None
        return task if await self._followed.adopt(task.task_id) else None

    async def _is_anothers(self, task_id: str) -> bool:
        """Whether the record gives a task that we do not have on record to another job."""
        try:
            return task_id in await self._context.store.claimed([task_id])
        except StoreError:
            return False
