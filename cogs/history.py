"""/history: a member's own pictures here, page by page, each with Again."""

from __future__ import annotations

from discord import app_commands
from discord.app_commands import Range
from discord.ext import commands

from bot.delivery.responses import acknowledge, acknowledge_press, fill
from bot.discord.client import BotClient, Interaction
from bot.domain.request.interactions import NotYours
from bot.services.records.service import HistoryPage, Reports
from bot.view.actions.buttons import MemberAction, MemberButton
from bot.view.card import Card
from bot.view.cards.records import history_card

MAX_PAGE = 1_000


class History(commands.Cog):
    """A member's own jobs. Whose they are is told by the interaction alone, never by a button."""

    def __init__(self, reports: Reports) -> None:
        self._reports = reports

    @app_commands.command(description="Your own pictures here, newest first")
    @app_commands.describe(page="Which page, 1 being the newest")
    async def history(self, interaction: Interaction, page: Range[int, 1, MAX_PAGE] = 1) -> None:
        await acknowledge(interaction, ephemeral=True)
        found = await self._reports.history(interaction.user.id, interaction.guild_id, page)
        await fill(interaction, _card(interaction, found))

    async def older(self, interaction: Interaction, press: MemberAction) -> None:
        if press.user_id != interaction.user.id:
            raise NotYours
        await acknowledge_press(interaction)
        found = await self._reports.older(
            interaction.user.id, interaction.guild_id, press.cursor, max(1, press.page)
        )
        await fill(interaction, _card(interaction, found))

    async def newer(self, interaction: Interaction, press: MemberAction) -> None:
        if press.user_id != interaction.user.id:
            raise NotYours
        await acknowledge_press(interaction)
        found = await self._reports.newer(interaction.user.id, interaction.guild_id, press.cursor)
        await fill(interaction, _card(interaction, found))


def _card(interaction: Interaction, found: HistoryPage) -> Card:
    return history_card(
        found.jobs,
        interaction.user.id,
        found.number,
        has_newer=found.has_newer,
        has_older=found.has_older,
        is_direct=interaction.guild_id is None,
    )


async def setup(bot: BotClient) -> None:
    cog = History(bot.services.reports)
    bot.on_press(MemberButton.OLDER, cog.older)
    bot.on_press(MemberButton.NEWER, cog.newer)
    await bot.add_cog(cog)
