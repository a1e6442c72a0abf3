"""What cases need from the world: runs to be started, and Discord where the moderators and the member are."""

from __future__ import annotations

from typing import Protocol

from bot.domain.job.job import Exposure, Job, Origin, PictureRequest
from bot.domain.limits.alternatives import WayOut
from bot.domain.moderation.cases import Case, Decision
from bot.domain.request.requester import Asker


class Runs(Protocol):
    """The part of the jobs that an approved case needs."""

    async def submit(
        self,
        job_id: int,
        request: PictureRequest,
        origin: Origin,
        asker: Asker,
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
        """Delete what the job was given and made at Wiro, if there still is any. Raises WiroError."""
        ...


class Desk(Protocol):
    """Discord as cases need it. Raises nothing but what is named."""

    async def post_case(
        self, channel_id: int, case: Case, way_out: WayOut | None, prompt: str, job: Job | None
    ) -> bool:
        """Put a case into the log channel. False: it cannot be written to. `job` is the reported one."""
        ...

    async def find_asker(self, guild_id: int, channel_id: int, user_id: int) -> Asker:
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
