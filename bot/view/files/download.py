"""Fetching outputs: listed hosts only, no redirects, bounded in size and time, checked on arrival."""

from __future__ import annotations

import asyncio
import io
import math
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from random import Random

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from bot.domain.clock import Clock
from bot.domain.errors import OutputHostRefused, OutputTooLarge, OutputUnavailable, OutputUnusable
from bot.domain.job import Output
from bot.domain.picture import Picture
from bot.view.files import media
from bot.view.files.addresses import AddressRefused, PublicResolver, normalised, permitted

MAX_BYTES = 64 * 1024 * 1024
PATIENCE_S = 180.0
MAX_FETCHES = 4
# What fetching and checking take at most, before the pictures are handed over: the bodies being read, and
# for the one that is being checked the two copies that `media.checked` needs.
PEAK_BYTES = (MAX_FETCHES + 2) * MAX_BYTES
USER_AGENT = "wiro-discord-bot"
_CHUNK_BYTES = 64 * 1024
_CONNECT_S = 10.0
_SILENCE_S = 30.0  # between two reads
# The CDN may answer these for some seconds after a task has ended (seen with Wiro's CDN, 2026).
_PASSING_STATUSES = frozenset({404, 408, 425, 429})
_HEADERS = {"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "identity"}


def download_delays(chance: Random) -> Iterator[float]:
    """Pauses in seconds between attempts: 0.5, 1, 2, 4, then 8, each varied by up to a quarter either way."""
    pause_s = 0.5
    while True:
        yield pause_s * chance.uniform(0.75, 1.25)
        pause_s = min(8.0, pause_s * 2)


def downloader_session(
    hosts: frozenset[str], resolver: AbstractResolver | None = None
) -> aiohttp.ClientSession:
    """A session for downloads alone: no cookies, no proxies from the environment, checked addresses.

    Call it inside the running loop; the caller closes it. `resolver` replaces the system's.
    """
    connector = aiohttp.TCPConnector(
        resolver=PublicResolver(resolver or aiohttp.ThreadedResolver(), hosts), limit=MAX_FETCHES
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        raise_for_status=False,
    )


@dataclass(frozen=True, slots=True)
class _Passing:
    """An attempt that failed for now: why, and how long the server asks to wait."""

    reason: str
    retry_after_s: float = 0.0


class Downloader:
    """Implements the port `Pictures` on one session.

    `session` comes from `downloader_session` and stays its maker's to close; `hosts` are the only ones asked.
    `delays` makes one series of pauses in seconds for each output.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        hosts: frozenset[str],
        *,
        clock: Clock,
        delays: Callable[[], Iterator[float]],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        max_bytes: int = MAX_BYTES,
        patience_s: float = PATIENCE_S,
        max_fetches: int = MAX_FETCHES,
    ) -> None:
        self._session = session
        self._hosts = normalised(hosts)
        self._clock = clock
        self._delays = delays
        self._sleep = sleep
        self._max_bytes = max_bytes
        self._patience_s = patience_s
        self._turns = asyncio.Semaphore(max_fetches)
        self._checking = asyncio.Lock()

    async def fetch(self, output: Output) -> Picture:
        """Fetch, sniff and check one output.

        A text without an address needs no fetching: it is shown as words, and its picture has no content.
        What should be a picture and is none raises OutputUnusable; any other kind that cannot be shown
        safely, and what is too large, comes back as a link (`content` None). Raises OutputHostRefused for
        an address off the list or a redirect, OutputUnavailable when patience ran out.
        """
        if output.url is None:
            if output.text is None:
                raise OutputUnusable(output.name, "no address")
            return Picture(media.ANSWER_NAME, media.ANSWER_TYPE, None, None)
        url = permitted(output.url, self._hosts)
        if url is None:
            raise OutputHostRefused(output.name, "address off the list")
        try:
            return await self._fetch_patiently(output, url)
        except OutputUnusable as error:
            if _should_be_picture(output) and not isinstance(error, OutputTooLarge):
                raise
        return Picture(media.plain_name(output.name), output.content_type, None, output.url)

    async def _fetch_patiently(self, output: Output, url: URL) -> Picture:
        pauses = self._delays()
        ends_at_s: float | None = None
        while True:
            # A turn is held while bytes move, never during a pause: one late file must not stop the others.
            async with self._turns:
                now_s = self._clock.monotonic()
                ends_at_s = now_s + self._patience_s if ends_at_s is None else ends_at_s
                answer = await self._attempt(output, url, ends_at_s - now_s)
                if isinstance(answer, bytes):
                    async with self._checking:  # it takes copies: one at a time
                        return await asyncio.to_thread(_picture, output, answer)
            pause_s = max(next(pauses, math.inf), answer.retry_after_s)
            if self._clock.monotonic() + pause_s >= ends_at_s:
                raise OutputUnavailable(output.name, answer.reason)
            await self._sleep(pause_s)

    async def _attempt(self, output: Output, url: URL, left_s: float) -> bytes | _Passing:
        """One request. The reason of a failure never carries the library's words: they can print headers."""
        if left_s <= 0:
            return _Passing("no time left")
        failure: OutputHostRefused | _Passing
        try:
            return await self._read(output, url, left_s)
        except aiohttp.ClientConnectorDNSError as error:
            is_refused = isinstance(error.os_error, AddressRefused)
            failure = (
                OutputHostRefused(output.name, str(error.os_error))
                if is_refused
                else _Passing("name not resolved")
            )
        except aiohttp.InvalidURL:
            failure = OutputHostRefused(output.name, "address not usable")
        except TimeoutError:
            failure = _Passing("timeout")
        except (aiohttp.ClientError, OSError) as error:
            failure = _Passing(type(error).__name__)
        # Raised out here, the error has no context that a log could follow to the library's one.
        if isinstance(failure, OutputHostRefused):
            raise failure
        return failure

    async def _read(self, output: Output, url: URL, left_s: float) -> bytes | _Passing:
        timeout = aiohttp.ClientTimeout(total=left_s, sock_connect=_CONNECT_S, sock_read=_SILENCE_S)
        async with self._session.get(
            url, headers=_HEADERS, timeout=timeout, allow_redirects=False, auto_decompress=False
        ) as response:
            passing = _judged(output.name, response)
            if passing is not None:
                return passing
            if (response.content_length or 0) > self._max_bytes:
                raise OutputTooLarge(output.name, f"{response.content_length} bytes")
            body = io.BytesIO()  # hands its buffer over without a copy
            async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
                if body.tell() + len(chunk) > self._max_bytes:
                    raise OutputTooLarge(output.name, f"more than {self._max_bytes} bytes")
                body.write(chunk)
            return body.getvalue()


def _judged(name: str, response: aiohttp.ClientResponse) -> _Passing | None:
    """None for an answer whose body may be read. Raises OutputError when asking again would not help."""
    status = response.status
    if 300 <= status < 400:
        raise OutputHostRefused(name, f"http {status}")
    if status in _PASSING_STATUSES or status >= 500:
        after = response.headers.get("Retry-After", "")
        is_seconds = after.isascii() and after.isdigit() and len(after) < 7
        return _Passing(f"http {status}", float(after) if is_seconds else 0.0)
    if status != 200:
        raise OutputUnavailable(name, f"http {status}")
    # Asked for `identity`; anything else could unpack to any size.
    if response.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        raise OutputUnusable(name, "content encoding")
    return None


def _picture(output: Output, content: bytes) -> Picture:
    facts = media.checked(output.name, content)
    is_any_picture = facts.shape is not None or facts.content_type.startswith("image/")
    if not is_any_picture and _should_be_picture(output):
        raise OutputUnusable(output.name, f"{facts.content_type}, not a picture")
    return Picture(facts.filename, facts.content_type, content, output.url)


def _should_be_picture(output: Output) -> bool:
    return media.claims_picture(output.name, output.content_type)
