"""Fetching files from listed hosts: no redirects, bounded in size and time, patient where it may help."""

from __future__ import annotations

import asyncio
import io
import math
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeVar

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from bot.domain.clock import Clock
from bot.domain.job.output_file import (
    OutputFault,
    OutputHostRefused,
    OutputTooLarge,
    OutputUnavailable,
    OutputUnusable,
)
from bot.view.files.addresses import AddressRefused, PublicResolver, normalised, permitted

T = TypeVar("T")

USER_AGENT: Final = "wiro-discord-bot"
_CHUNK_BYTES: Final = 64 * 1024
_CONNECT_S: Final = 10.0
_SILENCE_S: Final = 30.0  # between two reads
BUSY_STATUSES: Final = frozenset({408, 425, 429})  # and every 5xx: the same request may succeed later
GONE_STATUSES: Final = frozenset({403, 404, 410})  # a store behind a CDN says 403 of what it has not
_HEADERS: Final = {"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "identity"}


def downloader_session(
    hosts: frozenset[str], resolver: AbstractResolver | None = None
) -> aiohttp.ClientSession:
    """A session for downloads alone: no cookies, no proxies from the environment, checked addresses.

    Call it inside the running loop; the caller closes it. `resolver` replaces the system's. How many requests
    run at once is each Fetcher's to bound.
    """
    connector = aiohttp.TCPConnector(resolver=PublicResolver(resolver or aiohttp.ThreadedResolver(), hosts))
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        raise_for_status=False,
    )


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much one file may take: bytes, seconds from its first request on, and files at once."""

    max_bytes: int
    patience_s: float
    max_fetches: int


@dataclass(frozen=True, slots=True)
class _Passing:
    """An attempt that failed for now: why, and how long the server asks to wait."""

    reason: str
    retry_after_s: float = 0.0


class Fetcher:
    """Reads whole files on one session.

    `session` comes from `downloader_session` and stays its maker's to close; `hosts` are the only ones asked.
    `delays` makes one series of pauses in seconds for each file. `passing` are the statuses after which the
    same address is asked again.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        hosts: frozenset[str],
        bounds: Bounds,
        *,
        clock: Clock,
        delays: Callable[[], Iterator[float]],
        passing: frozenset[int] = BUSY_STATUSES,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._session = session
        self._hosts = normalised(hosts)
        self._bounds = bounds
        self._clock = clock
        self._delays = delays
        self._passing = passing
        self._sleep = sleep
        self._turns = asyncio.Semaphore(bounds.max_fetches)

    async def read(self, name: str, address: str, finish: Callable[[bytes], Awaitable[T]]) -> T:
        """What `finish` makes of the file's bytes; they count as being fetched until it has.

        Raises OutputHostRefused for an address off the list or a redirect, OutputTooLarge, OutputUnusable for
        a packed answer, OutputUnavailable when patience ran out or asking again would not help.
        """
        url = permitted(address, self._hosts)
        if url is None:
            raise OutputHostRefused(name, OutputFault.HOST)
        pauses = self._delays()
        ends_at_s: float | None = None
        while True:
            # A turn is held while bytes move, never during a pause: one late file must not stop the others.
            async with self._turns:
                now_s = self._clock.monotonic()
                ends_at_s = now_s + self._bounds.patience_s if ends_at_s is None else ends_at_s
                answer = await self._attempt(name, url, ends_at_s - now_s)
                if isinstance(answer, bytes):
                    return await finish(answer)
            pause_s = max(next(pauses, math.inf), answer.retry_after_s)
            if self._clock.monotonic() + pause_s >= ends_at_s:
                raise OutputUnavailable(name, answer.reason)
            await self._sleep(pause_s)

    async def is_gone(self, address: str) -> bool:
        """Whether nothing is served there any more, looked at once. False where that cannot be told."""
        url = permitted(address, self._hosts)
        if url is None:
            return False
        timeout = aiohttp.ClientTimeout(total=_SILENCE_S, sock_connect=_CONNECT_S)
        try:
            async with (
                self._turns,
                self._session.head(url, headers=_HEADERS, timeout=timeout, allow_redirects=False) as response,
            ):
                return response.status in GONE_STATUSES
        except (aiohttp.ClientError, OSError):  # TimeoutError is one
            return False

    async def _attempt(self, name: str, url: URL, left_s: float) -> bytes | _Passing:
        """One request. The reason of a failure never carries the library's words: they can print headers."""
        if left_s <= 0:
            return _Passing("no time left")
        failure: OutputHostRefused | _Passing
        try:
            return await self._body(name, url, left_s)
        except aiohttp.ClientConnectorDNSError as error:
            is_refused = isinstance(error.os_error, AddressRefused)
            failure = (
                OutputHostRefused(name, str(error.os_error)) if is_refused else _Passing("name not resolved")
            )
        except aiohttp.InvalidURL:
            failure = OutputHostRefused(name, "address not usable")
        except TimeoutError:
            failure = _Passing("timeout")
        except (aiohttp.ClientError, OSError) as error:
            failure = _Passing(type(error).__name__)
        # Raised out here, the error has no context that a log could follow to the library's one.
        if isinstance(failure, OutputHostRefused):
            raise failure
        return failure

    async def _body(self, name: str, url: URL, left_s: float) -> bytes | _Passing:
        timeout = aiohttp.ClientTimeout(total=left_s, sock_connect=_CONNECT_S, sock_read=_SILENCE_S)
        max_bytes = self._bounds.max_bytes
        async with self._session.get(
            url, headers=_HEADERS, timeout=timeout, allow_redirects=False, auto_decompress=False
        ) as response:
            passing = self._judged(name, response)
            if passing is not None:
                return passing
            if (response.content_length or 0) > max_bytes:
                raise OutputTooLarge(name, f"{response.content_length} bytes")
            body = io.BytesIO()  # hands its buffer over without a copy
            async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
                if body.tell() + len(chunk) > max_bytes:
                    raise OutputTooLarge(name, f"more than {max_bytes} bytes")
                body.write(chunk)
            return body.getvalue()

    def _judged(self, name: str, response: aiohttp.ClientResponse) -> _Passing | None:
        """None for an answer whose body may be read. Raises OutputError when asking again would not help."""
        status = response.status
        if 300 <= status < 400:
            raise OutputHostRefused(name, f"http {status}")
        if status in self._passing or status >= 500:
            after = response.headers.get("Retry-After", "")
            is_seconds = after.isascii() and after.isdigit() and len(after) < 7
            return _Passing(f"http {status}", float(after) if is_seconds else 0.0)
        if status != 200:
            raise OutputUnavailable(name, f"http {status}")
        # Asked for `identity`; anything else could unpack to any size.
        if response.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
            raise OutputUnusable(name, OutputFault.PACKED)
        return None
