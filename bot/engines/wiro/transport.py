"""One signed exchange with Wiro's REST API, and the repetition of those that are safe to repeat."""

from __future__ import annotations

import io
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, TypeAlias

import aiohttp

from bot.domain.clock import Clock
from bot.engines.port import EngineAnswerTooLarge, EngineError, EngineServerFault
from bot.engines.wiro.faults import fault_of, is_transient, parse_retry_after, unreachable
from bot.engines.wiro.frames import MAX_DETAIL_CHARS, parsed, verdict
from bot.engines.wiro.reading import read
from bot.engines.wiro.scalars import as_text
from bot.engines.wiro.shortening import Shortener
from bot.engines.wiro.signing import Credentials, NonceMaker, auth_headers

log = logging.getLogger(__name__)

USER_AGENT: Final = "wiro-discord-bot/0.2"  # the front of Wiro's host turns default agents of libraries away
# Its long texts cut. A step over all of it takes some 20 ms, in which no other thread has its turn.
MAX_ANSWER_BYTES: Final = 8 * 1024 * 1024
MAX_READ_BYTES: Final = 8 * MAX_ANSWER_BYTES
RETRY_BUDGET_S: Final = 60.0

Form: TypeAlias = Callable[[], aiohttp.FormData]


@dataclass(frozen=True, slots=True)
class Answer:
    """The JSON object of a yes, and how large it was: a large one is read further off the loop, too."""

    fields: Mapping[str, object]
    size_bytes: int


class Transport:
    """Signs, sends, reads with a size limit, and raises the EngineError family and nothing else."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        base_url: str,
        credentials: Credentials,
        *,
        clock: Clock,
        delays: Callable[[], Iterator[float]],
        sleep: Callable[[float], Awaitable[None]],
        max_answer_bytes: int = MAX_ANSWER_BYTES,
    ) -> None:
        self._session = session
        self._base_url = base_url.rstrip("/")
        self._credentials = credentials
        self._clock = clock
        self._delays = delays
        self._sleep = sleep
        self._max_answer_bytes = max_answer_bytes
        self._next_nonce = NonceMaker(clock.wall)

    async def once(
        self,
        path: str,
        body: Mapping[str, object] | None,
        timeout_s: float,
        form: Form | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request, once. A yes comes back as its JSON object, anything else is raised."""
        try:
            return await self._exchange(path, body, timeout_s, form, headers or {})
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            failure: EngineError = unreachable(error)
        # Raised out here so that the original, whose repr may print headers, is not even its context.
        raise failure

    async def repeated(self, path: str, body: Mapping[str, object], timeout_s: float) -> Answer:
        """Send a request that may be repeated until it is answered, the delays end or the budget is spent."""
        started_s = self._clock.monotonic()
        delays = self._delays()
        while True:
            try:
                return await self.once(path, body, timeout_s)
            except EngineError as error:
                delay_s = next(delays, None)
                if delay_s is None or not is_transient(error) or isinstance(error, EngineAnswerTooLarge):
                    raise
                wait_s = max(delay_s, error.retry_after_s or 0.0)
                if self._clock.monotonic() - started_s + wait_s > RETRY_BUDGET_S:
                    raise
                log.info("%s: %s (%s), again in %.1f s", path, type(error).__name__, error.message, wait_s)
            await self._sleep(wait_s)

    async def _exchange(
        self,
        path: str,
        body: Mapping[str, object] | None,
        timeout_s: float,
        form: Form | None,
        headers: Mapping[str, str],
    ) -> Answer:
        # aiohttp repeats idempotent methods on a stale connection by itself; POST is never among them.
        async with self._session.post(
            f"{self._base_url}/{path}",
            json=body if form is None else None,
            data=form() if form is not None else None,
            headers={
                **headers,
                "User-Agent": USER_AGENT,
                # aiohttp unpacks on the loop, up to 32 MiB in one step (3.14, compression_utils.py).
                "Accept-Encoding": "identity",
                **auth_headers(self._credentials, self._next_nonce()),
            },
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=timeout_s),
        ) as response:
            content = await self._read(response)
            retry_after_s = parse_retry_after(response.headers.get("Retry-After"), self._clock.wall())
            task_token = as_text((body or {}).get("tasktoken"))
            judge = partial(self._judged, response.status, retry_after_s, task_token)
            return Answer(await read(judge, content, len(content)), len(content))

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        content, shortener, read_bytes = io.BytesIO(), Shortener(), 0
        async for chunk in response.content.iter_chunked(64 * 1024):
            content.write(shortener.feed(chunk))
            read_bytes += len(chunk)
            if shortener.size_bytes > self._max_answer_bytes or read_bytes > MAX_READ_BYTES:
                raise EngineAnswerTooLarge("an answer past every size", None, response.status)
        content.write(shortener.end())
        return content.getvalue()

    def _judged(
        self, status: int, retry_after_s: float | None, task_token: str, content: bytes
    ) -> Mapping[str, object]:
        try:
            answer = parsed(content)
        except EngineServerFault:
            answer = None
        said = None if answer is None else verdict(answer)
        if said is not None:
            # Before the error is made: an exception also keeps what it was made from in `args`.
            # And before it is cut: half a secret is not found any more.
            message = self._credentials.redact(said.message, task_token)
            said = replace(said, message=message[:MAX_DETAIL_CHARS])
        fault = fault_of(status, said, retry_after_s)
        if fault is not None:
            raise fault
        return answer or {}
