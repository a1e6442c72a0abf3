"""Files that members give, from Discord's CDN or a result of Wiro's: fetched whole, told by their bytes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Final, Protocol, TypeVar

from bot.domain.job.job import Output
from bot.domain.job.output_file import OutputError, OutputFault, OutputTooLarge, OutputUnusable
from bot.domain.request.errors import InputFault, InputRefused
from bot.domain.request.files import MAX_FILE_BYTES, InputFile, Upload
from bot.view.files import media
from bot.view.files.containers import Broken
from bot.view.files.download import Downloader
from bot.view.files.fetching import Bounds
from bot.view.files.metadata import without_traces

T = TypeVar("T")

# Of Discord's CDN: no more than Wiro takes in one file, and no more at once than runs bring files to Wiro.
BOUNDS: Final = Bounds(MAX_FILE_BYTES, patience_s=60.0, max_fetches=2)
OUTPUT_PATIENCE_S: Final = 30.0  # for a result of Wiro's: what is not there by then has been cleared away
SPARED_PATIENCE_S: Final = 8.0  # the same where there is another place to ask

HEIC: Final = "image/heic"  # as telephones take them: Wiro takes it too (Wiro docs, Files, Aug 2026)
_OTHER_KINDS: Final[dict[str, str]] = {
    OutputFault.SVG: "an SVG drawing",
    OutputFault.HTML: "a web page",
    OutputFault.XML: "an XML text",
    OutputFault.PROGRAM: "a program",
    OutputFault.UNKNOWN_KIND: "a file of an unknown kind",
}


class Attachments(Protocol):
    """The files that Discord keeps; a Fetcher, but in a simulated Discord."""

    async def read(self, name: str, address: str, finish: Callable[[bytes], Awaitable[T]]) -> T:
        """What `finish` makes of the file's bytes. Raises OutputError."""
        ...


class FileSources:
    """Implements the port `Sources`. What Wiro made comes as outputs do, the rest from Discord."""

    def __init__(self, attachments: Attachments, outputs: Downloader) -> None:
        self._attachments = attachments
        self._outputs = outputs

    async def fetch(self, file: InputFile) -> Upload:
        """The file's bytes, unchanged, with the type that they show. Raises InputRefused."""
        if file.size_bytes is not None and file.size_bytes > MAX_FILE_BYTES:
            raise InputRefused(file.filename, InputFault.TOO_LARGE, size_bytes=file.size_bytes)
        return await (self._output(file) if file.is_output else self._attachment(file, file.source_url))

    async def _attachment(self, file: InputFile, address: str) -> Upload:
        try:
            return await self._attachments.read(file.filename, address, partial(_checked_apart, file))
        except OutputTooLarge:
            fault = InputFault.TOO_LARGE
        except OutputError:
            fault = InputFault.UNAVAILABLE
        raise InputRefused(file.filename, fault)

    async def _output(self, file: InputFile) -> Upload:
        """What Wiro made as Wiro made it; once that is gone, what Discord keeps of it."""
        patience_s = OUTPUT_PATIENCE_S if file.spare_url is None else SPARED_PATIENCE_S
        try:
            async with asyncio.timeout(patience_s):
                picture = await self._outputs.fetch(Output(file.filename, file.content_type, file.source_url))
        except OutputUnusable as error:
            raise _unusable(file, error) from None
        except (OutputError, TimeoutError):
            pass
        else:
            if picture.content is not None:
                return await _checked_apart(file, picture.content)
        if file.spare_url is None:
            raise InputRefused(file.filename, InputFault.UNAVAILABLE)
        return await self._attachment(file, file.spare_url)


async def _checked_apart(file: InputFile, content: bytes) -> Upload:
    """`checked`, in a thread."""
    return await asyncio.to_thread(checked, file, content)


def checked(file: InputFile, content: bytes) -> Upload:
    """A picture is what its bytes say, whatever its name claims; nothing is decoded, and no pixel changes.

    What a member's picture tells of place, camera and people stays here; an output tells nothing of them.
    CMYK, EXIF turns and single pixels are the model's business. Raises InputRefused: empty, damaged, a
    picture past `media.MAX_PIXELS`, and, where a picture is wanted, one that moves or any other kind.
    """
    name = media.plain_name(file.filename)
    try:
        facts = media.checked(file.filename, content)
    except OutputUnusable as error:
        claims = file.is_picture or media.claims_picture(file.filename, file.content_type)
        if not content or claims:
            raise _unusable(file, error) from None
        upload = Upload(file.parameter_id, name, content)
        return replace(upload, content_type=file.content_type or upload.content_type)
    if file.is_picture and facts.shape is None and facts.content_type != HEIC:
        what = f"a file of the type {facts.content_type}"
        raise InputRefused(file.filename, InputFault.NOT_A_PICTURE, what)
    if file.is_picture and facts.shape is not None and facts.shape.is_animated:
        raise InputRefused(file.filename, InputFault.ANIMATED)
    if not file.is_output:
        content = _without_traces(file, content, facts.content_type)
    return Upload(file.parameter_id, facts.filename, content, facts.content_type)


def _without_traces(file: InputFile, content: bytes, content_type: str) -> bytes:
    """Raises InputRefused where nobody can be sure that nothing personal is left in it."""
    try:
        return without_traces(content, content_type)
    except Broken:
        raise InputRefused(file.filename, InputFault.METADATA) from None


def _unusable(file: InputFile, error: OutputUnusable) -> InputRefused:
    """What is wrong with it as a fault of a file."""
    if error.reason == OutputFault.EMPTY:
        return InputRefused(file.filename, InputFault.EMPTY)
    if error.pixels is not None:
        width, height = error.pixels
        return InputRefused(file.filename, InputFault.TOO_MANY_PIXELS, f"{width} × {height}")
    if error.reason in _OTHER_KINDS:
        return InputRefused(file.filename, InputFault.NOT_A_PICTURE, _OTHER_KINDS[error.reason])
    return InputRefused(file.filename, InputFault.DAMAGED, error.reason)
