"""Rate limits as Discord keeps them: a fixed window per bucket, told in headers, broken with 429."""

import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.discord.problems import ApiError


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` requests in a window of `window_s` seconds that opens with the first."""

    count: int
    window_s: float


@dataclass(frozen=True, slots=True)
class HiddenLimit:
    """The limit of a channel that no header tells: 429 with scope "shared"; edits count if `counts_edits`."""

    limit: Limit = field(default_factory=lambda: Limit(30, 60.0))
    counts_edits: bool = True


@dataclass(frozen=True, slots=True)
class Limits:
    """Which limits hold; None switches one off. Figures: observed on Discord, see its rate limits page."""

    token_edit: Limit | None = Limit(5, 2.0)
    token_create: Limit | None = Limit(5, 2.0)
    channel_edit: Limit | None = Limit(5, 5.0)
    channel_create: Limit | None = Limit(5, 5.0)
    channel_delete: Limit | None = Limit(5, 1.0)
    bot_global: Limit | None = Limit(50, 1.0)
    hidden: HiddenLimit | None = None

    @classmethod
    def off(cls) -> "Limits":
        return cls(None, None, None, None, None, None, None)

    def named(self, bucket: str) -> Limit | None:
        return {
            "token_edit": self.token_edit,
            "token_create": self.token_create,
            "channel_edit": self.channel_edit,
            "channel_create": self.channel_create,
            "channel_delete": self.channel_delete,
        }.get(bucket)


@dataclass(slots=True)
class _Window:
    ends_s: float
    used: int


class Buckets:
    """Counts requests and answers with headers, or raises ApiError 429."""

    def __init__(self, limits: Limits, now_s: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits
        self._now_s = now_s
        self._windows: dict[tuple[str, str], _Window] = {}

    def take_global(self) -> None:
        limit = self.limits.bot_global
        if limit is not None:
            left, reset_s = self._take(("global", ""), limit)
            if left < 0:
                raise _limited(reset_s, "global", {"X-RateLimit-Global": "true"})

    def take_hidden(self, channel: str, *, is_edit: bool) -> None:
        hidden = self.limits.hidden
        if hidden is None or (is_edit and not hidden.counts_edits):
            return
        left, reset_s = self._take(("hidden", channel), hidden.limit)
        if left < 0:
            raise _limited(reset_s, "shared", {}, "The resource is being rate limited.")

    def take(self, bucket: str, major: str) -> dict[str, str]:
        """Headers for the answer; `major` is the channel or the interaction token."""
        limit = self.limits.named(bucket)
        if limit is None:
            return {}
        left, reset_s = self._take((bucket, major), limit)
        headers = {
            "X-RateLimit-Limit": str(limit.count),
            "X-RateLimit-Remaining": str(max(0, left)),
            "X-RateLimit-Reset": f"{time.time() + reset_s:.3f}",
            "X-RateLimit-Reset-After": f"{reset_s:.3f}",
            "X-RateLimit-Bucket": f"{zlib.crc32(bucket.encode()):08x}{zlib.adler32(bucket.encode()):08x}",
        }
        if left < 0:
            raise _limited(reset_s, "user", headers)
        return headers

    def _take(self, key: tuple[str, str], limit: Limit) -> tuple[int, float]:
        """(what is left, or -1 for a refusal, which is not counted; seconds to the end of the window)."""
        now_s = self._now_s()
        window = self._windows.get(key)
        if window is None or window.ends_s <= now_s:
            if len(self._windows) > 10_000:
                self._windows = {of: kept for of, kept in self._windows.items() if kept.ends_s > now_s}
            window = self._windows[key] = _Window(now_s + limit.window_s, 0)
        reset_s = window.ends_s - now_s
        if window.used >= limit.count:
            return -1, reset_s
        window.used += 1
        return limit.count - window.used, reset_s


def _limited(
    reset_s: float, scope: str, headers: dict[str, str], message: str = "You are being rate limited."
) -> ApiError:
    retry_after_s = round(reset_s + 0.001, 3)
    told = {**headers, "X-RateLimit-Scope": scope, "Retry-After": str(int(retry_after_s) + 1)}
    extra = {"retry_after": retry_after_s, "global": scope == "global"}
    return ApiError(429, 0, message, headers=told, extra=extra)
