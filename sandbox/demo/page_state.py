"""Turns the messages that a viewer can see into the JSON that the page draws."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import discord

from bot.runtime.bounded import BoundedDict
from sandbox.demo.page_media import MediaKind, MediaShelf

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from sandbox.demo.page_rooms import Json, Room, Viewer, World

_SHOWN = 200  # messages of a channel; a browser draws them without delay
_NAMES_KEPT = 5_000


class InteractionNames:
    """Remembers which command an interaction was, by its id: messages name the caller but not the command."""

    def __init__(self) -> None:
        self._names = BoundedDict[int, str](_NAMES_KEPT)

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """A listener for the bot's `on_interaction`."""
        if interaction.type is not discord.InteractionType.application_command or interaction.command is None:
            return
        slash = isinstance(interaction.command, discord.app_commands.Command)
        self._names[interaction.id] = ("/" if slash else "") + interaction.command.qualified_name

    def get(self, interaction_id: int) -> str | None:
        return self._names.get(interaction_id)


@dataclass(slots=True)
class Snapshot:
    """What one viewer sees: message ids by channel, oldest first, and the messages by id."""

    rooms: dict[str, list[str]] = field(default_factory=dict)
    messages: dict[str, Json] = field(default_factory=dict)

    def changes_since(self, before: Snapshot | None) -> Json | None:
        """The JSON that turns `before` into this, or nothing where they are alike."""
        old = before.messages if before else {}
        changed = [message for key, message in self.messages.items() if old.get(key) != message]
        if before is not None and not changed and before.rooms == self.rooms:
            return None
        return {"rooms": self.rooms, "messages": changed}


class StateWriter:
    """Writes snapshots. `run_id` keeps the media addresses of two runs apart, since browsers keep media."""

    def __init__(
        self, world: World, names: InteractionNames, real_s: Callable[[datetime], float], *, run_id: str
    ) -> None:
        self._world = world
        self._names = names
        self._real_s = real_s
        self._run_id = run_id
        self._shelf = MediaShelf()
        self._dismissed: set[tuple[str, str]] = set()

    def dismiss(self, viewer: Viewer, message_id: str) -> None:
        """Hide an answer that only this viewer saw, as Discord's "Dismiss message" does."""
        self._dismissed.add((viewer.key, message_id))

    async def snapshot(self, viewer: Viewer) -> Snapshot:
        result = Snapshot()
        for room in self._world.rooms(viewer):
            history = room.history() or []
            shown = [m for m in history if (viewer.key, str(m.id)) not in self._dismissed][-_SHOWN:]
            result.rooms[room.id] = [str(message.id) for message in shown]
            # A message may show a picture of another one, by its address.
            media = {a.url: await self._attachment(room, m, a) for m in shown for a in m.attachments}
            for message in shown:
                result.messages[str(message.id)] = self._message(room, message, media)
        return result

    def _message(self, room: Room, message: discord.Message, of_room: Mapping[str, Json]) -> Json:
        attachments = [of_room[a.url] for a in message.attachments]
        media = dict(of_room)
        media |= {f"attachment://{a.filename}": media[a.url] for a in message.attachments}
        embeds = [_resolve_media(dict(embed.to_dict()), media) for embed in message.embeds]
        components = [_resolve_media(dict(c.to_dict()), media) for c in message.components]
        used_in_embeds = {a["id"] for embed in embeds for a in _media_in(embed)}
        me = room.viewer.member.id
        return {
            "id": str(message.id),
            "author": self._author(message.author),
            "at": self._real_s(message.created_at),
            "edited": self._real_s(message.edited_at) if message.edited_at else None,
            "content": message.content,
            "ephemeral": message.flags.ephemeral,
            "loading": message.flags.loading,
            "v2": message.flags.components_v2,
            "pings": message.mention_everyone or any(user.id == me for user in message.mentions),
            "names": {str(user.id): user.display_name for user in message.mentions},
            "cause": self._cause(message),
            "attachments": [a for a in attachments if a["id"] not in used_in_embeds],
            "embeds": embeds,
            "components": components,
        }

    def _author(self, user: discord.abc.User) -> Json:
        bot_id, bot_name = self._world.bot()
        return {
            "id": str(user.id),
            "name": bot_name if user.id == bot_id else user.display_name,
            "bot": user.bot,
        }

    def _cause(self, message: discord.Message) -> Json | None:
        """What the message answers: a command, a component of another message, or another message."""
        meta = message.interaction_metadata
        if meta is not None:
            name = self._names.get(meta.id)
            if name is not None:
                return {"user": self._author(meta.user), "command": name}
            if meta.interacted_message_id is not None:
                return {"message": str(meta.interacted_message_id)}
            return None
        reference = message.reference
        if reference is not None and reference.message_id is not None:
            return {"message": str(reference.message_id)}
        return None

    async def _attachment(self, room: Room, message: discord.Message, attachment: discord.Attachment) -> Json:
        facts = await self._shelf.facts(attachment)
        name = quote(attachment.filename, safe="")
        return {
            "id": str(attachment.id),
            "name": attachment.filename,
            "size": attachment.size,
            "kind": facts.kind.value,
            "width": facts.width,
            "height": facts.height,
            "description": attachment.description or "",
            "spoiler": attachment.is_spoiler(),
            "url": f"/media/{self._run_id}/{room.viewer.key}/{room.id}/{message.id}/{attachment.id}/{name}",
        }


def _resolve_media(node: Json, media: Mapping[str, Json]) -> Json:
    """Replace every `{url}` that names an attachment by what the page knows of that attachment.

    Anything else in a place of media lies outside this machine; the page shows it as a link.
    """
    return {key: _resolve_value(value, media) for key, value in node.items()}


def _resolve_value(value: Any, media: Mapping[str, Json]) -> Any:
    if isinstance(value, list):
        return [_resolve_value(item, media) for item in value]
    if isinstance(value, dict):
        # A typed node with an address of its own is a link button or an embed, not a place of media.
        found = None if "type" in value else media.get(str(value.get("url")))
        return found if found is not None else _resolve_media(value, media)
    return value


def _media_in(node: Any) -> list[Json]:
    if isinstance(node, list):
        return [found for item in node for found in _media_in(item)]
    if not isinstance(node, dict):
        return []
    if node.get("kind") in {kind.value for kind in MediaKind} and "id" in node:
        return [node]
    return [found for value in node.values() for found in _media_in(value)]
