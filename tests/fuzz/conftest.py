"""Fixtures: the whole bot in its world, as the end-to-end tests have it."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any


def _fixtures_of_the_whole_bot() -> Any:
    """Its conftest under another name: two modules cannot both be `conftest`."""
    path = Path(__file__).parents[1] / "e2e" / "bot" / "conftest.py"
    spec = importlib.util.spec_from_file_location("fuzz_studio_fixtures", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


build = _fixtures_of_the_whole_bot().build
