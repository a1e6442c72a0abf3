"""The engine on a virtual clock in worlds of seeded faults: nothing lost or paid twice, all told once."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from typing import Final

import pytest

from tests.simulation.sim_main import outcomes
from tests.simulation.sim_run import Outcome, Simulation
from tests.simulation.sim_wrong import WRONG
from tests.support.virtual_loop import Stuck, VirtualLoop

FIRST: Final = int(os.environ.get("SIM_FIRST", "1"))
SEEDS: Final = int(os.environ.get("SIM_SEEDS", "100"))
LIVES: Final = int(os.environ.get("SIM_LIVES", "80"))
SEED: Final = os.environ.get("SIM_SEED")
SHARE: Final = 10  # worlds in one test: both cores are busy to the end
TRIES: Final = 24  # worlds in which a wrong engine may be lucky


def complaint(found: Sequence[Outcome], lives: int) -> str:
    """The first worlds that went wrong, each with how to replay it; empty where none did."""
    return "\n\n".join(
        f"SIM_SEED={one.seed} SIM_LIVES={lives} pytest tests/simulation\n  {one.violation}\n  "
        + "\n  ".join(one.tail)
        for one in [one for one in found if one.violation][:3]
    )


@pytest.mark.skipif(SEED is not None, reason="one world is replayed alone")
@pytest.mark.parametrize("first", range(FIRST, FIRST + SEEDS, SHARE))
def test_no_world_breaks_the_engine(first: int, record_property: Callable[[str, object], None]) -> None:
    """`SIM_SEEDS=n` tries more worlds, `SIM_FIRST=n` others, `SIM_LIVES=n` longer ones."""
    seeds = range(first, min(first + SHARE, FIRST + SEEDS))
    found = [Simulation(seed, LIVES).run() for seed in seeds]
    assert not complaint(found, LIVES), complaint(found, LIVES)
    record_property("simulated worlds", len(found))
    record_property("lifecycles in them", sum(one.lifecycles for one in found))
    record_property("deaths of the engine in them", sum(one.deaths for one in found))
    record_property("virtual hours in them", sum(one.virtual_s for one in found) / 3600)


@pytest.mark.skipif(SEED is not None, reason="one world is replayed alone")
def test_the_worlds_know_every_fault() -> None:
    """As many worlds as that takes, and no more than are tried."""
    missing = {"death", "disk-fault", "database-failed", "run-busy", "socket-break"}
    missing |= {"kill", "cancel", "direct", "deleted", "retry-pressed"}
    for seed in range(FIRST, FIRST + 100):
        missing -= Simulation(seed, LIVES).run().kinds.keys()
        if not missing:
            return
    pytest.fail(f"no world has {missing}")


@pytest.mark.skipif(SEED is None, reason="SIM_SEED names no world")
def test_the_world_of_the_environment() -> None:
    outcome = Simulation(int(SEED or 0), LIVES, keep=True).run()
    assert not outcome.violation, "\n".join((outcome.violation, *outcome.tail))


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_engine_is_caught(wrong: str) -> None:
    parts, words = WRONG[wrong]
    caught = (Simulation(seed, 60, parts).run().violation for seed in range(1, TRIES + 1))
    assert any(words in violation for violation in caught), f"no world catches an engine that {wrong}"


def test_a_seed_gives_the_same_trace_always() -> None:
    """In this process twice, and in others that hash their words differently."""
    here = [Simulation(seed, 40).run() for seed in range(1, 7)]
    assert sum(outcome.deaths for outcome in here) > 0
    assert [Simulation(seed, 40).run().digest for seed in range(1, 7)] == [one.digest for one in here]
    for salt in ("1", "77"):
        there = outcomes(1, 6, 40, PYTHONHASHSEED=salt)
        assert [one["digest"] for one in there] == [one.digest for one in here]
    assert len({one.digest for one in here}) == 6


def test_a_failing_seed_is_printed_with_its_replay() -> None:
    parts, words = WRONG["turns a stage back"]
    outcome = Simulation(1, 60, parts).run()
    told = complaint([outcome], 60)
    assert told.startswith("SIM_SEED=1 SIM_LIVES=60 pytest tests/simulation\n")
    assert words in told
    assert Simulation(1, 60, parts).run() == outcome


# --- the loop itself ---------------------------------------------------------------------------------------


def test_time_leaps_to_the_next_moment_and_stands_still_between() -> None:
    loop = VirtualLoop()
    seen: list[float] = []

    async def wait() -> None:
        await asyncio.sleep(3600)
        seen.append(loop.time())
        await asyncio.to_thread(seen.append, loop.time())

    began_s = time.perf_counter()
    loop.run_until_complete(wait())
    assert seen == [3600.0, 3600.0]
    assert time.perf_counter() - began_s < 600
    loop.close()


def test_what_waits_for_nothing_is_found_out() -> None:
    loop = VirtualLoop()
    with pytest.raises(Stuck, match="nothing will ever happen"):
        loop.run_until_complete(loop.create_future())
    loop.close()


def test_what_never_lets_time_pass_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.support.virtual_loop.MAX_STEPS_AT_ONE_MOMENT", 1_000)
    loop = VirtualLoop()

    async def spin() -> None:
        while True:  # noqa: ASYNC110 — that is what is to be found out
            await asyncio.sleep(0)

    spinning = loop.create_task(spin())
    with pytest.raises(Stuck, match="spins"):
        loop.run_forever()
    assert not spinning.done()
    loop.strike()
    loop.close()


def test_the_dead_do_not_wait_in_their_clean_up() -> None:
    loop = VirtualLoop()
    traces: list[str] = []

    async def careful() -> None:
        try:
            await asyncio.sleep(10)
        finally:
            await asyncio.sleep(5)
            traces.append("cleaned up at length")

    def die() -> None:
        loop.strike()
        loop.fate(100.0, loop.stop)

    loop.create_task(careful())
    loop.fate(1.0, loop.doom, die)
    loop.run_forever()
    assert (loop.time(), traces, loop.living) == (101.0, [], [])
    loop.close()
