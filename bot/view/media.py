"""Outputs as files: checked before anybody sees them, made smaller until they fit.

Everything here is CPU work on bytes; async callers run it in a thread. `checked` never decodes: besides the
bytes it is given it needs at most two copies of them (WebP; none for the others). `fit` decodes one picture
of at most `MAX_PIXELS` and shrinks it to `WORK_PIXELS` before any encoder sees it; measured on noise, one
call peaks at 350 MiB. Callers allow one `fit` at a time.
"""

from __future__ import annotations

import io
import math
import re
import struct
import unicodedata
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from PIL import Image

from bot.domain.errors import OutputUnusable
from bot.domain.picture import Picture
from bot.view.containers import (
    GIF,
    HTML,
    JPEG,
    PNG,
    PROGRAM,
    SVG,
    TEXT,
    WEBP,
    XML,
    Broken,
    Shape,
    shape_of,
    sniff,
)

__all__ = [
    "MAX_PIXELS",
    "WORK_PIXELS",
    "Checked",
    "checked",
    "filename_for",
    "fit",
    "is_picture",
    "plain_name",
    "sniff",
]

MAX_PIXELS = 40_000_000  # an 8K frame is 33 million
WORK_PIXELS = 4096 * 4096  # what the encoders are given at most
_TRANSPARENT_PIXELS = WORK_PIXELS // 2  # the same for transparent ones: an alpha channel costs libwebp dearly
_LOSSLESS_PIXELS = 2048 * 2048  # beyond this a lossless WebP takes seconds
_LOSSLESS_GAIN = 1.5  # a PNG seldom shrinks by more than a third without loss
_WEBP_SIDE = 16_383  # libwebp's limit
_MIN_SIDE = 32  # below this rounding would bend the aspect ratio, and nobody sees anything
_SHRINK = 0.75  # each step down, per side
_HOPELESS = 4  # this many times over the limit, a lower quality alone will not do
_MAX_PROFILE_BYTES = 128 * 1024
_MAX_STEM = 60

_FORMATS: Mapping[str, str] = MappingProxyType({PNG: "PNG", JPEG: "JPEG", WEBP: "WEBP", GIF: "GIF"})
_REFUSED: Mapping[str, str] = MappingProxyType({HTML: "html", SVG: "svg", XML: "xml", PROGRAM: "program"})
_EXTENSIONS: Mapping[str, str] = MappingProxyType(
    {
        PNG: "png",
        JPEG: "jpg",
        WEBP: "webp",
        GIF: "gif",
        TEXT: "txt",
        "application/pdf": "pdf",
        "application/zip": "zip",
        "audio/flac": "flac",
        "audio/mp4": "m4a",
        "audio/mpeg": "mp3",
        "audio/ogg": "ogg",
        "audio/wav": "wav",
        "model/gltf-binary": "glb",
        "video/mp4": "mp4",
        "video/quicktime": "mov",
        "video/webm": "webm",
        "video/x-matroska": "mkv",
    }
)
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


@dataclass(frozen=True, slots=True)
class Checked:
    """What an output turned out to be. `shape` is None for anything but a picture."""

    filename: str
    content_type: str
    shape: Shape | None


def is_picture(content_type: str) -> bool:
    """Whether it is one of the four picture formats that are checked and re-encoded."""
    return content_type in _FORMATS


def checked(name: str, content: bytes) -> Checked:
    """Name and type of `content`, from the content alone.

    Raises OutputUnusable: empty, markup, a program, of no known kind, or a picture that is truncated,
    damaged or larger than `MAX_PIXELS`.
    """
    if not content:
        raise OutputUnusable(name, "0 bytes")
    content_type = sniff(content)
    if content_type is None:
        raise OutputUnusable(name, "unknown kind")
    if content_type in _REFUSED:
        raise OutputUnusable(name, _REFUSED[content_type])
    shape = None
    if is_picture(content_type):
        try:
            shape = shape_of(content, content_type, MAX_PIXELS)
        except Broken as broken:
            raise OutputUnusable(name, str(broken)) from None
        _ask_pillow(name, content, content_type, shape)
    return Checked(filename_for(name, content_type), content_type, shape)


def _ask_pillow(name: str, content: bytes, content_type: str, shape: Shape) -> None:
    """Pillow reads the headers too and must come to the same size."""
    reason = "damaged"
    try:
        with Image.open(io.BytesIO(content), formats=(_FORMATS[content_type],)) as image:
            # A GIF's frame may stick out of its screen; Pillow grows only when it gets there.
            if content_type == GIF or image.size == (shape.width, shape.height):
                return
            reason = "two sizes"
    except _PILLOW_FAILURES:
        pass
    raise OutputUnusable(name, reason)


def filename_for(name: str, content_type: str) -> str:
    """`name` as plain ASCII without folders, ending as `content_type` demands."""
    return f"{_stem_and_extension(name)[0]}.{_EXTENSIONS.get(content_type, 'bin')}"


def plain_name(name: str) -> str:
    """`name` as plain ASCII without folders, with the extension it has."""
    stem, extension = _stem_and_extension(name)
    return f"{stem}.{extension}" if extension else stem


def _stem_and_extension(name: str) -> tuple[str, str]:
    base = re.split(r"[/\\]", name)[-1]
    stem, _, extension = base.rpartition(".")
    if not re.fullmatch(r"[A-Za-z0-9]{1,5}", extension) or not stem:
        stem, extension = base, ""
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9_-]+", "_", plain)[:_MAX_STEM].strip("_-")
    return plain or "output", extension


def fit(picture: Picture, limit_bytes: int) -> Picture:
    """`picture` in at most `limit_bytes`, or with `content` None when only its link is left.

    A still picture goes down a ladder: lossless WebP where that has a chance, WebP 90, JPEG 85 and 70 (WebP
    for transparent ones), then smaller by steps. Never re-encoded: animations, other kinds than pictures, and
    WebPs and transparent pictures of more than `WORK_PIXELS`.
    """
    content = picture.content
    if content is None or len(content) <= limit_bytes:
        return picture
    made = _smaller(content, picture.content_type, limit_bytes) if is_picture(picture.content_type) else None
    if made is None:
        return replace(picture, content=None)
    content_type, smaller = made
    filename = filename_for(picture.filename, content_type)
    return Picture(filename, content_type, smaller, picture.url)


def _smaller(content: bytes, content_type: str, limit_bytes: int) -> tuple[str, bytes] | None:
    try:
        shape = shape_of(content, content_type, MAX_PIXELS)
        # libwebp's decoder takes 16 bytes for each pixel, so large WebPs stay as they are.
        if shape.is_animated or (content_type == WEBP and shape.pixels > WORK_PIXELS):
            return None
        image = _decoded(content, content_type, shape)
        if image.mode == "RGBA" and shape.pixels > WORK_PIXELS:
            return None
        may_be_lossless = content_type in (PNG, GIF) and len(content) <= limit_bytes * _LOSSLESS_GAIN
        return _down_the_ladder(image, limit_bytes, may_be_lossless)
    except (Broken, *_PILLOW_FAILURES):
        return None  # it was checked, but only decoding tells everything; the link remains


def _decoded(content: bytes, content_type: str, shape: Shape) -> Image.Image:
    """RGB or RGBA with 8 bits, upright, of at most `WORK_PIXELS` and no side past WebP's limit."""
    image: Image.Image = Image.open(io.BytesIO(content), formats=(_FORMATS[content_type],))
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
