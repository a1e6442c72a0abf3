"""What Discord's rate-limit headers allow: the last request of a window belongs to a final state."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, TypeAlias

from bot.delivery.circuit_breaker import CircuitBreaker
from bot.delivery.shared_limits import SharedLimits

Key: TypeAlias = tuple[str, str]  # ("token", interaction token) or ("channel", channel id)

_TOKEN_EDIT: Final = re.compile(r"/webhooks/\d+/([^/]+)/messages/")
_CHANNEL_EDIT: Final = re.compile(r"/channels/(\d+)/messages/\d+$")

# A 429 without Via is Cloudflare's, for everything from our address; where it does not say for how long:
BANNED_S: Final = 30.0
MAX_PAUSE_S: Final = 3600.0


def token_key(token: str) -> Key:
    return ("token", token)


def channel_key(channel_id: int) -> Key:
    return ("channel", str(channel_id))


@dataclass(slots=True)
class _Window:
    remaining: int | None = None
    resets_at_s: float = 0.0
    refused_until_s: float = 0.0
    listeners: tuple[Callable[[], None], ...] = ()


class Budgets:
    """Fed with every answer of Discord; asked before every edit. Times are monotonic seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._windows: dict[Key, _Window] = {}
        self._channel_of: dict[str, int] = {}
        self._banned_until_s = 0.0  # by Cloudflare
        self._global_until_s = 0.0  # for what is sent with the bot's own token
        self.breaker = CircuitBreaker(monotonic)
        self.shared = SharedLimits(monotonic)
        self.rate_limited = 0  # 429s seen
        self.edits = 0  # sent, whatever the answer

    def bind(self, token: str, channel_id: int) -> None:
        """An interaction's token edits messages of this channel."""
        self._channel_of[token] = channel_id
        self._windows[token_key(token)] = _Window()

    def release(self, token: str) -> None:
        self._channel_of.pop(token, None)
        self._windows.pop(token_key(token), None)

    def observe(self, method: str, path: str, status: int, headers: Mapping[str, str]) -> None:
        """One answer of Discord, as it came."""
        if status == 429:
            self.rate_limited += 1
            self._refused_everywhere(headers)
        if method != "PATCH":
            return
        key = self._key_of(path)
        if key is None:
            return
        now_s = self._monotonic()
        window = self._windows.setdefault(key, _Window())
        if status == 429:
            self._refused(key, window, headers, now_s)
            return
        if key[0] == "token" and status < 300:  # the bot's own route proves nothing for theirs
            self.shared.taken(self._channel_of[key[1]])
        remaining = headers.get("X-RateLimit-Remaining")
        if remaining is not None and remaining.isdecimal():
            window.remaining = int(remaining)
            window.resets_at_s = now_s + _seconds(headers.get("X-RateLimit-Reset-After"), 1.0)

    @contextmanager
    def listened(self, key: Key, on_refusal: Callable[[], None]) -> Iterator[None]:
        """`on_refusal` is called when Discord answers 429 to an edit under this key within the block."""
        window = self._windows.setdefault(key, _Window())
        window.listeners += (on_refusal,)
        try:
            yield
        finally:
            window.listeners = tuple(one for one in window.listeners if one is not on_refusal)

    def pause_s(self, key: Key, channel_id: int, *, is_final: bool) -> float:
        """How long an edit should wait now; zero means go."""
        now_s = self._monotonic()
        pause_s = self.shared.pause_s(channel_id, is_final=is_final)
        pause_s = max(pause_s, self._banned_until_s - now_s if key[0] == "token" else self.bot_pause_s())
        window = self._windows.get(key)
        if window is None:
            return pause_s
        pause_s = max(pause_s, window.refused_until_s - now_s)
        if is_final or window.remaining is None or window.remaining >= 2:
            return pause_s
        return max(pause_s, window.resets_at_s - now_s, 0.0)

    def bot_pause_s(self) -> float:
        """How long anything that bears the bot's own token should wait now; zero means go."""
        return max(0.0, max(self._banned_until_s, self._global_until_s) - self._monotonic())

    def sent(self) -> None:
        """An edit goes out."""
        self.edits += 1

    def _refused(self, key: Key, window: _Window, headers: Mapping[str, str], now_s: float) -> None:
        retry_after_s = _seconds(headers.get("Retry-After"), 1.0)
        window.remaining = 0
        window.resets_at_s = window.refused_until_s = now_s + retry_after_s
        for on_refusal in window.listeners:
            on_refusal()
        if headers.get("X-RateLimit-Scope", "").lower() == "shared":
            channel_id = self._channel_under(key)
            if channel_id is not None:
                self.shared.refused(channel_id, retry_after_s)

    def _refused_everywhere(self, headers: Mapping[str, str]) -> None:
        now_s = self._monotonic()
        if "Via" not in headers and "X-RateLimit-Scope" not in headers:
            until_s = now_s + _seconds(headers.get("Retry-After"), BANNED_S)
            self._banned_until_s = max(self._banned_until_s, until_s)
        is_global = headers.get("X-RateLimit-Scope", "").lower() == "global"
        if is_global or headers.get("X-RateLimit-Global", "").lower() == "true":
            until_s = now_s + _seconds(headers.get("Retry-After"), 1.0)
            self._global_until_s = max(self._global_until_s, until_s)

    def _channel_under(self, key: Key) -> int | None:
        return int(key[1]) if key[0] == "channel" else self._channel_of.get(key[1])

    def _key_of(self, path: str) -> Key | None:
        if match := _TOKEN_EDIT.search(path):
            return token_key(match[1]) if match[1] in self._channel_of else None
        if match := _CHANNEL_EDIT.search(path):
            return ("channel", match[1])
        return None


def _seconds(text: str | None, otherwise: float) -> float:
    try:
        seconds = float(text) if text is not None else otherwise
    except ValueError:
        return otherwise
    return min(max(seconds, 0.0), MAX_PAUSE_S) if math.isfinite(seconds) else otherwise
