"""Long texts as pages: cut where a reader would pause, no emoji split, code fences closed and opened anew.

Lengths are counted in UTF-16 units, which are never fewer than the characters that Discord's documents speak
of. The bodies of all pages, put together, are the text.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

_FENCE: Final = re.compile(r"`{3,}")
_FENCE_FIRST: Final = re.compile(r"\s*`{3,}")
_LANGUAGE: Final = re.compile(r"[A-Za-z0-9_+.#-]{1,20}(?=\n)")
_CLOSED: Final = "\n```"
_MARKS: Final = frozenset({"Mn", "Mc", "Me"})
_JOINERS: Final = frozenset("\u200d\ufe0e\ufe0f")
_LONGEST_CLUSTER: Final = 64  # characters that are looked back over for the start of one
_LONGEST_RUN: Final = 8_192  # the same for flags; an even number of halves
_MIN_SHARE: Final = 0.5  # of a page that must be full before a better place to cut is taken
# Where the address of a masked link begins, in all the ways that Discord reads one. The blanks are looked
# over once: written `\s*<?\s*`, they would be parted at each of them in turn.
_MASKED: Final = re.compile(r"\]\((?=\s*(?:<\s*)?[A-Za-z\\]{1,20}:\\?/)")
# Controls, and the two that turn the direction of words and addresses around.
_UNSHOWN: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202d\u202e]")


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a text. `opening` and `closing` keep a code block whole that goes over several pages."""

    body: str
    opening: str = ""
    closing: str = ""

    @property
    def shown(self) -> str:
        """The page as it may stand in a message; never empty."""
        opening, body = self.opening, self.body
        if opening and (fence := _FENCE_FIRST.match(body)):  # the block ends before it has begun again
            opening, body = "", body[fence.end() :]
        return f"{opening}{body}{self.closing}".strip("\n") or "\u200b"


def shown(text: str) -> str:
    """A model's words as Markdown for Discord: as they are, but no link hides where it leads."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return _MASKED.sub("] (", _UNSHOWN.sub("", plain))


def pages_of(text: str, limit: int, *, first: int | None = None, most: int | None = None) -> list[Page]:
    """The text in pages of at most `limit` units as shown, the first one of at most `first`.

    At most `most` pages; then their bodies are only the beginning of the text. `limit` and `first` are at
    least 100.
    """
    pages: list[Page] = []
    at, opening, room = 0, "", limit if first is None else first
    while at < len(text) and (most is None or len(pages) < most):
        room -= len(opening) + len(_CLOSED)
        end = _end_of_page(text, at, room)
        body = text[at:end]
        next_opening = _still_open(body, opening)
        pages.append(Page(body, opening, _CLOSED if next_opening else ""))
        at, opening, room = end, next_opening, limit
    return pages


def tail_of(text: str, limit: int) -> str:
    """The end of a text that is still growing, in at most `limit` units, its code blocks whole."""
    if units(text) <= limit - len(_CLOSED):
        return f"{text}{_CLOSED}" if _still_open(text, "") else text
    room = limit - 40  # an ellipsis, an opening with its language, a closing
    start = len(text) - room
    while units(text[start:]) > room:
        start += max(1, (units(text[start:]) - room) // 2)
    line = text.find("\n", start, start + room // 4)
    word = text.find(" ", start, start + room // 4)
    start = line + 1 if line >= 0 else word + 1 if word >= 0 else start
    while start < len(text) and not _may_cut(text, start):
        start += 1
    opening = _still_open(text[:start], "")
    body = text[start:]
    return f"…\n{opening}{body}{_CLOSED if _still_open(body, opening) else ''}"


def units(text: str) -> int:
    """How long a text is in UTF-16."""
    return len(text) + sum(character > "\uffff" for character in text) if not text.isascii() else len(text)


def _end_of_page(text: str, at: int, room: int) -> int:
    """Behind the last paragraph, line, sentence or word that fits, or at least between two characters."""
    end = min(len(text), at + room)
    while units(text[at:end]) > room:
        end -= max(1, (units(text[at:end]) - room) // 2)
    if end == len(text):
        return end
    floor = at + int((end - at) * _MIN_SHARE)
    for between in ("\n\n", "\n", ". ", " "):
        found = text.rfind(between, floor, end)
        if found >= 0 and _may_cut(text, found + len(between)):
            return found + len(between)
    for cut in range(end, max(at, end - _LONGEST_CLUSTER), -1):
        if _may_cut(text, cut):
            return cut
    return end


def _may_cut(text: str, cut: int) -> bool:
    """Whether a text may be parted before `cut`: never inside of what is seen as one character or a fence."""
    if not 0 < cut < len(text):
        return True
    before, after = text[cut - 1], text[cut]
    if before == after == "`":
        return False
    if after.isascii() and before != "\u200d":
        return True
    is_joined = before == "\u200d" or after in _JOINERS or unicodedata.category(after) in _MARKS
    is_modified = "\U0001f3fb" <= after <= "\U0001f3ff" or "\U000e0020" <= after <= "\U000e007f"
    return not (is_joined or is_modified or (_is_flag(after) and _flags_before(text, cut) % 2))


def _is_flag(character: str) -> bool:
    """Half of a flag: two of these make one."""
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _flags_before(text: str, cut: int) -> int:
    start = cut
    while start > 0 and cut - start < _LONGEST_RUN and _is_flag(text[start - 1]):
        start -= 1
    return cut - start


def _still_open(body: str, opening: str) -> str:
    """What opens the code block again that is open behind `body`; empty where none is."""
    for fence in _FENCE.finditer(body):
        if opening:
            opening = ""
        else:
            language = _LANGUAGE.match(body, fence.end())
            opening = f"```{language[0] if language else ''}\n"
    return opening
