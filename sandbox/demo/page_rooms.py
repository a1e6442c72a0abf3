"""Who looks at the demo's page, where they may be, and what they can do there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import discord
import simcord

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Json = dict[str, Any]
Message = discord.Message


@dataclass(frozen=True, slots=True)
class Viewer:
    """One of the people whom the page can be switched to.

    `key` appears in addresses (letters, digits, dashes); `label` on the switch ("Member", "Moderator").
    `moderates` offers what only moderators see; simcord still decides whether they may.
    """

    key: str
    label: str
    member: simcord.MemberActor
    moderates: bool = False


@dataclass(frozen=True, slots=True)
class PageChannel:
    """A text channel of the server, with the topic that the page's header shows."""

    handle: simcord.ChannelHandle
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Room:
    """A viewer in a channel. simcord has one set of verbs for servers and another for direct messages."""

    viewer: Viewer
    channel: simcord.ChannelHandle
    is_direct: bool
    topic: str = ""

    @property
    def id(self) -> str:
        return str(self.channel.id)

    @property
    def _actor(self) -> simcord.MemberActor | simcord.UserHandle:
        return self.viewer.member.user if self.is_direct else self.viewer.member

    def history(self) -> list[Message] | None:
        """Every message that the viewer can see here, oldest first, or None where they may not read."""
        try:
            return self.channel.history(viewer=self._actor)
        except simcord.SetupError:
            return None

    def message(self, message_id: str) -> Message | None:
        return next((m for m in self.history() or () if str(m.id) == message_id), None)

    def command_names(self) -> frozenset[str]:
        if self.is_direct:
            return frozenset(self.viewer.member.user.available_commands())
        return frozenset(self.viewer.member.available_commands(self.channel))

    async def slash(self, name: str, options: Mapping[str, Any]) -> simcord.InteractionResult:
        if self.is_direct:
            result: simcord.InteractionResult = await self.viewer.member.user.slash(name, **options)
            return result
        return await self.viewer.member.slash(self.channel, name, **options)

    async def autocomplete(
        self, name: str, option: str, typed: str, filled: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        if self.is_direct:
            return await self.viewer.member.user.autocomplete(name, option, typed, **filled)
        return await self.viewer.member.autocomplete(self.channel, name, option, typed, **filled)

    async def click(self, message: Message, custom_id: str) -> simcord.InteractionResult:
        result: simcord.InteractionResult = await self._actor.click(message, custom_id=custom_id)
        return result

    async def select(
        self, message: Message, custom_id: str, values: Sequence[Any]
    ) -> simcord.InteractionResult:
        result: simcord.InteractionResult = await self._actor.select(message, values, custom_id=custom_id)
        return result

    async def submit_modal(
        self, shown: simcord.InteractionResult, values: dict[str, Any]
    ) -> simcord.InteractionResult:
        result: simcord.InteractionResult = await self._actor.submit_modal(shown, values)
        return result

    async def context_menu(
        self, name: str, target: Message | simcord.MemberActor
    ) -> simcord.InteractionResult:
        """Run a message or user command. Raises SetupError in direct messages, where simcord has none."""
        if self.is_direct:
            raise simcord.SetupError("Apps in this menu can be used in a server only.")
        return await self.viewer.member.context_menu(self.channel, name, target)

    async def send(self, content: str, files: Sequence[tuple[str, bytes]]) -> None:
        if not self.is_direct:
            await self.viewer.member.send(self.channel, content, attachments=files)
        elif files:
            raise simcord.SetupError("Files can be sent in the server's channels only.")
        else:
            await self.viewer.member.user.send_dm(content)

    async def delete(self, message: Message) -> None:
        await self._actor.delete(message)


class World:
    """The server as the page knows it: its people, roles and channels, and every viewer's rooms."""

    def __init__(
        self,
        env: simcord.Env,
        *,
        channels: Sequence[PageChannel],
        viewers: Sequence[Viewer],
        others: Sequence[simcord.MemberActor] = (),
        title: str,
        bot_name: str | None = None,
    ) -> None:
        if not channels or not viewers:
            raise ValueError("a page needs at least one channel and one viewer")
        self.env = env
        self.title = title
        self.guild = viewers[0].member.guild
        self.viewers = {viewer.key: viewer for viewer in viewers}
        self.people = {person.id: person for person in [*(v.member for v in viewers), *others]}
        self._bot_name = bot_name
        self._channels = tuple(channels)
        self._dms = {viewer.key: viewer.member.user.dm_channel for viewer in viewers}

    def rooms(self, viewer: Viewer) -> list[Room]:
        """The server's channels in order, readable or not, and last the viewer's messages with the bot."""
        served = [Room(viewer, c.handle, is_direct=False, topic=c.topic) for c in self._channels]
        return [*served, Room(viewer, self._dms[viewer.key], is_direct=True)]

    def room(self, viewer_key: str, channel_id: str) -> Room | None:
        viewer = self.viewers.get(viewer_key)
        if viewer is None:
            return None
        return next((room for room in self.rooms(viewer) if room.id == channel_id), None)

    def person(self, user_id: str) -> simcord.MemberActor | None:
        return self.people.get(int(user_id)) if user_id.isdecimal() else None

    def role(self, role_id: str) -> simcord.RoleHandle | None:
        return next((r for r in self.guild.roles.values() if str(r.id) == role_id), None)

    def channel(self, channel_id: str) -> simcord.ChannelHandle | None:
        return next((c for c in self.guild.channels.values() if str(c.id) == channel_id), None)

    def describe(self, viewer: Viewer) -> Json:
        """Everything about the server that does not change with each message."""
        bot_id, bot_name = self.bot()
        return {
            "title": self.title,
            "guild": {"id": str(self.guild.id), "name": self.guild.name},
            "me": {"id": str(viewer.member.id), "key": viewer.key},
            "bot": {"id": str(bot_id), "name": bot_name},
            "viewers": [
                {"key": v.key, "label": v.label, "id": str(v.member.id), "name": _name(v.member)}
                for v in self.viewers.values()
            ],
            "rooms": [
                {
                    "id": room.id,
                    "name": bot_name if room.is_direct else room.channel.name,
                    "topic": room.topic,
                    "direct": room.is_direct,
                    "moderates": viewer.moderates and not room.is_direct,
                }
                for room in self.rooms(viewer)
                if room.history() is not None
            ],
            "people": [{"id": str(p.id), "name": _name(p), "handle": p.name} for p in self.people.values()],
            "roles": [self._role_json(role) for role in self.guild.roles.values()],
            "channels": [
                {"id": str(c.id), "name": c.name, "type": self._channel_type(c)}
                for c in self.guild.channels.values()
            ],
        }

    def bot(self) -> tuple[int, str]:
        """The bot's user id, and the name it is shown under."""
        user = self.env.bot.user
        if user is None:
            raise RuntimeError("the bot has not started")
        return user.id, self._bot_name or user.display_name

    def _role_json(self, role: simcord.RoleHandle) -> Json:
        guild = self.env.bot.get_guild(self.guild.id)
        cached = guild.get_role(role.id) if guild else None
        return {
            "id": str(role.id),
            "name": role.name,
            "colour": cached.colour.value if cached else 0,
            "everyone": role.id == self.guild.default_role.id,
        }

    def _channel_type(self, channel: simcord.ChannelHandle) -> int:
        cached = self.env.bot.get_channel(channel.id)
        return int(cached.type.value) if isinstance(cached, discord.abc.GuildChannel) else 0


def _name(person: simcord.MemberActor) -> str:
    member = person.member
    return member.display_name if member else (person.user.global_name or person.name)
