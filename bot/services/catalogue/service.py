"""Wiro's models, remembered: answers at once, refreshed in the background."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from bot.domain.catalogue.abilities import Medium, abilities_of
from bot.domain.catalogue.errors import ModelUnknown
from bot.domain.catalogue.model import Model, ModelSummary, folded_slug
from bot.domain.clock import Clock
from bot.domain.records.model_pages import CatalogueReading
from bot.domain.request.interactions import NotAccepting
from bot.engines.port import Engine, EngineError, EngineNotFound
from bot.runtime.bounded import BoundedDict
from bot.services.catalogue._model_index import ModelIndex
from bot.services.catalogue.popularity import Popularity
from bot.services.catalogue.ports import UsesStore
from bot.services.shutdown_gate import ShutdownGate
from bot.services.tasks import TaskOwner

log = logging.getLogger(__name__)

FRESH_S: Final = 600.0
REFRESH_S: Final = 3_600.0
MISSING_S: Final = 60.0  # Wiro is not asked again so soon for a model that it does not have
MAX_MISSING: Final = 1_000
PATIENCE_S: Final = 5.0  # how long a command waits for a model's page before it goes on without


class Catalogue:
    """Models by slug, and a list to search in that `refresh` reads anew."""

    def __init__(
        self,
        engine: Engine,
        default_model: str,
        clock: Clock,
        owner: TaskOwner,
    ) -> None:
        self._engine = engine
        self._default = default_model
        self._clock = clock
        self._owner = owner
        self._popularity = Popularity()
        self._models: dict[str, tuple[float, Model]] = {}
        self._lookups: dict[str, asyncio.Future[Model]] = {}
        self._missing = BoundedDict[str, float](MAX_MISSING)  # by key, since when
        self._summaries: tuple[ModelSummary, ...] = ()
        self._index = ModelIndex((), default_model)
        self._reading = CatalogueReading()
        self.gate = ShutdownGate()

    @property
    def default_model(self) -> str:
        return self._default

    @property
    def reading(self) -> CatalogueReading:
        return self._reading

    @property
    def categories(self) -> tuple[str, ...]:
        """The shelves that models stand on, the fullest first, in lower case."""
        return self._index.categories

    async def model(self, slug: str) -> Model:
        """As `page`, for a command: one that waits when the bot stops is told. Raises NotAccepting, too."""
        fresh = self._fresh(slug)
        if fresh is not None:
            return fresh
        async with self.gate.while_open():
            return await self.page(slug)

    async def page(self, slug: str) -> Model:
        """The model with its schema and prices. Raises ModelUnknown, and NotAccepting while the bot stops.

        Where Wiro's catalogue does not answer, or does not list the operator's own default, the
        model comes without a schema: Run has the last word.
        """
        key = folded_slug(slug)
        fresh = self._fresh(slug)
        if fresh is not None:
            return fresh
        try:
            return await self._looked_up(key, slug.strip())
        except EngineNotFound:
            if key == self._default.lower():
                return Model(slug.strip(), slug.strip())
            self.forget(slug)
            # Thousands of names are compared: not on the loop.
            similar = await asyncio.to_thread(self._index.similar, slug)
            raise ModelUnknown(slug, similar) from None
        except EngineError as error:
            log.warning("the catalogue does not answer for %s: %s", slug, type(error).__name__)
            return self.known(slug) or Model(slug.strip(), slug.strip())

    def _fresh(self, slug: str) -> Model | None:
        known = self._models.get(folded_slug(slug))
        is_fresh = known is not None and self._clock.monotonic() - known[0] < FRESH_S
        return known[1] if known is not None and is_fresh else None

    def knows(self, slug: str) -> bool:
        """Whether memory has a page or a line of it, or it is the operator's default."""
        is_default = folded_slug(slug) == self._default.lower()
        return is_default or self.known(slug) is not None or self.summary(slug) is not None

    def known(self, slug: str) -> Model | None:
        """The model as it was last seen, from memory alone."""
        found = self._models.get(folded_slug(slug))
        return found[1] if found is not None else None

    def summary(self, slug: str) -> ModelSummary | None:
        """The model's line in the list, from memory alone."""
        return self._index.of(slug)

    def is_adult(self, slug: str) -> bool:
        """Whether Wiro files it under what is for adults, from memory alone."""
        page, line = self.known(slug), self.summary(slug)
        return (page is not None and page.is_adult) or (line is not None and line.is_adult)

    def forget(self, slug: str) -> None:
        """Wiro does not have it any more: ask anew, and suggest it to nobody until the list has it again."""
        key = folded_slug(slug)
        self._models.pop(key, None)
        if self._index.of(key) is not None and key != self._default.lower():
            self._summaries = tuple(summary for summary in self._summaries if summary.slug.lower() != key)
            self._index.drop(key)

    def suggestions(self, text: str, limit: int, guild_id: int | None = None) -> list[ModelSummary]:
        """Models that fit what was typed, from memory alone: those that are called so first, then those that
        this server uses most, then the default, then what Wiro's users run most."""
        return self._index.suggestions(text, limit, self._popularity.of(guild_id))

    def search(self, text: str, category: str = "", guild_id: int | None = None) -> list[ModelSummary]:
        """Every model that fits, its description included, ranked as suggestions are."""
        return self._index.search(text, category, self._popularity.of(guild_id))

    async def load_uses(self, store: UsesStore) -> None:
        """Learn from the record what each server uses most. Raises StoreError; then it reads on there."""
        await self._popularity.load(store)

    def note_use(self, guild_id: int | None, model: str) -> None:
        """This server has just run this model."""
        self._popularity.count(guild_id, model)

    def picture_takers(self, limit: int) -> tuple[str, ...]:
        """Slugs of models that take pictures: the default, those that give some, those that are run most."""
        takers = [summary for summary in self._summaries if self._takes_pictures(summary)]
        takers.sort(key=self._usefulness)
        return tuple(summary.slug for summary in takers[:limit])

    def _usefulness(self, summary: ModelSummary) -> tuple[bool, bool, int]:
        gives_pictures = Medium.PICTURE in abilities_of(summary.categories).gives
        is_default = summary.slug.lower() == self._default.lower()
        return not is_default, not gives_pictures, -(summary.run_count or 0)

    def _takes_pictures(self, summary: ModelSummary) -> bool:
        """By the model's own page where that was read, else by its categories."""
        known = self._models.get(summary.slug.lower())
        if known is not None and known[1].parameters is not None:
            return known[1].picture_input() is not None
        return Medium.PICTURE in abilities_of(summary.categories).takes

    async def _looked_up(self, key: str, slug: str) -> Model:
        if self._clock.monotonic() - self._missing.get(key, float("-inf")) < MISSING_S:
            raise EngineNotFound("there was no such model a moment ago")
        lookup = self._lookups.get(key)
        if lookup is None:
            lookup = self._lookups[key] = asyncio.get_running_loop().create_future()
            self._owner.start(f"model {key}", self._look_up(key, slug, lookup))
        return await asyncio.shield(lookup)

    async def _look_up(self, key: str, slug: str, lookup: asyncio.Future[Model]) -> None:
        """The border of a lookup: whatever becomes of it, whoever waits is told."""
        failure: Exception = NotAccepting()  # unless something else ends it, the bot stops
        try:
            async with asyncio.timeout(PATIENCE_S):
                model = await self._engine.model(slug)
            # By the name it was asked for and by its own: whatever asks next may use either.
            self._models[key] = self._models[folded_slug(model.slug)] = (self._clock.monotonic(), model)
            lookup.set_result(model)
        except EngineError as error:
            failure = error
            if isinstance(error, EngineNotFound):
                self._missing[key] = self._clock.monotonic()
        except TimeoutError:
            failure = EngineError(f"no answer within {PATIENCE_S:g} s")
        except Exception as error:
            log.exception("the page of %r: a fault of ours", slug)
            failure = error
        finally:
            del self._lookups[key]
            if not lookup.done():
                lookup.set_exception(failure)
                lookup.exception()  # said to be heard: whoever asked may wait no longer

    async def refresh(self) -> None:
        """Read the list anew. Raises EngineError; the list that was known stays, and `reading` says so."""
        reading = CatalogueReading(self._reading.read_at_s, has_failed=True)
        try:
            summaries = tuple(await self._engine.models())
            self._index = await asyncio.to_thread(ModelIndex, summaries, self._default)
            self._summaries = summaries
            self._missing.clear()
            reading = CatalogueReading(self._clock.wall())
        finally:
            self._reading = reading
