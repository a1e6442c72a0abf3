"""Picture files taken apart into their chunks, segments and blocks, and the pieces to put others together.

Sources: PNG, Third Edition (W3C, 2025); JPEG, ITU-T T.81; WebP container (Google, 2024); GIF89a.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from bot.domain.job.output_file import OutputFault
from bot.view.files.containers import Broken, colours_bytes
from bot.view.files.slices import found, joined

SOS: Final = 0xDA
_EOI: Final = 0xD9
_WEBP_HAS_ALPHA: Final = 0x10
# A marker that ends coded data: neither a stuffed FF, nor a restart, nor a fill byte (T.81, B.1.1.2-5).
_SCAN_END: Final = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")


class Part(NamedTuple):
    """A chunk, segment or block: what kind it is, and where in the file all of it stands."""

    kind: bytes
    start: int
    end: int


def png_parts(content: bytes) -> Iterator[Part]:
    at = 8
    while at + 12 <= len(content):
        kind = content[at + 4 : at + 8]
        end = at + 12 + int.from_bytes(content[at : at + 4], "big")
        if end > len(content):
            break
        yield Part(kind, at, end)
        if kind == b"IEND":
            return
        at = end
    raise Broken(OutputFault.TRUNCATED)


def chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


def jpeg_parts(content: bytes) -> Iterator[Part]:
    """Each segment by its marker, a scan's coded data with its header, up to the first end of the image."""
    at = 2
    while at + 2 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        if marker in (_EOI, 0x01) or 0xD0 <= marker <= 0xD7:
            end = at + 2
        else:
            end = at + 2 + int.from_bytes(content[at + 2 : at + 4], "big")
        if marker == SOS:
            found_at = found(_SCAN_END, content, end, len(content), 2)
            end = found_at if found_at >= 0 else len(content) + 1
        if end > len(content):
            break
        yield Part(bytes((marker,)), at, end)
        if marker == _EOI:
            return
        at = end
    raise Broken(OutputFault.TRUNCATED)


def segment(marker: int, data: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(data) + 2).to_bytes(2, "big") + data


def webp_parts(content: bytes) -> Iterator[Part]:
    end_of_file = 8 + int.from_bytes(content[4:8], "little")
    if end_of_file > len(content):
        raise Broken(OutputFault.TRUNCATED)
    at = 12
    while at + 8 <= end_of_file:
        size = int.from_bytes(content[at + 4 : at + 8], "little")
        end = at + 8 + size + size % 2
        if end > end_of_file + size % 2:  # some writers leave out the last padding
            raise Broken(OutputFault.TRUNCATED)
        yield Part(content[at : at + 4], at, min(end, len(content)))
        at = end


def riff(kind: bytes, data: bytes) -> bytes:
    return kind + len(data).to_bytes(4, "little") + data + b"\0" * (len(data) % 2)


def webp_of(chunks: Sequence[bytes | memoryview]) -> bytes:
    size = len(b"WEBP") + sum(len(chunk) for chunk in chunks)
    return joined((b"RIFF", size.to_bytes(4, "little"), b"WEBP", *chunks))


def extended_header(chunk: bytes) -> bytes:
    """The VP8X that a plain WebP does without: its size, and whether it is transparent."""
    if chunk.startswith(b"VP8L"):
        bits = int.from_bytes(chunk[9:13], "little")
        width, height, flags = bits & 0x3FFF, bits >> 14 & 0x3FFF, _WEBP_HAS_ALPHA * (bits >> 28 & 1)
    else:
        width = (int.from_bytes(chunk[14:16], "little") & 0x3FFF) - 1
        height, flags = (int.from_bytes(chunk[16:18], "little") & 0x3FFF) - 1, 0
    return riff(b"VP8X", bytes((flags, 0, 0, 0)) + width.to_bytes(3, "little") + height.to_bytes(3, "little"))


def gif_parts(content: bytes) -> Iterator[Part]:
    """Extensions by label and application, frames, and the trailer, after the screen and its colours."""
    at = 13 + colours_bytes(content[10])
    while at < len(content):
        start, kind = at, content[at : at + 1]
        if kind == b";":
            yield Part(kind, start, start + 1)
            return
        if kind == b"!":
            kind = content[at + 1 : at + 2]
            kind += content[at + 3 : at + 14] if kind == b"\xff" else b""
            at += 2
        elif kind == b"," and at + 10 < len(content):
            at += 11 + colours_bytes(content[at + 9])
        else:
            break
        while at < len(content) and content[at]:
            at += 1 + content[at]
        at += 1
        yield Part(kind, start, at)
    raise Broken(OutputFault.TRUNCATED)
