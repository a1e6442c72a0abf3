"""Discord's answer the moment it arrives: discord.py may hold it back for seconds.

discord.py 2.7.1 returns from an edit through an interaction's token only when the token's next rate-limit
window begins (webhook/async_.py, AsyncDeferredLock). What was shown would be on record too late: killed in
between, the bot would tell the member a second time.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from typing import Any, Final, TypeAlias

log = logging.getLogger(__name__)

Start: TypeAlias = Callable[[str, Coroutine[Any, Any, None]], asyncio.Task[None]]

_MESSAGE: Final = re.compile(r"/(channels/\d+|webhooks/\d+/[^/]+)/messages(/|$)")
# Which message the running task sends: aiohttp's tracing is called in the task that made the request.
_outcome: ContextVar[asyncio.Future[None] | None] = ContextVar("outcome", default=None)


def observe(method: str, path: str, status: int) -> None:
    """One answer of Discord, as it came, told in the task that asked for it."""
    outcome = _outcome.get()
    is_message = method in {"PATCH", "POST"} and _MESSAGE.search(path) is not None
    if outcome is not None and not outcome.done() and is_message and 200 <= status < 300:
        outcome.set_result(None)


async def wait_until_accepted(
    start: Start, name: str, request: Callable[[], Coroutine[Any, Any, None]]
) -> None:
    """Send a message; returns once Discord has taken it, and leaves the library to finish in its own time.

    Raises what the request raises before that. `start` owns what is left.
    """
    outcome: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def send() -> None:
        _outcome.set(outcome)
        try:
            await request()
        except BaseException as error:
            if not outcome.done():
                outcome.set_exception(error)  # whatever it is: nobody else waits for it
                return
            if not isinstance(error, Exception):
                raise
            log.debug("%s: taken, though %s", name, type(error).__name__)
        if not outcome.done():
            outcome.set_result(None)

    sending = start(name, send())
    try:
        await outcome
    except asyncio.CancelledError:
        sending.cancel()
        raise
