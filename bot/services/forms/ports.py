"""What forms need from the records: what a member filled in before."""

from __future__ import annotations

from typing import Final, Protocol

from bot.domain.request.form import Typed

MAX_MODELS: Final = 50  # of one member; the oldest go


class LastValues(Protocol):
    """What members last filled in, for each of MAX_MODELS latest. Raises the StoreError family.

    Models stand in lower case.
    """

    async def last_values(self, user_id: int, model: str) -> Typed | None: ...

    async def keep_last_values(self, user_id: int, model: str, typed: Typed, at_s: float) -> None: ...
