"""What somebody who looks for a model is shown: a page of the catalogue, or one model in detail."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.catalogue.abilities import Abilities
from bot.domain.catalogue.model import Model, ModelSummary
from bot.domain.moderation.errors import RuleFault


@dataclass(frozen=True, slots=True)
class CatalogueReading:
    """When the list of models was last read (None: never), and whether the latest try failed."""

    read_at_s: float | None = None
    has_failed: bool = False


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One model of a page. `median_s` is what runs took here."""

    summary: ModelSummary
    median_s: float | None
    abilities: Abilities
    forbidden: RuleFault | None  # by this server's rules


@dataclass(frozen=True, slots=True)
class ModelPage:
    """Some of the models that a search finds; `number` counts from 1, `pages` is at least 1."""

    lines: tuple[ModelRow, ...]
    number: int
    pages: int
    total: int
    search: str
    category: str
    reading: CatalogueReading


@dataclass(frozen=True, slots=True)
class ModelDetail:
    """One model. `summary` is its line in the list, if any; `is_unread`: its page could not be read."""

    model: Model
    summary: ModelSummary | None
    median_s: float | None
    abilities: Abilities
    forbidden: RuleFault | None
    is_unread: bool
    reading: CatalogueReading
