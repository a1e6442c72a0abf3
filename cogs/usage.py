"""/usage: what a server, or one of its members, ran and spent; for moderators alone."""

from __future__ import annotations

import asyncio
import io
from typing import Final, Literal, TypeAlias

import discord
from discord import app_commands
from discord.ext import commands

from bot.delivery.responses import acknowledge, fill, require_manager
from bot.discord.client import BotClient, Interaction
from bot.domain.records.reports import UsageReport
from bot.services.records.service import Period, Reports
from bot.view.cards.usage import CHART, export_card, usage_card
from bot.view.files.export import files_within, usage_csv
from cogs.attachments import fill_with

PeriodName: TypeAlias = Literal["today", "week", "month", "30 days"]  # the values of Period

_WORDS: Final = {
    Period.TODAY: "today",
    Period.WEEK: "this week",
    Period.MONTH: "this month",
    Period.LAST_30_DAYS: "the last 30 days",
}
_PERIOD_HELP: Final = "In UTC days; today where nothing is given"


# guild_only() would leave the tree's direct messages standing (discord.py 2.7.1 merges what is not set).
@app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
@app_commands.default_permissions(manage_guild=True)
class Usage(commands.GroupCog, group_name="usage", group_description="Who ran what, for how many dollars"):
    """A server's figures. Who may see them is checked here each time; Discord's own check can be changed."""

    def __init__(self, reports: Reports) -> None:
        self._reports = reports

    @app_commands.command(description="This server's runs and dollars, by member, channel and model")
    @app_commands.describe(period=_PERIOD_HELP)
    async def server(self, interaction: Interaction, period: PeriodName = "today") -> None:
        await self._show(interaction, Period(period), None)

    @app_commands.command(description="A member's runs and dollars on this server")
    @app_commands.describe(member="Whose; members who left can be given by their id", period=_PERIOD_HELP)
    async def member(
        self, interaction: Interaction, member: discord.User, period: PeriodName = "today"
    ) -> None:
        await self._show(interaction, Period(period), member.id)

    @app_commands.command(description="Every job of the period as a CSV file for spreadsheets")
    @app_commands.describe(period=_PERIOD_HELP)
    async def export(self, interaction: Interaction, period: PeriodName = "today") -> None:
        guild_id = _guild_of_manager(interaction)
        await acknowledge(interaction, ephemeral=True)
        lines = await self._reports.export(guild_id, Period(period))
        filename = f"usage-{period.replace(' ', '-')}.csv"
        files = await asyncio.to_thread(files_within, lines, usage_csv, filename, interaction.filesize_limit)
        await fill_with(
            interaction, export_card(files[0].filename, len(lines), _WORDS[Period(period)]), files
        )

    async def _show(self, interaction: Interaction, period: Period, member_id: int | None) -> None:
        guild_id = _guild_of_manager(interaction)
        await acknowledge(interaction, ephemeral=True)
        report = await self._reports.usage(guild_id, period, member_id)
        chart = await asyncio.to_thread(_chart, report)
        card = usage_card(report, _WORDS[period], member_id)
        await fill(interaction, card, [discord.File(io.BytesIO(chart), CHART)])


def _chart(report: UsageReport) -> bytes:
    from bot.view.cards.chart import spend_chart  # noqa: PLC0415 — a drawing package's memory, once it is drawn with

    return spend_chart(report)


def _guild_of_manager(interaction: Interaction) -> int:
    require_manager(interaction, "see what this server spends")
    return interaction.guild_id or 0


async def setup(bot: BotClient) -> None:
    await bot.add_cog(Usage(bot.services.reports))
