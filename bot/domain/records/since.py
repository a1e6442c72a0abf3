"""A moment in the past as people type it: a date in UTC, or how long ago."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from bot.domain.errors import Refusal

_AGO: Final = re.compile(r"(?P<number>[0-9]{1,5})\s*(?P<unit>[mhdw])")
_UNIT_S: Final = {"m": 60, "h": 3_600, "d": 86_400, "w": 7 * 86_400}


def parse_since(text: str, now_s: float) -> int:
    """The epoch second of ``2026-11-01``, ``2026-11-01 14:30``, or of ``90m``, ``12h``, ``7d``, ``2w`` ago.

    Raises MomentRefused for anything else, and for what is yet to come.
    """
    typed = text.strip().lower()
    ago = _AGO.fullmatch(typed)
    try:
        since_s = (
            now_s - int(ago["number"]) * _UNIT_S[ago["unit"]]
            if ago is not None
            else datetime.fromisoformat(typed).replace(tzinfo=UTC).timestamp()
        )
    except (OverflowError, ValueError):
        raise MomentRefused(text) from None
    if since_s > now_s:
        raise MomentRefused(text)
    return max(1, int(since_s))


@dataclass(eq=False)
class MomentRefused(Refusal):
    """A text that is no moment in the past."""

    text: str
