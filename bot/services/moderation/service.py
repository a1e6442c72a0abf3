"""Cases before the moderators: a member at a limit asks for more, a picture is reported; decided once."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace
from typing import Final

from bot.domain.clock import Clock
from bot.domain.errors import BotError, StoreError
from bot.domain.job.access import JobAct, check_access
from bot.domain.job.errors import JobNotFound
from bot.domain.job.job import Exposure, Job
from bot.domain.limits.alternatives import Alternative
from bot.domain.limits.limit import LimitReached, Window, window_bounds
from bot.domain.moderation.cases import HIDES_A_DAY, Case, CaseKind, Decision, Report, Verdict
from bot.domain.moderation.errors import (
    CaseDecided,
    CaseFault,
    CaseNotFound,
    CaseRefused,
    RuleFault,
    RuleRefused,
)
from bot.domain.request.prompt import words_of
from bot.domain.request.requester import Requester
from bot.services.guild_settings.service import GuildSettingsService
from bot.services.limits.alternatives import LimitAlternatives
from bot.services.limits.budget_alerts import BudgetAlerts
from bot.services.limits.holds import Holds
from bot.services.limits.service import LimitService
from bot.services.member_cache import MemberCache
from bot.services.moderation._verdicts import Verdicts
from bot.services.moderation.ports import CaseStore, ModLog, Runs
from bot.services.supervisor import Delays, Supervisor

log = logging.getLogger(__name__)

MOST_KEPT_EACH: Final = 20  # refused requests of a member that could still be asked about
MAX_KEPT_CHARS: Final = 8_000_000  # of all members' together
BARE_CHARS: Final = 500  # one without words takes memory, too
CARRY_OUT_S: Final = 86_400.0  # a verdict that was cut short longer ago is told, not carried out any more
MAX_ID: Final = 2**63 - 1  # Discord's ids and the store's; a larger number is a forged one
_VERDICTS: Final = {
    CaseKind.ASK: {Verdict.APPROVED, Verdict.GRANTED, Verdict.DENIED, Verdict.BLOCKED},
    CaseKind.REPORT: {Verdict.RESTORED, Verdict.DELETED, Verdict.BLOCKED},
}


@dataclass(frozen=True, slots=True)
class Offer:
    """What a refused member is told besides: what would fit, and whether they can ask a moderator."""

    alternative: Alternative
    may_ask: bool


@dataclass(frozen=True, slots=True)
class _Kept:
    requester: Requester
    alternative: Alternative
    is_private: bool


class Cases:
    """Opens and decides cases. Everything but a refusal not yet asked about stands in the store."""

    def __init__(
        self,
        store: CaseStore,
        guild_settings: GuildSettingsService,
        limit_service: LimitService,
        alternatives: LimitAlternatives,
        holds: Holds,
        runs: Runs,
        mod_log: ModLog,
        watch: BudgetAlerts,
        clock: Clock,
        supervisor: Supervisor,
        retry_delays: Delays,
    ) -> None:
        self._store = store
        self._guild_settings = guild_settings
        self._alternatives = alternatives
        self._runs = runs
        self._verdicts = Verdicts(guild_settings, limit_service, holds, runs, mod_log)
        self._mod_log = mod_log
        self._watch = watch
        self._clock = clock
        self._supervisor = supervisor
        self._retry_delays = retry_delays
        self._finishing: asyncio.Task[None] | None = None
        self._kept = MemberCache[_Kept](clock.monotonic, most_each=MOST_KEPT_EACH, max_size=MAX_KEPT_CHARS)
        self._deciding: set[int] = set()

    # --- a member at a limit ---------------------------------------------------------------------

    async def offer(
        self, refused_id: int, refused: LimitReached, requester: Requester, *, is_private: bool
    ) -> Offer | None:
        """What to tell the member whose interaction `refused_id` was refused; its request is kept a while.

        None: the refusal does not say what was asked for. Raises Refusal and StoreError as pricing does.
        """
        if refused.request is None:
            return None
        await self._watch.look(requester, refused.request.model, refused)
        alternative = await self._alternatives.of(refused, refused.request, requester)
        has_log = (await self._guild_settings.of(requester.channel.guild_id)).rules.log_channel_id is not None
        may_ask = has_log and not refused.is_operator
        if may_ask:
            self._keep(refused_id, _Kept(requester, alternative, is_private))
        return Offer(alternative, may_ask)

    async def ask(self, refused_id: int, requester: Requester) -> Case:
        """Put a refused request before the moderators, once.

        Raises CaseNotFound, CaseRefused, RuleRefused where a rule forbids it by now, StoreError.
        """
        guild_id = requester.channel.guild_id
        # Taken out before the first await: of two presses at once, one finds nothing.
        kept = self._kept.pop(refused_id)
        if kept is None:
            known = await self._store.case(refused_id) if refused_id <= MAX_ID else None
            is_own = known is not None and known.guild_id == guild_id and known.user_id == requester.user_id
            raise CaseRefused(CaseFault.ASKED if is_own else CaseFault.EXPIRED)
        try:
            return await self._ask(refused_id, kept, requester)
        except BotError as error:
            if not (isinstance(error, CaseRefused) and error.fault is CaseFault.ASKED):
                self._keep(refused_id, kept)
            raise

    async def _ask(self, refused_id: int, kept: _Kept, requester: Requester) -> Case:
        place = kept.requester.channel
        if kept.requester.user_id != requester.user_id or place.guild_id is None:
            raise CaseNotFound(refused_id)
        if place.guild_id != requester.channel.guild_id:
            raise CaseNotFound(refused_id)
        request = kept.alternative.request
        await self._guild_settings.check_request(requester, request)
        channel_id = await self._log_channel(place.guild_id)
        case = Case(
            case_id=refused_id,
            kind=CaseKind.ASK,
            guild_id=place.guild_id,
            channel_id=place.channel_id,
            user_id=requester.user_id,
            opened_by=requester.user_id,
            opened_at_s=self._clock.wall(),
            request=request,
            is_private=kept.is_private,
        )
        is_new = await self._store.open_case(case)
        # A case that stands with its request still kept was opened, but never reached the log channel.
        known = case if is_new else await self._store.case(refused_id)
        if known is None or known.verdict is not Verdict.OPEN:
            raise CaseRefused(CaseFault.ASKED)
        if not await self._mod_log.post_case(channel_id, known, kept.alternative, words_of(request), None):
            raise CaseRefused(CaseFault.LOG_CHANNEL_CLOSED)
        return known

    def _keep(self, refused_id: int, kept: _Kept) -> None:
        request = kept.alternative.request
        chars = BARE_CHARS + len(words_of(request)) + len(request.negative_prompt or "")
        self._kept.put(refused_id, kept.requester.user_id, kept, chars)

    # --- a reported picture ----------------------------------------------------------------------

    async def report(self, job_id: int, reporter: Requester, shown: str) -> tuple[Report, Job]:
        """What came of reporting this job. `shown`: what its message shows, to be put back some day.

        Raises JobNotFound, RuleRefused for a blocked member, StoreError.
        """
        if job_id > MAX_ID:
            raise JobNotFound(job_id)
        job = await self._runs.job(job_id)
        check_access(job, reporter, JobAct.REPORT)
        origin = job.origin
        if not job.is_terminal:  # there is nothing to report yet
            raise JobNotFound(job_id)
        if reporter.user_id in (await self._guild_settings.of(origin.guild_id)).rules.blocked_user_ids:
            raise RuleRefused(RuleFault.BLOCKED)
        case = Case(
            case_id=job_id,
            kind=CaseKind.REPORT,
            guild_id=origin.guild_id or 0,
            channel_id=origin.channel_id,
            user_id=origin.user_id,
            opened_by=reporter.user_id,
            opened_at_s=self._clock.wall(),
            job_id=job_id,
            shown=shown,
        )
        midnight_s, _ = window_bounds(Window.DAY, case.opened_at_s)
        report = await self._store.open_report(case, HIDES_A_DAY, midnight_s)
        if report.has_hidden:
            await self._runs.expose(job_id, Exposure.HIDDEN)
        return report, job

    async def submit_report(self, case: Case, job: Job) -> bool:
        """Put the report into the log channel. False: there is none, or it cannot be written to."""
        channel_id = (await self._guild_settings.of(case.guild_id)).rules.log_channel_id
        if channel_id is None:
            return False
        return await self._mod_log.post_case(channel_id, case, None, words_of(job.request), job)

    # --- verdicts --------------------------------------------------------------------------------

    async def case(self, case_id: int, guild_id: int | None) -> Case:
        """Raises CaseNotFound for a case of another server, too."""
        case = await self._store.case(case_id) if case_id <= MAX_ID else None
        if case is None or case.guild_id != guild_id:
            raise CaseNotFound(case_id)
        return case

    async def decide(
        self, case_id: int, verdict: Verdict, guild_id: int | None, moderator_id: int, press_id: int
    ) -> Decision:
        """Give and carry out a verdict. `press_id`, the deciding interaction, is an approved run's job id.

        What stands against a verdict from the start is raised and leaves the case open: CaseNotFound,
        CaseDecided, CaseRefused, BlockRefused, JobNotFound, LimitReached (of the
        server), ModelUnknown, OptionRefused, StoreError.
        """
        case = await self.case(case_id, guild_id)
        if verdict not in _VERDICTS[case.kind]:
            raise CaseNotFound(case_id)
        if case.verdict is not Verdict.OPEN:
            raise CaseDecided(case_id)
        plan = await self._verdicts.plan(case, verdict, moderator_id)
        at_s = self._clock.wall()
        self._deciding.add(case_id)
        try:
            if not await self._store.decide(case_id, verdict, moderator_id, at_s, press_id):
                raise CaseDecided(case_id)
            case = replace(
                case, verdict=verdict, decided_by=moderator_id, decided_at_s=at_s, press_id=press_id
            )
            return await self._told(await self._verdicts.carry_out(case, plan))
        finally:
            self._deciding.discard(case_id)

    async def _told(self, decision: Decision) -> Decision:
        """Tell the member, and record that the verdict is carried out; what is not over is tried again."""
        case = decision.case
        if not decision.is_over:
            self.finish_later()
            return decision
        if case.kind is CaseKind.ASK:
            decision = replace(decision, is_told=await self._mod_log.tell(decision))
        try:
            await self._store.carried_out(case.case_id)
        except StoreError as error:
            # The next start finds it carried out, or carries out what is missing, and tells once more.
            log.warning("case %d: not recorded as carried out: %s", case.case_id, error.reason)
        return decision

    # --- after a restart -------------------------------------------------------------------------

    def finish_later(self) -> None:
        """Carry out what is decided and not carried out yet, again and again until it is; once at a time."""
        if self._finishing is None or self._finishing.done():
            self._finishing = self._supervisor.until_done(
                "decided cases", self.finish_decided, self._retry_delays
            )

    async def finish_decided(self) -> bool:
        """Carry out the verdicts that a stop of the bot, or a silent Discord or Wiro, cut short.

        False: not all of them are. Raises CaseRefused, StoreError.
        """
        left = [await self._finish(case) for case in await self._store.to_do()]
        return all(left)

    async def _finish(self, case: Case) -> bool:
        if case.case_id in self._deciding:  # by a moderator at this very moment
            return False
        is_too_old = self._clock.wall() - (case.decided_at_s or 0.0) > CARRY_OUT_S
        traces = await self._store.traces(case)
        decision = await self._verdicts.finish(case, traces, is_too_old=is_too_old)
        if not decision.is_over:
            return False
        await self._told(decision)
        outcome = "carried out" if decision.failure is None else "not carried out"
        log.info("case %d: %s in the end", case.case_id, outcome)
        return True

    async def _log_channel(self, guild_id: int) -> int:
        channel_id = (await self._guild_settings.of(guild_id)).rules.log_channel_id
        if channel_id is None:
            raise CaseRefused(CaseFault.NO_LOG_CHANNEL)
        return channel_id
