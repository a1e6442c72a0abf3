"""House styles: kept, found by name, put around a request; their names are in memory for whoever types."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.domain.clock import Clock
from bot.domain.job.errors import ManagersOnly
from bot.domain.moderation.audit import AuditEntry, StyleChange
from bot.domain.request.errors import StyleFault, StyleRefused
from bot.domain.request.run_request import RunRequest
from bot.domain.request.style import MAX_OWN, MAX_PINNED, Style, apply, checked_style, name_key
from bot.services.guild_settings.service import GuildSettingsService
from bot.services.styles.ports import StyleStore

PINNED: Final = 0  # in the place of a member's id
READ_SLICE: Final = 1_000  # names of one read, so that decisions pass in between


@dataclass(frozen=True, slots=True)
class StyleName:
    """A style as it is offered."""

    name: str
    is_pinned: bool


class Styles:
    """A member's own styles on each server (in direct messages: guild 0), and the server's pinned ones."""

    def __init__(self, store: StyleStore, guild_settings: GuildSettingsService, clock: Clock) -> None:
        self._store = store
        self._guild_settings = guild_settings
        self._clock = clock
        self._names: defaultdict[tuple[int, int], dict[str, str]] = defaultdict(dict)
        self._loaded_to = (-1, -1, "")
        self._changing = asyncio.Lock()  # so that each change says truly what was there before

    # --- from memory -----------------------------------------------------------------------------

    def names(self, guild_id: int | None, user_id: int, text: str, limit: int) -> list[StyleName]:
        """Styles that can be used here and whose name contains the text: the server's first."""
        wanted = name_key(text)
        found: list[StyleName] = []
        own = self._names.get((guild_id or 0, user_id), {})
        pinned = self._names.get((guild_id or 0, PINNED), {})
        for names, is_pinned in ((pinned, True), (own, False)):
            found += [
                StyleName(name, is_pinned)
                for key, name in sorted(names.items())
                if wanted in key and not (is_pinned and key in own)  # the member's own goes before it
            ]
        return found[:limit]

    async def load(self) -> None:
        """Read every name into memory, slice by slice. Raises StoreError; then it reads on there."""
        while names := await self._store.names_after(self._loaded_to, READ_SLICE):
            for guild_id, user_id, key, name in names:
                self._names[guild_id, user_id].setdefault(key, name)
            self._loaded_to = names[-1][:3]

    # --- use -------------------------------------------------------------------------------------

    async def applied(self, name: str, request: RunRequest, guild_id: int | None, user_id: int) -> RunRequest:
        """The request in this style; an empty `model` leaves it to the style. Raises StyleRefused."""
        return apply(await self.find(name, guild_id, user_id), request)

    async def find(self, name: str, guild_id: int | None, user_id: int) -> Style:
        """The member's own of this name, else the pinned one. Raises StyleRefused."""
        key = name_key(name)
        for owner in (user_id, PINNED):
            style = await self._store.style(guild_id or 0, owner, key)
            if style is not None:
                return style
        raise StyleRefused(StyleFault.UNKNOWN, name)

    async def listed(self, guild_id: int | None, user_id: int) -> tuple[Sequence[Style], Sequence[Style]]:
        """The server's pinned styles and the member's own."""
        pinned = await self._store.styles_here(guild_id or 0, PINNED)
        return pinned, await self._store.styles_here(guild_id or 0, user_id)

    # --- changes ---------------------------------------------------------------------------------

    async def save(self, style: Style) -> tuple[Style, Style | None]:
        """Keep it under its name. The style as it is kept, and the one that stood there before.

        Whether its member may pin it is for the caller to check. Raises StyleRefused.
        """
        style = replace(checked_style(style), saved_at_s=self._clock.wall())
        async with self._changing:
            before = await self._store.style(style.guild_id, style.user_id, style.key)
            entry = self._entry(style.saved_by, before, style)
            await self._store.keep_style(style, MAX_PINNED if style.is_pinned else MAX_OWN, entry)
            self._names[style.guild_id, style.user_id][style.key] = style.name
        if entry is not None:
            await self._guild_settings.announce(entry)
        return style, before

    async def delete(self, name: str, guild_id: int | None, user_id: int, *, is_manager: bool) -> Style:
        """Delete the member's own of this name, else the pinned one. The style as it was.

        Raises StyleRefused, and ManagersOnly for a pinned one.
        """
        async with self._changing:
            style = await self.find(name, guild_id, user_id)
            if style.is_pinned and not is_manager:
                raise ManagersOnly("delete a pinned style")
            entry = self._entry(user_id, style, None)
            await self._store.delete_style(style, entry)
            self._names[style.guild_id, style.user_id].pop(style.key, None)
        if entry is not None:
            await self._guild_settings.announce(entry)
        return style

    def _entry(self, actor_id: int, before: Style | None, after: Style | None) -> AuditEntry | None:
        """What a server has pinned is audited; what a member keeps is their own business."""
        style = after or before
        if style is None or not style.is_pinned:
            return None
        return AuditEntry(
            style.guild_id, actor_id, StyleChange(style.name, before, after), self._clock.wall()
        )

    # --- privacy ---------------------------------------------------------------------------------

    async def of_member(self, user_id: int) -> Sequence[Style]:
        """Everything that a member saved, anywhere, what they pinned included."""
        return await self._store.styles_of(user_id)

    async def forget(self, user_id: int) -> int:
        """Delete a member's own, everywhere; what they pinned is the servers'. How many."""
        async with self._changing:
            forgotten = await self._store.forget_styles(user_id)
            for guild_id, owner in list(self._names):
                if owner == user_id:
                    del self._names[guild_id, owner]
        return forgotten
