"""The signature of a request, and the nonces that make each one different."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

# Each run of digits is looked through once, which only the look behind makes sure of.
_SIGNATURE: Final = re.compile(r"(?<![0-9a-fA-F])[0-9a-fA-F]{64,}")


@dataclass(frozen=True, slots=True)
class Credentials:
    """The key and secret of a Wiro project. An empty secret means a project of the "API key only" kind."""

    api_key: str = field(repr=False)
    api_secret: str = field(repr=False, default="")

    def __post_init__(self) -> None:
        # A line break pasted along would be refused by aiohttp with every single request.
        if any(c.isspace() or not c.isprintable() for c in self.api_key + self.api_secret):
            raise ValueError("a key or secret has no blanks, line breaks or control characters")

    def redact(self, text: str, *others: str) -> str:
        """The text without key, secret, `others`, or anything that looks like a signature."""
        for secret in (self.api_secret, self.api_key, *others):
            if secret:
                text = text.replace(secret, "…")
        return _SIGNATURE.sub("…", text)


def sign(api_key: str, api_secret: str, nonce: str) -> str:
    """Lower-case hex HMAC-SHA256 of secret + nonce under the key (Wiro docs, Authentication, Aug 2026).

    Neither the path nor the body is part of it.
    """
    return hmac.new(api_key.encode(), (api_secret + nonce).encode(), hashlib.sha256).hexdigest()


def auth_headers(credentials: Credentials, nonce: str) -> dict[str, str]:
    """The headers that authorise one request; just the key where the project has no secret."""
    headers = {"x-api-key": credentials.api_key}
    if credentials.api_secret:
        headers["x-nonce"] = nonce
        headers["x-signature"] = sign(credentials.api_key, credentials.api_secret, nonce)
    return headers


class NonceMaker:
    """Millisecond nonces that only ever grow, also when the clock stands still or is set back."""

    def __init__(self, wall: Callable[[], float]) -> None:
        self._wall = wall
        self._last = 0

    def __call__(self) -> str:
        self._last = max(self._last + 1, int(self._wall() * 1000))
        return str(self._last)
