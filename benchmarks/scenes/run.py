"""A signed Run through our client beside the same request sent bare: the price of signing and checking."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import aiohttp

from benchmarks.figures import Figure, Spread, percentile
from benchmarks.processes import peer
from benchmarks.wiro_side import SLUG
from bot.domain.catalogue.model import Value
from bot.domain.clock import Clock
from bot.engines.wiro.client import WiroClient
from bot.engines.wiro.signing import Credentials

PARAMETERS: Mapping[str, Value] = {
    "prompt": "a lighthouse at dusk",
    "steps": 28,
    "seed": "7",
    "width": 1024,
    "height": 1024,
}


async def measure(_folder: Path, *, is_thorough: bool) -> list[Figure]:
    rounds, calls = (9, 300) if is_thorough else (3, 100)
    waits: dict[str, list[float]] = {"ours": [], "floor": []}
    async with peer("benchmarks.wiro_side") as wiro, aiohttp.ClientSession() as session:
        await wiro.tell("plan", is_held=True)
        clock = Clock(time.time, time.monotonic)
        client = WiroClient(session, f"{wiro.url}/v1", Credentials("bench", "secret"), clock=clock)
        url = f"{wiro.url}/v1/Run/{'/'.join(SLUG)}"

        async def bare() -> None:
            async with session.post(url, json=dict(PARAMETERS)) as answer:
                await answer.json()

        async def ours() -> None:
            await client.run("/".join(SLUG), PARAMETERS, key="k")

        for _ in range(rounds):
            for name, send in (("floor", bare), ("ours", ours)):
                waits[name].append(await _median_us(send, calls))
            await wiro.tell("clear")
    return [
        Figure(
            "a signed Run, one by one",
            Spread.of(waits["ours"]),
            "µs",
            "",
            Spread.of(waits["floor"]),
            "bare aiohttp",
            Spread.of_ratios(waits["ours"], waits["floor"]),
        )
    ]


async def _median_us(send: Callable[[], Awaitable[None]], calls: int) -> float:
    waits = []
    for _ in range(calls):
        begun_s = time.perf_counter()
        await send()
        waits.append(time.perf_counter() - begun_s)
    return percentile(waits, 0.5) * 1e6
