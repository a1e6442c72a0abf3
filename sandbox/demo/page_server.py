"""The demo's web server: a page on 127.0.0.1 that looks and behaves like a Discord channel."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.demo.page_actions import Actions
from sandbox.demo.page_commands import Refusal, catalogue
from sandbox.demo.page_media import headers, inspect
from sandbox.demo.page_rooms import World
from sandbox.demo.page_state import InteractionNames, StateWriter
from sandbox.demo.simulated_discord import WallClock

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    import simcord

    from sandbox.demo.page_rooms import Json, PageChannel, Room, Viewer
    from sandbox.demo.page_state import Snapshot

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

log = logging.getLogger(__name__)

_HERE = Path(__file__).parent / "page"
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_LOOK_EVERY_S = 0.1
_LOOK_ANYWAY_S = 1.0
_LOOKS_AFTER_CHANGE = 5  # a call of the bot is logged shortly before it takes effect
_ALIVE_EVERY_S = 15.0
_BODY_LIMIT = 64 << 20
_STOP_S = 2.0

_SAFETY = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'; "
        "require-trusted-types-for 'script'"
    ),
}


class DiscordPage:
    """Serves one simulated server to the browsers of this machine.

    Between `start` and `stop` the page is the only driver of `env`: simcord takes one operation at a time,
    and the page's lock orders only its own. The bot has to be ready (`await env.start()`) before `start`.

    Args:
        env: a started environment.
        channels: the server's channels, in the order of the sidebar.
        viewers: the people to switch between; the first is shown first. All belong to one server.
        others: further members of the server, offered where a person is to be chosen.
        port: 0 lets the system choose.
        title: of the browser's tab.
        bot_name: what the bot is called on the page; simcord's own bot account is called "TestBot".
    """

    def __init__(
        self,
        env: simcord.Env,
        *,
        channels: Sequence[PageChannel],
        viewers: Sequence[Viewer],
        others: Sequence[simcord.MemberActor] = (),
        port: int = 0,
        title: str = "Demo",
        bot_name: str | None = None,
    ) -> None:
        self._env = env
        self._port = port
        self._run_id = secrets.token_hex(4)
        self._lock = asyncio.Lock()
        self._clock = WallClock(env, self._lock)
        self._names = InteractionNames()
        self._world = World(
            env, channels=channels, viewers=viewers, others=others, title=title, bot_name=bot_name
        )
        self._state = StateWriter(self._world, self._names, self._clock.real_s, run_id=self._run_id)
        self._actions = Actions(self._world, self._state, self._lock)
        self._closing = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self._ticking: asyncio.Task[None] | None = None

    async def start(self) -> str:
        """Bring simcord's clock to the present, listen, and return the page's address.

        Raises OSError where the port is taken.
        """
        add_listener = getattr(self._env.bot, "add_listener", None)
        if callable(add_listener):
            add_listener(self._names.on_interaction, "on_interaction")
        await self._clock.align()
        self._runner = web.AppRunner(self._app(), access_log=None, shutdown_timeout=_STOP_S)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        try:
            await site.start()
        except OSError:
            await self._runner.cleanup()
            raise
        self._port = int(self._runner.addresses[0][1])
        self._ticking = asyncio.create_task(self._clock.run(), name="demo page: clock")
        return f"http://127.0.0.1:{self._port}/"

    async def stop(self) -> None:
        """End the event streams, stop listening and stop the clock."""
        self._closing.set()
        if self._ticking is not None:
            self._ticking.cancel()
            await asyncio.gather(self._ticking, return_exceptions=True)
        if self._runner is not None:
            await self._runner.cleanup()
        remove_listener = getattr(self._env.bot, "remove_listener", None)
        if callable(remove_listener):
            remove_listener(self._names.on_interaction, "on_interaction")

    def _app(self) -> web.Application:
        app = web.Application(middlewares=[self._guard], client_max_size=_BODY_LIMIT)
        app.add_routes(
            [
                web.get("/", self._file),
                web.get("/page/{name}", self._file),
                web.get("/api/world", self._describe),
                web.get("/api/commands", self._commands),
                web.get("/api/events", self._events),
                web.post("/api/act/{verb}", self._act),
                web.get("/media/{run}/{viewer}/{channel}/{message}/{attachment}/{name}", self._media),
            ]
        )
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer only this page: other sites share its browser and may point their names here."""
        hosts = (f"127.0.0.1:{self._port}", f"localhost:{self._port}")
        if request.host not in hosts:
            return _refused(403, "This address serves the demo's own page only.")
        if request.method not in ("GET", "HEAD"):
            if request.headers.get("Origin") != f"http://{request.host}":
                return _refused(403, "This request does not come from the demo's own page.")
            if request.content_type != "application/json":
                return _refused(415, "This request is not JSON.")
        try:
            response = await handler(request)
        except web.HTTPException as error:
            error.headers.update(_SAFETY)
            raise
        if not response.prepared:
            for name, value in _SAFETY.items():
                response.headers.setdefault(name, value)
        return response

    async def _file(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info.get("name", "index.html")
        path = _HERE / name
        mime = _TYPES.get(path.suffix)
        if mime is None or path.parent != _HERE or not path.is_file():
            raise web.HTTPNotFound(text="There is no such page.")
        return web.Response(body=path.read_bytes(), content_type=mime, charset="utf-8")

    async def _describe(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(self._world.describe(self._viewer(request)))

    async def _commands(self, request: web.Request) -> web.StreamResponse:
        room = self._room(self._viewer(request).key, request.query.get("channel", ""))
        return web.json_response(catalogue(self._world, room))

    async def _act(self, request: web.Request) -> web.StreamResponse:
        try:
            body = await request.json()
            return web.json_response(await self._actions.perform(request.match_info["verb"], body))
        except web.HTTPRequestEntityTooLarge:
            megabytes = (_BODY_LIMIT >> 20) * 3 // 4
            return web.json_response(
                {"error": f"That is too large: files may have {megabytes} MB together."}, status=413
            )
        except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
            return web.json_response(
                {"error": "That request was not understood. Reload the page."}, status=400
            )
        except Refusal as refusal:
            return web.json_response({"error": refusal.sentence, "option": refusal.option}, status=400)

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: first everything that the viewer sees, then each change within 0.1 s."""
        viewer = self._viewer(request)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", **_SAFETY})
        await response.prepare(request)
        try:
            await self._stream(response, viewer)
        except ConnectionResetError:
            log.debug("a browser went away")
        return response

    async def _stream(self, response: web.StreamResponse, viewer: Viewer) -> None:
        loop = asyncio.get_running_loop()
        await response.write(_event({"run": self._run_id}))
        shown: Snapshot | None = None
        revision, looks_left, looked_s, wrote_s = -1, 1, 0.0, loop.time()
        while not self._closing.is_set():
            if self._revision() != revision:
                revision, looks_left = self._revision(), _LOOKS_AFTER_CHANGE
            if looks_left or loop.time() - looked_s >= _LOOK_ANYWAY_S:
                looks_left, looked_s = max(0, looks_left - 1), loop.time()
                snapshot = await self._state.snapshot(viewer)
                changes = snapshot.changes_since(shown)
                shown = snapshot
                if changes is not None:
                    await response.write(_event(changes))
                    wrote_s = loop.time()
            if loop.time() - wrote_s >= _ALIVE_EVERY_S:
                await response.write(b": still here\n\n")
                wrote_s = loop.time()
            try:
                async with asyncio.timeout(_LOOK_EVERY_S):
                    await self._closing.wait()
            except TimeoutError:
                continue

    def _revision(self) -> int:
        """Grows with every call of the bot and every action on the page: nothing else changes a message."""
        return len(self._env.http_requests) + self._actions.count

    async def _media(self, request: web.Request) -> web.StreamResponse:
        at = request.match_info
        message = self._room(at["viewer"], at["channel"]).message(at["message"])
        attachment = (
            next((a for a in message.attachments if str(a.id) == at["attachment"]), None) if message else None
        )
        if attachment is None or at["run"] != self._run_id:
            raise web.HTTPNotFound(text="That file is gone.")
        data = await attachment.read()
        return web.Response(body=data, headers=headers(inspect(data, attachment.content_type)))

    def _viewer(self, request: web.Request) -> Viewer:
        key = request.query.get("as", next(iter(self._world.viewers)))
        viewer = self._world.viewers.get(key)
        if viewer is None:
            raise web.HTTPNotFound(text="There is no such viewer.")
        return viewer

    def _room(self, viewer_key: str, channel_id: str) -> Room:
        room = self._world.room(viewer_key, channel_id)
        if room is None:
            raise web.HTTPNotFound(text="There is no such channel.")
        return room


def _event(data: Json) -> bytes:
    return b"data: " + json.dumps(data, ensure_ascii=False, default=str).encode() + b"\n\n"


def _refused(status: int, sentence: str) -> web.Response:
    body: dict[str, Any] = {"error": sentence}
    return web.json_response(body, status=status, headers=_SAFETY)
