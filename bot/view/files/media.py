"""Outputs as files: checked before anybody sees them, made smaller until they fit.

Everything here is CPU work on bytes; async callers run it in a thread. `checked` never decodes: besides the
bytes it is given it needs at most two copies of them (WebP; none for the others). `fit` decodes one picture
of at most `MAX_PIXELS` and shrinks it to `WORK_PIXELS` before any encoder sees it; one call takes at most
`FIT_BYTES`. Callers allow one of each at a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from bot.domain.job.output_file import OutputFault, OutputFile, OutputTooLarge, OutputUnsafe, OutputUnusable
from bot.view.files.containers import (
    GIF,
    HTML,
    JPEG,
    PNG,
    PROGRAM,
    SVG,
    WEBP,
    WORK_PIXELS,
    XML,
    Broken,
    Shape,
    TooManyPixels,
    shape_of,
    sniff,
)
from bot.view.files.filenames import claims_picture, filename_for, plain_name
from bot.view.files.metadata import MARK_BYTES, marked

__all__ = [
    "ANSWER_NAME",
    "ANSWER_TYPE",
    "FIT_BYTES",
    "MAX_PIXELS",
    "Checked",
    "checked",
    "claims_picture",
    "filename_for",
    "fit",
    "is_animated",
    "is_picture",
    "plain_name",
    "sniff",
]

ANSWER_NAME = "answer.md"
ANSWER_TYPE = "text/markdown"  # of what a language model says, and of no file that is fetched
MAX_PIXELS = 40_000_000  # an 8K frame is 33 million
FIT_BYTES = 350 * 1024 * 1024  # the peak of one `fit`, measured on noise

_FORMATS: Mapping[str, str] = MappingProxyType({PNG: "PNG", JPEG: "JPEG", WEBP: "WEBP", GIF: "GIF"})
_REFUSED: Mapping[str, OutputFault] = MappingProxyType(
    {HTML: OutputFault.HTML, SVG: OutputFault.SVG, XML: OutputFault.XML, PROGRAM: OutputFault.PROGRAM}
)
_BOMB_PIXELS_PER_BYTE = 100  # real pictures have a tenth of a byte for each pixel, or more


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

    Raises OutputUnsafe for markup and programs; OutputUnusable: empty, of no known kind, or a picture that is
    truncated, damaged or larger than `MAX_PIXELS`; OutputTooLarge where it seems to be a real one.
    """
    if not content:
        raise OutputUnusable(name, OutputFault.EMPTY)
    content_type = sniff(content)
    if content_type is None:
        raise OutputUnusable(name, OutputFault.UNKNOWN_KIND)
    if content_type in _REFUSED:
        raise OutputUnsafe(name, _REFUSED[content_type])
    shape = None
    if is_picture(content_type):
        try:
            shape = shape_of(content, content_type, MAX_PIXELS)
        except TooManyPixels as large:
            is_bomb = large.width * large.height > len(content) * _BOMB_PIXELS_PER_BYTE
            unusable = OutputUnusable if is_bomb else OutputTooLarge
            raise unusable(name, str(large), (large.width, large.height)) from None
        except Broken as broken:
            raise OutputUnusable(name, str(broken)) from None
        _ask_pillow(name, content, content_type, shape)
    return Checked(filename_for(name, content_type), content_type, shape)


def _ask_pillow(name: str, content: bytes, content_type: str, shape: Shape) -> None:
    """Pillow reads the headers too and must come to the same size."""
    from bot.view.files import pixels  # noqa: PLC0415 — Pillow takes its memory when the first picture comes

    size = pixels.size_of(content, _FORMATS[content_type])
    # A GIF's frame may stick out of its screen; Pillow grows only when it gets there.
    if size is None:
        raise OutputUnusable(name, OutputFault.DAMAGED)
    if content_type != GIF and size != (shape.width, shape.height):
        raise OutputUnusable(name, "two sizes")


def is_animated(picture: OutputFile) -> bool:
    """Whether it is a picture of several frames, which can only be shown as it is."""
    if picture.content is None or not is_picture(picture.content_type):
        return False
    try:
        return shape_of(picture.content, picture.content_type, MAX_PIXELS).is_animated
    except Broken:
        return False


def fit(picture: OutputFile, limit_bytes: int) -> OutputFile:
    """`picture` in at most `limit_bytes`, or with `content` None when only its link is left.

    Pictures come out with the mark of AI origin, whatever becomes of them. A still one goes down a ladder:
    lossless WebP where that has a chance, WebP 90, JPEG 85 and 70 (WebP for transparent ones), then smaller
    by steps. Never re-encoded: animations, other kinds than pictures, and WebPs and transparent pictures of
    more than `WORK_PIXELS`.
    """
    content = picture.content
    if content is None:
        return picture
    if len(content) <= limit_bytes:  # else a copy of it would only take room
        told = marked(content, picture.content_type)
        if len(told) <= limit_bytes:
            return picture if told is content else replace(picture, content=told)
        del told
    room = limit_bytes - MARK_BYTES
    made = _smaller(content, picture.content_type, room) if is_picture(picture.content_type) else None
    if made is None:  # better without the mark than not at all
        return picture if len(content) <= limit_bytes else replace(picture, content=None)
    content_type, smaller = made
    filename = filename_for(picture.filename, content_type)
    return OutputFile(filename, content_type, marked(smaller, content_type), picture.url, is_reduced=True)


def _smaller(content: bytes, content_type: str, limit_bytes: int) -> tuple[str, bytes] | None:
    from bot.view.files import pixels  # noqa: PLC0415 — Pillow takes its memory when the first picture comes

    try:
        shape = shape_of(content, content_type, MAX_PIXELS)
    except Broken:
        return None
    # libwebp's decoder takes 16 bytes for each pixel, so large WebPs stay as they are.
    if shape.is_animated or (content_type == WEBP and shape.pixels > WORK_PIXELS):
        return None
    return pixels.smaller(content, content_type, _FORMATS[content_type], shape, limit_bytes)
