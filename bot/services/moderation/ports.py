"""What cases need from the world: runs to be started, and Discord where the moderators and the member are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.domain.job.job import Exposure, Job
from bot.domain.limits.alternatives import Alternative
from bot.domain.moderation.cases import Case, Decision, Report, Traces, Verdict
from bot.domain.request.origin import Origin
from bot.domain.request.requester import Requester
from bot.domain.request.run_request import RunRequest


class Runs(Protocol):
    """The part of the jobs that an approved case needs."""

    async def submit(
        self,
        job_id: int,
        request: RunRequest,
        origin: Origin,
        requester: Requester,
        *,
        is_approved: bool = False,
        is_within_bounds: bool = False,
    ) -> Job | None: ...

    async def job(self, job_id: int) -> Job:
        """Raises JobNotFound."""
        ...

    async def expose(self, job_id: int, exposure: Exposure) -> None:
        """A report or a verdict on it is on record: from now on memory knows it, too."""
        ...

    async def clear_files(self, job: Job) -> None:
        """Delete what the job was given and made at Wiro, if there still is any. Raises EngineError."""
        ...


class ModLog(Protocol):
    """Discord as cases need it. Raises nothing but what is named."""

    async def post_case(
        self, channel_id: int, case: Case, alternative: Alternative | None, prompt: str, job: Job | None
    ) -> bool:
        """Put a case into the log channel. False: it cannot be written to. `job` is the reported one."""
        ...

    async def find_requester(self, guild_id: int, channel_id: int, user_id: int) -> Requester:
        """The member with their present roles, and the channel. Raises CaseRefused."""
        ...

    async def is_manager(self, guild_id: int, user_id: int) -> bool:
        """Whether the member may manage the server, and could lift a block themself. Raises CaseRefused."""
        ...

    async def post_status(self, case: Case) -> int | None:
        """A new status message where the member asked; None where the bot may not write."""
        ...

    async def take_back(self, channel_id: int, message_id: int) -> None:
        """Delete a status message that shows no job."""
        ...

    async def show_again(self, channel_id: int, message_id: int, case: Case) -> bool:
        """Show what was reported again. False: its message is gone or out of reach.

        Raises CaseRefused where Discord does not answer.
        """
        ...

    async def delete_message(self, channel_id: int, message_id: int) -> bool:
        """As `show_again`: delete what was reported."""
        ...

    async def tell(self, decision: Decision) -> bool:
        """The verdict to the member who asked. False: there is no way to reach them."""
        ...


class CaseStore(Protocol):
    """Cases before the moderators. Raises the StoreError family."""

    async def open_case(self, case: Case) -> bool:
        """False: a case of this id stands, or an open REPORT of the same job does.

        Raises ValueError for a case that has been decided.
        """
        ...

    async def open_report(self, case: Case, most: int, since_s: float) -> Report:
        """Open a report, which hides its job unless its opener has hidden `most` on this server `since_s`.

        One that was opened without hiding hides by the next report that may. `case.shown` is kept where this
        one hides.
        """
        ...

    async def case(self, case_id: int) -> Case | None: ...

    async def decide(
        self, case_id: int, verdict: Verdict, decided_by: int, at_s: float, press_id: int | None = None
    ) -> bool:
        """The first verdict stands, and is to be carried out until `carried_out` says that it was.

        False: it was decided before, or never opened; nothing was written. Raises ValueError for OPEN, which
        is no verdict.
        """
        ...

    async def carried_out(self, case_id: int) -> None:
        """What was decided has been done, and told. What the message showed is kept no longer."""
        ...

    async def to_do(self) -> Sequence[Case]:
        """Decided and not carried out, as far as is on record; the first decided first."""
        ...

    async def traces(self, case: Case) -> Traces:
        """What is on record of carrying out this case's verdict: it bears the very time of the decision."""
        ...

    async def asks_of(self, user_id: int) -> Sequence[Case]:
        """A member's cases that still hold what they asked for, oldest first."""
        ...

    async def forget_requests(self, before_s: float, user_id: int | None = None) -> int:
        """Erase the requests, prompts with them, of cases opened before `before_s`; how many there were.

        Of one member, or of everybody. What was decided stays; an open case can no longer be approved. What
        the messages of reported jobs showed goes with them.
        """
        ...
