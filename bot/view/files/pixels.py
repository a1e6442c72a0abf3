"""Pixels: what Pillow does for us. Imported when the first picture comes, for its memory.

CPU work on bytes, as in bot/view/files/media.py, which decides what comes here.
"""

from __future__ import annotations

import io
import math
import struct
import zlib
from collections.abc import Mapping
from types import MappingProxyType

from PIL import Image

from bot.view.files.containers import GIF, JPEG, PNG, WEBP, WORK_PIXELS, Shape

_TRANSPARENT_PIXELS = WORK_PIXELS // 2  # the same for transparent ones: an alpha channel costs libwebp dearly
_LOSSLESS_PIXELS = 2048 * 2048  # beyond this a lossless WebP takes seconds
_LOSSLESS_GAIN = 1.5  # a PNG seldom shrinks by more than a third without loss
_WEBP_SIDE = 16_383  # libwebp's limit
_MIN_SIDE = 32  # below this rounding would bend the aspect ratio, and nobody sees anything
_SHRINK = 0.75  # each step down, per side
_HOPELESS = 4  # this many times over the limit, a lower quality alone will not do
_MAX_PROFILE_BYTES = 128 * 1024

# What Pillow raises over damaged files; `Warning` for a process that runs with warnings as errors.
_PILLOW_FAILURES = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    ArithmeticError,
    MemoryError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
    Warning,
)
# EXIF orientation (tag 0x0112) to the turn that puts the picture upright.
_ORIENTATION = 0x0112
_TURNS: Mapping[int, Image.Transpose] = MappingProxyType(
    {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
)


def size_of(content: bytes, format_name: str) -> tuple[int, int] | None:
    """Width and height as Pillow reads them from the header; None where it finds the bytes damaged."""
    try:
        with Image.open(io.BytesIO(content), formats=(format_name,)) as image:
            return image.size
    except _PILLOW_FAILURES:
        return None


def smaller(
    content: bytes, content_type: str, format_name: str, shape: Shape, limit_bytes: int
) -> tuple[str, bytes] | None:
    """(content type, bytes) of the first encoding within the limit; None where only its link is left."""
    try:
        image = _decoded(content, format_name, shape)
        if image.mode == "RGBA" and shape.pixels > WORK_PIXELS:
            return None
        may_be_lossless = content_type in (PNG, GIF) and len(content) <= limit_bytes * _LOSSLESS_GAIN
        return _down_the_ladder(image, limit_bytes, may_be_lossless)
    except _PILLOW_FAILURES:
        return None  # it was checked, but only decoding tells everything; the link remains


def _decoded(content: bytes, format_name: str, shape: Shape) -> Image.Image:
    """RGB or RGBA with 8 bits, upright, of at most `WORK_PIXELS` and no side past WebP's limit."""
    image: Image.Image = Image.open(io.BytesIO(content), formats=(format_name,))
    if shape.pixels > WORK_PIXELS:
        image.draft(None, (shape.width // 2, shape.height // 2))  # JPEG only: halves while decoding
    image.load()
    turn = _TURNS.get(image.getexif().get(_ORIENTATION, 1))
    profile = image.info.get("icc_profile") if image.mode in ("RGB", "RGBA") else None
    image = _plain(image)
    if image.mode == "RGBA" and shape.pixels > WORK_PIXELS:
        return image  # shrinking it would take two more copies
    work_pixels = _TRANSPARENT_PIXELS if image.mode == "RGBA" else WORK_PIXELS
    scale = min(1.0, math.sqrt(work_pixels / (image.width * image.height)), _WEBP_SIDE / max(image.size))
    if scale < 1:
        image = _scaled(image, scale)
    if turn is not None:
        image = image.transpose(turn)
    # The rest of the source's metadata is left behind; orientation above all, it has been applied.
    image.info = {"icc_profile": profile} if profile and len(profile) <= _MAX_PROFILE_BYTES else {}
    return image


def _plain(image: Image.Image) -> Image.Image:
    """RGB or RGBA: palettes, colour keys, grey, CMYK and 16 bits become ordinary channels."""
    if image.mode.startswith("I"):  # 16-bit grey; a direct conversion would clip it to white
        return image.convert("I").point([level >> 8 for level in range(65_536)], "L").convert("RGB")
    if "transparency" in image.info or image.mode == "LA":
        image = image.convert("RGBA")
    if image.mode == "RGBA" and image.getchannel("A").getextrema() != (255, 255):
        return image
    # Not converted means not copied: at this size a copy counts.
    return image if image.mode == "RGB" else image.convert("RGB")


def _down_the_ladder(image: Image.Image, limit_bytes: int, may_be_lossless: bool) -> tuple[str, bytes] | None:
    """The first encoding within the limit."""
    lossy = WEBP if image.mode == "RGBA" else JPEG  # JPEG knows no transparency
    steps = [(WEBP, 90, False), (lossy, 85, False), (lossy, 70, False)]
    if may_be_lossless and image.width * image.height <= _LOSSLESS_PIXELS:
        steps.insert(0, (WEBP, 50, True))
    scale = 1.0
    for content_type, quality, lossless in steps:
        made = _encoded(image, content_type, quality, lossless=lossless)
        if made is None:
            continue
        if len(made) <= limit_bytes:
            return content_type, made
        if len(made) > limit_bytes * _HOPELESS:
            # Straight to a size with a chance; a little more, for small pictures need more bytes a pixel.
            scale = min(1.0, 1.5 * math.sqrt(max(0, limit_bytes) / len(made)))
            break
    while min(image.size) * (scale := scale * _SHRINK) >= _MIN_SIDE:
        made = _encoded(_scaled(image, scale), lossy, 80)
        if made is not None and len(made) <= limit_bytes:
            return lossy, made
    return None


def _scaled(image: Image.Image, scale: float) -> Image.Image:
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _encoded(image: Image.Image, content_type: str, quality: int, *, lossless: bool = False) -> bytes | None:
    """None when libwebp gives up, as it does over large pictures of noise (its first partition overflows)."""
    out = io.BytesIO()
    profile = image.info.get("icc_profile")
    if content_type == JPEG:
        image.save(out, "JPEG", quality=quality, optimize=True, icc_profile=profile)
        return out.getvalue()
    # Of 0..6: half the time of the default (4), a few percent larger. An alpha channel is encoded without
    # loss; where it is noisy, that takes many seconds above method 0.
    method = 0 if image.mode == "RGBA" else 2
    try:
        image.save(out, "WEBP", quality=quality, method=method, lossless=lossless, icc_profile=profile)
    except ValueError:
        return None
    return out.getvalue()
