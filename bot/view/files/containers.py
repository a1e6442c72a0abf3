"""What bytes are and whether they are whole, told from their container formats, without decoding a pixel."""

from __future__ import annotations

import codecs
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from bot.domain.job.output_file import OutputFault
from bot.view.files.slices import SLICE_BYTES, counted, found

PNG = "image/png"
JPEG = "image/jpeg"
WEBP = "image/webp"
GIF = "image/gif"
HTML = "text/html"
SVG = "image/svg+xml"
XML = "application/xml"
PROGRAM = "application/x-executable"
TEXT = "text/plain"

WORK_PIXELS = 4096 * 4096  # what the encoders are given at most
# A real 64 MiB GIF has some 270,000 blocks of 255 bytes; more steps than this only cost time.
_MAX_STEPS = 1_000_000
_HEAD_BYTES = 4096  # how far markup is looked for
# Readers take time that grows with the square of a JPEG's metadata, unpack each of a PNG's packed texts, and
# go over the whole picture for each scan. Cameras and editors stay far below all three.
_MAX_JPEG_HEAD_BYTES = 8 * 1024 * 1024
_MAX_PACKED_TEXTS = 16
_MAX_SCANS = 100
_PACKED_TEXTS = frozenset({b"zTXt", b"iTXt", b"iCCP"})

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", JPEG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"v/1\x01", "image/x-exr"),
    (b"#?RADIANCE", "image/vnd.radiance"),
    (b"8BPS\0", "image/vnd.adobe.photoshop"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "image/jxl"),
    (b"ply\n", "model/ply"),
    (b"ply\r\n", "model/ply"),
    (b"Kaydara FBX Binary  \0", "model/fbx"),
    (b"%PDF-", "application/pdf"),
    (b"glTF", "model/gltf-binary"),
    (b"PK\x03\x04", "application/zip"),
    (b"ID3", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"MZ", PROGRAM),
    (b"\x7fELF", PROGRAM),
    (b"\xca\xfe\xba\xbe", PROGRAM),  # Java class, Mach-O for several processors
    (b"\xcf\xfa\xed\xfe", PROGRAM),
    (b"\xce\xfa\xed\xfe", PROGRAM),
    (b"#!", PROGRAM),
)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_MARKUP = re.compile(rb"<(?:!doctype|!--|\?xml|html|head|body|script|style|iframe|svg|meta|title)\b", re.I)
_FTYP_BRANDS = MappingProxyType({b"qt  ": "video/quicktime", b"M4A ": "audio/mp4"})
_FTYP_PICTURES = MappingProxyType(
    {
        **dict.fromkeys((b"avif", b"avis"), "image/avif"),
        **dict.fromkeys((b"heic", b"heix", b"hevc", b"mif1", b"msf1"), "image/heic"),
    }
)
_STL_HEAD_BYTES = 84
_STL_FACET_BYTES = 50


class Broken(ValueError):
    """The bytes are not what their magic promises; the text is a short reason for a log."""


class TooManyPixels(Broken):
    """The header promises more than may be opened."""

    def __init__(self, width: int, height: int) -> None:
        super().__init__(f"{width}x{height} pixels")
        self.width, self.height = width, height


@dataclass(frozen=True, slots=True)
class Shape:
    """Of a picture: size in pixels as stored (before any EXIF turn), and whether it has several frames."""

    width: int
    height: int
    is_animated: bool = False

    @property
    def pixels(self) -> int:
        return self.width * self.height


def sniff(content: bytes) -> str | None:
    """The content type by magic bytes; None when nothing known fits.

    Markup and programs are named too (`HTML`, `SVG`, `XML`, `PROGRAM`), so that a refusal can say what came.
    """
    for magic, content_type in _MAGIC:
        if content.startswith(magic):
            return content_type
    return _sniff_tagged(content) or _sniff_text(content)


