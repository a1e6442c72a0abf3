"""Long texts of Wiro's read off the loop, and JSON in small steps where it is made of very many parts."""

from __future__ import annotations

import asyncio
import codecs
import json
from collections.abc import Callable
from json import decoder, scanner
from typing import Any, Final, TypeVar

T = TypeVar("T")
Source = TypeVar("Source")

LARGE_CHARS: Final = 64 * 1024  # read within a few milliseconds, whatever stands in it
# That the quick reader takes up in one step of its own, in which no other thread has its turn.
MAX_QUICK_PARTS: Final = 50_000
MAX_QUICK_CHARS: Final = 2 * 1024 * 1024
_SLICE_BYTES: Final = 1024 * 1024
MAX_PARTS: Final = 1_000_000


class _Patient(json.JSONDecoder):
    """Written in Python: other threads have their turn in between, which the quick one never grants."""

    def __init__(self) -> None:
        super().__init__()
        self.parse_object = decoder.JSONObject  # type: ignore[attr-defined]  # not in typeshed; in every 3.x
        self.parse_array = decoder.JSONArray  # type: ignore[attr-defined]
        self.scan_once = scanner.py_make_scanner(self)  # type: ignore[attr-defined]


async def read(function: Callable[[Source], T], source: Source, size: int) -> T:
    """What the function makes of the source; beside the loop where that is large: `size` characters."""
    return await asyncio.to_thread(function, source) if size > LARGE_CHARS else function(source)


def loads(text: str | bytes) -> Any:
    """The value of a JSON text. Raises ValueError, RecursionError."""
    if isinstance(text, bytes):
        # JSON is UTF-8 (RFC 8259, 8.1). json.loads lets halves of pairs through: 8 MB of them take a second.
        decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        slices = (text[at : at + _SLICE_BYTES] for at in range(0, len(text), _SLICE_BYTES))
        text = "".join([*map(decoder.decode, slices), decoder.decode(b"", final=True)])
    if len(text) <= LARGE_CHARS:
        return json.loads(text)
    # What a comma or a bracket stands for is told by reading; more parts than these there cannot be.
    parts = sum(map(text.count, "[{,"))
    if parts > MAX_PARTS:
        raise ValueError("too many parts")
    is_quick = parts <= MAX_QUICK_PARTS and len(text) <= MAX_QUICK_CHARS
    return json.loads(text, cls=None if is_quick else _Patient)
