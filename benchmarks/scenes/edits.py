"""From the socket to the status edit, and from the last event to the picture, beside a bare relay."""

from __future__ import annotations

from pathlib import Path

from benchmarks.figures import Figure, Spread, percentile
from benchmarks.processes import bot, peer
from benchmarks.timeline import imagined, relayed

PICTURE_BYTES = 1_500_000
PATIENCE_S = 60.0


async def measure(folder: Path, *, is_thorough: bool) -> list[Figure]:
    rounds = 9 if is_thorough else 3
    lags: dict[str, list[float]] = {"ours": [], "floor": []}
    delays: dict[str, list[float]] = {"ours": [], "floor": []}
    ratios: list[float] = []
    shown: list[float] = []  # share of the steps that were: one that is left out has no delay
    async with peer("benchmarks.discord_rest") as discord, peer("benchmarks.wiro_side") as wiro:
        await discord.tell("ways", has_buckets=False)
        await wiro.tell("plan", ticks_a_second=20, shortest_s=2, longest_s=2, picture_bytes=PICTURE_BYTES)
        async with bot(discord, wiro, folder, EDIT_INTERVAL_S="0"):
            await imagined(discord, wiro, 1, PATIENCE_S)  # the first of everything is slower on both sides
            await relayed(discord, wiro, 0)
            for number in range(1, rounds + 1):
                (ours,) = await imagined(discord, wiro, 1, PATIENCE_S)
                floor = await relayed(discord, wiro, number)
                shown.append(len(ours.lags_s) / len(ours.step_sent_s))
                lags["ours"].append(percentile(ours.lags_s, 0.5))
                lags["floor"].append(percentile(floor.lags_s, 0.5))
                ratios.append(lags["ours"][-1] / lags["floor"][-1])
                delays["ours"].append(ours.delay_s or PATIENCE_S)
                delays["floor"].append(floor.delay_s or PATIENCE_S)
    ratio = Spread.of(ratios)
    picture_ratio = Spread.of_ratios(delays["ours"], delays["floor"])
    return [
        Figure(
            "event on the socket to status edit, p50",
            Spread.of([lag * 1e3 for lag in lags["ours"]]),
            "ms",
            "≤ 1.5 × relay",
            Spread.of([lag * 1e3 for lag in lags["floor"]]),
            "bare relay",
            ratio,
            ratio.median <= 1.5 and min(shown) >= 0.95,
            more={"steps_shown": min(shown)},
        ),
        Figure(
            "last event to a picture of 1.5 MB",
            Spread.of([delay * 1e3 for delay in delays["ours"]]),
            "ms",
            "",
            Spread.of([delay * 1e3 for delay in delays["floor"]]),
            "bare relay",
            picture_ratio,
        ),
    ]
