"""What of a job's outputs goes into one message, and how large: small ones whole before large ones shrink."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from bot.domain.discord_limits import MESSAGE_FILES
from bot.domain.job.output_file import OutputFile
from bot.view.files.media import is_animated, is_picture

_STILL_BYTES: Final = 1024 * 1024  # kept for a still picture before a film beside it may have the room

Shrink: TypeAlias = Callable[[OutputFile, int], Awaitable[OutputFile]]


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one message takes: bytes in one file, bytes in all of them, files."""

    file_bytes: int
    request_bytes: int
    files: int = MESSAGE_FILES

    def without(self, picture: OutputFile | None) -> Bounds:
        """What is left beside an attachment."""
        if picture is None or picture.content is None:
            return self
        return replace(self, request_bytes=self.request_bytes - len(picture.content), files=self.files - 1)


async def fitted(pictures: Sequence[OutputFile], bounds: Bounds, shrink: Shrink) -> list[OutputFile]:
    """The pictures in their order, those that do not fit as links (`content` None).

    The first ones that can be attached are, as many as a message holds. Still pictures are made smaller by
    `shrink` where they must be, the largest first to give way; everything else is attached whole or linked.
    """
    sizes = {place: len(p.content) for place, p in enumerate(pictures) if p.content is not None}
    is_crowded = sum(sizes.values()) > bounds.request_bytes
    rigid = {place for place in sizes if not is_picture(pictures[place].content_type)}
    for place, size in sizes.items():
        must_shrink = place not in rigid and (is_crowded or size > bounds.file_bytes)
        if must_shrink and await asyncio.to_thread(is_animated, pictures[place]):
            rigid.add(place)
    chosen = [p for p, size in sizes.items() if p not in rigid or size <= bounds.file_bytes]
    chosen = chosen[: max(0, bounds.files)]
    result = [replace(picture, content=None) for picture in pictures]
    stills = sorted((place for place in chosen if place not in rigid), key=lambda place: sizes[place])
    left = bounds.request_bytes
    kept = sum(min(sizes[place], bounds.file_bytes, _STILL_BYTES) for place in stills)
    for place in sorted(rigid.intersection(chosen), key=lambda place: sizes[place]):
        if sizes[place] <= left - kept:
            result[place] = await shrink(pictures[place], min(bounds.file_bytes, left - kept))
            left -= len(result[place].content or b"")
    for number, place in enumerate(stills):  # the smallest first: what it leaves goes to the larger ones
        share = min(bounds.file_bytes, left // (len(stills) - number))
        if share > 0:
            result[place] = await shrink(pictures[place], share)
            left -= len(result[place].content or b"")
    return result


def named_apart(pictures: Sequence[OutputFile]) -> list[OutputFile]:
    """The pictures under names that differ, whatever the case: attachments are referred to by name."""
    taken: set[str] = set()
    named: list[OutputFile] = []
    for picture in pictures:
        stem, dot, extension = picture.filename.rpartition(".")
        if not stem:
            stem, dot, extension = picture.filename, "", ""
        name, number = picture.filename, 2
        while name.lower() in taken:
            name, number = f"{stem}-{number}{dot}{extension}", number + 1
        taken.add(name.lower())
        named.append(picture if name == picture.filename else replace(picture, filename=name))
    return named
