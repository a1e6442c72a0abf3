"""Downloads over loopback: what is fetched, what is refused, how long it tries, what it leaves behind."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import socket
import struct
import time
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from bot.domain.clock import Clock
from bot.domain.job.job import Output
from bot.domain.job.output_file import (
    OutputError,
    OutputFile,
    OutputHostRefused,
    OutputUnavailable,
    OutputUnsafe,
    OutputUnusable,
)
from bot.view.files.addresses import AddressRefused
from bot.view.files.download import BOUNDS, Downloader
from bot.view.files.fetching import downloader_session
from tests.support.images import encoded

MIB = 1024 * 1024
LOOPBACK = frozenset({"127.0.0.1"})
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


PNG = encoded(compress_level=0)


@dataclass
class Time:
    """A clock that only sleeping moves."""

    now_s: float = 1000.0
    slept_s: list[float] = field(default_factory=list)

    def read(self) -> float:
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        self.slept_s.append(seconds)
        self.now_s += seconds
        await asyncio.sleep(0)

    @property
    def clock(self) -> Clock:
        return Clock(wall=self.read, monotonic=self.read)


@dataclass
class Cdn:
    """A loopback server; `answer` handles every request, `requests` keeps their headers."""

    port: int = 0
    answer: Handler | None = None
    requests: list[web.Request] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        assert self.answer is not None
        return await self.answer(request)

    def serves(self, *answers: Callable[[], web.StreamResponse]) -> None:
        """These answers in turn, the last one for ever."""
        rest = itertools.chain(answers, itertools.repeat(answers[-1]))

        async def answer(_: web.Request) -> web.StreamResponse:
            return next(rest)()

        self.answer = answer

    def output(self, content_type: str = "image/png", name: str = "0.png") -> Output:
        return Output(name, content_type, f"http://127.0.0.1:{self.port}/a/{name}?sig=CANARY")


@pytest.fixture
async def cdn() -> AsyncIterator[Cdn]:
    server = Cdn()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.port = runner.addresses[0][1]
    yield server
    await runner.cleanup()


@dataclass
class Tripwire:
    """A listener nobody may touch."""

    port: int = 0
    touches: int = 0


@pytest.fixture
async def tripwire() -> AsyncIterator[Tripwire]:
    wire = Tripwire()

    def touched(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire.touches += 1
        writer.close()

    server = await asyncio.start_server(touched, "127.0.0.1", 0)
    wire.port = server.sockets[0].getsockname()[1]
    yield wire
    server.close()
    await server.wait_closed()
    assert wire.touches == 0


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with downloader_session(LOOPBACK) as made:
        yield made


@pytest.fixture
def time_() -> Time:
    return Time()


def a_second() -> Iterator[float]:
    return itertools.repeat(1.0)


@pytest.fixture
def downloader(session: aiohttp.ClientSession, time_: Time) -> Downloader:
    return Downloader(session, LOOPBACK, clock=time_.clock, delays=a_second, sleep=time_.sleep)


async def failure(downloader: Downloader, output: Output) -> OutputError:
    """The error of a fetch, which says nothing it should not."""
    with pytest.raises(OutputError) as caught:
        async with asyncio.timeout(300):
            await downloader.fetch(output)
    assert "CANARY" not in f"{caught.value!r} {caught.value}"
    cause: BaseException | None = caught.value
    while cause is not None:
        assert not isinstance(cause, aiohttp.ClientError | OSError)
        cause = cause.__cause__ or cause.__context__
    return caught.value


async def test_a_picture_arrives_as_it_was_sent(cdn: Cdn, downloader: Downloader) -> None:
    cdn.serves(lambda: web.Response(body=PNG, content_type="text/html"))
    output = cdn.output(name="../sub/my pic.jpeg")
    assert await downloader.fetch(output) == OutputFile("my_pic.png", "image/png", PNG, output.url)


async def test_the_request_carries_no_more_than_it_must(cdn: Cdn, time_: Time) -> None:
    """Asked under a name, for which an ordinary cookie jar would keep cookies."""

    def with_cookie() -> web.Response:
        response = web.Response(body=PNG)
        response.set_cookie("track", "me")
        return response

    cdn.serves(with_cookie)
    hosts = frozenset({"localhost"})
    async with downloader_session(hosts, Zone("127.0.0.1")) as session:
        downloader = Downloader(session, hosts, clock=time_.clock, delays=a_second)
        for _ in range(2):
            await downloader.fetch(Output("0.png", "image/png", f"http://localhost:{cdn.port}/0.png"))
    assert len(cdn.requests) == 2
    for request in cdn.requests:
        assert {name.lower() for name in request.headers} == {
            "host",
            "user-agent",
            "accept",
            "accept-encoding",
        }
        assert request.headers["Accept-Encoding"] == "identity"
        assert request.headers["User-Agent"] == "wiro-discord-bot"


async def test_a_text_needs_no_request_and_is_no_file(downloader: Downloader) -> None:
    for text in ("Grüße", ""):
        fetched = await downloader.fetch(Output("answer", "raw", None, text=text))
        assert fetched == OutputFile("answer.md", "text/markdown", None, None)
    assert (await failure(downloader, Output("x", "raw", None))).reason == "no address"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "0 bytes"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'></svg>", "svg"),
        (b"<!doctype html><title>x</title>", "html"),
        (PNG[:-20], "truncated"),
        (b"just words", "text/plain, not a picture"),
        (b"\0\0\0\x20ftypisom\0\0\x02\0", "video/mp4, not a picture"),
        (bytes(100), "unknown kind"),
    ],
)
async def test_what_should_be_a_picture_and_is_none_is_refused(
    cdn: Cdn, downloader: Downloader, body: bytes, reason: str
) -> None:
    cdn.serves(lambda: web.Response(body=body, content_type="image/png"))
    for output in (cdn.output(), cdn.output("IMAGE/PNG; q=1"), cdn.output("application/octet-stream")):
        error = await failure(downloader, output)
        assert isinstance(error, OutputUnusable)
        assert error.reason == reason


async def test_another_kind_is_kept_when_it_is_plausible(cdn: Cdn, downloader: Downloader) -> None:
    clip = b"\0\0\0\x20ftypisom\0\0\x02\0" + bytes(5000)
    cdn.serves(lambda: web.Response(body=clip))
    output = cdn.output("video/mp4", "clip.mov")
    assert await downloader.fetch(output) == OutputFile("clip.mp4", "video/mp4", clip, output.url)


@pytest.mark.parametrize(
    ("body", "reason"), [(b"<html></html>", "html"), (b"<svg/>", "svg"), (b"MZ\x90\0", "program")]
)
async def test_what_a_browser_or_a_machine_would_run_is_not_even_linked(
    cdn: Cdn, downloader: Downloader, body: bytes, reason: str
) -> None:
    cdn.serves(lambda: web.Response(body=body))
    refused = await failure(downloader, cdn.output("application/pdf", "my paper.pdf"))
    assert isinstance(refused, OutputUnsafe)
    assert refused.reason == reason


@pytest.mark.parametrize("body", [bytes(9), b"", b"%PDF-1.7 " + bytes(MIB)])
async def test_another_kind_is_only_linked_when_it_is_not(
    cdn: Cdn, session: aiohttp.ClientSession, time_: Time, body: bytes
) -> None:
    cdn.serves(lambda: web.Response(body=body))
    downloader = Downloader(
        session, LOOPBACK, clock=time_.clock, delays=a_second, bounds=replace(BOUNDS, max_bytes=MIB)
    )
    output = cdn.output("application/pdf", "my paper.pdf")
    assert await downloader.fetch(output) == OutputFile("my_paper.pdf", "application/pdf", None, output.url)


@pytest.mark.parametrize("status", [301, 302, 303, 304, 307, 308])
async def test_a_redirect_is_refused_and_not_followed(
    cdn: Cdn, downloader: Downloader, tripwire: Tripwire, status: int
) -> None:
    target = f"http://127.0.0.1:{tripwire.port}/"
    cdn.serves(lambda: web.Response(status=status, headers={"Location": target}))
    assert isinstance(await failure(downloader, cdn.output()), OutputHostRefused)
    assert isinstance(await failure(downloader, cdn.output("video/mp4")), OutputHostRefused)
    assert len(cdn.requests) == 2


@pytest.mark.parametrize(
    "address",
    [
        "http://localhost:{port}/",
        "http://[::1]:{port}/",
        "http://127.1:{port}/",
        "http://2130706433:{port}/",
        "http://user@127.0.0.1:{port}/",
        "http://127.0.0.1.evil.example:{port}/",
        "https://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "",
    ],
)
async def test_an_address_off_the_list_is_never_asked(
    downloader: Downloader, tripwire: Tripwire, address: str
) -> None:
    output = Output("0.png", "image/png", address.format(port=tripwire.port))
    assert isinstance(await failure(downloader, output), OutputHostRefused)


class Zone(AbstractResolver):
    """Answers each lookup with the next of its addresses."""

    def __init__(self, *addresses: str) -> None:
        self._addresses = iter(addresses)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = ResolveResult(
            hostname=host, host=next(self._addresses), port=port, family=socket.AF_INET, proto=0, flags=0
        )
        return [found]

    async def close(self) -> None:
        """Nothing is held."""


@pytest.mark.parametrize("inside", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1"])
async def test_a_listed_name_that_points_inside_is_refused_at_once(time_: Time, inside: str) -> None:
    hosts = frozenset({"cdn.example"})
    async with downloader_session(hosts, Zone(inside)) as session:
        downloader = Downloader(session, hosts, clock=time_.clock, delays=a_second, sleep=time_.sleep)
        error = await failure(downloader, Output("0.png", "image/png", "https://cdn.example/0.png"))
    assert isinstance(error, OutputHostRefused)
    assert time_.slept_s == []


async def test_a_name_that_changes_its_address_gains_nothing(
    cdn: Cdn, tripwire: Tripwire, time_: Time
) -> None:
    """The first lookup is what is connected to; a later one is checked again."""
    cdn.serves(lambda: web.Response(body=PNG, headers={"Connection": "close"}))
    async with downloader_session(
        frozenset({"localhost", "cdn.example"}), Zone("127.0.0.1", "127.0.0.1")
    ) as session:
        async with session.get(f"http://localhost:{cdn.port}/") as response:
            assert await response.read() == PNG
        with pytest.raises(aiohttp.ClientConnectorDNSError) as caught:
            await session.get(f"http://cdn.example:{tripwire.port}/")
        assert isinstance(caught.value.os_error, AddressRefused)


async def test_a_picture_that_is_late_is_waited_for(cdn: Cdn, downloader: Downloader, time_: Time) -> None:
    cdn.serves(
        lambda: web.Response(status=404),
        lambda: web.Response(status=425),
        lambda: web.Response(status=503),
        lambda: web.Response(body=PNG),
    )
    assert (await downloader.fetch(cdn.output())).content == PNG
    assert time_.slept_s == [1.0, 1.0, 1.0]


async def test_the_server_may_ask_for_a_longer_pause(cdn: Cdn, downloader: Downloader, time_: Time) -> None:
    cdn.serves(
        lambda: web.Response(status=429, headers={"Retry-After": "7"}),
        lambda: web.Response(status=429, headers={"Retry-After": "soon"}),
        lambda: web.Response(body=PNG),
    )
    await downloader.fetch(cdn.output())
    assert time_.slept_s == [7.0, 1.0]


@pytest.mark.parametrize("status", [404, 425, 429, 500, 502])
async def test_patience_ends(cdn: Cdn, downloader: Downloader, time_: Time, status: int) -> None:
    cdn.serves(lambda: web.Response(status=status))
    error = await failure(downloader, cdn.output())
    assert isinstance(error, OutputUnavailable)
    assert error.reason == f"http {status}"
    assert sum(time_.slept_s) == 179.0


@pytest.mark.parametrize("status", [204, 206, 400, 401, 403, 410, 451])
async def test_other_refusals_are_final(cdn: Cdn, downloader: Downloader, time_: Time, status: int) -> None:
    cdn.serves(lambda: web.Response(status=status))
    assert isinstance(await failure(downloader, cdn.output()), OutputUnavailable)
    assert (len(cdn.requests), time_.slept_s) == (1, [])


async def test_a_series_of_pauses_that_ends_ends_the_attempts(
    cdn: Cdn, session: aiohttp.ClientSession, time_: Time
) -> None:
    cdn.serves(lambda: web.Response(status=404))
    downloader = Downloader(
        session, LOOPBACK, clock=time_.clock, delays=lambda: iter([1.0]), sleep=time_.sleep
    )
    assert isinstance(await failure(downloader, cdn.output()), OutputUnavailable)
    assert len(cdn.requests) == 2


async def test_a_connection_that_breaks_is_made_again(downloader: Downloader, time_: Time) -> None:
    """Broken at once, in the middle of the headers, in the middle of the body; then whole."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(PNG)
    scripts = iter([b"", head[:20], head + PNG[:500], b"nonsense\r\n\r\n", head + PNG])

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(next(scripts))
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        fetched = await downloader.fetch(Output("0.png", "image/png", f"http://127.0.0.1:{port}/"))
    assert (fetched.content, list(scripts)) == (PNG, [])
    assert len(time_.slept_s) >= 3  # aiohttp repeats a GET once by itself when a connection ends unanswered
    gone = await failure(downloader, Output("0.png", "image/png", f"http://127.0.0.1:{port}/?sig=CANARY"))
    assert isinstance(gone, OutputUnavailable)


