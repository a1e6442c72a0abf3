"""Words of members and of Wiro made harmless for a Discord message, and short."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

# What Discord formats in the middle of a line; lists, headings and quotes need the start of one. The colon of
# an address is escaped so that it is not made a link.
_SPECIAL: Final = re.compile(r"([\\*_~|`\[\]<]|:(?=//))")
_BLANKS: Final = re.compile(r"\s+")
_FORMAT: Final = frozenset({"Cc", "Cf", "Cs", "Cn", "Co"})
_JOINERS: Final = frozenset("\u200d\ufe0f")  # hold emoji together
KEPT: Final = 128  # a running job's prompt and model are told again with every step
_MAX_MARKS: Final = 2  # accents on one letter; more is scribble over the lines above


def plain(text: str, limit: int) -> str:
    """One line without invisible, direction-changing or piled-up characters, cut at `limit` characters."""
    blank = _BLANKS.sub(" ", text).strip()
    line = blank if blank.isascii() and blank.isprintable() else _visible(blank)
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _visible(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for character in text:
        category = unicodedata.category(character)
        marks = marks + 1 if category in {"Mn", "Me"} and character not in _JOINERS else 0
        is_visible = category not in _FORMAT or character in _JOINERS
        if is_visible and marks <= _MAX_MARKS:
            kept.append(character)
    return "".join(kept)


@lru_cache(maxsize=KEPT)
def escaped(text: str, limit: int) -> str:
    """`plain`, with everything that Discord would format, link or mention shown as typed.

    A backslash before ASCII punctuation is literal in Discord's markdown; a zero-width space after @
    keeps mentions words.
    """
    return _SPECIAL.sub(r"\\\1", plain(text, limit)).replace("@", "@\u200b")


def code_block(text: str, limit: int) -> str:
    """The text in a code block, several lines kept, cut at `limit` characters."""
    body = "".join(
        character
        for character in text
        if character == "\n" or unicodedata.category(character) not in _FORMAT or character in _JOINERS
    ).replace("```", "'''")
    if len(body) > limit:
        body = body[: limit - 1] + "…"
    return f"```\n{body}\n```"


def code(text: str, limit: int = 100) -> str:
    """The text as inline code."""
    return f"`{plain(text, limit).replace('`', chr(39))}`"


def plural(number: int, singular: str, several: str | None = None) -> str:
    """``1 run``, ``2 runs``."""
    return f"{number:,} {singular if number == 1 else several or singular + 's'}"


def duration(seconds: float) -> str:
    """``4.2 s``, ``1 min 5 s``, ``2 h 3 min``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    minutes = whole // 60
    return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"


def relative(epoch_s: float) -> str:
    """A moment that Discord shows as ``in 3 hours`` or ``5 seconds ago`` and keeps current by itself."""
    return f"<t:{int(epoch_s)}:R>"
