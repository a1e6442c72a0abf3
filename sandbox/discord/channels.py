"""Servers, their channels and what is written there, as everybody or one person sees it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from sandbox.discord.entities import (
    ADMINISTRATOR,
    ALL_PERMISSIONS,
    DEFAULT_EVERYONE,
    SIZE_LIMIT_BY_TIER,
    Member,
    Role,
    User,
)
from sandbox.discord.messages import (
    COMPONENTS_V2,
    EPHEMERAL,
    LOADING,
    Button,
    Revision,
    StoredFile,
    walk_components,
)
from sandbox.discord.problems import Json


@dataclass(eq=False)
class Guild:
    id: int
    name: str
    owner: User
    everyone: Role
    premium_tier: int = 0
    locale: str = "en-US"
    bot_is_here: bool = True
    roles: list[Role] = field(default_factory=list)
    members: dict[int, Member] = field(default_factory=dict)
    channels: list[Channel] = field(default_factory=list)
    blocked_words: list[str] = field(default_factory=list)
    """Keywords of its AutoMod: whole words in any case, `*` at an end for anything there."""

    def blocks(self, text: str) -> bool:
        """Whether AutoMod will not have it (Discord docs, Auto Moderation, Keyword Matching Strategies)."""
        return any(_keyword(word).search(text) for word in self.blocked_words)

    @property
    def attachment_size_limit(self) -> int:
        return SIZE_LIMIT_BY_TIER[self.premium_tier]

    def base_permissions(self, user: User) -> int:
        if user.id == self.owner.id:
            return ALL_PERMISSIONS
        member = self.members.get(user.id)
        if member is None:
            return 0
        granted = self.everyone.permissions
        for role in member.roles:
            granted |= role.permissions
        return ALL_PERMISSIONS if granted & ADMINISTRATOR else granted

    def rest_payload(self) -> Json:
        """The guild as `GET /guilds/{id}` gives it."""
        return {
            "id": str(self.id),
            "name": self.name,
            "icon": None,
            "splash": None,
            "discovery_splash": None,
            "banner": None,
            "description": None,
            "owner_id": str(self.owner.id),
            "region": "deprecated",
            "afk_channel_id": None,
            "afk_timeout": 300,
            "verification_level": 0,
            "default_message_notifications": 0,
            "explicit_content_filter": 0,
            "roles": [role.payload() for role in (self.everyone, *self.roles)],
            "emojis": [],
            "stickers": [],
            "features": [],
            "mfa_level": 0,
            "nsfw_level": 0,
            "nsfw": False,
            "application_id": None,
            "system_channel_id": None,
            "system_channel_flags": 0,
            "rules_channel_id": None,
            "public_updates_channel_id": None,
            "safety_alerts_channel_id": None,
            "vanity_url_code": None,
            "premium_tier": self.premium_tier,
            "premium_subscription_count": 0,
            "premium_progress_bar_enabled": False,
            "preferred_locale": self.locale,
            "max_members": 25_000_000,
            "max_presences": None,
            "incidents_data": None,
        }

    def gateway_payload(self, *, seen: Callable[[Member], bool], viewer: User) -> Json:
        """The guild as GUILD_CREATE gives it; without the members intent `seen` keeps only the bot."""
        return {
            **self.rest_payload(),
            "joined_at": self.members[viewer.id].joined_at,
            "large": len(self.members) > 250,
            "unavailable": False,
            "member_count": len(self.members),
            "members": [member.payload() for member in self.members.values() if seen(member)],
            "channels": [channel.payload() for channel in self.channels],
            "threads": [],
            "presences": [],
            "voice_states": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "soundboard_sounds": [],
        }


@dataclass(eq=False)
class Channel:
    """A text channel of a guild, or, with `recipient`, a direct message."""

    id: int
    name: str
    guild: Guild | None = None
    recipient: User | None = None
    nsfw: bool = False
    overwrites: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Role or user id → (allow, deny)."""
    history: list[Message] = field(default_factory=list)

    @property
    def attachment_size_limit(self) -> int:
        return self.guild.attachment_size_limit if self.guild else SIZE_LIMIT_BY_TIER[0]

    def messages(self, viewer: User | None = None) -> list[Message]:
        """What `viewer` sees, oldest first; nobody in particular sees no ephemeral message."""
        return [message for message in self.history if not message.deleted and message.visible_to(viewer)]

    def permissions_of(self, user: User) -> int:
        """The permissions here, in the order of Discord docs, Permissions, "Permission Overwrites"."""
        if self.guild is None:
            return DEFAULT_EVERYONE
        granted = self.guild.base_permissions(user)
        if granted == ALL_PERMISSIONS:
            return granted
        member = self.guild.members.get(user.id)
        if member is None:
            return 0
        granted = _overwritten(granted, [self.overwrites.get(self.guild.id)])
        granted = _overwritten(granted, [self.overwrites.get(role.id) for role in member.roles])
        return _overwritten(granted, [self.overwrites.get(user.id)])

    def payload(self) -> Json:
        if self.guild is None:
            recipients = [self.recipient.payload()] if self.recipient else []
            return {
                "id": str(self.id),
                "type": 1,
                "flags": 0,
                "last_message_id": None,
                "recipients": recipients,
            }
        kinds = {role.id: 0 for role in (self.guild.everyone, *self.guild.roles)}
        return {
            "id": str(self.id),
            "type": 0,
            "guild_id": str(self.guild.id),
            "name": self.name,
            "topic": None,
            "position": self.guild.channels.index(self) if self in self.guild.channels else 0,
            "nsfw": self.nsfw,
            "flags": 0,
            "rate_limit_per_user": 0,
            "parent_id": None,
            "last_message_id": str(self.history[-1].id) if self.history else None,
            "permission_overwrites": [
                {"id": str(of), "type": kinds.get(of, 1), "allow": str(allow), "deny": str(deny)}
                for of, (allow, deny) in self.overwrites.items()
            ],
        }


