"""HEIC and AVIF: EXIF, XMP and whatever else stands beside the picture is blanked in place.

Nothing moves, for offsets into the file stand in it. Telephones write such files, with place and camera.
Sources: ISO/IEC 14496-12 (boxes, iinf, iloc), 23008-12 (metadata as items, orientation as a property).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from bot.domain.job.output_file import OutputFault
from bot.view.files.containers import Broken

TYPES: Final = frozenset({"image/heic", "image/avif"})
_MAX_ITEMS: Final = 10_000  # tiles of a large picture are some hundred
_KEPT_BOXES: Final = frozenset((b"ftyp", b"meta", b"mdat", b"moov", b"free"))
# What stands in their place: an offset and a TIFF without entries, words without a letter.
_EMPTY_EXIF: Final = b"\0\0\0\0MM\0*\0\0\0\x08" + bytes(6)
_BLANKED_ITEMS: Final = {b"Exif": (_EMPTY_EXIF, b"\0"), b"mime": (b"", b" "), b"uri ": (b"", b"\0")}
_CHILDREN_AT: Final = 4  # of a full box: version and flags come first


class _Box(NamedTuple):
    kind: bytes
    start: int  # of its content
    end: int


class _Extent(NamedTuple):
    item: bytes  # its kind
    start: int
    length: int

    def blank(self) -> bytes:
        """As many bytes, which say nothing."""
        words, filler = _BLANKED_ITEMS[self.item]
        return (
            words + filler * (self.length - len(words)) if self.length >= len(words) else bytes(self.length)
        )


def without_traces(content: bytes) -> bytes:
    """The same file with its metadata blanked. Raises Broken where it cannot be found for sure."""
    made, blanked_bytes = bytearray(content), 0
    for box in _boxes(content, 0, len(content)):
        if box.kind not in _KEPT_BOXES:  # a film beside the picture, a maker's own words
            made[box.start : box.end] = bytes(box.end - box.start)
        if box.kind == b"meta":
            for extent in _traces(content, box):
                end = extent.start + extent.length
                blanked_bytes += extent.length
                if end > len(content) or blanked_bytes > len(content):  # the same bytes again and again
                    raise Broken(OutputFault.TRUNCATED)
                made[extent.start : end] = extent.blank()
    return bytes(made)


def _traces(content: bytes, meta: _Box) -> Iterator[_Extent]:
    children = {box.kind: box for box in _boxes(content, meta.start + _CHILDREN_AT, meta.end)}
    if b"iinf" not in children:
        raise Broken("no items")
    traces = dict(_items(content, children[b"iinf"]))
    if traces and b"iloc" not in children:
        raise Broken("no places of items")
    if traces:
        idat = children.get(b"idat")
        yield from _extents(content, children[b"iloc"], traces, idat.start if idat is not None else None)


def _items(content: bytes, iinf: _Box) -> Iterator[tuple[int, bytes]]:
    """The ids and kinds of those that are no part of the picture."""
    count_bytes = 2 if content[iinf.start] == 0 else 4
    for box in _boxes(content, iinf.start + 4 + count_bytes, iinf.end):
        version = content[box.start]
        if box.kind != b"infe" or version < 2:
            raise Broken("an item of an unknown kind")
        id_bytes = 2 if version == 2 else 4
        at = box.start + 4
        kind = content[at + id_bytes + 2 : at + id_bytes + 6]
        if kind in _BLANKED_ITEMS:
            yield int.from_bytes(content[at : at + id_bytes], "big"), kind


def _extents(content: bytes, iloc: _Box, wanted: dict[int, bytes], idat_at: int | None) -> Iterator[_Extent]:
    reader = _Reader(content, iloc.start, iloc.end)
    version = reader.number(1)
    reader.number(3)  # flags
    sizes = reader.number(2)
    offset_bytes, length_bytes, base_bytes, index_bytes = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    id_bytes = 2 if version < 2 else 4
    missing = set(wanted)
    for _ in range(min(reader.number(id_bytes), _MAX_ITEMS)):
        item = reader.number(id_bytes)
        method = reader.number(2) & 15 if version else 0
        reader.number(2)  # which file: 0, this one, is all that readers support
        base = reader.number(base_bytes)
        for _ in range(reader.number(2)):
            if version:
                reader.number(index_bytes)
            offset, length = reader.number(offset_bytes), reader.number(length_bytes)
            if item not in wanted:
                continue
            if method > 1 or (method == 1 and idat_at is None):
                raise Broken("an item in an unknown place")
            missing.discard(item)
            yield _Extent(wanted[item], base + offset + (idat_at or 0) * method, length)
    if missing:
        raise Broken("an item without a place")


def _boxes(content: bytes, at: int, end: int) -> Iterator[_Box]:
    for _ in range(_MAX_ITEMS):
        if at >= end:
            return
        size, head = int.from_bytes(content[at : at + 4], "big"), 8
        if size == 1:
            size, head = int.from_bytes(content[at + 8 : at + 16], "big"), 16
        elif size == 0:  # up to the end
            size = end - at
        if size < head or at + size > end:
            raise Broken(OutputFault.TRUNCATED)
        yield _Box(content[at + 4 : at + 8], at + head, at + size)
        at += size
    raise Broken("too many parts")


class _Reader:
    """Whole numbers one after the other."""

    def __init__(self, content: bytes, at: int, end: int) -> None:
        self._content = content
        self._at = at
        self._end = end

    def number(self, size_bytes: int) -> int:
        at, self._at = self._at, self._at + size_bytes
        if self._at > self._end:
            raise Broken(OutputFault.TRUNCATED)
        return int.from_bytes(self._content[at : self._at], "big")
