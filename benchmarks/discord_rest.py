"""A small stand-in for Discord in a process of its own: gateway, REST, real buckets, and a log of times.

`python -m benchmarks.discord_rest` prints its address and serves until its standard input ends. Times are
seconds of CLOCK_MONOTONIC, which all processes of a machine share. It knows just the routes that a bot of
slash commands uses, and keeps its own work per request small: it must not be what is measured. A callback
costs `sandbox.discord` 0.5 to 0.9 ms more of CPU (1,800 in turn on two busy cores, November 2026), which for
1,000 commands at once is longer than the 0.30 s promised; its rate limits serve here as they are.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
import re
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from sandbox.discord.buckets import Buckets, HiddenLimit, Limits
from sandbox.discord.problems import ApiError

APPLICATION_ID = "1100000000000000000"
GUILD_ID = "700000000000000001"
CHANNEL_ID = "700000000000000002"
_ME = {"id": APPLICATION_ID, "username": "studio", "discriminator": "0", "avatar": None, "bot": True}
_EPOCH_MS = 1_420_070_400_000  # Discord's snowflakes count from here
_STEP = re.compile(rb"(\d+) of (\d+)")
_CALLBACK = re.compile(r"/interactions/(\d+)/([^/]+)/callback")
_TOKEN_EDIT = re.compile(r"/webhooks/(\d+)/([^/]+)/messages/@original")
_CHANNEL_EDIT = re.compile(r"/channels/(\d+)/messages/(\d+)")
_FOLLOWUP = re.compile(r"/webhooks/(\d+)/([^/]+)")


@dataclass(slots=True)
class Ways:
    """What the next requests meet."""

    delay_s: float = 0.0  # before every answer, as a network would
    has_buckets: bool = True
    has_hidden_limit: bool = False


@dataclass(slots=True)
class Entry:
    """One request: when it had come whole, when it was answered, and what an edit showed."""

    at_s: float
    kind: str  # callback, edit, other
    key: str  # the interaction's token, or channel/message
    status: int
    size_bytes: int
    step: int | None = None
    digest: str = ""
    has_file: bool = False
    answered_s: float = 0.0


@dataclass(slots=True)
class Record:
    """Everything that was asked and sent since the last `clear`."""

    entries: list[Entry] = field(default_factory=list)
    sent_s: dict[str, float] = field(default_factory=dict)  # interaction token → when the event left

    def counts(self) -> dict[str, int]:
        """What a measurement may ask often: the whole record takes the time of many requests."""
        counts = {"pictures": sum(entry.has_file and entry.status == 200 for entry in self.entries)}
        for entry in self.entries:
            counts[entry.kind] = counts.get(entry.kind, 0) + 1
        return counts


class DiscordRest:
    """Serves one bot. `record` is what a measurement reads."""

    def __init__(self) -> None:
        self.ways = Ways()
        self.record = Record()
        self._buckets = Buckets(Limits(hidden=HiddenLimit()))
        self._socket: web.WebSocketResponse | None = None
        self._ready = asyncio.Event()
        self._ready_s = 0.0
        self._sequence = itertools.count(1)
        self._numbers = itertools.count(1)
        self._base = ""
        self._messages: dict[str, str] = {}  # interaction token → message id

    async def start(self) -> str:
        """The address, once it listens."""
        runner = web.ServerRunner(web.Server(self._answer), shutdown_timeout=1.0)
        await runner.setup()
        site = web.TCPSite(
            runner, "127.0.0.1", 0, backlog=4096
        )  # Discord takes a thousand connections at once
        await site.start()
        host, port = runner.addresses[0][:2]
        self._base = f"{host}:{port}"
        return f"http://{self._base}"

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.path
        if path.startswith("/_/"):
            return await self._control(request, path.removeprefix("/_/"))
        if path in {"/gateway", "/", "/gateway/"}:
            return await self._gateway(request)
        body = await request.content.read()  # `read` of the request refuses more than 1 MiB
        at_s = time.monotonic()
        path = path.removeprefix("/api/v10")
        kind, key, status, answer, headers = self._judged(request, path, body)
        entry = _entry(at_s, kind, key, status, body, request.content_type)
        self.record.entries.append(entry)
        if self.ways.delay_s:
            await asyncio.sleep(self.ways.delay_s)
        entry.answered_s = time.monotonic()
        text = json.dumps(answer) if answer is not None else ""
        # discord.py compares the type exactly, and takes an answer without Via for Cloudflare's.
        told = {"Via": "1.1 google", "Content-Type": "application/json", **headers}
        return web.Response(status=status, body=text.encode(), headers=told)

    def _judged(
        self, request: web.BaseRequest, path: str, body: bytes
    ) -> tuple[str, str, int, Any, dict[str, str]]:
        """Kind, key, status, answer and headers of one request."""
        if match := _CALLBACK.fullmatch(path):
            message_id = self._messages.setdefault(match[2], self._snowflake())
            return "callback", match[2], 200, _callback(match[1], message_id), {}
        if request.method == "PATCH" and (match := _TOKEN_EDIT.fullmatch(path)):
            message_id = self._messages.setdefault(match[2], self._snowflake())
            return self._edit("token_edit", match[2], match[2], message_id)
        if request.method == "PATCH" and (match := _CHANNEL_EDIT.fullmatch(path)):
            return self._edit("channel_edit", match[1], f"{match[1]}/{match[2]}", match[2])
        if request.method in {"GET", "DELETE"} and (match := _TOKEN_EDIT.fullmatch(path)):
            message_id = self._messages.setdefault(match[2], self._snowflake())
            return "other", match[2], 200, _message(message_id), {}
        if request.method == "POST" and (match := _FOLLOWUP.fullmatch(path)):
            return "followup", match[2], 200, _message(self._snowflake()), {}
        return "other", path, 200, self._plain(path, body), {}

    def _edit(
        self, bucket: str, major: str, key: str, message_id: str
    ) -> tuple[str, str, int, Any, dict[str, str]]:
        headers: dict[str, str] = {}
        try:
            if self.ways.has_buckets:
                headers = self._buckets.take(bucket, major)
            if self.ways.has_hidden_limit:
                self._buckets.take_hidden(CHANNEL_ID, is_edit=True)
        except ApiError as limited:
            return "edit", key, limited.status, limited.body(), headers | limited.headers
        return "edit", key, 200, _message(message_id), headers

    def _plain(self, path: str, body: bytes) -> Any:
        if path.endswith("/gateway/bot"):
            limits = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}
            return {"url": f"ws://{self._base}/gateway", "shards": 1, "session_start_limit": limits}
        if path.endswith("/users/@me"):
            return _ME
        if path.endswith("/applications/@me"):
            return {
                "id": APPLICATION_ID,
                "name": "studio",
                "icon": None,
                "description": "",
                "bot_public": True,
                "bot_require_code_grant": False,
                "verify_key": "0" * 64,
                "owner": _ME,
                "team": None,
                "flags": 0,
            }
        if path.endswith("/commands"):
            commands = json.loads(body or b"[]")
            return [
                {"description": ""}  # an entry of the context menu has none
                | command
                | {"id": self._snowflake(), "application_id": APPLICATION_ID, "version": "1"}
                for command in commands
            ]
        return {}

    # The gateway ---------------------------------------------------------------------------------

    async def _gateway(self, request: web.BaseRequest) -> web.StreamResponse:
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        await socket.send_json({"op": 10, "d": {"heartbeat_interval": 41_250}, "s": None, "t": None})
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                continue
            frame = json.loads(message.data)
            if frame["op"] == 1:
                await socket.send_json({"op": 11, "d": None, "s": None, "t": None})
            elif frame["op"] == 2:
                self._socket = socket
                await self._dispatch("READY", self._hello())
                self._ready_s = time.monotonic()
                self._ready.set()
        return socket

    def _hello(self) -> dict[str, Any]:
        return {
            "v": 10,
            "user": _ME,
            "guilds": [],
            "session_id": "bench",
            "resume_gateway_url": f"ws://{self._base}/gateway",
            "application": {"id": APPLICATION_ID, "flags": 0},
            "shard": [0, 1],
        }

    async def _dispatch(self, name: str, data: Any) -> None:
        if self._socket is not None:
            await self._socket.send_json({"op": 0, "t": name, "s": next(self._sequence), "d": data})

    # The measurement's side ----------------------------------------------------------------------

    async def _control(self, request: web.BaseRequest, what: str) -> web.Response:
        body = await request.json() if request.can_read_body else {}
        match what:
            case "ways":
                for name, value in body.items():
                    setattr(self.ways, name, value)
            case "clear":
                self.record = Record()
                self._buckets = Buckets(Limits(hidden=HiddenLimit()))
            case "expect":
                self._ready.clear()
                self._socket = None
            case "ready":
                await asyncio.wait_for(self._ready.wait(), 60)
                return web.json_response({"at_s": self._ready_s})
            case "counts":
                return web.json_response(self.record.counts())
            case "imagine":
                await self._imagine(int(body["count"]), str(body.get("prompt", "a lighthouse")))
            case "record":
                entries = [asdict(entry) for entry in self.record.entries]
                return web.json_response({"entries": entries, "sent_s": self.record.sent_s})
        return web.json_response({})

    async def _imagine(self, count: int, prompt: str) -> None:
        """So many members use /imagine at the same moment."""
        payloads = [self._interaction(prompt) for _ in range(count)]
        for payload in payloads:
            self.record.sent_s[payload["token"]] = time.monotonic()
            await self._dispatch("INTERACTION_CREATE", payload)

    def _interaction(self, prompt: str) -> dict[str, Any]:
        number = next(self._numbers)
        user_id = str(800_000_000_000_000_000 + number)
        user = {"id": user_id, "username": f"member{number}", "discriminator": "0", "avatar": None}
        permissions = "2147483647"
        return {
            "id": self._snowflake(),
            "application_id": APPLICATION_ID,
            "type": 2,
            "token": f"bench-token-{number}-{'x' * 60}",
            "version": 1,
            "guild_id": GUILD_ID,
            "channel_id": CHANNEL_ID,
            "guild": {"id": GUILD_ID, "locale": "en-GB", "features": []},
            "channel": {
                "id": CHANNEL_ID,
                "type": 0,
                "name": "art",
                "position": 0,
                "permissions": permissions,
                "guild_id": GUILD_ID,
                "nsfw": False,
            },
            "member": {
                "user": user,
                "roles": [],
                "joined_at": "2026-01-01T00:00:00+00:00",
                "deaf": False,
                "mute": False,
                "flags": 0,
                "permissions": permissions,
            },
            "data": {
                "id": "900000000000000001",
                "name": "imagine",
                "type": 1,
                "options": [{"name": "prompt", "type": 3, "value": f"{prompt} {number}"}],
            },
            "locale": "en-GB",
            "guild_locale": "en-GB",
            "app_permissions": permissions,
            "entitlements": [],
            "authorizing_integration_owners": {"0": GUILD_ID},
            "context": 0,
            "attachment_size_limit": 10_485_760,
        }

    def _snowflake(self) -> str:
        return str((int(time.time() * 1000) - _EPOCH_MS << 22) + next(self._numbers) % (1 << 22))


def _entry(at_s: float, kind: str, key: str, status: int, body: bytes, content_type: str) -> Entry:
    has_file = content_type.startswith("multipart/")
    entry = Entry(at_s, kind, key, status, len(body), has_file=has_file)
    if kind == "edit":
        step = _STEP.search(body[:20_000])
        entry.step = int(step[1]) if step is not None else None
        entry.digest = hashlib.blake2b(body, digest_size=8).hexdigest()
    return entry


def _callback(interaction_id: str, message_id: str) -> dict[str, Any]:
    interaction = {
        "id": interaction_id,
        "type": 2,
        "response_message_id": message_id,
        "response_message_loading": True,
        "response_message_ephemeral": False,
    }
    return {"interaction": interaction, "resource": {"type": 5, "message": _message(message_id)}}


def _message(message_id: str) -> dict[str, Any]:
    return {
        "id": message_id,
        "channel_id": CHANNEL_ID,
        "author": _ME,
        "content": "",
        "timestamp": "2026-01-01T00:00:00+00:00",
        "edited_timestamp": None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": [],
        "components": [],
        "pinned": False,
        "type": 0,
        "flags": 0,
    }


async def _serve() -> None:
    rest = DiscordRest()
    sys.stdout.write(f"{await rest.start()}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)  # until whoever started it lets go


if __name__ == "__main__":
    asyncio.run(_serve())
