"""Whether a model says of itself that it is for adults: by the names that Wiro files it under."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_ADULT: Final = frozenset(
    (
        *("18+", "adult", "adults", "mature", "nsfw", "uncensored", "xxx"),
        *("erotic", "erotica", "explicit", "hentai", "nude", "nudity", "sexual"),
        *("porn", "pornographic", "pornography"),
    )
)
# Models that look for such pictures make none.
_JUDGING: Final = frozenset(("classification", "classifier", "detection", "detector", "filter", "moderation"))
_WORD: Final = re.compile(r"[a-z0-9+]+")


def says_adult(names: Iterable[str]) -> bool:
    """Whether one of these categories or tags says so."""
    words = (set(_WORD.findall(name.lower())) for name in names)
    return any(found & _ADULT and not found & _JUDGING for found in words)
