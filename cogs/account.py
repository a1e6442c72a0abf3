"""/quota: how much of each limit is used, held and left, and why it binds."""

from __future__ import annotations

from discord import app_commands
from discord.ext import commands

from bot.delivery.responses import acknowledge, fill
from bot.discord.client import BotClient, Interaction
from bot.services.catalogue.service import Catalogue
from bot.services.guild_settings.service import GuildSettingsService
from bot.services.limits.service import LimitService
from bot.view.cards.limits import quota_card
from bot.view.text.limits import Reader
from cogs.limit_readings import readings
from cogs.origins import requester_of


class Account(commands.Cog):
    """A member's own figures."""

    def __init__(
        self, guild_settings: GuildSettingsService, limit_service: LimitService, catalogue: Catalogue
    ) -> None:
        self._guild_settings = guild_settings
        self._limit_service = limit_service
        self._catalogue = catalogue

    @app_commands.command(description="How many pictures and dollars you have left, and until when")
    async def quota(self, interaction: Interaction) -> None:
        await acknowledge(interaction, ephemeral=True)
        requester = requester_of(interaction)
        default_model = self._catalogue.default_model
        statuses, rules = await readings(self._guild_settings, self._limit_service, requester, default_model)
        reader = Reader(requester.user_id, requester.role_ids, is_addressed=True)
        await fill(interaction, quota_card(statuses, rules, reader, is_direct=interaction.guild_id is None))


async def setup(bot: BotClient) -> None:
    services = bot.services
    await bot.add_cog(Account(services.guild_settings, services.limit_service, services.catalogue))
