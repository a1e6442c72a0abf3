"""Patterns of moderators: taken where RE2 can run them, and joined, so that a prompt is run through once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from bot.domain.moderation.errors import PatternFault, PatternRefused
from bot.domain.moderation.folding import folded
from bot.domain.moderation.rules import Match, WordRule

MAX_PATTERN_CHARS: Final = 200
# RE2 keeps a pattern's automata within this many bytes and refuses what would not fit. What they may come to
# take counts in full against the room of the cache, so that it is given in two steps.
MAX_PATTERN_BYTES: Final = 1 << 20
# RE2 compiles in one step, in which no other thread has its turn: a second for a hundred thousand characters.
JOINED_CHARS: Final = 1_000
JOINED_BYTES: Final = 1 << 18
_QUOTE: Final = r"\Q"

_TOKEN: Final = re.compile(r"\\.|\[(?:\\.|[^\]\\])+\]?|\{\d*,?\d*\}|.", re.DOTALL)
_UNBOUNDED: Final = re.compile(r"[*+]|\{\d*,\}")


def as_typed(text: str) -> tuple[str, bool]:
    """The text of a rule, and whether it is a pattern: ``/cat/`` is one, ``cat`` is a word."""
    stripped = text.strip()
    is_pattern = len(stripped) > 2 and stripped.startswith("/") and stripped.endswith("/")
    return (stripped[1:-1] if is_pattern else stripped), is_pattern


def word_rule(text: str, match: Match = Match.EXACT) -> WordRule:
    """A rule as typed. Raises PatternRefused."""
    body, is_pattern = as_typed(text)
    if len(body) > MAX_PATTERN_CHARS:
        raise PatternRefused(PatternFault.TOO_LONG)
    if not folded(body).strip():
        raise PatternRefused(PatternFault.EMPTY)
    if _repeats_a_repetition(body):
        raise PatternRefused(PatternFault.NESTED)
    if is_pattern and Patterns([body]).find("") is not None:
        raise PatternRefused(PatternFault.MATCHES_ALL)
    return WordRule(body, is_pattern, Match.EXACT if is_pattern else match)


class Patterns:
    """Patterns joined as far as they are quickly compiled together.

    Raises PatternRefused for one that RE2 does not take, and where they would take more than `max_bytes`.
    """

    def __init__(self, patterns: Iterable[str], max_bytes: int | None = None) -> None:
        self.size_bytes = 0
        self._max_bytes = max_bytes
        self._compiled: list[Any] = []
        together: list[str] = []
        for pattern in patterns:
            # What is quoted reaches to the end.
            if together and (_QUOTE in pattern or sum(map(_weight, [*together, pattern])) > JOINED_CHARS):
                self._join(together)
                together = []
            together.append(pattern)
            if _QUOTE in pattern:
                self._join(together)
                together = []
        if together:
            self._join(together)

    def find(self, text: str) -> str | None:
        """What one of them finds anywhere in the text, in time that grows with the text."""
        for compiled in self._compiled:
            if found := compiled.search(text):
                return str(found[0])
        return None

    def _join(self, patterns: Sequence[str]) -> None:
        is_one = len(patterns) == 1
        joined = patterns[0] if is_one else "|".join(f"(?:{pattern})" for pattern in patterns)
        for max_bytes in (JOINED_BYTES, MAX_PATTERN_BYTES) if is_one else (JOINED_BYTES,):
            try:
                self._keep(joined, max_bytes)
            except PatternRefused as refused:
                is_last = is_one and max_bytes == MAX_PATTERN_BYTES
                if is_last or refused.fault is PatternFault.TOO_LARGE_TOGETHER:
                    raise
            else:
                return
        # Too large in one, or two that name a group alike.
        middle = len(patterns) // 2
        self._join(patterns[:middle])
        self._join(patterns[middle:])

    def _keep(self, pattern: str, max_bytes: int) -> None:
        import re2  # noqa: PLC0415 — a server without patterns does without the package's memory

        options = re2.Options()
        options.case_sensitive = False
        options.log_errors = False
        options.max_mem = max_bytes
        try:
            self._compiled.append(re2.compile(pattern, options))
        except re2.error as error:
            reason = error.args[0] if error.args else b""
            detail = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
            raise PatternRefused(PatternFault.UNREADABLE, detail[:100]) from None
        finally:
            re2.purge()  # its own cache holds on to the last 128, whatever they take
        self.size_bytes += max_bytes
        if self._max_bytes is not None and self.size_bytes > self._max_bytes:
            raise PatternRefused(PatternFault.TOO_LARGE_TOGETHER)


def _weight(pattern: str) -> int:
    """Its characters; a class of Unicode's is a thousand ranges, and counts with each repetition."""
    return len(pattern) * (10 if "\\p" in pattern.lower() else 1)


def _repeats_a_repetition(pattern: str) -> bool:
    """Whether a group that repeats without bound is itself repeated without bound, as in ``(a+)+``.

    RE2 runs it in linear time, but whoever writes it means something simpler, and other programs that
    the list is copied to would hang on it.
    """
    groups = [False]  # for each open group: does it hold an unbounded repetition?
    closed = False  # the same of the group that ended just before this part
    for part in _TOKEN.findall(pattern):
        is_unbounded = _UNBOUNDED.fullmatch(part) is not None
        if is_unbounded and closed:
            return True
        closed = False
        if part == "(":
            groups.append(False)
        elif part == ")" and len(groups) > 1:
            closed = groups.pop()
            groups[-1] = groups[-1] or closed
        elif is_unbounded:
            groups[-1] = True
    return False
