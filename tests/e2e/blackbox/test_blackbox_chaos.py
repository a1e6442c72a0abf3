"""Everything at once, from a seed: drops, hangs, 429s, kills, deletions. The books and every message hold.

CHAOS_SEED=17 plays one story again, CHAOS_JOBS=30 makes it longer.
"""

import os

import pytest

from sandbox.discord import Limits
from tests.e2e.blackbox.blackbox_chaos import Chaos
from tests.e2e.blackbox.blackbox_harness import Opened

SEEDS = [int(seed) for seed in os.environ.get("CHAOS_SEED", "1 101 113").split()]
JOBS = int(os.environ.get("CHAOS_JOBS", "12"))


@pytest.mark.parametrize("seed", SEEDS)
async def test_whatever_goes_wrong_at_once_books_and_messages_hold(opened: Opened, seed: int) -> None:
    harness = await opened(limits=Limits())
    chaos = Chaos(harness, seed, JOBS)
    try:
        chaos.judge(await chaos.play())
    finally:
        print("\n".join(chaos.events))  # noqa: T201 — pytest shows it when the test has failed
