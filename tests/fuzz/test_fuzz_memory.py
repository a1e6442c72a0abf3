"""The picture path under attack stays within the memory that its own constants promise."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MARGIN_BYTES = 8 * 1024 * 1024
PATIENCE_S = 1800  # only a hang takes so long

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


def measured(what: str) -> dict[str, int]:
    """Run in a process of its own, where nothing else has raised the mark before."""
    done = subprocess.run(  # noqa: S603 — our own interpreter and file
        [sys.executable, "-m", "tests.fuzz.fuzz_memory", what],
        # Freed memory goes back to the system at once, as it would be reused: only what is held is counted.
        env=os.environ | {"PYTHONPATH": str(ROOT), "MALLOC_TRIM_THRESHOLD_": "0", "MALLOC_ARENA_MAX": "2"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, int] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_hostile_outputs_take_no_more_than_downloads_may() -> None:
    found = measured("downloads")
    assert found["refused"] >= found["asked"] // 2
    assert found["peak"] - found["floor"] <= found["cap"] + MARGIN_BYTES, found


def test_many_large_pictures_at_once_are_all_shown_within_the_room_there_is() -> None:
    found = measured("delivery")
    assert found["all"] > found["cap"] + MARGIN_BYTES  # held all at once, they would not have fitted
    assert found["peak"] - found["floor"] <= found["cap"] + MARGIN_BYTES, found
    assert (found["shown"], found["linked"], found["held"]) == (found["all"], 0, 0)


def test_making_a_picture_smaller_takes_no_more_than_it_may() -> None:
    found = measured("fit")
    assert found["peak"] - found["floor"] <= found["cap"] + MARGIN_BYTES, found
