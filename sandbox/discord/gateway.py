"""The gateway: HELLO, IDENTIFY, READY, heartbeats, dispatch by intent and shard, RESUME with replay."""

import asyncio
import contextlib
import json
import secrets
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from sandbox.discord.channels import Guild
from sandbox.discord.compression import COMPRESSORS
from sandbox.discord.faults import break_connection
from sandbox.discord.problems import Json
from sandbox.discord.world import World

GUILDS, GUILD_MEMBERS, PRESENCES, MESSAGE_CONTENT = 1 << 0, 1 << 1, 1 << 8, 1 << 15
PRIVILEGED = GUILD_MEMBERS | PRESENCES | MESSAGE_CONTENT
LARGEST_SENT = 4096  # Discord docs, Gateway, "Sending Events"
SENDS_PER_MINUTE = 120


@dataclass(eq=False)
class Session:
    """What outlives a connection, so that RESUME can replay it."""

    id: str
    intents: int
    shard: tuple[int, int]
    connection: "Connection | None" = None
    sequence: int = 0
    sent: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=10_000))

    def wants(self, guild: Guild | None, intent: int) -> bool:
        number, count = self.shard
        mine = (guild.id >> 22) % count == number if guild is not None else number == 0
        return mine and (not intent or bool(self.intents & intent))

    def dispatch(self, event: str, data: Json) -> None:
        self.sequence += 1
        text = json.dumps({"op": 0, "t": event, "s": self.sequence, "d": data})
        self.sent.append((self.sequence, text))
        if self.connection is not None:
            self.connection.outgoing.put_nowait(text)


class Connection:
    """One websocket: a reader (the handler) and a writer task that it owns."""

    def __init__(self, gateway: "Gateway", request: web.Request, socket: web.WebSocketResponse) -> None:
        self.request = request
        self.socket = socket
        self.outgoing: asyncio.Queue[str] = asyncio.Queue()
        self.session: Session | None = None
        self._gateway = gateway
        self._compressor = COMPRESSORS[request.query.get("compress", "")]()
        self._sends: deque[float] = deque()

    def send(self, op: int, data: Any = None) -> None:
        self.outgoing.put_nowait(json.dumps({"op": op, "t": None, "s": None, "d": data}))

    async def run(self) -> None:
        writer = asyncio.create_task(self._write(), name="standin-gateway-writer")
        try:
            self.send(10, {"heartbeat_interval": self._gateway.heartbeat_ms, "_trace": []})
            async for message in self.socket:
                if message.type is not WSMsgType.TEXT or len(message.data) > LARGEST_SENT:
                    await self.socket.close(code=4002, message=b"Error while decoding payload.")
                    break
                await self._heard(json.loads(message.data))
        finally:
            writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await writer
            if self.session is not None and self.session.connection is self:
                self.session.connection = None
                if self.socket.close_code in (1000, 1001):
                    self._gateway.forget(self.session)

    async def _write(self) -> None:
        while True:
            text = await self.outgoing.get()
            packed = self._compressor.pack(text)
            try:
                if isinstance(packed, bytes):
                    await self.socket.send_bytes(packed)
                else:
                    await self.socket.send_str(packed)
            except ConnectionError:
                return

    async def _heard(self, frame: Json) -> None:
        now_s = time.monotonic()
        self._sends.append(now_s)
        while self._sends[0] < now_s - 60:
            self._sends.popleft()
        if len(self._sends) > SENDS_PER_MINUTE:
            await self.socket.close(code=4008, message=b"Rate limited.")
            return
        data: Any = frame.get("d")
        match frame.get("op"):
            case 1:
                if not self._gateway.silent:
                    self.send(11)
            case 2:
                await self._gateway.identify(self, data)
            case 6:
                await self._gateway.resume(self, data)
            case 8 if self.session is not None:
                self._gateway.chunk(self.session, data)
            case 3 | 4 | 31:
                pass
            case _:
                await self.socket.close(code=4001, message=b"Unknown opcode.")


