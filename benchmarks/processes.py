"""The processes of a measurement: the stand-ins, and whatever bot stands between them."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import aiohttp

ROOT: Final = Path(__file__).resolve().parents[1]
START_S: Final = 30.0
STOP_S: Final = 10.0
PATIENCE_S: Final = 120
TOKEN: Final = "bench.token.aaaaaaaaaaaaaaaaaaaaaaaa"  # noqa: S105 — of a server that does not look

Pipe = TypeVar("Pipe")


class MeasurementFailed(Exception):
    """A process ended or did not answer."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A stand-in and the way to tell it things."""

    url: str
    session: aiohttp.ClientSession

    async def tell(self, what: str, **body: Any) -> Any:
        async with self.session.post(f"{self.url}/_/{what}", json=body) as answer:
            if answer.status != 200:
                raise MeasurementFailed(f"{what}: {await answer.text()}")
            return await answer.json()

    async def until(self, what: str, least: int) -> None:
        """Until so many are counted."""
        for _ in range(PATIENCE_S * 4):
            counted = (await self.tell("counts")).get(what, 0)
            if counted >= least:
                return
            await asyncio.sleep(0.25)
        raise MeasurementFailed(f"{what}: {counted} of {least}")


@dataclass(frozen=True, slots=True)
class Child:
    """A bot under measurement."""

    process: asyncio.subprocess.Process
    ready_s: float  # on CLOCK_MONOTONIC, when the gateway greeted it

    def status_kib(self, name: str) -> int:
        """A figure of /proc, such as VmRSS."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1])
        raise MeasurementFailed(f"no {name} of process {self.process.pid}")


@asynccontextmanager
async def peer(module: str) -> AsyncIterator[Peer]:
    """A stand-in of this package, until the block ends."""
    async with _process("-m", module, environment={}) as process:
        line = await asyncio.wait_for(_pipe(process.stdout).readline(), START_S)
        if not line:
            raise MeasurementFailed(f"{module} did not start")
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=300)) as session:
            yield Peer(line.decode().strip(), session)


@asynccontextmanager
async def bot(
    discord: Peer, wiro: Peer, folder: Path, *, arguments: tuple[str, ...] = ("-m", "bot", "run"), **more: str
) -> AsyncIterator[Child]:
    """A bot between the stand-ins, connected to the gateway, until the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    environment = {
        "DISCORD_TOKEN": TOKEN,
        "DISCORD_API_URL": f"{discord.url}/api/v10",
        "WIRO_API_KEY": "bench",
        "WIRO_API_SECRET": "",
        "WIRO_API_URL": f"{wiro.url}/v1",
        "WIRO_SOCKET_URL": f"{wiro.url}/v1".replace("http", "ws", 1),
        "WIRO_OUTPUT_HOSTS": "127.0.0.1",
        "DISCORD_CDN_HOSTS": "127.0.0.1",
        "DATABASE_URL": f"sqlite:///{folder / 'bench.sqlite3'}",
        "DEFAULT_RUNS_PER_DAY": "1000000",
        "DEFAULT_SPEND_PER_DAY": "1000000",
        "DEFAULT_AT_ONCE": "1000",
        "OPERATOR_SPEND_PER_DAY": "1000000",
        "LOG_LEVEL": "WARNING",
        **more,
    }
    await discord.tell("expect")
    async with _process(*arguments, environment=environment, cwd=folder) as process:
        ready = asyncio.create_task(discord.tell("ready"), name="ready")
        gone = asyncio.create_task(process.wait(), name="gone")
        await asyncio.wait({ready, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not ready.done():
            ready.cancel()
            raise MeasurementFailed(f"{' '.join(arguments)} ended with code {process.returncode}")
        gone.cancel()
        yield Child(process, (await ready)["at_s"])


def _pipe(end: Pipe | None) -> Pipe:
    if end is None:
        raise MeasurementFailed("a process without pipes")
    return end


@asynccontextmanager
async def _process(
    *arguments: str, environment: Mapping[str, str], cwd: Path | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Ended by end of input or a signal, killed where it does not go."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        cwd=cwd or ROOT,
        env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(ROOT), **environment},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            _pipe(process.stdin).close()
            if environment:
                process.terminate()
            try:
                await asyncio.wait_for(process.wait(), STOP_S)
            except TimeoutError:
                process.kill()
                await process.wait()
