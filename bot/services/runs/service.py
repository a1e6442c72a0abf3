"""The use cases around jobs: submit, cancel, again, who runs here, resume, drain."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from random import Random
from typing import Final

from bot.domain.catalogue.model import Value
from bot.domain.errors import DatabaseFull, StoreError
from bot.domain.job.access import JobAct, check_access
from bot.domain.job.errors import JobEnded, JobNotFound, LeaseLost, LogUnreachable, WordsFault, WordsGone
from bot.domain.job.events import Refused
from bot.domain.job.input_faults import check_claims
from bot.domain.job.job import Cause, Exposure, Job, Parent, Stage
from bot.domain.job.status_update import StatusUpdate
from bot.domain.limits.limit import LimitReached
from bot.domain.moderation.picture_rules import files_of
from bot.domain.request.errors import PictureNotTaken
from bot.domain.request.files import counted
from bot.domain.request.interactions import NotAccepting
from bot.domain.request.origin import Origin
from bot.domain.request.parameters import (
    check_bounds,
    largest_seed,
    parameters_for,
    placed_files,
    resolved,
    takes_prompt,
)
from bot.domain.request.prompt import checked_negative_prompt, checked_prompt
from bot.domain.request.requester import ChannelContext, Requester
from bot.domain.request.run_request import RunRequest
from bot.engines.port import EngineError, EngineNotFound
from bot.services.guild_settings.service import GuildSettingsService
from bot.services.limits.budget_alerts import BudgetAlerts
from bot.services.limits.holds import Holds
from bot.services.limits.service import LimitService
from bot.services.runs._recent import RecentJobs
from bot.services.runs.context import RunContext
from bot.services.runs.runner import JobRunner
from bot.services.tasks import TaskOwner

log = logging.getLogger(__name__)

MAX_TAKERS: Final = 3  # models named to somebody whose model takes no picture
MAX_ID: Final = 2**63 - 1  # of the record and of Discord; a longer one was made up
TRIES_AFTER_FAULT: Final = 3  # a fault of ours: taken up again from the record so often
PAUSE_AFTER_FAULT_S: Final = 5.0
WISH_S: Final = 1.0  # for a wish to cancel to be recorded before it is passed on all the same
DELIVERY_GRACE_S: Final = 2.5  # at the end, for endings on their way: a full upload, a token's window of 2 s


def checked(request: RunRequest) -> RunRequest:
    """The request with its prompt tidied, without any I/O. Raises PromptRefused, OptionRefused."""
    check_bounds(request)
    return _tidied(request, needs_prompt=True)


def _tidied(request: RunRequest, *, needs_prompt: bool) -> RunRequest:
    """Some models take a picture or the fields of a form, and no prompt at all. Raises PromptRefused."""
    is_empty = not request.prompt and (not needs_prompt or bool(request.values or request.files))
    return replace(
        request,
        prompt="" if is_empty else checked_prompt(request.prompt),
        negative_prompt=checked_negative_prompt(request.negative_prompt),
    )


class Jobs:
    """Owns the followers: one for each unfinished job."""

    def __init__(
        self,
        context: RunContext,
        guild_settings: GuildSettingsService,
        limit_service: LimitService,
        watch: BudgetAlerts,
        owner: TaskOwner,
        chance: Random,
        holds: Holds,
    ) -> None:
        self._context = context
        self._guild_settings = guild_settings
        self._limit_service = limit_service
        self._watch = watch
        self._owner = owner
        self._chance = chance
        self._holds = holds
        self._followers: dict[int, JobRunner] = {}
        self._following: dict[int, asyncio.Task[None]] = {}
        self._recent = RecentJobs(context.clock.monotonic)
        self._gate = context.catalogue.gate

    @property
    def running(self) -> int:
        """How many jobs are being followed."""
        return len(self._followers)

    @property
    def stages(self) -> Counter[Stage]:
        """How many jobs are being followed at each stage; an ended one is being told to its member."""
        return Counter(runner.job.stage for runner in self._followers.values())

    async def submit(
        self,
        job_id: int,
        request: RunRequest,
        origin: Origin,
        requester: Requester,
        *,
        parent: Parent | None = None,
        is_approved: bool = False,
        is_within_bounds: bool = False,
    ) -> Job | None:
        """Hold the money, record the job, start it. None: this interaction is on record already.

        `is_approved`: a moderator lets it pass the member's limits. `is_within_bounds`: the bounds of
        /imagine were kept before, or do not bind; the model's own always do. Raises Refusal (nothing held,
        nothing sent) or StoreError.
        """
        self._require_open()
        if not is_within_bounds:
            check_bounds(request)
        model = await self._context.catalogue.model(request.model)
        request = _tidied(request, needs_prompt=takes_prompt(model))
        try:
            placed = placed_files(request, model)
        except PictureNotTaken as refused:
            refused.takers = self._context.catalogue.picture_takers(MAX_TAKERS)
            raise
        check_claims(placed)
        request = replace(request, model=model.slug, files=placed)
        await self._guild_settings.check_place(requester, request.model)
        seed = request.seed or self._chance.randint(1, largest_seed(model))
        parameters = parameters_for(request, seed, model)
        hold = await self._holds.of(model, parameters, counted(request.files))
        limits, counters = await self._limit_service.limits(
            requester, request.model, is_approved=is_approved, is_unproven=hold.is_unproven
        )
        try:
            if await self._guild_settings.has_words(
                requester
            ):  # which take their time: not for a member at a limit
                await self._limit_service.check(limits, hold.amount)
            await self._guild_settings.check_request(requester, request)
            created_at_s = self._context.clock.wall()
            asked = resolved(request, parameters)
            job = Job(job_id, origin, asked, seed, hold.amount, created_at_s, parent=parent)
            self._require_open()  # the bot may have begun to stop meanwhile
            is_new = await self._context.store.reserve(job, limits, counters)
        except LimitReached as refused:
            refused.request, refused.is_private = request, origin.is_private
            raise
        if not is_new:
            return None
        self._context.catalogue.note_use(origin.guild_id, request.model)
        # The files are fetched by the follower, so that a refusal leaves none anywhere.
        self._follow(job, None if request.files else parameters)
        if requester.channel.guild_id is not None:
            self._owner.start(f"budget {job_id}", self._watch.look(requester, request.model))
        return job

    async def again(
        self, job_id: int, new_job_id: int, origin: Origin, requester: Requester, *, is_retry: bool
    ) -> Job | None:
        """The same request once more, on this member's own quota; a retry keeps a seed that was asked for."""
        job = await self.reach(job_id, requester, JobAct.REPEAT)
        if job.is_forgotten:
            raise JobNotFound(job_id)
        request = replace(job.request, files=files_of(job))
        if not is_retry:
            request = replace(request, seed=None)
        # It tells what the model chose by itself, too, which may lie past the bounds of /imagine.
        return await self.submit(
            new_job_id, request, origin, requester, parent=job.parent, is_within_bounds=True
        )

    async def cancel(self, job_id: int, requester: Requester) -> Job:
        """Stop a job at whatever stage it is. Raises JobNotFound, NotPermitted, JobEnded."""
        job = await self.reach(job_id, requester, JobAct.CANCEL)
        if job.is_terminal:
            raise JobEnded(job_id)
        runner = self._followers.get(job_id)
        if runner is not None:
            runner.block_submission()
        await self._record_wish(job_id)
        runner = self._followers.get(job_id)  # the very same, or one that took the job up from the record
        if runner is not None and not runner.job.is_terminal:
            runner.request_cancel()
        return job

    async def _record_wish(self, job_id: int) -> None:
        """Before anything comes of it, so that a restart does not forget it; a stop saves money, so a slow or
        full disk does not keep it from being passed on. What nobody follows here is left to the next start.
        """
        try:
            async with asyncio.timeout(WISH_S):
                await self._context.store.request_cancel(job_id)
        except TimeoutError:
            log.warning("job %d: the wish to cancel takes long to be recorded", job_id)
        except StoreError as error:
            if job_id not in self._followers:
                raise
            log.warning("job %d: the wish to cancel is not recorded: %s", job_id, error.reason)

    async def reach(self, job_id: int, requester: Requester, act: JobAct) -> Job:
        """The job, for somebody who wants to do this with it. Raises JobNotFound, NotPermitted."""
        job = await self.job(job_id)
        check_access(job, requester, act)
        return job

    async def job(self, job_id: int) -> Job:
        """Whoever wants it: for what the bot does by itself. Raises JobNotFound."""
        runner = self._followers.get(job_id)
        if runner is not None:
            return runner.job
        job = await self._context.store.job(job_id) if 0 < job_id <= MAX_ID else None
        if job is None:
            raise JobNotFound(job_id)
        self._recent.keep(job)
        return job

    def known(self, job_id: int) -> Job | None:
        """The job, where memory has it: for what cannot wait for the record."""
        runner = self._followers.get(job_id)
        return runner.job if runner is not None else self._recent.job(job_id)

    async def expose(self, job_id: int, exposure: Exposure) -> None:
        """A report or a verdict on it is on record: from now on memory knows it, too."""
        runner = self._followers.get(job_id)
        if runner is not None:
            runner.job = replace(runner.job, exposure=exposure)
        elif (recent := self._recent.job(job_id)) is not None:
            self._recent.keep(replace(recent, exposure=exposure))
        if exposure is not Exposure.SHOWN:
            await self._context.status_messages.withhold(job_id)

    async def clear_files(self, job: Job) -> None:
        """Delete what the job was given and made at Wiro, if there still is any. Raises EngineError."""
        if job.task_id is None:
            return
        with suppress(EngineNotFound):
            await self._context.engine.erase(job.task_id)

    def forget(self, user_id: int) -> None:
        """This member's records are being erased."""
        self._recent.forget(user_id)

    async def log_of(self, job_id: int, requester: Requester) -> tuple[Job, str]:
        """The job, and everything that its model has written so far.

        Raises JobNotFound, NotPermitted, WordsGone, LogUnreachable, NotAccepting.
        """
        job = await self.reach(job_id, requester, JobAct.READ_LOG)
        if job.is_forgotten:
            raise WordsGone(WordsFault.ERASED)
        if job.task_id is None:
            raise WordsGone(WordsFault.NO_LOG)
        try:
            async with self._gate.while_open():
                return job, await self._context.engine.log(job.task_id)
        except EngineNotFound:
            raise WordsGone(WordsFault.NO_LOG) from None
        except EngineError as error:
            log.warning("job %d: its log: %s", job_id, error.message or type(error).__name__)
            raise LogUnreachable from None

    def running_in(self, channel_id: int) -> list[StatusUpdate]:
        """The unfinished jobs of a channel, oldest first."""
        followers = [f for f in self._followers.values() if f.job.origin.channel_id == channel_id]
        return [f.news for f in sorted(followers, key=lambda f: f.job.job_id) if not f.job.is_terminal]

    async def resume(self) -> int:
        """Follow every unfinished job of the record from where it stands, as its owner. How many."""
        jobs = await self._context.store.unfinished()
        new = [job for job in jobs if job.job_id not in self._followers]
        if new:
            try:
                new = list(await self._context.store.resume([job.job_id for job in new]))
            except DatabaseFull as error:  # pictures come home all the same, and nobody else can write either
                log.warning("%d jobs are followed without a note that they are: %s", len(new), error.reason)
        for job in new:
            self._follow(job, None)
        return len(jobs)

    def refuse_more(self) -> None:
        """From now on new requests raise NotAccepting, and so do those that wait for a model's page."""
        self._gate.close()

    def _require_open(self) -> None:
        if not self._gate.is_open:
            raise NotAccepting

    async def drain(self) -> None:
        """Take no more, stop following; what is unfinished stays on record for the next start.

        Endings on their way are given a moment: cut off, they would be told once more by the next start.
        """
        self.refuse_more()
        endings = [self._following[job_id] for job_id, f in self._followers.items() if f.job.is_terminal]
        if endings:
            await asyncio.wait(endings, timeout=DELIVERY_GRACE_S)
        await self._owner.drain()

    def _follow(self, job: Job, parameters: Mapping[str, Value] | None) -> None:
        self._followers[job.job_id] = JobRunner(job, self._context, parameters)
        name = f"job {job.job_id}"
        self._following[job.job_id] = self._owner.start(name, self._follow_through(job.job_id))

    async def _follow_through(self, job_id: int) -> None:
        """Until the job has ended, or somebody else has become its owner."""
        try:
            await self._follow_over_faults(job_id)
        except LeaseLost:
            log.info("job %d: somebody else follows it by now", job_id)
        else:
            self._recent.keep(self._followers[job_id].job)
        finally:
            del self._followers[job_id], self._following[job_id]
            self._context.status_messages.drop(job_id)

    async def _follow_over_faults(self, job_id: int) -> None:
        """The border of a job: what goes wrong inside is logged, shown, and tried again from the record."""
        for _ in range(TRIES_AFTER_FAULT):
            try:
                runner = self._followers[job_id]
                await runner.run()
                await self._look_at_budget(runner.job)
            except LeaseLost:
                raise
            except Exception:
                log.exception("job %d: a fault of ours", job_id)
                await self._start_over(job_id)
            else:
                return
        await self._give_up(job_id)

    async def _look_at_budget(self, job: Job) -> None:
        """A bill may be more than was held."""
        origin = job.origin
        place = ChannelContext(origin.guild_id, origin.channel_id, origin.ruled_channel_id or None)
        await self._watch.look(Requester(origin.user_id, frozenset(), place), job.request.model)

    async def _start_over(self, job_id: int) -> None:
        runner = self._followers[job_id]
        runner.remark("Something went wrong on our side; taking the job up again.")
        await asyncio.sleep(PAUSE_AFTER_FAULT_S)
        try:
            recorded = await self._context.store.job(job_id)
        except StoreError as error:
            log.warning("job %d could not be read again: %s", job_id, error.reason)
            recorded = None
        if recorded is not None and recorded.epoch != runner.job.epoch:
            raise LeaseLost(job_id)
        self._followers[job_id] = JobRunner(recorded or runner.job, self._context, None)

    async def _give_up(self, job_id: int) -> None:
        runner = self._followers[job_id]
        await runner.hear(Refused(Cause.INTERNAL))
        await self._context.delivery.deliver(runner.job, "")
