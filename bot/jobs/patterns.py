"""Word rules matched against prompts: words as written, patterns in time that grows with the prompt alone."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

from bot.domain.errors import PatternFault, PatternRefused
from bot.domain.rules import WordRule, folded

MAX_PATTERN_CHARS: Final = 200
# RE2 keeps a pattern's automaton within this many bytes and refuses what would not fit.
MAX_PATTERN_BYTES: Final = 1 << 20

_TOKEN: Final = re.compile(r"\\.|\[(?:\\.|[^\]\\])+\]|\{\d*,?\d*\}|.", re.DOTALL)
_UNBOUNDED: Final = re.compile(r"[*+]|\{\d*,\}")


def word_rule(text: str) -> WordRule:
    """A rule as typed: ``/pattern/`` or a word or phrase. Raises PatternRefused."""
    stripped = text.strip()
    is_pattern = len(stripped) > 2 and stripped.startswith("/") and stripped.endswith("/")
    body = stripped[1:-1] if is_pattern else stripped
    if not folded(body).strip():
        raise PatternRefused(PatternFault.EMPTY)
    if len(body) > MAX_PATTERN_CHARS:
        raise PatternRefused(PatternFault.TOO_LONG)
    if _repeats_a_repetition(body):
        raise PatternRefused(PatternFault.NESTED)
    if is_pattern and _compiled(body).search(""):
        raise PatternRefused(PatternFault.MATCHES_ALL)
    return WordRule(body, is_pattern)


def hits(rule: WordRule, prompt: str) -> bool:
    """Whether the rule finds itself in the prompt: whole words, or the pattern anywhere; case is nothing."""
    text = folded(prompt)
    if rule.is_pattern:
        # Folding turns ß into ss: a pattern is held against the prompt as typed, too.
        compiled = _compiled(rule.text)
        return bool(compiled.search(text) or compiled.search(prompt))
    return _word(folded(rule.text)).search(text) is not None


@lru_cache(maxsize=1024)
def _word(text: str) -> re.Pattern[str]:
    words = r"\s+".join(re.escape(part) for part in text.split())
    return re.compile(rf"(?<!\w){words}(?!\w)")


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> Any:
    import re2  # noqa: PLC0415 — a server without patterns does without the package's memory

    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = MAX_PATTERN_BYTES
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0] if error.args else b""
        detail = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        raise PatternRefused(PatternFault.UNREADABLE, detail[:100]) from None


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
