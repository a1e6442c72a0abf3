"""Outputs, fetched and checked on arrival: what cannot be shown safely comes back as a link."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Final

import aiohttp

from bot.domain.clock import Clock
from bot.domain.job.job import Output
from bot.domain.job.output_file import OutputFile, OutputTooLarge, OutputUnsafe, OutputUnusable
from bot.view.files import media
from bot.view.files.fetching import BUSY_STATUSES, Bounds, Fetcher

MAX_BYTES: Final = 64 * 1024 * 1024
PATIENCE_S: Final = 180.0
MAX_FETCHES: Final = 4
BOUNDS: Final = Bounds(MAX_BYTES, PATIENCE_S, MAX_FETCHES)
# What fetching and checking take at most, before the pictures are handed over: the bodies being read, and
# for the one that is being checked the two copies that `media.checked` needs.
PEAK_BYTES: Final = (MAX_FETCHES + 2) * MAX_BYTES
# The CDN may answer 404 for some seconds after a task has ended (seen with Wiro's CDN, 2026).
_PASSING_STATUSES: Final = BUSY_STATUSES | {404}


class Downloader:
    """Implements the port `OutputFetcher`; the arguments are those of a Fetcher."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        hosts: frozenset[str],
        *,
        clock: Clock,
        delays: Callable[[], Iterator[float]],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        bounds: Bounds = BOUNDS,
    ) -> None:
        self._fetcher = Fetcher(
            session, hosts, bounds, clock=clock, delays=delays, passing=_PASSING_STATUSES, sleep=sleep
        )
        self._checking = asyncio.Lock()

    async def fetch(self, output: Output) -> OutputFile:
        """Fetch, sniff and check one output.

        A text without an address needs no fetching: it is shown as words, and its picture has no content.
        What should be a picture and is none raises OutputUnusable, and so does markup or a program whatever
        it should be; any other kind that is not known, and what is too large, comes back as a link (`content`
        None). Raises OutputHostRefused for
        an address off the list or a redirect, OutputUnavailable when patience ran out.
        """
        if output.url is None:
            if output.text is None:
                raise OutputUnusable(output.name, "no address")
            return OutputFile(media.ANSWER_NAME, media.ANSWER_TYPE, None, None)
        try:
            return await self._fetcher.read(output.name, output.url, partial(self.check, output))
        except OutputUnusable as error:
            is_refused = _should_be_picture(output) and not isinstance(error, OutputTooLarge)
            if is_refused or isinstance(error, OutputUnsafe):
                raise
        return OutputFile(media.plain_name(output.name), output.content_type, None, output.url)

    async def is_gone(self, address: str) -> bool:
        """Whether nothing is served there any more. False where that cannot be told."""
        return await self._fetcher.is_gone(address)

    async def check(self, output: Output, content: bytes) -> OutputFile:
        """Sniff and check what is at hand already. Raises OutputUnusable."""
        async with self._checking:  # it takes copies: one at a time
            return await asyncio.to_thread(_picture, output, content)


def _picture(output: Output, content: bytes) -> OutputFile:
    facts = media.checked(output.name, content)
    is_any_picture = facts.shape is not None or facts.content_type.startswith("image/")
    if not is_any_picture and _should_be_picture(output):
        raise OutputUnusable(output.name, f"{facts.content_type}, not a picture")
    return OutputFile(facts.filename, facts.content_type, content, output.url)


def _should_be_picture(output: Output) -> bool:
    return media.claims_picture(output.name, output.content_type)
