"""Wiro's models, remembered: answers at once, refreshed in the background."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from bot.domain.clock import Clock
from bot.domain.errors import ModelUnknown, WiroError, WiroNotFound
from bot.domain.model import Model, ModelSummary
from bot.jobs.ports import Wiro
from bot.jobs.tasks import TaskOwner

log = logging.getLogger(__name__)

FRESH_S: Final = 600.0
REFRESH_S: Final = 3_600.0
RETRY_S: Final = 60.0
PATIENCE_S: Final = 5.0  # how long a command waits for a model's page before it goes on without


class Catalogue:
    """Models by slug and a list for suggestions. Owns one refreshing task."""

    def __init__(self, wiro: Wiro, default_model: str, clock: Clock, owner: TaskOwner) -> None:
        self._wiro = wiro
        self._default = default_model
        self._clock = clock
        self._owner = owner
        self._models: dict[str, tuple[float, Model]] = {}
        self._lookups: dict[str, asyncio.Future[Model]] = {}
        self._summaries: tuple[ModelSummary, ...] = ()

    @property
    def default_model(self) -> str:
        return self._default

    def start(self) -> None:
        self._owner.start("catalogue", self._refresh_for_ever())

    async def model(self, slug: str) -> Model:
        """The model with its schema and prices. Raises ModelUnknown.

        Where Wiro's catalogue does not answer, or does not list the operator's own default, the
        model comes without a schema: Run has the last word.
        """
        key = slug.strip().lower()
        known = self._models.get(key)
        if known is not None and self._clock.monotonic() - known[0] < FRESH_S:
            return known[1]
        lookup = self._lookups.get(key)
        if lookup is None:
            lookup = self._lookups[key] = asyncio.get_running_loop().create_future()
            self._owner.start(f"model {key}", self._look_up(key, slug.strip(), lookup))
        try:
            return await asyncio.shield(lookup)
        except WiroNotFound:
            if key == self._default.lower():
                return Model(slug.strip(), slug.strip())
            raise ModelUnknown(slug) from None
        except WiroError as error:
            log.warning("the catalogue does not answer for %s: %s", slug, type(error).__name__)
            return known[1] if known is not None else Model(slug.strip(), slug.strip())

    def suggestions(self, text: str, limit: int) -> list[ModelSummary]:
        """Models whose slug or title contains every word of the text; the default first."""
        words = text.lower().split()
        found = [
            summary
            for summary in self._summaries
            if all(word in f"{summary.slug} {summary.title}".lower() for word in words)
        ]
        found.sort(key=lambda summary: summary.slug.lower() != self._default.lower())
        return found[:limit]

    async def _look_up(self, key: str, slug: str, lookup: asyncio.Future[Model]) -> None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                model = await self._wiro.model(slug)
            self._models[key] = (self._clock.monotonic(), model)
            lookup.set_result(model)
        except WiroError as error:
            lookup.set_exception(error)
        except TimeoutError:
            lookup.set_exception(WiroError(f"no answer within {PATIENCE_S:g} s"))
        finally:
            del self._lookups[key]
            if not lookup.done():
                lookup.cancel()

    async def _refresh_for_ever(self) -> None:
        while True:
            try:
                self._summaries = tuple(await self._wiro.models())
                pause_s = REFRESH_S
            except WiroError as error:
                log.warning("the list of models could not be read: %s", error.message)
                pause_s = RETRY_S
            await asyncio.sleep(pause_s)
