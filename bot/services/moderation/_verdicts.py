"""What a verdict of the moderators needs, what stands against it, and carrying it out."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, assert_never

from bot.domain.discord_limits import BOT_FILE_BYTES
from bot.domain.errors import BotError, Refusal
from bot.domain.job.errors import JobNotFound
from bot.domain.job.job import Exposure, Job
from bot.domain.limits.limit import LimitReached, LimitStatus, Measure, first_refusal, needs
from bot.domain.limits.policies import Grant
from bot.domain.moderation.audit import AuditEntry, CaseChange, Change, GrantChange, MemberChange
from bot.domain.moderation.cases import Case, CaseKind, Decision, Traces, Verdict
from bot.domain.moderation.errors import (
    BlockFault,
    BlockRefused,
    CaseFault,
    CaseNotFound,
    CaseRefused,
    RuleRefused,
)
from bot.domain.money import Money
from bot.domain.request.origin import Origin
from bot.domain.request.requester import Requester
from bot.domain.request.run_request import RunRequest
from bot.engines.port import EngineError
from bot.services.guild_settings.service import GuildSettingsService
from bot.services.limits.holds import Holds
from bot.services.limits.service import LimitService
from bot.services.moderation.ports import ModLog, Runs

log = logging.getLogger(__name__)

RUNS_GRANTED: Final = 5


@dataclass(frozen=True, slots=True)
class Plan:
    """What carrying out a verdict needs: the run and its member, the grants, or the reported job."""

    request: RunRequest | None = None
    requester: Requester | None = None
    grants: tuple[tuple[Measure, int], ...] = ()
    job: Job | None = None


class Verdicts:
    """Carries out what was decided; objections come before the decision, in `plan`."""

    def __init__(
        self,
        guild_settings: GuildSettingsService,
        limit_service: LimitService,
        holds: Holds,
        runs: Runs,
        mod_log: ModLog,
    ) -> None:
        self._guild_settings = guild_settings
        self._limit_service = limit_service
        self._holds = holds
        self._runs = runs
        self._mod_log = mod_log

    async def plan(self, case: Case, verdict: Verdict, moderator_id: int) -> Plan:
        """Whatever the verdict needs to know, and every objection to it, before it is given."""
        match verdict:
            case Verdict.APPROVED | Verdict.GRANTED:
                if case.request is None:
                    raise CaseRefused(CaseFault.EXPIRED)
                return await self._plan_of_run(case, case.request)
            case Verdict.BLOCKED if case.user_id == moderator_id:
                raise BlockRefused(BlockFault.SELF)
            case Verdict.BLOCKED if await self._mod_log.is_manager(case.guild_id, case.user_id):
                raise BlockRefused(BlockFault.MANAGER)
            case Verdict.RESTORED | Verdict.DELETED:
                return Plan(job=await self._runs.job(case.job_id or 0))
            case Verdict.BLOCKED | Verdict.DENIED | Verdict.OPEN:
                return Plan()
            case _:
                assert_never(verdict)

    async def _plan_of_run(self, case: Case, request: RunRequest) -> Plan:
        requester = await self._mod_log.find_requester(case.guild_id, case.channel_id, case.user_id)
        try:
            await self._guild_settings.check_request(requester, request)
        except RuleRefused:
            raise CaseRefused(CaseFault.RULES) from None
        hold = await self._holds.of_request(request)
        price = hold.amount
        statuses = await self._limit_service.statuses(requester, request.model, is_unproven=hold.is_unproven)
        refused = _server_refusal(statuses, price)
        if refused is not None:
            raise refused
        return Plan(request, requester, _grants(statuses, price))

    async def finish(self, case: Case, traces: Traces, *, is_too_old: bool) -> Decision:
        """Carry out what a stop of the bot cut short, and nothing twice: an approved run's id is on record.

        An objection that has come up since is the decision's failure. Raises StoreError, and CaseRefused
        where Discord does not answer: to be tried again.
        """
        job = await self._started_run(case)
        if job is not None:
            return Decision(case, message_id=job.origin.message_id)
        if traces.granted:
            return Decision(case, granted=traces.granted)
        try:
            if is_too_old and case.kind is CaseKind.ASK:
                raise CaseRefused(CaseFault.EXPIRED)
            plan = await self.plan(case, case.verdict, case.decided_by or 0)
        except Refusal as error:
            if isinstance(error, CaseRefused) and error.fault is CaseFault.DISCORD_SILENT:
                raise
            await self._guild_settings.note(_entry(case, _decided(case, case.verdict, None)))
            return Decision(case, failure=error)
        return await self.carry_out(case, plan, is_noted=traces.is_noted)

    async def _started_run(self, case: Case) -> Job | None:
        if case.verdict is not Verdict.APPROVED:
            return None
        try:
            return await self._runs.job(case.press_id or 0)
        except JobNotFound:
            return None

    async def carry_out(self, case: Case, plan: Plan, *, is_noted: bool = False) -> Decision:
        if case.verdict not in {Verdict.BLOCKED, Verdict.GRANTED} and not is_noted:
            await self._guild_settings.note(_entry(case, _decided(case, Verdict.OPEN, case.verdict)))
        match case.verdict:
            case Verdict.BLOCKED:
                blocking = _entry(case, MemberChange(case.user_id, before=False, after=True))
                await self._guild_settings.set_blocked(case.user_id, blocking, is_blocked=True)
                return Decision(case)
            case Verdict.GRANTED:
                for measure, amount in plan.grants:
                    granting = _entry(case, GrantChange(case.user_id, measure, amount, case_id=case.case_id))
                    grant = Grant(case.user_id, measure, amount, granting.at_s)
                    await self._guild_settings.grant(grant, granting)
                return Decision(case, granted=plan.grants)
            case Verdict.APPROVED:
                return await self._run(case, plan)
            case Verdict.RESTORED | Verdict.DELETED:
                return await self._judge(case, plan.job)
            case Verdict.DENIED:
                return Decision(case)
            case Verdict.OPEN:
                raise CaseNotFound(case.case_id)
            case _:
                assert_never(case.verdict)

    async def _run(self, case: Case, plan: Plan) -> Decision:
        """Start the approved run in a new status message; a private one is delivered by direct message."""
        if plan.request is None or plan.requester is None:
            raise CaseRefused(CaseFault.EXPIRED)
        message_id = None if case.is_private else await self._mod_log.post_status(case)
        origin = Origin(
            user_id=case.user_id,
            channel_id=case.channel_id,
            guild_id=case.guild_id,
            message_id=message_id,
            is_private=case.is_private,
            attachment_limit_bytes=BOT_FILE_BYTES,  # an approved run answers no interaction
            ruled_channel_id=plan.requester.channel.ruled_channel_id,
        )
        try:
            # Its bounds were kept, or did not bind, when a limit refused it.
            await self._runs.submit(
                case.press_id or 0,
                plan.request,
                origin,
                plan.requester,
                is_approved=True,
                is_within_bounds=True,
            )
        except BotError as error:
            if message_id is not None:
                await self._mod_log.take_back(case.channel_id, message_id)
            return Decision(case, failure=error)
        return Decision(case, message_id=message_id)

    async def _judge(self, case: Case, job: Job | None) -> Decision:
        """Show a reported job's message again, or delete it and its files at Wiro."""
        if job is None:
            return Decision(case, failure=JobNotFound(case.job_id or 0))
        is_deleted = case.verdict is Verdict.DELETED
        await self._runs.expose(job.job_id, Exposure.REMOVED if is_deleted else Exposure.SHOWN)
        is_over = is_there = True
        try:
            is_there = await self._settle_message(case, job)
        except CaseRefused:
            is_over = False
        if is_deleted:
            try:
                await self._runs.clear_files(job)
            except EngineError as error:
                log.warning("job %d: its files are still at Wiro: %s", job.job_id, error.message)
                is_over = False
        fault = CaseFault.UNFINISHED if not is_over else CaseFault.MESSAGE_GONE if not is_there else None
        return Decision(case, failure=CaseRefused(fault) if fault is not None else None, is_over=is_over)

    async def _settle_message(self, case: Case, job: Job) -> bool:
        """False: its message is gone or out of reach. Raises CaseRefused where Discord does not answer."""
        message_id = job.origin.message_id
        if message_id is None:
            return False
        if case.verdict is Verdict.DELETED:
            return await self._mod_log.delete_message(case.channel_id, message_id)
        return not case.is_hiding or await self._mod_log.show_again(case.channel_id, message_id, case)


def _entry(case: Case, change: Change) -> AuditEntry:
    return AuditEntry(case.guild_id, case.decided_by or 0, change, case.decided_at_s or 0.0)


def _decided(case: Case, before: Verdict, after: Verdict | None) -> CaseChange:
    return CaseChange(case.case_id, case.kind, case.user_id, before, after)


def _grants(statuses: Sequence[LimitStatus], price: Money) -> tuple[tuple[Measure, int], ...]:
    """Five such runs, in each measure that refuses one now; plain runs where nothing does any more."""
    binding = [
        status.limit.measure for status in statuses if status.limit.is_members and not status.admits(price)
    ]
    return tuple(
        (measure, RUNS_GRANTED * needs(measure, price))
        for measure in dict.fromkeys(binding or [Measure.RUNS])
    )


def _server_refusal(statuses: Sequence[LimitStatus], price: Money) -> LimitReached | None:
    """The limit of the server or the operator that a run would pass: no moderator's word lifts it."""
    return first_refusal((status for status in statuses if not status.limit.is_members), price)
