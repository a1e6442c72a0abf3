"""What is wrong with a model that was named."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.errors import Refusal


@dataclass(eq=False)
class ModelUnknown(Refusal):
    """Wiro does not know the model (any more), or does not let us use it; it knows the `similar` slugs."""

    model: str
    similar: tuple[str, ...] = ()
