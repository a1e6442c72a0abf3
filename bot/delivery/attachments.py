"""The attachments of a final state: pictures and files, a long answer, links past the card."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from bot.domain.job.job import Job
from bot.domain.job.output_file import OutputFile
from bot.view.files.fitting import Bounds, Shrink, fitted, named_apart
from bot.view.files.media import ANSWER_TYPE
from bot.view.text import links, said


async def attachments(
    job: Job, pictures: Sequence[OutputFile], bounds: Bounds, shrink: Shrink
) -> list[OutputFile]:
    """All that a final state attaches or links, under names that differ.

    A long answer comes first, for it can only be attached; a file of links where the card has no room for
    all of them; then the outputs in their order.
    """
    limit_bytes = min(bounds.file_bytes, bounds.request_bytes)
    answer = await asyncio.to_thread(said.answer_file, job, limit_bytes)
    left = bounds.without(answer)
    outputs = [picture for picture in pictures if picture.content_type != ANSWER_TYPE]
    result = await fitted(outputs, left, shrink)
    limit = links.LINKS_CHARS_BESIDE_WORDS if said.is_text(job) else links.LINKS_CHARS
    first = [answer] if answer is not None else []
    if bounds.file_bytes > 0 and not links.have_room(result, limit):
        result = _with_a_place_free(result, left.files)
        first.append(links.links_file(result))
    return named_apart([*first, *result])


def _with_a_place_free(pictures: Sequence[OutputFile], files: int) -> list[OutputFile]:
    """The last attachment linked, if there are as many as a message holds."""
    attached = [place for place, picture in enumerate(pictures) if picture.content is not None]
    last = attached[-1] if len(attached) >= files else None
    return [replace(p, content=None, is_reduced=False) if at == last else p for at, p in enumerate(pictures)]
