"""A process of its own that fetches what a hostile server gives, and prints what that took at its peak.

`python -m tests.fuzz.fuzz_memory downloads | delivery | fit`. One line of JSON: floor, peak and cap in bytes.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import io
import json
import resource
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from itertools import repeat
from pathlib import Path
from random import Random
from typing import Any

from aiohttp import web
from PIL import Image

from bot.domain.clock import Clock
from bot.domain.job.events import Settled
from bot.domain.job.job import Job, Output, Stage
from bot.domain.job.lifecycle import advance
from bot.domain.job.output_file import OutputError, OutputFile
from bot.domain.job.status_update import DeliveryOutcome, StatusUpdate
from bot.services.runs.delivery import ResultDelivery
from bot.services.runs.memory_budget import MEMORY_BUDGET_BYTES, MemoryBudget
from bot.services.supervisor import Supervisor
from bot.view.files.download import BOUNDS, PEAK_BYTES, Downloader
from bot.view.files.fetching import downloader_session
from bot.view.files.media import FIT_BYTES, fit
from sandbox.engine.fake import FakeEngine
from tests.fuzz.fuzz_pictures import MIB, TRAPS, chunk, png
from tests.support.samples import a_job

LARGE_BYTES = 24 * MIB
Serve = Callable[[web.Request], Awaitable[web.StreamResponse]]


def large_png(size: int = LARGE_BYTES) -> bytes:
    """A small picture in a large file."""
    return png(8, 8, chunk(b"teSt", b"\0" * size))


class Watermark:
    """The highest the process has stood, above where it was when this was made."""

    def __init__(self) -> None:
        self._is_over = threading.Event()
        self.floor = self.peak = _resident()
        self._thread = threading.Thread(target=self._watch, name="watermark")
        self._thread.start()

    def _watch(self) -> None:
        while not self._is_over.wait(0.002):
            self.peak = max(self.peak, _resident())

    def read(self) -> int:
        self._is_over.set()
        self._thread.join()
        # The system's own mark misses nothing, but knows the time before as well.
        marked = _high_water()
        return marked if marked > self.floor + MIB else self.peak


def _high_water() -> int:
    """Of this program alone: getrusage begins with the size of the process that started it."""
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize()


@contextlib.asynccontextmanager
async def serving(routes: dict[str, Serve]) -> AsyncIterator[str]:
    async def handle(request: web.Request) -> web.StreamResponse:
        return await routes[request.match_info["name"]](request)

    app = web.Application()
    app.router.add_get("/{name}", handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def of_bytes(content: bytes, **headers: str) -> Serve:
    async def serve(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(len(content)), **headers})
        await response.prepare(request)
        view = memoryview(content)
        with contextlib.suppress(ConnectionError):
            for at in range(0, len(view), 256 * 1024):
                await response.write(bytes(view[at : at + 256 * 1024]))
        return response

    return serve


def endless(first: bytes, announced: int | None = None) -> Serve:
    async def serve(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        if announced is not None:
            response.content_length = announced
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            await response.write(first)
            for _ in range(8_192):
                await response.write(b"\0" * 64 * 1024)
        return response

    return serve


def downloader(session: Any) -> Downloader:
    loop = asyncio.get_running_loop()
    clock = Clock(loop.time, loop.time)
    hosts, bounds = frozenset({"127.0.0.1"}), replace(BOUNDS, patience_s=60)
    return Downloader(session, hosts, clock=clock, delays=lambda: repeat(0.01), bounds=bounds)


def output(url: str, name: str) -> Output:
    return Output(f"{name}.png", "image/png", f"{url}/{name}")


async def downloads() -> dict[str, int]:
    """Every trap there is, all at once, and each picture dropped as it comes."""
    bomb = gzip.compress(b"\0" * 256 * MIB, 9)
    routes = {
        "gzip-bomb": of_bytes(bomb, **{"Content-Encoding": "gzip"}),
        "endless": endless(large_png(64)[:40]),
        "announced": endless(b"", announced=500 * MIB),
        "sixty": of_bytes(png(8, 8) + b"\0" * 60 * MIB),
    }
    names = [
        "30,000 x 30,000 png",
        "60 packed texts",
        "1,000 EXIF segments",
        "60 MiB of text in four bytes a letter",
    ]
    routes |= {str(number): of_bytes(TRAPS[name]()) for number, name in enumerate(names)}
    hosts = frozenset({"127.0.0.1"})
    async with serving(routes) as url, downloader_session(hosts) as session:
        fetcher = downloader(session)
        mark = Watermark()

        async def fetch(name: str) -> int:
            try:
                return len((await fetcher.fetch(output(url, name))).content or b"")
            except OutputError:
                return -1

        sizes = await asyncio.gather(*(fetch(name) for name in list(routes) * 2))
        peak = mark.read()
    refused = sum(size <= 0 for size in sizes)  # or linked, without its content
    return {"floor": mark.floor, "peak": peak, "cap": PEAK_BYTES, "refused": refused, "asked": len(sizes)}


class SlowBoard:
    """Shows no ending before every picture has been fetched once, so that they pile up."""

    def __init__(self) -> None:
        self.may_begin = asyncio.Event()
        self.shown_bytes = 0
        self.linked = 0

    def show(self, news: StatusUpdate) -> None: ...

    async def withhold(self, job_id: int) -> None: ...

    def drop(self, job_id: int) -> None: ...

    async def finalize(self, news: StatusUpdate, pictures: Sequence[OutputFile]) -> DeliveryOutcome:
        await self.may_begin.wait()
        self.shown_bytes += sum(len(picture.content or b"") for picture in pictures)
        self.linked += sum(picture.content is None for picture in pictures)
        return DeliveryOutcome.SHOWN


class NoRecord:
    """A store that is told of deliveries only."""

    async def mark_delivered(self, job: Job) -> None: ...


async def delivery(jobs: int = 26) -> dict[str, int]:
    """Jobs that end at the same moment, each with a picture of 24 MiB, and the time it takes to show them."""
    whole = large_png()
    board = SlowBoard()
    room = MemoryBudget()
    store: Any = NoRecord()
    async with (
        serving({"large": of_bytes(whole)}) as url,
        downloader_session(frozenset({"127.0.0.1"})) as session,
    ):
        pictures = downloader(session)
        bringer = ResultDelivery(
            store,
            board,
            pictures,
            FakeEngine().open,
            Supervisor(asyncio.create_task),
            lambda: repeat(0.01),
            room,
        )
        mark = Watermark()

        left = set(range(1, jobs + 1))

        async def finish(job_id: int) -> None:
            job = a_job(job_id, stage=Stage.FINISHING)
            settled = Settled(is_success=True, cost=None, outputs=(output(url, "large"),))
            inspected = await bringer.inspect(job, settled)
            left.remove(job_id)
            if not left:
                board.may_begin.set()
            await bringer.deliver(advance(job, inspected), "")

        await asyncio.gather(*(finish(job_id) for job_id in range(1, jobs + 1)))
        peak = mark.read()
    return {
        "floor": mark.floor,
        "peak": peak,
        "cap": PEAK_BYTES + MEMORY_BUDGET_BYTES,
        "all": jobs * len(whole),
        "shown": board.shown_bytes,
        "linked": board.linked,
        "held": room.held_bytes,
    }


async def fits() -> dict[str, int]:
    """The largest picture that is let in, of noise, made to fit."""
    size = (8_000, 5_000)
    out = io.BytesIO()
    noise = Random(1).randbytes(size[0] * size[1] * 3)
    Image.frombytes("RGB", size, noise).save(out, "PNG", compress_level=0)
    content = out.getvalue()
    del out, noise
    mark = Watermark()
    fitted = await asyncio.to_thread(fit, OutputFile("0.png", "image/png", content, None), len(content) // 2)
    assert fitted.content is not None
    assert len(fitted.content) <= len(content) // 2
    # Sampled, not the system's mark: that still knows how the noise was made.
    mark.read()
    return {"floor": mark.floor, "peak": mark.peak, "cap": FIT_BYTES}


if __name__ == "__main__":
    work = {"downloads": downloads, "delivery": delivery, "fit": fits}[sys.argv[1]]
    sys.stdout.write(json.dumps(asyncio.run(work())) + "\n")