async def test_a_server_that_never_answers_costs_no_more_than_the_patience(
    cdn: Cdn, session: aiohttp.ClientSession
) -> None:
    over = asyncio.Event()

    async def never(_: web.Request) -> web.StreamResponse:
        await over.wait()
        return web.Response()

    cdn.answer = never
    clock = Clock(wall=time.time, monotonic=time.monotonic)
    downloader = Downloader(
        session, LOOPBACK, clock=clock, delays=a_second, bounds=replace(BOUNDS, patience_s=0.2)
    )
    async with asyncio.timeout(300):
        error = await failure(downloader, cdn.output())
    over.set()
    assert isinstance(error, OutputUnavailable)
    assert error.reason == "timeout"


async def drip(request: web.Request, chunks: int, headers: dict[str, str]) -> web.StreamResponse:
    """`chunks` MiB of zeros behind a PNG's magic, until the other side hangs up."""
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    block = bytes(MIB)
    try:
        await response.write(PNG[:100])
        for _ in range(chunks):
            await response.write(block)
    except (ConnectionError, aiohttp.ClientConnectionResetError):
        pass
    return response


async def test_a_declared_size_past_the_cap_is_not_read_and_linked(cdn: Cdn, downloader: Downloader) -> None:
    cdn.answer = lambda request: drip(request, 2, {"Content-Length": str(500 * MIB)})
    for output in (cdn.output(), cdn.output("video/mp4", "clip.mp4")):
        linked = await downloader.fetch(output)
        assert linked == OutputFile(output.name, output.content_type, None, output.url)


