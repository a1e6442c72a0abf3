"""Files that pretend to be pictures, for trying out downloaders. Each is made once and kept."""

from __future__ import annotations

import gzip
import io
import struct
import zlib
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from PIL import Image

from sandbox.wiro.faults import Spoilt

_SIDE = 30_000  # pixels claimed by the bomb
_UNPACKED_BYTES = 256 * 2**20


@dataclass(frozen=True, slots=True)
class Served:
    """A body as the CDN sends it, always as image/png."""

    body: bytes
    content_encoding: str | None = None


def spoil(how: Spoilt, picture: bytes) -> Served:
    """The file instead of `picture`. Slow for the big ones, so run it in a thread. Not for REDIRECT."""
    match how:
        case Spoilt.HTML:
            return Served(b"<!doctype html><html><script>alert(document.cookie)</script></html>")
        case Spoilt.SVG:
            return Served(b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><rect/></svg>')
        case Spoilt.TRUNCATED:
            return Served(picture[: len(picture) // 2])
        case Spoilt.PIXEL_BOMB:
            return Served(_pixel_bomb())
        case Spoilt.GZIP_BOMB:
            return Served(_gzip_bomb(), "gzip")
        case Spoilt.HUGE:
            return Served(_huge())
        case Spoilt.EMPTY:
            return Served(b"")
        case Spoilt.REDIRECT:
            raise ValueError("a redirect has no body")


@lru_cache(maxsize=1)
def _pixel_bomb() -> bytes:
    """A sound one-bit PNG whose rows really unpack."""
    row = bytes(1 + (_SIDE + 7) // 8)
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(row * 100) for _ in range(_SIDE // 100)) + packer.flush()
    header = struct.pack(">IIBBBBB", _SIDE, _SIDE, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@lru_cache(maxsize=1)
def _gzip_bomb() -> bytes:
    out = io.BytesIO()
    block = bytes(2**20)
    with gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as packed:
        for _ in range(_UNPACKED_BYTES // len(block)):
            packed.write(block)
    return out.getvalue()


@lru_cache(maxsize=1)
def _huge() -> bytes:
    """Noise does not compress: 3,200 x 3,200 x 3 bytes stay 30 MB."""
    side = 3200
    out = io.BytesIO()
    Image.frombytes("RGB", (side, side), Random(30).randbytes(side * side * 3)).save(
        out, "PNG", compress_level=0
    )
    return out.getvalue()
