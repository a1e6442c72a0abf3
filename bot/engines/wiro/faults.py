"""From what came back, or did not, to the error that says so; and which errors are worth another attempt."""

from __future__ import annotations

import math
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

import aiohttp

from bot.engines.port import (
    EngineAuthFailed,
    EngineBusy,
    EngineError,
    EngineNoFunds,
    EngineNotFound,
    EngineRateLimited,
    EngineRefused,
    EngineServerFault,
    EngineUnreachable,
)
from bot.engines.wiro.values import Verdict

MAX_RETRY_AFTER_S: Final = 3_600.0

# Wiro docs, Error reference, Aug 2026. One page answers these with 401, another with 200.
_AUTH_WORDS: Final = (
    "project authorization",
    "requires signature authentication",
    "authorization bearer",
    "requested ip",
)
# Code 1 also refuses to stop what cannot be stopped, which does not mean that the task is gone.
_NOT_STOPPABLE_WORDS: Final = ("cancellable", "could not be killed")
_MISSING_WORDS: Final = ("not-found", "not found", "not-exist", "no task")


def is_transient(error: BaseException) -> bool:
    """Whether the same request may well succeed a little later; not whether repeating it is safe."""
    return isinstance(error, (EngineUnreachable, EngineServerFault, EngineRateLimited))


def fault_of(status: int, said: Verdict | None, retry_after_s: float | None) -> EngineError | None:
    """The error in an answer, or None for a yes. `said` is None where the body could not be read."""
    code = said.code if said is not None else None
    message = said.message if said is not None and said.message else f"HTTP {status}"
    if status in {401, 403}:
        return EngineAuthFailed(message, code, status)
    if status == 429:
        return EngineRateLimited(message, code, status, retry_after_s)
    if status >= 500 or status < 200 or 300 <= status < 400 or status in {408, 425}:
        return EngineServerFault(message, code, status, retry_after_s)
    # A page that is not Wiro's says nothing of the task or model: 404 in HTML is a proxy's, not a no.
    if status == 404:
        is_wiros = said is not None and said.is_success is False
        return (EngineNotFound if is_wiros else EngineServerFault)(message, code, status)
    if status >= 400:
        return _refusal(message, code, status)
    if said is None:
        return EngineServerFault("an answer that is no JSON object", code, status)
    if said.is_success is None:
        return EngineServerFault(f"an answer without a result: {message}", code, status)
    return None if said.is_success else _refusal(message, code, status)


def _refusal(message: str, code: int | None, status: int) -> EngineError:
    words = message.lower()
    if code == 99 or any(word in words for word in _AUTH_WORDS):
        return EngineAuthFailed(message, code, status)
    match code:
        case 96:
            return EngineBusy(message, code, status)
        case 97:
            return EngineNoFunds(message, code, status)
        case 1 if not any(word in words for word in _NOT_STOPPABLE_WORDS):
            return EngineNotFound(message, code, status)
        case None | 0 if any(word in words for word in _MISSING_WORDS):
            return EngineNotFound(message, code, status)
        case _:
            return EngineRefused(message, code, status)


def unreachable(error: BaseException) -> EngineUnreachable:
    """The failure of an exchange without an answer.

    The original is dropped, not chained: the repr of aiohttp's ClientResponseError prints the request's
    headers, and with them the key (aiohttp 3.14 client_exceptions.py).
    """
    never_connected = isinstance(error, (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError))
    reason = type(error).__name__
    if isinstance(error, aiohttp.ClientConnectorError) and error.strerror:
        reason = f"{reason}: {error.strerror}"
    return EngineUnreachable(reason, may_have_arrived=not never_connected)


def parse_retry_after(text: str | None, now_s: float) -> float | None:
    """Seconds from a Retry-After header: a number, or an HTTP date against `now_s` (epoch seconds)."""
    if text is None:
        return None
    try:
        wait_s = float(text)
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
            wait_s = moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() - now_s
        except (ValueError, TypeError, OverflowError, IndexError):
            return None
    return min(max(wait_s, 0.0), MAX_RETRY_AFTER_S) if math.isfinite(wait_s) else None
