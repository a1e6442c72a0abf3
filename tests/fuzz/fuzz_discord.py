"""Data of interactions to be drawn and forged."""

from __future__ import annotations

from typing import Any, TypeVar

from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.fuzz_profile import tries

T = TypeVar("T")


def examples(strategy: st.SearchStrategy[T], count: int) -> list[T]:
    """Drawn up front, for a test whose world is too dear to be built anew for each of them."""
    drawn: list[T] = []

    @tries(count)
    @given(value=strategy)
    def draw(value: T) -> None:
        drawn.append(value)

    draw()
    return drawn


def command(
    name: str, *path: str, options: list[dict[str, Any]] | None = None, **more: Any
) -> dict[str, Any]:
    """The data of a command, "limits" with "set" as its path."""
    leaf: list[dict[str, Any]] = options or []
    for step in reversed(path):
        leaf = [{"type": 1, "name": step, "options": leaf}]
    return {"id": "1", "name": name, "type": 1, "options": leaf, **more}
