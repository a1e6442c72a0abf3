"""What a run of jobs looked like from outside, put together from both stand-ins' logs."""

from __future__ import annotations

import asyncio
import itertools
import re
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.processes import ROOT, MeasurementFailed, Peer

RELAY_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Seen:
    """One job: when its steps and its end were sent, and the edits of its message."""

    step_sent_s: Mapping[int, float]
    ended_s: float
    edits: Sequence[Mapping[str, Any]]

    @property
    def lags_s(self) -> list[float]:
        """From a step on the socket to its edit, for the steps that were shown."""
        sent = self.step_sent_s
        return [edit["at_s"] - sent[edit["step"]] for edit in self._taken if edit["step"] in sent]

    @property
    def delay_s(self) -> float | None:
        """From the last event to the picture; None where it never came."""
        return next((edit["at_s"] - self.ended_s for edit in self._taken if edit["has_file"]), None)

    @property
    def unchanged(self) -> int:
        """Edits that said the very same as the one before."""
        digests = [edit["digest"] for edit in self._taken if not edit["has_file"]]
        return sum(one == other for one, other in itertools.pairwise(digests))

    @property
    def refused(self) -> int:
        return sum(edit["status"] == 429 for edit in self.edits)

    @property
    def _taken(self) -> list[Mapping[str, Any]]:
        return [edit for edit in self.edits if edit["status"] == 200]


async def imagined(discord: Peer, wiro: Peer, count: int, patience_s: float) -> list[Seen]:
    """So many commands at once, watched until every picture is there or patience ends."""
    await discord.tell("clear")
    await wiro.tell("clear")
    await discord.tell("imagine", count=count)
    return await watched(discord, wiro, count, patience_s)


async def watched(discord: Peer, wiro: Peer, count: int, patience_s: float) -> list[Seen]:
    loop = asyncio.get_running_loop()
    ends_s = loop.time() + patience_s
    while (await discord.tell("counts"))["pictures"] < count and loop.time() < ends_s:  # noqa: ASYNC110 — of another process
        await asyncio.sleep(0.2)
    seen = await look(discord, wiro)
    if len(seen) != count:
        raise MeasurementFailed(f"{len(seen)} of {count} jobs were seen")
    return seen


async def look(discord: Peer, wiro: Peer) -> list[Seen]:
    """The jobs as they stand. A prompt ends in the number of its member, as an interaction's token does."""
    record = await discord.tell("record")
    edits: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for entry in record["entries"]:
        if entry["kind"] == "edit":
            edits[_number(r"(?:token-|/)(\d+)", entry["key"])].append(entry)
    tasks = (await wiro.tell("record")).values()
    return [
        Seen(
            {int(step): sent_s for step, sent_s in task["step_sent_s"].items()},
            task["ended_s"],
            edits[_number(r"(\d+)$", task["prompt"])],
        )
        for task in tasks
    ]


def _number(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    return match[1] if match is not None else text


async def relayed(discord: Peer, wiro: Peer, number: int, *manner: str) -> Seen:
    """One task through the bare relay, in a process of its own as the bot is."""
    await discord.tell("clear")
    await wiro.tell("clear")
    arguments = (discord.url, wiro.url, f"relay {number}", f"relay-token-{number}-{'x' * 60}", *manner)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.relay", *arguments, cwd=ROOT
    )
    await asyncio.wait_for(process.wait(), RELAY_S)
    (seen,) = await watched(discord, wiro, 1, RELAY_S)
    return seen
