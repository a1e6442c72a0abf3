"""A hundred jobs in one channel, ten ticks a second each, real buckets: the naive way and ours."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, Spread, percentile
from benchmarks.processes import Peer, bot, peer
from benchmarks.timeline import Seen, imagined, relayed
from sandbox.discord.buckets import HiddenLimit

DELAY_S = 0.12  # of every answer of Discord's
PICTURE_BYTES = 100_000
HIDDEN = HiddenLimit().limit
LOST_S = 240.0  # a picture that has not come by then
NAIVE = ("-m", "benchmarks.naive_bot")
OURS = ("-m", "bot", "run")


async def measure(folder: Path, *, is_thorough: bool) -> list[Figure]:
    counts = (1, 10, 30, 100) if is_thorough else (1, 30)
    figures: list[Figure] = []
    curve: dict[str, list[dict[str, float]]] = {"ours": [], "naive": []}
    async with peer("benchmarks.discord_rest") as discord, peer("benchmarks.wiro_side") as wiro:
        await discord.tell("ways", delay_s=DELAY_S)
        await wiro.tell("plan", ticks_a_second=10, shortest_s=4, longest_s=8, picture_bytes=PICTURE_BYTES)
        for count in counts:
            for name, arguments in (("naive", NAIVE), ("ours", OURS)):
                async with bot(discord, wiro, folder / f"{name}{count}", arguments=arguments):
                    seen = await imagined(discord, wiro, count, patience_s=120)
                curve[name].append({"jobs": count, **_told(seen)})
        # A relay that edits nothing else: one Detail, one download, one upload.
        bare = [(await relayed(discord, wiro, number, "quiet")).delay_s or 0.0 for number in range(5)]
        floor_s = percentile(bare, 0.5)
        ours, naive = curve["ours"][-1], curve["naive"][-1]
        # One round trip more: an edit that is on its way must be answered before the ending goes out.
        excess_s = max(0.0, ours["p99_s"] - floor_s - DELAY_S)
        is_clean = not (ours["lost"] or ours["refused"] or ours["unchanged"])
        figures.append(
            Figure(
                f"last event to picture, {counts[-1]} jobs, p99 beyond one round trip and one upload",
                _one(excess_s),
                "s",
                "≤ 0.10 s, no 429, none lost, no unchanged edit",
                _one(naive["p99_s"]),
                "naive, whole",
                is_met=excess_s <= 0.10 and is_clean,
                notes=(
                    f"ours {_sentence(ours)}",
                    f"naive {_sentence(naive)}",
                ),
                more={"curve": curve},
            )
        )
        if is_thorough:
            figures += await _with_hidden_limit(discord, wiro, folder, counts[-1])
    return figures


async def _with_hidden_limit(discord: Peer, wiro: Peer, folder: Path, count: int) -> list[Figure]:
    """30 edits in 60 s for the whole channel, told in no header: what the last member waits."""
    await discord.tell("ways", delay_s=DELAY_S, has_hidden_limit=True)
    async with bot(discord, wiro, folder / "hidden-naive", arguments=NAIVE):
        naive = _told(await imagined(discord, wiro, count, patience_s=LOST_S))
    async with bot(discord, wiro, folder / "hidden-ours", arguments=OURS):
        first = await imagined(discord, wiro, count, patience_s=LOST_S)
        await asyncio.sleep(HIDDEN.window_s)
        second = await imagined(discord, wiro, count, patience_s=LOST_S)
    await discord.tell("ways", has_hidden_limit=False)
    return [
        _limited(f"the same with 30 edits in 60 s for the channel, {count} jobs, p99", first, naive),
        _limited("the same once more, when the limit is known, p99", second, None),
    ]


def _limited(name: str, seen: Sequence[Seen], naive: dict[str, float] | None) -> Figure:
    ours, bound_s = _told(seen), _bound_s(seen)
    ratio = ours["p99_s"] / bound_s
    return Figure(
        name,
        _one(ours["p99_s"]),
        "s",
        "≤ 1.05 × the best possible, none lost",
        _one(bound_s),
        "best possible",
        _one(ratio),
        ratio <= 1.05 and not ours["lost"],
        notes=(f"ours {_sentence(ours)}", *((f"naive {_sentence(naive)}",) if naive else ())),
        more={"ours": ours, "naive": naive},
    )


def _told(seen: Sequence[Seen]) -> dict[str, float]:
    delays = [one.delay_s for one in seen if one.delay_s is not None]
    return {
        "p50_s": percentile(delays, 0.5) if delays else float("inf"),
        "p99_s": percentile(delays, 0.99) if delays else float("inf"),
        "edits": sum(len(one.edits) for one in seen),
        "refused": sum(one.refused for one in seen),
        "unchanged": sum(one.unchanged for one in seen),
        "lost": sum(one.delay_s is None for one in seen),
    }


def _bound_s(seen: Sequence[Seen]) -> float:
    """The p99 of a sender that knows the limit and spends it on endings alone."""
    begun_s = min(edit["at_s"] for one in seen for edit in one.edits)
    waits = []
    for number, ended_s in enumerate(sorted(one.ended_s for one in seen)):
        earliest_s = begun_s + number // HIDDEN.count * HIDDEN.window_s
        waits.append(max(0.0, earliest_s - ended_s))
    return percentile(waits, 0.99)


def _sentence(told: dict[str, Any]) -> str:
    return (
        f"p50 {told['p50_s']:.2f} s, p99 {told['p99_s']:.2f} s, {told['edits']:.0f} edits, "
        f"{told['refused']:.0f} × 429, {told['unchanged']:.0f} unchanged, {told['lost']:.0f} lost"
    )


def _one(value: float) -> Spread:
    return Spread(value, value, value)
