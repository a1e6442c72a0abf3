"""Who and where: users, guilds, roles, members and channels, their payloads and computed permissions."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.discord.problems import Json

if TYPE_CHECKING:
    from sandbox.discord.messages import Message

ADMINISTRATOR = 1 << 3
ADD_REACTIONS = 1 << 6
VIEW_CHANNEL = 1 << 10
SEND_MESSAGES = 1 << 11
MANAGE_MESSAGES = 1 << 13
EMBED_LINKS = 1 << 14
ATTACH_FILES = 1 << 15
READ_MESSAGE_HISTORY = 1 << 16
MENTION_EVERYONE = 1 << 17
USE_APPLICATION_COMMANDS = 1 << 31

# Discord docs, Permissions: every bit in use up to 52; 47 and 48 are not assigned.
ALL_PERMISSIONS = sum(1 << bit for bit in range(53) if bit not in (47, 48))
DEFAULT_EVERYONE = (
    ADD_REACTIONS
    | VIEW_CHANNEL
    | SEND_MESSAGES
    | EMBED_LINKS
    | ATTACH_FILES
    | READ_MESSAGE_HISTORY
    | USE_APPLICATION_COMMANDS
)
# Discord docs, Uploading Files: 10 MiB unless boosted; tier 2 gives 50 MiB, tier 3 gives 100 MiB.
SIZE_LIMIT_BY_TIER = {0: 10 << 20, 1: 10 << 20, 2: 50 << 20, 3: 100 << 20}


def _keyword(word: str) -> re.Pattern[str]:
    start = "" if word.startswith("*") else r"(?<!\w)"
    end = "" if word.endswith("*") else r"(?!\w)"
    return re.compile(start + re.escape(word.strip("*")) + end, re.IGNORECASE)


@dataclass(eq=False)
class User:
    id: int
    username: str
    global_name: str | None = None
    bot: bool = False
    locale: str = "en-US"
    dms_open: bool = True

    def payload(self) -> Json:
        return {
            "id": str(self.id),
            "username": self.username,
            "discriminator": "0" if not self.bot else "0001",
            "global_name": self.global_name,
            "avatar": None,
            "avatar_decoration_data": None,
            "collectibles": None,
            "clan": None,
            "primary_guild": None,
            "public_flags": 0,
            **({"bot": True} if self.bot else {}),
        }


@dataclass(eq=False)
class Role:
    id: int
    name: str
    permissions: int
    position: int

    def payload(self) -> Json:
        return {
            "id": str(self.id),
            "name": self.name,
            "description": None,
            "color": 0,
            "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
            "hoist": False,
            "icon": None,
            "unicode_emoji": None,
            "position": self.position,
            "permissions": str(self.permissions),
            "managed": False,
            "mentionable": False,
            "flags": 0,
        }


@dataclass(eq=False)
class Member:
    user: User
    roles: list[Role]
    joined_at: str

    def payload(self, *, with_user: bool = True) -> Json:
        body: Json = {
            "nick": None,
            "avatar": None,
            "banner": None,
            "roles": [str(role.id) for role in self.roles],
            "joined_at": self.joined_at,
            "premium_since": None,
            "communication_disabled_until": None,
            "deaf": False,
            "mute": False,
            "pending": False,
            "flags": 0,
            "unusual_dm_activity_until": None,
        }
        if with_user:
            body["user"] = self.user.payload()
        return body


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
    channels: list["Channel"] = field(default_factory=list)
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
    history: list["Message"] = field(default_factory=list)

    @property
    def attachment_size_limit(self) -> int:
        return self.guild.attachment_size_limit if self.guild else SIZE_LIMIT_BY_TIER[0]

    def messages(self, viewer: User | None = None) -> list["Message"]:
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
