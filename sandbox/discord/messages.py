"""Messages and stored files: what Discord keeps, what each viewer sees, and every edit with its time."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from sandbox.discord.entities import Channel, User
from sandbox.discord.problems import Json

EPHEMERAL = 1 << 6
LOADING = 1 << 7
COMPONENTS_V2 = 1 << 15


class Via(StrEnum):
    """The route by which a message was written."""

    CALLBACK = "callback"
    TOKEN = "token"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on its way in: the n of `files[n]`, its name and its bytes."""

    filename: str
    data: bytes
    index: int = 0
    content_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file at the CDN path of the stand-in."""

    id: int
    filename: str
    data: bytes
    url: str
    content_type: str | None
    width: int | None
    height: int | None
    description: str | None
    ephemeral: bool

    def payload(self) -> Json:
        body: Json = {
            "id": str(self.id),
            "filename": self.filename,
            "size": len(self.data),
            "url": self.url,
            "proxy_url": self.url,
        }
        for name in ("content_type", "description"):
            if getattr(self, name) is not None:
                body[name] = getattr(self, name)
        if self.width is not None:
            body.update(width=self.width, height=self.height)
        if self.ephemeral:
            body["ephemeral"] = True
        return body


@dataclass(frozen=True, slots=True)
class Button:
    label: str
    custom_id: str | None
    style: int
    disabled: bool
    url: str | None


@dataclass(frozen=True, slots=True)
class Revision:
    """One accepted write: `at_s` is monotonic, `body` what was sent, `text` what then stood there."""

    at_s: float
    via: Via
    body: Json
    files: tuple[str, ...]
    text: str
    allowed_mentions: Json | None
    pinged: frozenset[str]


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


def walk_components(components: list[Json]) -> Iterator[Json]:
    for component in components:
        yield component
        if "accessory" in component:
            yield component["accessory"]
        if isinstance(component.get("component"), dict):
            yield component["component"]
        yield from walk_components(component.get("components", []))


def pings(text: str, allowed: Json | None, *, everyone_allowed: bool, by_interaction: bool) -> frozenset[str]:
    """Whom a text rings: "everyone", user ids and role ids.

    Without allowed_mentions an interaction's message rings users alone, a bot's own message all
    (Discord docs, Allowed Mentions).
    """
    if allowed is None:
        allowed = {"parse": ["users"] if by_interaction else ["users", "roles", "everyone"]}
    parse = allowed.get("parse", [])
    users, roles = re.findall(r"<@!?(\d{15,20})>", text), re.findall(r"<@&(\d{15,20})>", text)
    rung = {user for user in users if "users" in parse or user in map(str, allowed.get("users", []))}
    rung |= {role for role in roles if "roles" in parse or role in map(str, allowed.get("roles", []))}
    if everyone_allowed and "everyone" in parse and re.search(r"@(everyone|here)\b", text):
        rung.add("everyone")
    return frozenset(rung)