def _sniff_tagged(content: bytes) -> str | None:
    if content.startswith(b"RIFF"):
        return {b"WEBP": WEBP, b"WAVE": "audio/wav"}.get(content[8:12])
    if content[4:8] == b"ftyp":
        brand = content[8:12]
        return _FTYP_PICTURES.get(brand) or _FTYP_BRANDS.get(brand, "video/mp4")
    if content.startswith(b"\x1a\x45\xdf\xa3"):
        return "video/webm" if b"webm" in content[:64] else "video/x-matroska"
    if content.startswith(b"BM") and int.from_bytes(content[2:6], "little") == len(content):
        return "image/bmp"
    # A binary STL has no magic, but it says how many facets there are.
    facets = int.from_bytes(content[80:84], "little")
    if facets and len(content) == _STL_HEAD_BYTES + _STL_FACET_BYTES * facets:
        return "model/stl"
    # MPEG audio without a tag: eleven sync bits, then layer III, a real bit rate, a real sample rate.
    is_sync = len(content) > 3 and content[0] == 0xFF and content[1] & 0xE6 == 0xE2
    if is_sync and content[2] >> 4 not in (0, 15) and content[2] >> 2 & 3 != 3:
        return "audio/mpeg"
    return None


def _sniff_text(content: bytes) -> str | None:
    head = content[:_HEAD_BYTES].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if _MARKUP.match(head):
        if b"<svg" in head:
            return SVG
        return XML if head.startswith(b"<?xml") and b"<html" not in head else HTML
    if not head or found(_CONTROL, content, 0, len(content), 1) >= 0:
        return None
    return TEXT if _is_utf8(content) else None


def _is_utf8(content: bytes) -> bool:
    """By slices: decoded in one piece, a text takes up to four times its bytes."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for at in range(0, len(content), SLICE_BYTES):
            decoder.decode(content[at : at + SLICE_BYTES])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def shape_of(content: bytes, content_type: str, max_pixels: int) -> Shape:
    """The shape of a whole PNG, JPEG, WebP or GIF. Raises Broken: cut, damaged, past `max_pixels`."""
    return _READERS[content_type](content, max_pixels)


def _png(content: bytes, max_pixels: int) -> Shape:
    """Every chunk is there with the right checksum, from IHDR to IEND. Bytes after IEND do not matter."""
    view = memoryview(content)
    if content[12:16] != b"IHDR" or content[8:12] != b"\0\0\0\x0d":
        raise Broken(OutputFault.TRUNCATED if len(content) < 33 else "png without header")
    shape = _bounded(_big(view[16:20]), _big(view[20:24]), max_pixels)
    at, is_animated, has_pixels, packed_texts = 8, False, False, 0
    for _ in range(_MAX_STEPS):
        kind, end = bytes(view[at + 4 : at + 8]), at + 8 + _big(view[at : at + 4])
        if end + 4 > len(view):
            raise Broken(OutputFault.TRUNCATED)
        if zlib.crc32(view[at + 4 : end]) != _big(view[end : end + 4]):
            raise Broken(OutputFault.CHECKSUM)
        has_pixels |= kind == b"IDAT"
        packed_texts += kind in _PACKED_TEXTS
        if packed_texts > _MAX_PACKED_TEXTS:
            raise Broken("too many texts")
        is_animated |= kind == b"acTL" and _big(view[at + 8 : at + 12]) > 1
        if kind == b"IEND":
            if not has_pixels:
                raise Broken("no pixels")
            return Shape(shape.width, shape.height, is_animated)
        at = end + 4
    raise Broken("too many parts")


def _jpeg(content: bytes, max_pixels: int) -> Shape:
    """One frame header, a scan, and an end after it. Bytes after the end do not matter."""
    view = memoryview(content)
    shape: Shape | None = None
    at = 2
    for _ in range(_MAX_STEPS):
        if at + 4 > len(view):
            raise Broken(OutputFault.TRUNCATED)
        if view[at] != 0xFF:
            raise Broken("jpeg without marker")
        marker = view[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        if marker in _BARE_MARKERS:
            at += 2
            continue
        if marker in _FRAME_MARKERS:
            if shape is not None:
                raise Broken("two frame headers")
            shape = _bounded(_big(view[at + 7 : at + 9]), _big(view[at + 5 : at + 7]), max_pixels)
        if marker == 0xDA:
            break
        at += 2 + _big(view[at + 2 : at + 4])
        if at > _MAX_JPEG_HEAD_BYTES:
            raise Broken("too much metadata")
    else:
        raise Broken("too many parts")
    if shape is None:
        raise Broken("jpeg without frame header")
    _check_scans(content, at)
    return shape


def _check_scans(content: bytes, at: int) -> None:
    """FF in coded data is always stuffed with 00, so an end marker behind the scan's start is the end."""
    if content.rfind(b"\xff\xd9", at) < 0:
        raise Broken(OutputFault.TRUNCATED)
    if counted(content, b"\xff\xda", at) > _MAX_SCANS:
        raise Broken("too many scans")


