"""What styles need from the records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.domain.moderation.audit import AuditEntry
from bot.domain.request.style import Style


class StyleStore(Protocol):
    """Styles on record: pinned ones have user 0, direct messages guild 0. Raises the StoreError family."""

    async def keep_style(self, style: Style, most: int, entry: AuditEntry | None) -> None:
        """Add or replace it, with its audit entry in the same transaction.

        Raises StyleRefused, with nothing written, where there are `most` others already.
        """
        ...

    async def delete_style(self, style: Style, entry: AuditEntry | None) -> bool:
        """False: it is gone already, nothing was written."""
        ...

    async def style(self, guild_id: int, user_id: int, key: str) -> Style | None: ...

    async def styles_here(self, guild_id: int, user_id: int) -> Sequence[Style]:
        """A member's own on one server, or with user 0 the pinned ones, by name."""
        ...

    async def styles_of(self, user_id: int) -> Sequence[Style]:
        """Everything that a member saved, anywhere, what they pinned included."""
        ...

    async def names_after(
        self, last: tuple[int, int, str], limit: int
    ) -> Sequence[tuple[int, int, str, str]]:
        """Guild, user, key and name of the styles after `last`, in the order of these."""
        ...

    async def forget_styles(self, user_id: int) -> int:
        """Delete a member's own, everywhere. How many. That they pinned others is forgotten, too."""
        ...
