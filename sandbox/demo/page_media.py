"""What an attachment truly is (by its bytes) and how it may be served without ever becoming a web page."""

from __future__ import annotations

import enum
import io
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image

from bot.runtime.bounded import BoundedDict

if TYPE_CHECKING:
    import discord

_PLAYABLE = {
    "video/mp4": "video",
    "video/webm": "video",
    "video/quicktime": "video",
    "audio/mpeg": "audio",
    "audio/ogg": "audio",
    "audio/x-wav": "audio",
    "audio/wav": "audio",
    "audio/flac": "audio",
}
_FACTS_KEPT = 2_000


class MediaKind(enum.Enum):
    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """`mime` is what the bytes are served as; width and height are pixels of a readable picture."""

    kind: MediaKind
    mime: str
    width: int | None = None
    height: int | None = None


def inspect(data: bytes, claimed: str | None) -> MediaFacts:
    """Tell a picture by its first bytes; sound and film by their claimed type; all else is a file to save."""
    mime = _picture_type(data)
    if mime is not None:
        width, height = _picture_size(data)
        if width is not None:
            return MediaFacts(MediaKind.IMAGE, mime, width, height)
    playable = _PLAYABLE.get(claimed or "")
    if playable is not None and claimed is not None:
        return MediaFacts(MediaKind(playable), claimed)
    return MediaFacts(MediaKind.FILE, "application/octet-stream")


def headers(facts: MediaFacts) -> dict[str, str]:
    """Response headers under which a browser shows or saves the bytes but never runs them."""
    return {
        "Content-Type": facts.mime,
        "Content-Disposition": "inline" if facts.kind is not MediaKind.FILE else "attachment",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "private, max-age=86400, immutable",
    }


class MediaShelf:
    """Remembers the facts of attachments, by attachment id, so that their bytes are looked at once."""

    def __init__(self) -> None:
        self._facts = BoundedDict[int, MediaFacts](_FACTS_KEPT)

    async def facts(self, attachment: discord.Attachment) -> MediaFacts:
        known = self._facts.get(attachment.id)
        if known is None:
            known = inspect(await attachment.read(), attachment.content_type)
            self._facts[attachment.id] = known
        return known


def _picture_type(data: bytes) -> str | None:
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return None


def _picture_size(data: bytes) -> tuple[int | None, int | None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(io.BytesIO(data)) as picture:
                return picture.size
        except (
            OSError,
            ValueError,
            SyntaxError,
            Image.DecompressionBombError,
            Image.DecompressionBombWarning,
        ):
            return None, None
