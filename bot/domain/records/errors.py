"""What stands in the way of a look at the records."""

from __future__ import annotations

from bot.domain.errors import Refusal


class ErasureRunning(Refusal):
    """This member's records are being erased already."""
