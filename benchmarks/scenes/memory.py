"""What the bot weighs and how soon it stands: idle beside a bare bot, and with thousands of tasks."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from benchmarks.figures import Figure, Spread
from benchmarks.processes import Peer, bot, peer

BARE = ("-m", "benchmarks.bare_bot")
OURS = ("-m", "bot", "run")
SETTLE_S = 3.0
BATCH = 500


async def measure(folder: Path, *, is_thorough: bool) -> list[Figure]:
    rounds = 5 if is_thorough else 2
    weights: dict[str, list[float]] = {"ours": [], "bare": []}
    starts: dict[str, list[float]] = {"ours": [], "bare": []}
    for number in range(rounds):
        for name, arguments in (("bare", BARE), ("ours", OURS)):
            async with peer("benchmarks.discord_rest") as discord, peer("benchmarks.wiro_side") as wiro:
                begun_s = time.monotonic()
                async with bot(discord, wiro, folder / f"{name}{number}", arguments=arguments) as child:
                    starts[name].append(time.monotonic() - begun_s)
                    await asyncio.sleep(SETTLE_S)
                    weights[name].append(child.status_kib("VmRSS") / 1024)
    ratio = Spread.of_ratios(weights["ours"], weights["bare"])
    start_ratio = Spread.of_ratios(starts["ours"], starts["bare"])
    return [
        Figure(
            "idle, resident memory",
            Spread.of(weights["ours"]),
            "MiB",
            "≤ 1.3 × bare",
            Spread.of(weights["bare"]),
            "bare discord.py bot",
            ratio,
            ratio.median <= 1.3,
        ),
        Figure(
            "start to the gateway's READY",
            Spread.of(starts["ours"]),
            "s",
            "",
            Spread.of(starts["bare"]),
            "bare discord.py bot",
            start_ratio,
        ),
        await _per_task(folder, 10_000 if is_thorough else 1_000),
    ]


async def _per_task(folder: Path, count: int) -> Figure:
    async with peer("benchmarks.discord_rest") as discord, peer("benchmarks.wiro_side") as wiro:
        await wiro.tell("plan", is_held=True)
        await discord.tell("ways", has_buckets=False)
        async with bot(discord, wiro, folder / "tasks", SILENCE_S="600") as child:
            await _running(discord, wiro, 100)  # what is loaded once is not a task's
            before_kib = child.status_kib("VmRSS")
            for at in range(100, count + 100, BATCH):
                await _running(discord, wiro, min(BATCH, count + 100 - at))
            await asyncio.sleep(SETTLE_S)
            after_kib = child.status_kib("VmRSS")
    each = (after_kib - before_kib) / count
    return Figure(
        f"memory for each of {count:,} running tasks on a shared socket",
        Spread(each, each, each),
        "KiB",
        "≤ 16 KiB",
        is_met=each <= 16,
        notes=(f"{after_kib / 1024:.0f} MiB resident with all of them",),
        more={"resident_mib": after_kib / 1024},
    )


async def _running(discord: Peer, wiro: Peer, more: int) -> None:
    """So many more jobs, each at Wiro and shown once."""
    before = (await wiro.tell("counts"))["listened"]
    await discord.tell("clear")
    await discord.tell("imagine", count=more)
    await wiro.until("listened", before + more)
    await discord.until("edit", more)