async def test_an_endless_answer_is_cut_at_the_cap(
    cdn: Cdn, session: aiohttp.ClientSession, time_: Time
) -> None:
    cdn.answer = lambda request: drip(request, 500, {})
    downloader = Downloader(
        session, LOOPBACK, clock=time_.clock, delays=a_second, bounds=replace(BOUNDS, max_bytes=8 * MIB)
    )
    tracemalloc.start()
    linked = await downloader.fetch(cdn.output())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert linked.content is None
    assert peak < 8 * MIB + 8 * MIB


async def test_a_picture_of_a_format_that_is_not_opened_here_is_kept_as_a_file(
    cdn: Cdn, downloader: Downloader
) -> None:
    avif = b"\0\0\0\x20ftypavif\0\0\0\0" + bytes(100)
    cdn.serves(lambda: web.Response(body=avif))
    output = cdn.output("image/avif", "0.avif")
    assert await downloader.fetch(output) == OutputFile("0.avif", "image/avif", avif, output.url)


async def test_the_cap_itself_is_allowed(cdn: Cdn, session: aiohttp.ClientSession, time_: Time) -> None:
    cdn.serves(lambda: web.Response(body=PNG))
    for cap, fits in ((len(PNG), True), (len(PNG) - 1, False)):
        downloader = Downloader(
            session, LOOPBACK, clock=time_.clock, delays=a_second, bounds=replace(BOUNDS, max_bytes=cap)
        )
        assert (await downloader.fetch(cdn.output())).content == (PNG if fits else None)


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "br", "deflate", "identity, gzip"])
async def test_a_compressed_answer_is_refused_unopened(
    cdn: Cdn, downloader: Downloader, encoding: str
) -> None:
    bomb = gzip.compress(bytes(50 * MIB))
    cdn.serves(lambda: web.Response(body=bomb, headers={"Content-Encoding": encoding}))
    tracemalloc.start()
    error = await failure(downloader, cdn.output())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (type(error), error.reason) == (OutputUnusable, "content encoding")
    assert peak < 8 * MIB


