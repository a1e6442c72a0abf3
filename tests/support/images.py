"""Pictures to test with: of noise, of somebody's making, or put together chunk by chunk."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any, Final

from PIL import Image

PNG_HEAD: Final = b"\x89PNG\r\n\x1a\n"


def saved(image: Image.Image, form: str = "PNG", **how: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **how)
    return out.getvalue()


def encoded(form: str = "PNG", mode: str = "RGB", size: tuple[int, int] = (40, 30), **how: Any) -> bytes:
    """Noise, no two of which are alike."""
    return saved(Image.effect_noise(size, 60).convert(mode), form, **how)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, *chunks: bytes, depth: int = 8, colour: int = 2, data: bytes = b"") -> bytes:
    """One that says to be so large, with little in it."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    pixels = chunk(b"IDAT", data or zlib.compress(b"\0" * 64))
    return PNG_HEAD + header + b"".join(chunks) + pixels + chunk(b"IEND", b"")
