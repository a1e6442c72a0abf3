"""What the moderators' use cases need: the records of a server, and a voice in its log channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Protocol

from bot.domain.job.job import Job
from bot.domain.limits.limit import Measure, Window
from bot.domain.limits.policies import Dimension, Grant, LimitRule
from bot.domain.moderation.audit import AuditEntry, AuditPage, AuditQuery
from bot.domain.moderation.cases import Case, Report, Traces, Verdict
from bot.domain.moderation.rules import ChannelRule, HouseRules, ModelRule, PictureRule, WordRule
from bot.domain.records.reports import ExportLine, Remembered, UsageReport


class GuildStore(Protocol):
    """Settings of servers. Each change writes its audit entry in the same transaction. StoreError family."""

    async def house_rules(self, guild_id: int) -> HouseRules: ...

    async def limit_rules(self, guild_id: int) -> Sequence[LimitRule]: ...

    async def tracked(self, guild_id: int) -> Sequence[Dimension]:
        """Every dimension the server has ever limited: its counters are complete for the present windows."""
        ...

    async def set_limit(self, guild_id: int, rule: LimitRule, entry: AuditEntry) -> None:
        """Add or replace the rule of this audience in this dimension.

        A dimension seen for the first time is counted back over its present window, for every member and for
        the server, so that the limit binds at once.
        """
        ...

    async def clear_limit(self, guild_id: int, rule: LimitRule, entry: AuditEntry) -> bool:
        """Remove it, whatever its amount. False: there was none, nothing was written."""
        ...

    async def grant(self, guild_id: int, grant: Grant, entry: AuditEntry) -> None: ...

    async def granted(self, guild_id: int, user_id: int, at_s: float) -> Mapping[tuple[Measure, Window], int]:
        """The sum of a member's grants in the present window of each length (EVER counts as DAY)."""
        ...

    async def set_channel_rule(
        self, guild_id: int, channel_id: int, rule: ChannelRule | None, entry: AuditEntry
    ) -> None: ...

    async def set_picture_rule(
        self, guild_id: int, channel_id: int, rule: PictureRule | None, entry: AuditEntry
    ) -> None:
        """Channel 0 is the whole server."""
        ...

    async def set_model_rule(
        self, guild_id: int, model: str, rule: ModelRule | None, entry: AuditEntry
    ) -> None: ...

    async def add_word(self, guild_id: int, word: WordRule, entry: AuditEntry) -> bool:
        """One that stands is matched like this from here on. False: it was before, nothing was written."""
        ...

    async def remove_word(self, guild_id: int, word: WordRule, entry: AuditEntry) -> bool: ...

    async def set_blocked(self, guild_id: int, user_id: int, entry: AuditEntry, *, is_blocked: bool) -> bool:
        """False: nothing changed, nothing was written."""
        ...

    async def set_log_channel(self, guild_id: int, channel_id: int | None, entry: AuditEntry) -> None: ...

    async def note(self, entry: AuditEntry) -> None:
        """Write an audit entry for something that is kept elsewhere."""
        ...

    async def audit_log(self, query: AuditQuery) -> AuditPage: ...

    async def warn_once(self, guild_id: int, dimension: Dimension, starts_at_s: int, percent: int) -> bool:
        """True the first time for this window of this dimension: the warning is due."""
        ...


class PictureWishes(Protocol):
    """Members' own word about their pictures. Raises StoreErrors."""

    async def closed_among(self, user_ids: Set[int]) -> frozenset[int]:
        """Those of these members whose pictures nobody else may use."""
        ...

    async def set_closed(self, user_id: int, *, is_closed: bool) -> None: ...


class CaseStore(Protocol):
    """Cases before the moderators."""

    async def open_case(self, case: Case) -> bool:
        """False: a case of this id stands, or an open REPORT of the same job does."""
        ...

    async def open_report(self, case: Case, most: int, since_s: float) -> Report:
        """Open a report, which hides its job unless its opener has hidden `most` on this server `since_s`.

        One that was opened without hiding hides by the next report that may.
        """
        ...

    async def case(self, case_id: int) -> Case | None: ...

    async def decide(
        self, case_id: int, verdict: Verdict, decided_by: int, at_s: float, press_id: int | None = None
    ) -> bool:
        """The first verdict stands, and is to be carried out. False: decided before, nothing was written."""
        ...

    async def carried_out(self, case_id: int) -> None: ...

    async def to_do(self) -> Sequence[Case]:
        """Decided and not carried out, as far as is on record; the first decided first."""
        ...

    async def traces(self, case: Case) -> Traces:
        """What is on record of carrying out this case's verdict."""
        ...

    async def asks_of(self, user_id: int) -> Sequence[Case]:
        """A member's cases that still hold what they asked for, oldest first."""
        ...

    async def forget_requests(self, before_s: float, user_id: int | None = None) -> int:
        """Erase what was asked for in cases from before `before_s`, of one member or everybody. How many."""
        ...


class ReportStore(Protocol):
    """Figures and a member's own records."""

    async def usage_report(
        self, guild_id: int, since_s: int, until_s: int, user_id: int | None = None
    ) -> UsageReport: ...

    async def export(self, guild_id: int, since_s: int, until_s: int) -> Sequence[ExportLine]:
        """Oldest first."""
        ...

    async def history(
        self, user_id: int, guild_id: int | None, before_job_id: int | None, limit: int
    ) -> Sequence[Job]:
        """A member's own jobs here, newest first; None as guild: in direct messages."""
        ...

    async def records_of(self, user_id: int) -> Sequence[Job]:
        """Every job of a member, anywhere, oldest first, as far as it is not forgotten."""
        ...

    async def forget(self, job_ids: Sequence[int]) -> None:
        """Erase prompts, outputs and Wiro's words of these ended jobs; sums of money stay."""
        ...

    async def remembered(self, user_id: int) -> Sequence[Remembered]:
        """What a member last filled in, by model."""
        ...

    async def forget_remembered(self, user_id: int) -> None: ...

    async def forget_remembered_before(self, before_s: float) -> int:
        """Erase what anybody filled in before then. How many forms."""
        ...

    async def old_jobs(self, before_s: float, limit: int) -> Sequence[Job]:
        """Ended, delivered jobs from before `before_s` whose texts have not been erased."""
        ...