_BARE_MARKERS = frozenset({0x01, *range(0xD0, 0xD8)})
_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def _webp(content: bytes, max_pixels: int) -> Shape:
    """The RIFF is as long as it says, and its first chunk tells the canvas."""
    if len(content) < 30:
        raise Broken(OutputFault.TRUNCATED)
    if 8 + int.from_bytes(content[4:8], "little") > len(content):
        raise Broken(OutputFault.TRUNCATED)
    kind = content[12:16]
    if kind == b"VP8X":
        width = 1 + int.from_bytes(content[24:27], "little")
        height = 1 + int.from_bytes(content[27:30], "little")
        is_animated = bool(content[20] & 0x02)
    elif kind == b"VP8L" and content[20] == 0x2F:
        bits = int.from_bytes(content[21:25], "little")
        width, height, is_animated = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, False
    elif kind == b"VP8 " and content[23:26] == b"\x9d\x01\x2a":
        width = int.from_bytes(content[26:28], "little") & 0x3FFF
        height = int.from_bytes(content[28:30], "little") & 0x3FFF
        is_animated = False
    else:
        raise Broken("webp without header")
    shape = _bounded(width, height, max_pixels)
    return Shape(shape.width, shape.height, is_animated)


def _gif(content: bytes, max_pixels: int) -> Shape:
    """Every block is there, up to the trailer. A frame outside the screen makes the shape larger."""
    if len(content) < 13:
        raise Broken(OutputFault.TRUNCATED)
    width, height = _little(content, 6), _little(content, 8)
    _bounded(width, height, max_pixels)
    at, frames, steps = 13 + colours_bytes(content[10]), 0, 0
    while steps < _MAX_STEPS:
        block = content[at : at + 1]
        if block == b";":
            if not frames:
                raise Broken("no pixels")
            return Shape(width, height, frames > 1)
        if block == b"!":
            at, steps = _after_sub_blocks(content, at + 2, steps + 1)
        elif block == b"," and at + 10 < len(content):
            width = max(width, _little(content, at + 1) + _little(content, at + 5))
            height = max(height, _little(content, at + 3) + _little(content, at + 7))
            _bounded(width, height, max_pixels)
            frames += 1
            at, steps = _after_sub_blocks(content, at + 11 + colours_bytes(content[at + 9]), steps + 1)
        else:
            raise Broken(OutputFault.TRUNCATED if at + 10 >= len(content) else "gif without block")
    raise Broken("too many parts")


def _after_sub_blocks(content: bytes, at: int, steps: int) -> tuple[int, int]:
    """Where the chain of sub-blocks at `at` ends, and the steps taken so far."""
    while steps < _MAX_STEPS:
        if at >= len(content):
            raise Broken(OutputFault.TRUNCATED)
        size, steps = content[at], steps + 1
        at += 1 + size
        if size == 0:
            return at, steps
    raise Broken("too many parts")


def colours_bytes(flags: int) -> int:
    """Size of the colour table these GIF flags announce."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _bounded(width: int, height: int, max_pixels: int) -> Shape:
    if width < 1 or height < 1:
        raise Broken("no pixels")
    if width * height > max_pixels:
        raise TooManyPixels(width, height)
    return Shape(width, height)


def _big(view: memoryview) -> int:
    return int.from_bytes(view, "big")


def _little(content: bytes, at: int) -> int:
    return int.from_bytes(content[at : at + 2], "little")


_READERS: Mapping[str, Callable[[bytes, int], Shape]] = MappingProxyType(
    {PNG: _png, JPEG: _jpeg, WEBP: _webp, GIF: _gif}
)
