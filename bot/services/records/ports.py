"""What the records need: the store of what is told, exported and erased."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.domain.job.job import Job
from bot.domain.records.reports import ExportLine, Remembered, UsageReport


class ReportStore(Protocol):
    """Figures and a member's own records. Raises the StoreError family.

    A job belongs to the period in which it was reserved, as in the counters. Threads count as the channel
    whose limits bind there; models stand in lower case.
    """

    async def usage_report(
        self, guild_id: int, since_s: int, until_s: int, user_id: int | None = None
    ) -> UsageReport:
        """Charges, failures and holds of a server, or of one of its members, since ≤ reserved < until.

        Lines without a charge are left out.
        """
        ...

    async def export(self, guild_id: int, since_s: int, until_s: int) -> Sequence[ExportLine]:
        """Every job reserved in the period, oldest first; `stage` is the stage's name."""
        ...

    async def history(
        self, user_id: int, guild_id: int | None, before_job_id: int | None, limit: int
    ) -> Sequence[Job]:
        """A member's own jobs here, newest first, the forgotten ones with an empty prompt.

        What moderators have removed is left out. None as guild: in direct messages.
        """
        ...

    async def records_of(self, user_id: int) -> Sequence[Job]:
        """Every job of a member, anywhere, oldest first, as far as it is not forgotten."""
        ...

    async def forget(self, job_ids: Sequence[int]) -> None:
        """Erase prompts, outputs and Wiro's words of these jobs, those apart that are unfinished.

        Amounts, models, places and times stay.
        """
        ...

    async def remembered(self, user_id: int) -> Sequence[Remembered]:
        """What a member last filled in, by model."""
        ...

    async def forget_remembered(self, user_id: int) -> None:
        """Erase what a member last filled in, for every model."""
        ...

    async def forget_remembered_before(self, before_s: float) -> int:
        """Erase what anybody filled in before then. How many forms."""
        ...

    async def old_jobs(self, before_s: float, limit: int) -> Sequence[Job]:
        """Ended, delivered jobs from before `before_s` whose texts have not been erased, oldest first."""
        ...
