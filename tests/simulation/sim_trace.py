"""What happened, in order: one running digest of a whole run, and its last lines for people."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from hashlib import sha256
from typing import Final, NoReturn

TAIL: Final = 60


class Violation(AssertionError):
    """An invariant does not hold."""


class Trace:
    """Feeds every event with its virtual time into a SHA-256."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._hash = sha256()
        self.tail: deque[str] = deque(maxlen=TAIL)
        self.kinds: Counter[str] = Counter()
        self.events = 0
        self.on_event: Callable[[int], None] = lambda number: None
        self.on_failure: Callable[[Violation], None] = lambda violation: None
        self.keep: list[str] | None = None  # every line, where somebody wants to read them all

    def note(self, kind: str, words: object = "") -> None:
        line = f"{self._now_s():.6f} {kind} {words}"
        self._hash.update(line.encode())
        self.tail.append(line)
        if self.keep is not None:
            self.keep.append(line)
        self.kinds[kind] += 1
        self.events += 1
        self.on_event(self.events)

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()

    def fail(self, sentence: str) -> NoReturn:
        violation = Violation(f"at {self._now_s():.3f} s: {sentence}")
        self.on_failure(violation)  # it may be raised into code that catches everything
        raise violation
