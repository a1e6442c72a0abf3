"""An output that was fetched and checked, ready to be attached."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Picture:
    """One output, fetched and checked. `content` None: it is only linked.

    `is_reduced`: made smaller to fit; the original is at `url`.
    """

    filename: str
    content_type: str
    content: bytes | None
    url: str | None
    is_reduced: bool = False
