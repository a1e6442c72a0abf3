"""/healthz and /metrics on loopback: whether the bot is connected to Discord, and its figures."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.observability.meters import Meters


@asynccontextmanager
async def serve_health(port: int, meters: Meters) -> AsyncIterator[None]:
    """Serve until the block ends. Raises OSError where the port is taken.

    Only requests for this machine's own names are answered: /healthz with 200 while the bot is connected and
    503 otherwise, /metrics always with 200.
    """
    # A bot without this page does without the package's memory.
    from bot.observability.metrics import CONTENT_TYPE, exposition  # noqa: PLC0415 — see above

    @web.middleware
    async def of_this_machine(request: web.Request, handler: Handler) -> web.StreamResponse:
        """A web page may point a name of its own at 127.0.0.1 and read what comes back (DNS rebinding)."""
        if request.host not in hosts:
            return web.Response(status=403, text="ask for 127.0.0.1 or localhost\n")
        return await handler(request)

    async def healthz(_request: web.Request) -> web.Response:
        if meters.is_connected():
            return web.Response(text="ok\n")
        return web.Response(status=503, text="not connected\n")

    async def metrics(_request: web.Request) -> web.Response:
        body = exposition(await meters.read())
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE})

    names = ("127.0.0.1", "localhost", "[::1]")
    hosts = {*names, *(f"{name}:{port}" for name in names)}
    app = web.Application(middlewares=[of_this_machine])
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/metrics", metrics)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield
    finally:
        await runner.cleanup()
