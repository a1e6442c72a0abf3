"""Large files gone over piece by piece: in one step over all of it no other thread would have its turn."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from typing import Final

SLICE_BYTES: Final = 1024 * 1024


def found(pattern: re.Pattern[bytes], content: bytes, start: int, end: int, most: int) -> int:
    """Where a match of at most so many bytes begins, the first one; -1 without any."""
    for at in range(start, end, SLICE_BYTES):
        match = pattern.search(content, at, min(end, at + SLICE_BYTES + most - 1))
        if match is not None:
            return match.start()
    return -1


def counted(content: bytes, part: bytes, start: int) -> int:
    """How often the part stands there."""
    more = len(part) - 1
    return sum(
        content.count(part, at, at + SLICE_BYTES + more) for at in range(start, len(content), SLICE_BYTES)
    )


def joined(parts: Iterable[bytes | memoryview]) -> bytes:
    """All of them in one, copied by slices."""
    made = io.BytesIO()  # hands its buffer over without a copy
    for part in parts:
        view = memoryview(part)
        for at in range(0, len(view), SLICE_BYTES):
            made.write(view[at : at + SLICE_BYTES])
    return made.getvalue()
