"""Discord's rate limits as far as the figures need them: a fixed window for each bucket, told in headers."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` requests in a window of `window_s` seconds that opens with the first."""

    count: int
    window_s: float


# Observed on Discord, whose rate limit pages give no numbers (Nov 2026): edits through the token of an
# interaction, edits in a channel. The hidden limit of a channel stands in no header.
TOKEN_EDIT = Limit(5, 2.0)
CHANNEL_EDIT = Limit(5, 5.0)
HIDDEN = Limit(30, 60.0)


class Buckets:
    """Counts requests. A request past the limit is not counted."""

    def __init__(self) -> None:
        self._windows: dict[str, tuple[float, int]] = {}

    def take(self, key: str, limit: Limit) -> tuple[int, float]:
        """(what is left, -1 for a refusal; seconds until the window ends)."""
        now_s = time.monotonic()
        ends_s, used = self._windows.get(key, (0.0, 0))
        if ends_s <= now_s:
            ends_s, used = now_s + limit.window_s, 0
        if used >= limit.count:
            return -1, ends_s - now_s
        self._windows[key] = (ends_s, used + 1)
        return limit.count - used - 1, ends_s - now_s


def headers_of(bucket: str, limit: Limit, left: int, reset_s: float) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(limit.count),
        "X-RateLimit-Remaining": str(max(0, left)),
        "X-RateLimit-Reset": f"{time.time() + reset_s:.3f}",
        "X-RateLimit-Reset-After": f"{reset_s:.3f}",
        "X-RateLimit-Bucket": bucket,
    }
