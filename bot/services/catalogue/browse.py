"""Looking for a model: pages of the catalogue with our own history beside it, and one model in detail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.domain.catalogue.abilities import abilities_of
from bot.domain.catalogue.model import Model, ModelSummary
from bot.domain.clock import Clock
from bot.domain.moderation.errors import RuleFault, RuleRefused
from bot.domain.records.model_pages import ModelDetail, ModelPage, ModelRow
from bot.domain.request.requester import Requester
from bot.services.catalogue.ports import Histories
from bot.services.catalogue.service import Catalogue
from bot.services.guild_settings.service import GuildSettingsService

PAGE_SIZE: Final = 8


class Browser:
    """Answers /models. Raises the StoreError family."""

    def __init__(
        self, catalogue: Catalogue, histories: Histories, guild_settings: GuildSettingsService, clock: Clock
    ) -> None:
        self._catalogue = catalogue
        self._histories = histories
        self._clock = clock
        self._guild_settings = guild_settings

    async def find(self, search: str, category: str, requester: Requester) -> ModelPage | ModelDetail:
        """The one model that is meant, or the first page of those that fit. Raises ModelUnknown."""
        named = self._catalogue.summary(search) if search else None
        if named is not None:
            return await self.detail(named.slug, requester)
        matches = self._catalogue.search(search, category, requester.channel.guild_id)
        if len(matches) == 1 and search:
            return await self.detail(matches[0].slug, requester)
        if not matches and "/" in search and not category:
            return await self.detail(search, requester)  # Wiro may know more than it lists
        return await self._page(matches, 1, search, category, requester)

    async def page(self, number: int, search: str, category: str, requester: Requester) -> ModelPage:
        """A page of a search; the last one where the list has become shorter."""
        matches = self._catalogue.search(search, category, requester.channel.guild_id)
        return await self._page(matches, number, search, category, requester)

    async def detail(self, slug: str, requester: Requester) -> ModelDetail:
        """Raises ModelUnknown."""
        model = await self._catalogue.model(slug)
        summary = self._catalogue.summary(model.slug) or self._catalogue.summary(slug)
        categories = model.categories or (summary.categories if summary is not None else ())
        return ModelDetail(
            model=model,
            summary=summary,
            median_s=await self._median_s(model.slug),
            abilities=abilities_of(categories, model.parameters),
            forbidden=await self._forbidden(requester, model.slug),
            is_unread=model == Model(model.slug, model.title),
            reading=self._catalogue.reading,
        )

    async def _page(
        self, matches: Sequence[ModelSummary], number: int, search: str, category: str, requester: Requester
    ) -> ModelPage:
        pages = max(1, -(-len(matches) // PAGE_SIZE))
        number = min(max(1, number), pages)
        shown = matches[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
        lines = tuple([await self._line(summary, requester) for summary in shown])
        return ModelPage(lines, number, pages, len(matches), search, category, self._catalogue.reading)

    async def _line(self, summary: ModelSummary, requester: Requester) -> ModelRow:
        known = self._catalogue.known(summary.slug)
        return ModelRow(
            summary,
            await self._median_s(summary.slug),
            abilities_of(summary.categories, known.parameters if known is not None else None),
            await self._forbidden(requester, summary.slug),
        )

    async def _median_s(self, slug: str) -> float | None:
        return (await self._histories.model_history(slug, self._clock.wall())).median_s

    async def _forbidden(self, requester: Requester, slug: str) -> RuleFault | None:
        try:
            await self._guild_settings.require_model_allowed(requester, slug)
        except RuleRefused as refused:
            return refused.fault
        return None
