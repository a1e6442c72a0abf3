"""What cases need from the world: runs to be started, and Discord where the moderators and the member are."""

from __future__ import annotations

from typing import Protocol

from bot.domain.asker import Asker
from bot.domain.cases import Case, Decision
from bot.domain.job import Job, Origin, PictureRequest
from bot.domain.ways_out import WayOut


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


class Desk(Protocol):
    """Discord as cases need it. Raises nothing but what is named."""

    async def post_case(
        self, channel_id: int, case: Case, way_out: WayOut | None, prompt: str, message_id: int | None
    ) -> bool:
        """Put a case into the log channel. False: it cannot be written to.

        `message_id` is the reported picture's.
        """
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

    async def show_picture(self, channel_id: int, message_id: int, case_id: int) -> bool:
        """Show a reported picture again. False: its message is gone or out of reach."""
        ...

    async def delete_picture(self, channel_id: int, message_id: int) -> bool: ...

    async def tell(self, decision: Decision) -> bool:
        """The verdict to the member who asked. False: there is no way to reach them."""
        ...
