"""An output that was fetched and checked, ready to be attached."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.errors import BotError


@dataclass(frozen=True, slots=True)
class OutputFile:
    """One output, fetched and checked. `content` None: it is only linked.

    `is_reduced`: made smaller to fit; the original is at `url`.
    """

    filename: str
    content_type: str
    content: bytes | None
    url: str | None
    is_reduced: bool = False


class OutputFault(StrEnum):
    """Reasons that have words of their own. The value stands in the detail of a job's record, for ever."""

    EMPTY = "0 bytes"
    UNKNOWN_KIND = "unknown kind"
    HTML = "html"
    SVG = "svg"
    XML = "xml"
    PROGRAM = "program"
    TRUNCATED = "truncated"
    DAMAGED = "damaged"
    CHECKSUM = "checksum"
    PACKED = "content encoding"
    HOST = "address off the list"
    MISSING = "there was no output"


@dataclass(eq=False)
class OutputError(BotError):
    """An output that cannot be shown as it is. `reason` is an OutputFault, or a short text for a log."""

    name: str
    reason: str
    pixels: tuple[int, int] | None = None  # where there are too many of them


class OutputUnusable(OutputError):
    """Not a picture, broken, a decompression bomb, or past every size."""


class OutputUnsafe(OutputUnusable):
    """A program, or markup that a browser would run: neither shown nor linked."""


class OutputTooLarge(OutputUnusable):
    """More bytes or pixels than are fetched or opened here, and nothing that looks like a bomb."""


class OutputHostRefused(OutputError):
    """An address off the allow-list, or a redirect."""


class OutputUnavailable(OutputError):
    """It could not be fetched within the time allowed; the link may still work later."""
