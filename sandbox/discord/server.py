"""The stand-in as a test holds it: starts and stops the server, makes guilds and people, breaks things."""

import asyncio
import re
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from sandbox.discord.buckets import Buckets, Limits
from sandbox.discord.channels import Channel, Guild, Message
from sandbox.discord.drive import Person
from sandbox.discord.entities import DEFAULT_EVERYONE, Member, Role, User
from sandbox.discord.faults import Fault, Kind
from sandbox.discord.gateway import GUILDS, Gateway
from sandbox.discord.interactions import Interaction
from sandbox.discord.problems import Json
from sandbox.discord.routes_bot import ROUTES as BOT_ROUTES
from sandbox.discord.routes_token import ROUTES as TOKEN_ROUTES
from sandbox.discord.times import PATIENCE_S
from sandbox.discord.wire import LARGEST_REQUEST, LoggedRequest, Wire
from sandbox.discord.world import World

SAMPLE_TOKEN = "stand-in.token.aaaaaaaaaaaaaaaaaaaaaaaa"
SAMPLE_APPLICATION_ID = 1_100_000_000_000_000_000


class DiscordStandIn:
    """`async with DiscordStandIn() as discord:` serves until the block ends.

    `token` and `application_id` are what the bot is to use; `limits` says which rate limits hold.
    """

    def __init__(
        self,
        *,
        token: str = SAMPLE_TOKEN,
        application_id: int = SAMPLE_APPLICATION_ID,
        limits: Limits | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.token = token
        self.bot = User(application_id, "studio", bot=True)
        self.world = World(application_id=application_id, bot=self.bot)
        self.gateway = Gateway(self.world, token=token)
        self.wire = Wire(
            self.world, token=token, routes=[*BOT_ROUTES, *TOKEN_ROUTES], buckets=Buckets(limits or Limits())
        )
        self.world.emit = self.gateway.dispatch
        self._host, self._port = host, port
        self._runner: web.AppRunner | None = None

    # Life

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        app = web.Application(client_max_size=LARGEST_REQUEST)
        app.router.add_route("*", "/api/v{version:10}/{tail:.*}", self.wire.answer)
        app.router.add_get("/gateway", self._gateway)
        app.router.add_get("/", self._gateway)
        app.router.add_get("/cdn/{folder}/{channel}/{file}/{name}", self._cdn)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        self.world.base_url = f"http://{self._host}:{self._port}"

    async def stop(self) -> None:
        """Ends hanging answers, then sockets, then the server; bounded by a few seconds."""
        self.wire.faults.stopping.set()
        await self.gateway.drop(1001)
        if self._runner is not None:
            async with asyncio.timeout(300.0):
                await self._runner.cleanup()
            self._runner = None

    async def _gateway(self, request: web.Request) -> web.StreamResponse:
        fault = self.wire.faults.take("GET", "/gateway")
        if fault is not None and fault.kind is Kind.ANSWER:
            return web.Response(status=fault.status)
        return await self.gateway.handle(request)

    async def _cdn(self, request: web.Request) -> web.StreamResponse:
        number = request.match_info["file"]
        file = self.world.files.get(int(number)) if number.isdigit() else None
        if file is None or file.filename != request.match_info["name"]:
            return web.Response(status=404, text="This content is no longer available.")
        return web.Response(body=file.data, content_type=file.content_type or "application/octet-stream")

    @property
    def api_url(self) -> str:
        """What DISCORD_API_URL is to be, version included."""
        return f"{self.world.base_url}/api/v10"

    # People and places

    def add_guild(self, name: str = "Studio", *, owner: str = "owner", premium_tier: int = 0) -> Guild:
        number = self.world.ids.take()
        person = self._person(owner)
        guild = Guild(number, name, person, Role(number, "@everyone", DEFAULT_EVERYONE, 0), premium_tier)
        for user in (person, self.bot):
            guild.members[user.id] = Member(user, [], self.world.clock.iso())
        self.world.guilds[guild.id] = guild
        for session in self.gateway.sessions.values():
            if session.wants(guild, GUILDS):
                session.dispatch("GUILD_CREATE", self.gateway.guild_payload(guild, session.intents))
        return guild

    def owner_of(self, guild: Guild) -> Person:
        if not isinstance(guild.owner, Person):
            raise TypeError(f"the owner of {guild.name} is no person")
        return guild.owner

    def add_channel(self, guild: Guild, name: str = "art", *, nsfw: bool = False) -> Channel:
        channel = Channel(self.world.ids.take(), name, guild, nsfw=nsfw)
        guild.channels.append(channel)
        self.world.channels[channel.id] = channel
        self.world.emit("CHANNEL_CREATE", channel.payload(), guild, GUILDS)
        return channel

    def add_role(self, guild: Guild, name: str, *, permissions: int = 0) -> Role:
        role = Role(self.world.ids.take(), name, permissions, len(guild.roles) + 1)
        guild.roles.append(role)
        self.world.emit(
            "GUILD_ROLE_CREATE", {"guild_id": str(guild.id), "role": role.payload()}, guild, GUILDS
        )
        return role

    def add_member(self, guild: Guild, who: str | Person, *, roles: list[Role] | None = None) -> Person:
        """A new person of that name, or one who is in another guild already."""
        person = self._person(who) if isinstance(who, str) else who
        guild.members[person.id] = Member(person, list(roles or []), self.world.clock.iso())
        return person

    def _person(self, name: str) -> Person:
        person = Person(self.world.ids.take(), name, name.capitalize(), world=self.world)
        self.world.users[person.id] = person
        return person

    def set_automod(self, guild: Guild, *words: str) -> None:
        """Block these keywords; none: AutoMod is off."""
        guild.blocked_words = list(words)

    def give_bot_roles(self, guild: Guild, roles: list[Role]) -> None:
        guild.members[self.bot.id].roles = list(roles)
        data = {"guild_id": str(guild.id), **guild.members[self.bot.id].payload()}
        self.world.emit("GUILD_MEMBER_UPDATE", data, guild, 0)

    def set_overwrite(self, channel: Channel, of: Role | User, *, allow: int = 0, deny: int = 0) -> None:
        channel.overwrites[of.id] = (allow, deny)
        self.world.emit("CHANNEL_UPDATE", channel.payload(), channel.guild, GUILDS)

    def remove_bot(self, guild: Guild) -> None:
        """The bot is kicked: its guild routes answer 50001 or 10004 from now on."""
        guild.bot_is_here = False
        self.world.emit("GUILD_DELETE", {"id": str(guild.id)}, guild, GUILDS)

    def delete_channel(self, channel: Channel) -> None:
        self.world.channels.pop(channel.id, None)
        if channel.guild is not None:
            channel.guild.channels.remove(channel)
        for message in list(channel.messages()):
            self.world.messages.pop(message.id, None)
            message.deleted = True
        self.world.emit("CHANNEL_DELETE", channel.payload(), channel.guild, GUILDS)

    def delete_message(self, message: Message) -> None:
        """A moderator deletes it."""
        self.world.delete(message)

    def direct_channel(self, person: User) -> Channel:
        return self.world.direct_channel(person)

    # What happened

    @property
    def requests(self) -> list[LoggedRequest]:
        return self.wire.log

    def requests_to(self, method: str, path: str) -> list[LoggedRequest]:
        """The logged requests of that method whose path the regular expression finds."""
        return [one for one in self.wire.log if one.method == method and re.search(path, one.path)]

    @property
    def invalid_requests(self) -> list[LoggedRequest]:
        """What Discord counts towards its ban: 401, 403 and 429 other than "shared"."""
        return [one for one in self.wire.log if one.is_invalid]

    @property
    def commands(self) -> list[Json]:
        return self.world.global_commands

    @property
    def interactions(self) -> list[Interaction]:
        return list(self.world.interactions.values())

    async def until(
        self, holds: Callable[[], bool], *, timeout_s: float = PATIENCE_S, what: str = "a condition"
    ) -> None:
        await self.world.changes.until(holds, timeout_s=timeout_s, what=what)

    async def connected(self, timeout_s: float = PATIENCE_S) -> None:
        """Until the bot has identified (or resumed) and registered at least one command."""
        await self.until(
            lambda: (
                self.gateway.is_connected and bool(self.world.commands_for(None) or self.world.guild_commands)
            ),
            timeout_s=timeout_s,
            what="a connected bot with commands",
        )

    # What goes wrong

    def advance(self, seconds_s: float) -> None:
        """Moves the clock by which tokens grow old."""
        self.world.clock.advance(seconds_s)

    def set_limits(self, limits: Limits) -> None:
        self.wire.buckets.limits = limits

    def fault(
        self,
        method: str | None,
        path: str,
        *,
        kind: Kind | str = Kind.ANSWER,
        status: int = 500,
        body: Any = None,
        headers: dict[str, str] | None = None,
        via: bool = True,
        hang_s: float = 3600.0,
        times: int | None = 1,
        after: bool = False,
    ) -> Fault:
        """The next `times` requests (None: all) of `method` whose path the regular expression finds go wrong.

        A `str` body is sent as text/html, anything else as JSON. "GET", "/gateway$" also hits the websocket.
        """
        made = Fault(
            method, re.compile(path), Kind(kind), status, body, headers or {}, via, hang_s, times, after
        )
        return self.wire.faults.add(made)
