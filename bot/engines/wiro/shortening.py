"""JSON as it comes in, its very long texts cut in the middle: what else it says is read all the same."""

from __future__ import annotations

import re
from collections import deque
from itertools import chain
from typing import Final

# Of one text, at its beginning and at its end: more than language models say in one answer (128,000 tokens in
# 2026, some 600 kB), and so little that each step which goes over all of it is a matter of milliseconds.
KEPT_BYTES: Final = 1024 * 1024
# As soon as an answer has come to this size, less of each text is kept: the amounts in it matter more.
AMPLE_BYTES: Final = 4 * 1024 * 1024
SHORT_BYTES: Final = 16 * 1024
LEFT_OUT: Final = "\ue0c7"  # stands for the middle of a text that was cut: nobody has a sign for it

_ESCAPE: Final = re.compile(rb"\\.", re.DOTALL)
_BLANKED: Final = b"\0\0"  # as long as an escape, and in no JSON text
_UNICODE_ESCAPE_BYTES: Final = 6
_CUT: Final = LEFT_OUT.encode()


class Shortener:
    """Takes an answer piece by piece. Pieces are kept or left out whole, so texts shorter than one stay."""

    def __init__(self, kept_bytes: int = KEPT_BYTES, ample_bytes: int = AMPLE_BYTES) -> None:
        self.size_bytes = 0  # of what was given back so far, and what is held back
        self._kept_bytes = kept_bytes
        self._ample_bytes = ample_bytes
        self._unfinished = b""  # an escape whose end has not come yet
        self._is_within = False  # a text
        self._head_bytes = 0  # of that text, given back
        self._tail: deque[bytes] = deque()  # of that text, held back
        self._tail_bytes = 0
        self._is_cut = False

    def feed(self, piece: bytes) -> bytes:
        """What is to be kept of all that came so far and was not given back yet."""
        piece = self._unfinished + piece
        blanked = _ESCAPE.sub(_BLANKED, piece) if b"\\" in piece else piece
        end = _whole(piece, blanked)
        self._unfinished, piece, blanked = piece[end:], piece[:end], blanked[:end]
        if self._is_within and (quote := blanked.find(b'"')) >= 0:
            before = self._within(piece[:quote]) + self._closed()
            return before + self._outside(piece[quote:], blanked[quote:], 1)
        return self._within(piece) if self._is_within else self._outside(piece, blanked, 0)

    def end(self) -> bytes:
        """The rest, where the answer ended within a text."""
        return self._closed() + self._unfinished

    def _outside(self, piece: bytes, blanked: bytes, closing: int) -> bytes:
        """`closing` quotes at its start end a text."""
        self.size_bytes += len(piece)
        if (blanked.count(b'"') - closing) % 2:
            self._is_within, self._is_cut = True, False
            self._head_bytes = len(piece) - blanked.rfind(b'"')
        return piece

    def _within(self, piece: bytes) -> bytes:
        most = (self._kept_bytes if self.size_bytes < self._ample_bytes else SHORT_BYTES) // 2
        if not self._tail and not self._is_cut and self._head_bytes + len(piece) <= most:
            self._head_bytes += len(piece)
            self.size_bytes += len(piece)
            return piece
        self._tail.append(piece)
        self._tail_bytes += len(piece)
        self.size_bytes += len(piece)
        while self._tail_bytes - len(self._tail[0]) >= most:
            self._is_cut = True
            self._tail_bytes -= len(self._tail[0])
            self.size_bytes -= len(self._tail.popleft())
        return b""

    def _closed(self) -> bytes:
        kept = b"".join(chain((_CUT,) if self._is_cut else (), self._tail))
        self._tail.clear()
        self._tail_bytes, self._is_within, self._is_cut = 0, False, False
        return kept


def _whole(piece: bytes, blanked: bytes) -> int:
    """Where the last escape begins that has not ended, else the piece's length."""
    if blanked.endswith(b"\\"):
        return len(piece) - 1
    at = blanked.rfind(_BLANKED, max(0, len(piece) - _UNICODE_ESCAPE_BYTES + 1))
    return at if at >= 0 and piece[at + 1 : at + 2] == b"u" else len(piece)
