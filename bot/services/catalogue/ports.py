"""What the catalogue needs from the records: what models took and cost with us, and where they are used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

from bot.domain.limits.holds import History

SAMPLE: Final = 50  # successes of a model that are looked at


class Histories(Protocol):
    """What models took and cost with us. Raises the StoreError family."""

    async def model_history(self, model: str, at_s: float) -> History:
        """What the model's latest SAMPLE successes took and cost, and its surprises up to `at_s`."""
        ...


class UsesStore(Protocol):
    """How often each server ran each model lately. Raises the StoreError family."""

    async def next_guild(self, after_id: int) -> int | None:
        """The server with the next larger id that has jobs on record."""
        ...

    async def uses(self, guild_id: int) -> Mapping[str, int]:
        """The server's latest 2,000 jobs by model, in lower case, whatever became of them."""
        ...
