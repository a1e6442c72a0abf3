"""Who may call: projects with a key, perhaps a secret, and money that decides how much may run at once."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from sandbox.wiro import answers

_LEAST_BALANCE = Decimal("0.50")  # Wiro docs, Error reference, Aug 2026: below it, code 97
_UNLIMITED_FROM = Decimal(250)  # Wiro docs, Concurrency limits, Aug 2026


@dataclass(frozen=True, slots=True)
class Account:
    """A project. An empty secret makes it a key-only project, whose signature headers are ignored."""

    api_key: str
    api_secret: str = field(default="", repr=False)


def signature(account: Account, nonce: str) -> str:
    """Lower-case hex HMAC-SHA256 of secret and nonce, keyed by the API key (Wiro docs, Authentication)."""
    message = (account.api_secret + nonce).encode("utf-8", "surrogateescape")  # headers may hold any bytes
    return hmac.new(account.api_key.encode(), message, hashlib.sha256).hexdigest()


def authorise(accounts: Mapping[str, Account], headers: Mapping[str, str]) -> Account:
    """The account of a request. Raises ApiError (HTTP 401).

    Any non-empty nonce will do, also one seen before: no document or client shows Wiro keeping count.
    """
    account = accounts.get(headers.get("x-api-key", ""))
    if account is None:
        raise answers.unknown_key()
    if not account.api_secret:
        return account
    nonce, given = headers.get("x-nonce", ""), headers.get("x-signature", "")
    if not nonce or not given:
        raise answers.unsigned()
    # Bytes, because compare_digest refuses text outside ASCII and a header may hold anything.
    expected = signature(account, nonce).encode()
    if not hmac.compare_digest(expected, given.lower().encode("utf-8", "surrogateescape")):
        raise answers.bad_signature()
    return account


class Wallet:
    """How much may run at once and whether there is money left. `balance` None means money without end.

    `max_running` None means the documented rule for the balance: a tenth of it, at least one.
    """

    def __init__(self, *, balance: Decimal | None, max_running: int | None) -> None:
        self._balance = balance
        self._max_running = max_running

    @property
    def balance(self) -> Decimal | None:
        return self._balance

    def check(self, running: int) -> None:
        """Raises ApiError 97 when funds are short, 96 when `running` tasks are as many as allowed."""
        if self._balance is not None and self._balance < _LEAST_BALANCE:
            raise answers.insufficient_balance()
        limit = self._limit()
        if limit is not None and running >= limit:
            shown = Decimal(limit * 10) if self._balance is None else self._balance
            raise answers.at_capacity(f"{shown:.2f}", limit)

    def charge(self, cost: Decimal) -> None:
        if self._balance is not None:
            self._balance -= cost

    def _limit(self) -> int | None:
        if self._max_running is not None or self._balance is None:
            return self._max_running
        return None if self._balance > _UNLIMITED_FROM else max(1, int(self._balance / 10))
