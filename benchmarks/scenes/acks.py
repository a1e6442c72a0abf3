"""How soon commands are acknowledged: a thousand at once, and one while the disk stands still."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

from benchmarks.figures import Figure, Spread, percentile
from benchmarks.processes import Peer, bot, peer

FLOOR = ("-m", "benchmarks.acking_bot")
STALLED = ("-m", "benchmarks.stalled_bot")


async def measure(folder: Path, *, is_thorough: bool) -> list[Figure]:
    rounds = 5 if is_thorough else 2
    count = 1_000
    ours: list[float] = []
    floors: list[float] = []
    async with peer("benchmarks.discord_rest") as discord, peer("benchmarks.wiro_side") as wiro:
        await wiro.tell("plan", is_held=True)
        for number in range(rounds):
            async with bot(discord, wiro, folder / f"floor{number}", arguments=FLOOR):
                floors.append(percentile(await _acked(discord, count), 0.99))
            async with bot(discord, wiro, folder / f"ours{number}"):
                ours.append(percentile(await _acked(discord, count), 0.99))
        async with bot(discord, wiro, folder / "stalled", arguments=STALLED) as child:
            await _acked(discord, 5)
            stalled = []
            for _ in range(rounds):
                child.process.send_signal(signal.SIGUSR1)
                await asyncio.sleep(0.2)
                stalled.append((await _acked(discord, 1))[0])
                await asyncio.sleep(10.5)
    spread, still = Spread.of(ours), Spread.of([one * 1e3 for one in stalled])
    return [
        Figure(
            "acknowledgement of 1,000 commands at once, p99",
            spread,
            "s",
            "≤ 0.30 s",
            Spread.of(floors),
            "a bot that only acknowledges",
            Spread.of_ratios(ours, floors),
            spread.median <= 0.30,
        ),
        Figure(
            "acknowledgement while the database stands still",
            still,
            "ms",
            "< 100 ms",
            is_met=still.high < 100,
        ),
    ]


async def _acked(discord: Peer, count: int) -> list[float]:
    """Seconds from the event to the callback, for each of so many commands at once."""
    await discord.tell("clear")
    await discord.tell("imagine", count=count)
    await discord.until("callback", count)
    record = await discord.tell("record")
    acked = {entry["key"]: entry["at_s"] for entry in record["entries"] if entry["kind"] == "callback"}
    return [acked[token] - sent_s for token, sent_s in record["sent_s"].items()]
