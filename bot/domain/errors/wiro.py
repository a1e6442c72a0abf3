"""Failures at Wiro, and of what it made."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.errors.root import BotError


@dataclass(eq=False)
class WiroError(BotError):
    """A failure at Wiro, with what its answer said."""

    message: str
    code: int | None = None
    http_status: int | None = None
    retry_after_s: float | None = None


@dataclass(eq=False)
class WiroUnreachable(WiroError):
    """No answer came."""

    may_have_arrived: bool = True


class WiroServerFault(WiroError):
    """HTTP 5xx, or an answer nobody can read."""


class WiroAuthFailed(WiroError):
    """HTTP 401 or 403: key, secret or address were not accepted."""


class WiroRateLimited(WiroError):
    """HTTP 429."""


class WiroRefused(WiroError):
    """`result: false`: a definite no."""


class WiroBusy(WiroRefused):
    """Code 96: as many tasks run as the balance allows."""


class WiroNoFunds(WiroRefused):
    """Code 97: the balance is too low."""


class WiroNotFound(WiroRefused):
    """Code 1 or HTTP 404: no such model or task."""


@dataclass(eq=False)
class OutputError(BotError):
    """An output that cannot be shown as it is."""

    name: str
    reason: str


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
