"""Run keys: by one, a Run that is sent again stays one task.

Wiro's own client has them, and how they go over the wire is not published. So the stand-in has three worlds,
and takes a key in a place of its own choosing.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from typing import Any, TypeAlias

from sandbox.wiro import answers
from sandbox.wiro.accounts import Account
from sandbox.wiro.intake import Body

FIELD = "runKey"  # the word that Wiro's MCP client uses (1.5.6, Nov 2026)
HEADER = "x-run-key"  # invented here

_Key: TypeAlias = tuple[str, str]  # the account's, and the one that was sent


class RunKeys(Enum):
    """What the account does with a key."""

    KEPT = auto()  # the same key again is answered with the same task
    IGNORED = auto()  # as any parameter that nobody declared
    REFUSED = auto()  # as a parameter that may not be there


class KeyRing:
    """The keys that came, and the answers they got."""

    def __init__(self, world: RunKeys) -> None:
        self._world = world
        self._answers: dict[_Key, Mapping[str, Any]] = {}

    def key_of(self, account: Account, headers: Mapping[str, str], body: Body) -> _Key | None:
        """The key of a Run, where there is one and it counts. Raises ApiError where none may be."""
        sent = str(body.fields.get(FIELD) or headers.get(HEADER) or "")
        if not sent or self._world is RunKeys.IGNORED:
            return None
        if self._world is RunKeys.REFUSED:
            raise answers.invalid_parameters()
        return account.api_key, sent

    def task_of(self, key: _Key | None) -> dict[str, Any] | None:
        """The answer that this key got before."""
        known = None if key is None else self._answers.get(key)
        return None if known is None else dict(known)

    def keep(self, key: _Key | None, answer: dict[str, Any]) -> dict[str, Any]:
        """The answer to the first Run with this key; a refusal, which raises, is not kept."""
        if key is not None:
            self._answers[key] = answer
        return answer
