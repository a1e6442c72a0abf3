"""A bot that is killed with a hundred jobs running: how soon after its next start all are taken up."""

from __future__ import annotations

from pathlib import Path

from benchmarks.figures import Figure, Spread
from benchmarks.processes import bot, peer

JOBS = 100


async def measure(folder: Path, *, is_thorough: bool) -> list[Figure]:
    rounds = 5 if is_thorough else 2
    waits: list[float] = []
    for number in range(rounds):
        async with peer("benchmarks.discord_rest") as discord, peer("benchmarks.wiro_side") as wiro:
            await discord.tell("ways", has_buckets=False)
            await wiro.tell("plan", is_held=True)
            async with bot(discord, wiro, folder / str(number)) as child:
                await discord.tell("imagine", count=JOBS)
                await wiro.until("listened", JOBS)
                child.process.kill()
                await child.process.wait()
            await wiro.tell("mark")
            async with bot(discord, wiro, folder / str(number)) as child:
                await wiro.until("asked", JOBS)
                asked = [task["asked_s"] for task in (await wiro.tell("record")).values()]
                waits.append(max(asked) - child.ready_s)
    spread = Spread.of(waits)
    return [
        Figure(
            f"restart with {JOBS} jobs running: from READY until the last of them is asked after",
            spread,
            "s",
            "≤ 1 s",
            is_met=spread.median <= 1,
            notes=("below zero: before the gateway had greeted the bot",) if spread.low < 0 else (),
        )
    ]