class Gateway:
    """All sessions and connections; a test drops, redirects or silences them here."""

    def __init__(self, world: World, *, token: str) -> None:
        self.heartbeat_ms = 41_250
        self.silent = False
        """True: heartbeats stay unanswered."""
        self.privileged_allowed = 0
        self.resume_url: str | None = None
        """What READY tells as resume_gateway_url, when not the ordinary one."""
        self.identified_at_s: list[float] = []
        self.resumed_at_s: list[float] = []
        self._world = world
        self._token = token
        self.sessions: dict[str, Session] = {}
        self._connections: set[Connection] = set()

    @property
    def is_connected(self) -> bool:
        return any(session.connection is not None for session in self.sessions.values())

    async def handle(self, request: web.Request) -> web.StreamResponse:
        asked = request.query.get("compress", "")
        if asked not in COMPRESSORS or request.query.get("encoding", "json") != "json":
            return web.Response(status=400)
        socket = web.WebSocketResponse(compress=False, max_msg_size=0)
        await socket.prepare(request)
        connection = Connection(self, request, socket)
        self._connections.add(connection)
        try:
            await connection.run()
        finally:
            self._connections.discard(connection)
            self._world.changes.tell()
        return socket

    def dispatch(self, event: str, data: Json, guild: Guild | None, intent: int) -> None:
        for session in list(self.sessions.values()):
            if session.wants(guild, intent):
                session.dispatch(event, data)

    async def identify(self, connection: Connection, data: Json) -> None:
        if connection.session is not None:
            await connection.socket.close(code=4005, message=b"Already authenticated.")
            return
        if data.get("token") != self._token:
            await connection.socket.close(code=4004, message=b"Authentication failed.")
            return
        intents = int(data.get("intents", 0))
        if intents & PRIVILEGED & ~self.privileged_allowed:
            await connection.socket.close(code=4014, message=b"Disallowed intent(s).")
            return
        self.identified_at_s.append(time.monotonic())
        shard = tuple(data.get("shard", (0, 1)))
        session = Session(secrets.token_hex(16), intents, (shard[0], shard[1]), connection)
        connection.session = session
        self.sessions[session.id] = session
        guilds = [g for g in self._world.guilds.values() if g.bot_is_here and session.wants(g, 0)]
        session.dispatch("READY", self._ready(session, guilds))
        for guild in guilds:
            if session.intents & GUILDS:
                session.dispatch("GUILD_CREATE", self.guild_payload(guild, session.intents))
        self._world.changes.tell()

    def _ready(self, session: Session, guilds: list[Guild]) -> Json:
        world = self._world
        return {
            "v": 10,
            "user": {**world.bot.payload(), "verified": True, "mfa_enabled": True, "email": None, "flags": 0},
            "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
            "session_id": session.id,
            "session_type": "normal",
            "resume_gateway_url": self.resume_url or f"{world.base_url.replace('http', 'ws', 1)}/gateway",
            "shard": list(session.shard),
            "application": {"id": str(world.application_id), "flags": 0},
            "private_channels": [],
            "presences": [],
            "relationships": [],
            "user_settings": {},
            "geo_ordered_rtc_regions": [],
            "_trace": [],
        }

    def guild_payload(self, guild: Guild, intents: int) -> Json:
        bot = self._world.bot
        all_members = bool(intents & GUILD_MEMBERS)
        return guild.gateway_payload(seen=lambda member: all_members or member.user.id == bot.id, viewer=bot)

    async def resume(self, connection: Connection, data: Json) -> None:
        if data.get("token") != self._token:
            await connection.socket.close(code=4004, message=b"Authentication failed.")
            return
        session = self.sessions.get(str(data.get("session_id")))
        heard = data.get("seq") or 0
        oldest = session.sent[0][0] if session is not None and session.sent else 1
        if session is None or heard > session.sequence or heard < oldest - 1:
            connection.send(9, data=False)
            return
        self.resumed_at_s.append(time.monotonic())
        session.connection = connection
        connection.session = session
        for sequence, text in list(session.sent):
            if sequence > heard:
                connection.outgoing.put_nowait(text)
        session.dispatch("RESUMED", {"_trace": []})
        self._world.changes.tell()

    def chunk(self, session: Session, data: Json) -> None:
        """Answers op 8: by ids, or by the start of a name; the whole list needs the members intent."""
        guild = self._world.guilds.get(int(data["guild_id"]))
        if guild is None:
            return
        wanted = data.get("user_ids")
        numbers = {str(wanted)} if isinstance(wanted, str | int) else {str(one) for one in wanted or ()}
        query = data.get("query")
        if query == "" and not session.intents & GUILD_MEMBERS:
            return
        found = [
            member.payload()
            for member in guild.members.values()
            if str(member.user.id) in numbers
            or (query is not None and member.user.username.lower().startswith(query.lower()))
        ]
        body = {
            "guild_id": str(guild.id),
            "members": found,
            "chunk_index": 0,
            "chunk_count": 1,
            "not_found": [],
        }
        if data.get("nonce"):
            body["nonce"] = data["nonce"]
        session.dispatch("GUILD_MEMBERS_CHUNK", body)

    def forget(self, session: Session) -> None:
        self.sessions.pop(session.id, None)

    def ask_reconnect(self) -> None:
        """Op 7: the client shall reconnect and resume."""
        for connection in self._connections:
            connection.send(7)

    def invalidate(self, *, resumable: bool) -> None:
        """Op 9; not resumable: the client must identify again."""
        for connection in self._connections:
            if not resumable and connection.session is not None:
                connection.session.connection = None
                self.forget(connection.session)
            connection.send(9, resumable)

    async def drop(self, code: int | None = None) -> None:
        """Ends every connection: with a close code, or without a word."""
        for connection in list(self._connections):
            if code is None:
                break_connection(connection.request, reset=False)
            else:
                await connection.socket.close(code=code)
