"""The usual world with moderators in it: a manager, an artist with roles, and the words of every answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import discord

from bot.domain.moderation.audit import AuditEntry, AuditQuery
from bot.view.text.changes import FormattedChange, format_change

BuildClub = Callable[..., Awaitable["Club"]]


class Club:
    """A world and the people that moderation is about. Of `world`, alice, bob and morgan may not."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.guild, self.art, self.sketches = world.guild, world.art, world.sketches
        self.alice, self.bob = world.alice, world.bob
        managers = self.guild.create_role("managers", permissions=discord.Permissions(manage_guild=True))
        self.artist = self.guild.create_role("artist")
        self.patron = self.guild.create_role("patron")
        self.greta = self.guild.add_member(world.env.create_user("greta"), roles=[managers])
        self.ann = self.guild.add_member(world.env.create_user("ann"), roles=[self.artist, self.patron])

    async def said(self, actor: Any, command: str, /, *, where: Any = None, **options: Any) -> str:
        """What a command answers to its asker alone, be it a card or a refusal."""
        asked = await actor.slash(where or self.art, command, **options)
        answers = [answer for answer in (asked.response, *asked.followups) if answer is not None]
        assert [answer.ephemeral for answer in answers] == [True]
        return str(self.world.card(asked).text or answers[0].content)

    async def limit(self, measure: str, amount: str, **options: Any) -> str:
        """/limits set by the manager, which must succeed."""
        words = await self.said(self.greta, "limits set", measure=measure, amount=amount, **options)
        assert "is now **" in words, words
        return words

    def thread_in(self, channel: Any, name: str = "thread") -> Any:
        """A public thread under a channel."""
        thread = self.world.env.backend.create_thread(channel.id, name, self.greta.id)
        return type(channel)(self.world.env, self.guild, thread)

    async def entries(self) -> list[AuditEntry]:
        """The first page of the server's audit log, the newest first."""
        guild_settings = self.world.application.services.guild_settings
        return list((await guild_settings.audit_log(AuditQuery(self.guild.id))).entries)

    async def audit(self) -> list[FormattedChange]:
        """The same in words."""
        return [format_change(entry.change) for entry in await self.entries()]

    async def rules(self) -> list[Any]:
        """The limits on record."""
        records = self.world.application.services.guild_settings._store
        return list(await records.limit_rules(self.guild.id))