async def test_a_large_picture_is_held_once(cdn: Cdn, downloader: Downloader) -> None:
    large = encoded(size=(3300, 3100), compress_level=0)
    assert len(large) > 29 * MIB

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(len(large))})
        await response.prepare(request)
        for at in range(0, len(large), MIB):
            await response.write(large[at : at + MIB])
        return response

    cdn.answer = answer
    tracemalloc.start()
    fetched = await downloader.fetch(cdn.output())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert fetched.content == large
    assert peak < len(large) * 1.25 + 8 * MIB


async def test_a_bomb_of_pixels_is_never_unpacked(cdn: Cdn, downloader: Downloader) -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 30_000, 30_000, 8, 0, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(bytes(30 * MIB)))
    bomb = b"\x89PNG\r\n\x1a\n" + header + pixels + chunk(b"IEND", b"")
    cdn.serves(lambda: web.Response(body=bomb))
    tracemalloc.start()
    error = await failure(downloader, cdn.output())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert error.reason == "30000x30000 pixels"
    assert peak < 8 * MIB


async def test_no_more_than_the_allowed_number_run_at_once(
    cdn: Cdn, session: aiohttp.ClientSession, time_: Time
) -> None:
    running, most = 0, 0

    async def answer(_: web.Request) -> web.StreamResponse:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1
        return web.Response(body=PNG)

    cdn.answer = answer
    downloader = Downloader(
        session, LOOPBACK, clock=time_.clock, delays=a_second, bounds=replace(BOUNDS, max_fetches=2)
    )
    fetched = await asyncio.gather(*(downloader.fetch(cdn.output()) for _ in range(8)))
    assert [picture.content for picture in fetched] == [PNG] * 8
    assert most == 2


