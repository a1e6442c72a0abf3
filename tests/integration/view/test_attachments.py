"""Members' files come from Discord's hosts alone: no redirect, and no more bytes than may be worked with."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import pytest
from aiohttp import web

from bot.domain.clock import Clock
from bot.domain.request.errors import InputFault, InputRefused
from bot.domain.request.files import InputFile
from bot.view.files.download import Downloader
from bot.view.files.fetching import Fetcher, downloader_session
from bot.view.files.sources import BOUNDS, FileSources

KIB = 1024
HOSTS = frozenset({"127.0.0.1"})
Serve = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Place:
    """A server that plays Discord's CDN, and what it was asked for."""

    def __init__(self) -> None:
        self.port = 0
        self.asked: list[str] = []
        self.sent_bytes = 0
        self.serve: Serve = self._not_found

    def file(self, name: str = "dog.png") -> InputFile:
        address = f"http://127.0.0.1:{self.port}/{name}"
        return InputFile("inputImage", address, name, "image/png", 10, is_picture=True)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        return await self.serve(request)

    async def endless(self, request: web.Request) -> web.StreamResponse:
        """More than was announced by far; given up when nobody reads on."""
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(4_096):
            await response.write(bytes(64 * KIB))
            self.sent_bytes += 64 * KIB
        return response

    async def _not_found(self, _request: web.Request) -> web.StreamResponse:
        return web.Response(status=404)


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    made = Place()
    app = web.Application()
    app.router.add_get("/{name}", made.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.port = runner.addresses[0][1]
    yield made
    await runner.cleanup()


@pytest.fixture
async def sources() -> AsyncIterator[FileSources]:
    clock = Clock(time.time, time.monotonic)
    bounds = replace(BOUNDS, max_bytes=256 * KIB)
    async with downloader_session(HOSTS) as session:
        attachments = Fetcher(session, HOSTS, bounds, clock=clock, delays=lambda: itertools.repeat(0.01))
        outputs = Downloader(session, HOSTS, clock=clock, delays=lambda: itertools.repeat(0.01))
        yield FileSources(attachments, outputs)


async def fault_of(sources: FileSources, file: InputFile) -> InputFault:
    with pytest.raises(InputRefused) as refused:
        async with asyncio.timeout(300):
            await sources.fetch(file)
    return refused.value.fault


async def test_a_redirect_into_the_machine_is_not_followed(place: Place, sources: FileSources) -> None:
    async def redirect(request: web.Request) -> web.StreamResponse:
        if request.path == "/dog.png":
            return web.Response(status=302, headers={"Location": f"http://127.0.0.1:{place.port}/secret"})
        return web.Response(body=b"inside")

    place.serve = redirect
    assert await fault_of(sources, place.file()) is InputFault.UNAVAILABLE
    assert place.asked == ["/dog.png"]


async def test_a_file_that_outgrows_what_it_says_is_left_in_the_middle(
    place: Place, sources: FileSources
) -> None:
    """What Discord says of its size proves nothing: it is read no further than may be worked with."""
    place.serve = place.endless
    assert await fault_of(sources, place.file()) is InputFault.TOO_LARGE
    assert place.sent_bytes < 64 * 1024 * KIB  # of 256 MiB: what the sockets held when it was left


async def test_a_file_that_is_gone_is_told_at_once(place: Place, sources: FileSources) -> None:
    assert await fault_of(sources, place.file()) is InputFault.UNAVAILABLE
    assert place.asked == ["/dog.png"]


@pytest.mark.parametrize(
    "address", ["https://example.org/dog.png", "http://localhost/dog.png", "file:///etc/passwd", "//x"]
)
async def test_another_host_is_not_even_asked(place: Place, sources: FileSources, address: str) -> None:
    assert await fault_of(sources, replace(place.file(), source_url=address)) is InputFault.UNAVAILABLE
