"""Pictures to be spoilt, and whole ones that are traps: bombs, endless frames, packed texts, odd modes."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from typing import Final

from hypothesis import strategies as st

from tests.support.images import PNG_HEAD, chunk, encoded, png

MIB: Final = 1024 * 1024
GIF_FRAME: Final = b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def gif(body: bytes, side: int = 1) -> bytes:
    return b"GIF89a" + struct.pack("<HHBBB", side, side, 0, 0, 0) + body + b";"


def in_jpeg(*segments: bytes) -> bytes:
    whole = encoded("JPEG")
    return whole[:2] + b"".join(segments) + whole[2:]


def many_scans(scans: int) -> bytes:
    """A JPEG of many pixels that is gone over again and again."""
    whole = encoded("JPEG", size=(64, 64), progressive=True)
    last = whole.rfind(b"\xff\xda")
    scan = whole[last : whole.rfind(b"\xff\xd9")]
    return whole[:last] + scan * scans + b"\xff\xd9"


ANIMATED: Final = b"ANIM" + struct.pack("<I", 6) + b"\0" * 6


def webp(body: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


WHOLE: Final[tuple[bytes, ...]] = (
    encoded("PNG"),
    encoded("PNG", "P"),
    encoded("PNG", "RGBA"),
    encoded("PNG", "I;16"),
    encoded("PNG", "1"),
    encoded("PNG", "LA"),
    encoded("JPEG"),
    encoded("JPEG", "CMYK"),
    encoded("JPEG", "L"),
    encoded("JPEG", progressive=True),
    encoded("WEBP"),
    encoded("WEBP", "RGBA", lossless=True),
    encoded("GIF", "P"),
    b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    b"<!doctype html><html><script>1</script></html>",
    b"<?xml version='1.0'?><a/>",
    "plain words, größer als ASCII".encode(),
    b"%PDF-1.7\n",
    b"MZ\x90\0",
    b"#!/bin/sh\n",
)

# Each is small to write down, and would cost much where sizes were believed or everything was unpacked.
TRAPS: Final[dict[str, Callable[[], bytes]]] = {
    "30,000 x 30,000 png": lambda: png(30_000, 30_000),
    "png of 2^31 a side": lambda: png(2**31 - 1, 2**31 - 1),
    "png that unpacks to 200 times its size": lambda: png(
        6_300, 6_300, data=zlib.compress(b"\0" * (6_300 * 3 + 1) * 6_300, 9)
    ),
    "60 packed texts": lambda: png(
        8, 8, *(chunk(b"zTXt", b"k%d\0\0" % n + zlib.compress(b"a" * MIB, 9)) for n in range(60))
    ),
    "a packed profile of 64 MiB": lambda: png(
        8, 8, chunk(b"iCCP", b"p\0\0" + zlib.compress(b"a" * 64 * MIB, 9))
    ),
    "20 MiB of EXIF in a png": lambda: png(8, 8, chunk(b"eXIf", b"MM\0*" + b"\0" * 20 * MIB)),
    "a million chunks": lambda: png(8, 8, chunk(b"teSt", b"") * 1_000_001),
    "a million frames of apng": lambda: png(
        8, 8, chunk(b"acTL", struct.pack(">II", 1_000_000, 0)), *[chunk(b"fcTL", b"\0" * 26)] * 10_000
    ),
    "1,000 EXIF segments": lambda: in_jpeg(*[segment(0xE1, b"Exif\0\0" + b"a" * 60_000)] * 1_000),
    "1,000 comments": lambda: in_jpeg(*[segment(0xFE, b"a" * 60_000)] * 1_000),
    "a jpeg of 5,000 scans": lambda: many_scans(5_000),
    "65,500 x 65,500 jpeg": lambda: encoded("JPEG").replace(
        struct.pack(">HH", 30, 40), struct.pack(">HH", 65_500, 65_500), 1
    ),
    "a gif of a million frames": lambda: gif(GIF_FRAME * 1_000_000),
    "a gif of 65,535 a side": lambda: (
        b"GIF89a" + struct.pack("<HHBBB", 65_535, 65_535, 0, 0, 0) + GIF_FRAME + b";"
    ),
    "a gif comment of 20 MiB": lambda: gif(b"!\xfe" + (b"\xff" + b"a" * 255) * 80_000 + b"\0" + GIF_FRAME),
    "tiny sub-blocks": lambda: gif((b"!\x01" + b"\x01a" * 400_000 + b"\0") * 20 + GIF_FRAME),
    "a webp of 16,383 a side": lambda: webp(
        b"VP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + struct.pack("<I", 16_382)[:3] * 2
    ),
    "a webp of 100,000 frames": lambda: webp(
        b"VP8X"
        + struct.pack("<I", 10)
        + b"\x02\0\0\0"
        + b"\x07\0\0" * 2
        + ANIMATED
        + (b"ANMF" + struct.pack("<I", 24) + b"\0" * 16 + b"VP8L" + b"\0" * 4) * 100_000
    ),
    "60 MiB of text in four bytes a letter": lambda: "\U0001f98a".encode() * (15 * MIB),
    "60 MiB of markup": lambda: b"<!--" + b"a" * 60 * MIB,
}


@st.composite
def spoilt_pictures(draw: st.DrawFn) -> bytes:
    """A true picture, cut, overwritten, doubled or grown somewhere; or bytes behind a true beginning."""
    content = bytearray(draw(st.sampled_from(WHOLE)))
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(content)))
        match draw(st.sampled_from(["cut", "write", "double", "insert", "size", "drop"])):
            case "cut":
                del content[at:]
            case "write":
                patch = draw(st.binary(min_size=1, max_size=8))
                content[at : at + len(patch)] = patch
            case "double":
                content[at:at] = content[at : at + draw(st.integers(0, 64))]
            case "insert":
                content[at:at] = draw(st.binary(max_size=32))
            case "size":
                number = draw(st.sampled_from([0, 1, 0x7FFFFFFF, 0xFFFFFFFF, 0x8000, 0xFFFF, 30_000]))
                content[at : at + 4] = number.to_bytes(4, draw(st.sampled_from(["big", "little"])))
            case _:
                del content[at : at + draw(st.integers(1, 64))]
    return bytes(content)


def with_true_checksums(content: bytes) -> bytes:
    """A spoilt PNG with each chunk's checksum made right again, so that the damage is further in."""
    if not content.startswith(PNG_HEAD):
        return content
    mended, at = bytearray(PNG_HEAD), len(PNG_HEAD)
    while at + 12 <= len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        if at + 12 + length > len(content):
            break
        mended += chunk(content[at + 4 : at + 8], content[at + 8 : at + 8 + length])
        at += 12 + length
    return bytes(mended) + content[at:]
