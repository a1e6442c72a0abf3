"""What a member asked for, frozen as the command parsed it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.catalogue.model import Value
from bot.domain.request.files import InputFile

MAX_SEED = 4_294_967_294  # Wiro's page for the flux and qwen models, 2026: 0 means random


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What a member asked for. None leaves the choice to the model.

    `values` are further parameters by the model's own names, as a form filled them in.
    """

    model: str
    prompt: str
    negative_prompt: str | None = None
    width: int | None = None
    height: int | None = None
    steps: int | None = None
    guidance: float | None = None
    seed: int | None = None
    count: int = 1
    strength: float | None = None  # how far the result may go from the picture it starts from
    values: tuple[tuple[str, Value], ...] = ()
    files: tuple[InputFile, ...] = ()