def _overwritten(granted: int, overwrites: Iterable[tuple[int, int] | None]) -> int:
    allowed = denied = 0
    for overwrite in overwrites:
        if overwrite is not None:
            allowed |= overwrite[0]
            denied |= overwrite[1]
    return (granted & ~denied) | allowed


@dataclass(eq=False)
class Message:
    id: int
    channel: Channel
    author: User
    application_id: int
    created_at: str
    content: str = ""
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    files: list[StoredFile] = field(default_factory=list)
    flags: int = 0
    type: int = 0
    edited_at: str | None = None
    seen_by: User | None = None
    """Set on an ephemeral message: the one person who sees it."""
    interaction_metadata: Json | None = None
    mentions: Json = field(default_factory=lambda: {"users": [], "roles": [], "everyone": False})
    revisions: list[Revision] = field(default_factory=list)
    deleted: bool = False

    @property
    def is_v2(self) -> bool:
        return bool(self.flags & COMPONENTS_V2)

    @property
    def is_loading(self) -> bool:
        """Whether people still see "… is thinking"."""
        return bool(self.flags & LOADING)

    @property
    def is_ephemeral(self) -> bool:
        return bool(self.flags & EPHEMERAL)

    @property
    def attachments(self) -> list[StoredFile]:
        return list(self.files)

    def visible_to(self, viewer: User | None) -> bool:
        return self.seen_by is None or (viewer is not None and viewer.id == self.seen_by.id)

    def shown_files(self) -> list[StoredFile]:
        """The files a person sees: V2 shows only those that a component names, Components reference."""
        if not self.is_v2:
            return list(self.files)
        named: set[str] = set()
        for component in self.walk():
            medias = [component.get("media"), component.get("file")]
            medias += [item.get("media") for item in component.get("items", [])]
            named.update(media["url"] for media in medias if media)
        return [file for file in self.files if file.url in named]

    def walk(self) -> Iterator[Json]:
        """Every component, parents first, in reading order."""
        yield from walk_components(self.components)

    def buttons(self) -> list[Button]:
        return [
            Button(
                label=part.get("label") or (part.get("emoji") or {}).get("name") or "",
                custom_id=part.get("custom_id"),
                style=part["style"],
                disabled=bool(part.get("disabled")),
                url=part.get("url"),
            )
            for part in self.walk()
            if part["type"] == 2
        ]

    def selects(self) -> list[Json]:
        return [part for part in self.walk() if part["type"] in (3, 5, 6, 7, 8)]

    def text(self) -> str:
        """All text a person reads here, in order, one piece a line; button labels are not part of it."""
        pieces = [self.content]
        for embed in self.embeds:
            pieces += [
                embed.get("author", {}).get("name", ""),
                embed.get("title", ""),
                embed.get("description", ""),
            ]
            for one in embed.get("fields", []):
                pieces += [one["name"], one["value"]]
            pieces.append(embed.get("footer", {}).get("text", ""))
        pieces += [part["content"] for part in self.walk() if part["type"] == 10]
        return "\n".join(piece for piece in pieces if piece)

    def mentionable_text(self) -> str:
        """The text in which a mention rings: the content or V2 text, never an embed."""
        return "\n".join([self.content, *(part["content"] for part in self.walk() if part["type"] == 10)])

    def payload(self) -> Json:
        body: Json = {
            "id": str(self.id),
            "type": self.type,
            "channel_id": str(self.channel.id),
            "author": self.author.payload(),
            "content": self.content,
            "timestamp": self.created_at,
            "edited_timestamp": self.edited_at,
            "tts": False,
            "mention_everyone": self.mentions["everyone"],
            "mentions": self.mentions["users"],
            "mention_roles": self.mentions["roles"],
            "attachments": [file.payload() for file in self.files if not self._is_in_embed(file)],
            "embeds": self.embeds,
            "components": self.components,
            "pinned": False,
            "flags": self.flags,
        }
        if self.channel.guild is not None:
            body["guild_id"] = str(self.channel.guild.id)
        if self.interaction_metadata is not None:
            body["webhook_id"] = body["application_id"] = str(self.application_id)
            body["interaction_metadata"] = self.interaction_metadata
        return body

    def _is_in_embed(self, file: StoredFile) -> bool:
        """A picture shown inside an embed is not listed a second time beside it."""
        return any(
            embed.get(place, {}).get("url") == file.url
            for embed in self.embeds
            for place in ("image", "thumbnail")
        )


def _keyword(word: str) -> re.Pattern[str]:
    start = "" if word.startswith("*") else r"(?<!\w)"
    end = "" if word.endswith("*") else r"(?!\w)"
    return re.compile(start + re.escape(word.strip("*")) + end, re.IGNORECASE)
