"""/models: Wiro's catalogue to look through, page by page, and one model in detail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from discord import app_commands
from discord.app_commands import Choice, Range
from discord.ext import commands

from bot.delivery.responses import acknowledge, acknowledge_press, fill
from bot.discord.client import BotClient, Interaction
from bot.domain.discord_limits import SUGGESTION_CHARS, SUGGESTIONS
from bot.domain.records.model_pages import ModelDetail, ModelPage
from bot.services.catalogue.browse import Browser
from bot.services.catalogue.service import Catalogue
from bot.services.limits.rate import RateLimiter
from bot.view.actions.buttons import ModelAction, ModelButton
from bot.view.card import Card
from bot.view.cards.models import detail_card, page_card
from bot.view.text.format import plain
from cogs.model_options import model_choices
from cogs.origins import requester_of

MAX_CATEGORY_CHARS: Final = 40


class Models(commands.Cog):
    """Shows the catalogue to whoever asks, and to them alone."""

    def __init__(
        self, browser: Browser, catalogue: Catalogue, rate: RateLimiter, can_run: Callable[[], bool]
    ) -> None:
        self._browser = browser
        self._catalogue = catalogue
        self._rate = rate
        self._can_run = can_run

    @app_commands.command(description="Wiro's models: prices, usual times, what they take and give")
    @app_commands.describe(
        search="A name, a word of what it does, or one model's own name", category="What kind of model"
    )
    async def models(
        self,
        interaction: Interaction,
        search: Range[str, 1, SUGGESTION_CHARS] | None = None,
        category: Range[str, 1, MAX_CATEGORY_CHARS] | None = None,
    ) -> None:
        await acknowledge(interaction, ephemeral=True)
        self._rate.take(interaction.user.id)
        words, shelf = plain(search or "", SUGGESTION_CHARS), plain(category or "", MAX_CATEGORY_CHARS)
        found = await self._browser.find(words, shelf, requester_of(interaction))
        await fill(interaction, self._card(found))

    async def details(self, interaction: Interaction, press: ModelAction) -> None:
        await acknowledge(interaction, ephemeral=True)
        self._rate.take(interaction.user.id)
        await fill(
            interaction, self._card(await self._browser.detail(press.subject, requester_of(interaction)))
        )

    async def page(self, interaction: Interaction, press: ModelAction) -> None:
        await acknowledge_press(interaction)
        self._rate.take(interaction.user.id)
        number, category, search = press.listing
        found = await self._browser.page(number, search, category, requester_of(interaction))
        await fill(interaction, self._card(found))

    @models.autocomplete("search")
    async def suggest_models(self, interaction: Interaction, current: str) -> list[Choice[str]]:
        return model_choices(self._catalogue, interaction, current)

    @models.autocomplete("category")
    async def suggest_categories(self, _interaction: Interaction, current: str) -> list[Choice[str]]:
        wanted = current.strip().lower()
        found = [name for name in self._catalogue.categories if wanted in name]
        return [Choice(name=name, value=name) for name in found if 0 < len(name) <= MAX_CATEGORY_CHARS][
            :SUGGESTIONS
        ]

    def _card(self, found: ModelPage | ModelDetail) -> Card:
        return (
            page_card(found) if isinstance(found, ModelPage) else detail_card(found, can_run=self._can_run())
        )


async def setup(bot: BotClient) -> None:
    services = bot.services
    cog = Models(services.browser, services.catalogue, services.rate, lambda: bot.answers(ModelButton.RUN))
    bot.on_press(ModelButton.DETAILS, cog.details)
    bot.on_press(ModelButton.PAGE, cog.page)
    await bot.add_cog(cog)