async def test_one_late_picture_does_not_hold_up_the_others(cdn: Cdn, session: aiohttp.ClientSession) -> None:
    pausing, others_done = asyncio.Event(), asyncio.Event()

    async def sleep(_: float) -> None:
        pausing.set()
        await others_done.wait()

    cdn.serves(lambda: web.Response(status=404), lambda: web.Response(body=PNG))
    downloader = Downloader(
        session,
        LOOPBACK,
        clock=Time().clock,
        delays=a_second,
        sleep=sleep,
        bounds=replace(BOUNDS, max_fetches=1),
    )
    async with asyncio.timeout(300):
        late = asyncio.create_task(downloader.fetch(cdn.output()))
        await pausing.wait()
        assert (await downloader.fetch(cdn.output())).content == PNG
        others_done.set()
        assert (await late).content == PNG


async def test_a_cancelled_fetch_ends_and_gives_its_turn_back(
    cdn: Cdn, session: aiohttp.ClientSession, time_: Time
) -> None:
    asked, over = asyncio.Event(), asyncio.Event()

    async def hang(_: web.Request) -> web.StreamResponse:
        asked.set()
        await over.wait()
        return web.Response(body=PNG)

    cdn.answer = hang
    downloader = Downloader(
        session, LOOPBACK, clock=time_.clock, delays=a_second, bounds=replace(BOUNDS, max_fetches=1)
    )
    async with asyncio.timeout(300):
        hanging = asyncio.create_task(downloader.fetch(cdn.output()))
        await asked.wait()
        hanging.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hanging
        over.set()
        assert (await downloader.fetch(cdn.output())).content == PNG


async def test_the_session_trusts_nothing_around_it(
    cdn: Cdn, tripwire: Tripwire, time_: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{tripwire.port}")
    cdn.serves(lambda: web.Response(body=PNG))
    async with downloader_session(LOOPBACK) as session:
        downloader = Downloader(session, LOOPBACK, clock=time_.clock, delays=a_second, sleep=time_.sleep)
        async with asyncio.timeout(300):
            assert (await downloader.fetch(cdn.output())).content == PNG


# --- whether something is still there --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "is_gone"), [(200, False), (404, True), (410, True), (403, True), (503, False)]
)
async def test_an_address_is_looked_at_without_its_body(
    downloader: Downloader, cdn: Cdn, status: int, is_gone: bool
) -> None:
    cdn.serves(lambda: web.Response(status=status))
    assert await downloader.is_gone(cdn.output().url or "") is is_gone
    assert [request.method for request in cdn.requests] == ["HEAD"]


async def test_what_cannot_be_told_is_not_taken_for_gone(
    downloader: Downloader, cdn: Cdn, tripwire: Tripwire
) -> None:
    cdn.serves(lambda: web.Response(status=302, headers={"Location": f"http://127.0.0.1:{tripwire.port}/"}))
    assert not await downloader.is_gone(cdn.output().url or "")
    assert not await downloader.is_gone("http://elsewhere.example/a.png")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        assert not await downloader.is_gone(f"http://127.0.0.1:{unused.getsockname()[1]}/a.png")
