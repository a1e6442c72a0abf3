"""Messages and stored files: what Discord keeps, what each viewer sees, and every edit with its time."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

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
