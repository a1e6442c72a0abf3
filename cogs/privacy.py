"""/privacy: a copy of what is kept about a member, and its erasure."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from discord import app_commands
from discord.app_commands import Choice
from discord.ext import commands

from bot.delivery.discord_errors import DISCORD_ERRORS
from bot.delivery.responses import acknowledge, acknowledge_press, fill
from bot.discord.client import BotClient, Interaction
from bot.domain.job.job import Job
from bot.domain.moderation.cases import Case
from bot.domain.records.reports import PictureWish, Remembered
from bot.domain.request.interactions import NotYours, QuestionExpired
from bot.domain.request.style import Style
from bot.services.guild_settings.service import GuildSettingsService
from bot.services.records.service import Erasure, Reports
from bot.services.runs.service import Jobs
from bot.services.styles.service import Styles
from bot.view.actions.buttons import MemberAction, MemberButton
from bot.view.card import Card
from bot.view.cards.records import (
    erased_card,
    erasing_card,
    lent_card,
    no_records_card,
    question_card,
    records_card,
    stopped_card,
)
from bot.view.files.export import files_within, records_json
from cogs.attachments import fill_with

log = logging.getLogger(__name__)

FILENAME: Final = "my-records.json"
QUESTION_LIFE_S: Final = 600
_LENT: Final = {"others": False, "nobody": True}  # whether they are closed


class Privacy(commands.GroupCog, group_name="privacy", group_description="What the bot keeps about you"):
    """A member's own records, from every server and from direct messages."""

    def __init__(
        self, reports: Reports, jobs: Jobs, styles: Styles, guild_settings: GuildSettingsService
    ) -> None:
        self._guild_settings = guild_settings
        self._reports = reports
        self._jobs = jobs
        self._styles = styles

    @app_commands.command(description="Everything that is kept about you, as a file")
    async def export(self, interaction: Interaction) -> None:
        await acknowledge(interaction, ephemeral=True)
        jobs = await self._reports.records_of(interaction.user.id)
        asks = await self._reports.asks_of(interaction.user.id)
        remembered = await self._reports.remembered(interaction.user.id)
        styles = await self._styles.of_member(interaction.user.id)
        is_closed = await self._guild_settings.has_closed_pictures(interaction.user.id)
        wishes = [PictureWish()] if is_closed else []
        if not jobs and not asks and not remembered and not styles and not wishes:
            await fill(interaction, no_records_card())
            return
        items: list[Job | Case | PictureWish | Remembered | Style] = [
            *jobs,
            *asks,
            *remembered,
            *styles,
            *wishes,
        ]
        files = await asyncio.to_thread(
            files_within, items, records_json, FILENAME, interaction.filesize_limit
        )
        await fill_with(interaction, records_card(files[0].filename, len(jobs)), files)

    @app_commands.command(description="Erase your prompts and pictures, here and at Wiro")
    async def delete(self, interaction: Interaction) -> None:
        await acknowledge(interaction, ephemeral=True)
        jobs = await self._reports.records_of(interaction.user.id)
        running = [job for job in jobs if not job.is_finished]
        asked_at_s = int(interaction.created_at.timestamp())
        ended = len(jobs) - len(running)
        forms = len(await self._reports.remembered(interaction.user.id))
        styles = len(await self._styles.of_member(interaction.user.id))
        card = question_card(interaction.user.id, ended, running, asked_at_s, forms, styles)
        await fill(interaction, card)

    @app_commands.command(description="Who may use your pictures for new ones, on every server")
    @app_commands.describe(allow="Others on a server, as its moderators let them; or nobody but you")
    @app_commands.choices(allow=[Choice(name=name, value=name) for name in _LENT])
    async def pictures(self, interaction: Interaction, allow: str) -> None:
        await acknowledge(interaction, ephemeral=True)
        await self._guild_settings.close_pictures(interaction.user.id, is_closed=_LENT[allow])
        await fill(interaction, lent_card(is_closed=_LENT[allow]))

    async def forget(self, interaction: Interaction, press: MemberAction) -> None:
        """The confirmation. Both moments are Discord's own: the ids of the two interactions carry them."""
        if press.user_id != interaction.user.id:
            raise NotYours
        if not 0 <= interaction.created_at.timestamp() - press.cursor <= QUESTION_LIFE_S:
            raise QuestionExpired

        async def tell(erasure: Erasure) -> None:
            try:
                await fill(interaction, _card(erasure))
            except DISCORD_ERRORS as error:
                # The erasure goes on, whether or not anybody can be told.
                log.warning("an erasure's progress could not be told: %s", type(error).__name__)

        await acknowledge_press(interaction)
        await self._styles.forget(interaction.user.id)
        self._jobs.forget(interaction.user.id)
        self._reports.erase(interaction.user.id, tell)


def _card(erasure: Erasure) -> Card:
    if erasure.has_failed:
        return stopped_card(erasure.erased, erasure.total)
    if erasure.is_over or erasure.is_retrying:
        return erased_card(
            erasure.erased,
            erasure.cleared_at_wiro,
            erasure.waiting_at_wiro,
            erasure.running,
            is_retrying=erasure.is_retrying,
            files_left=erasure.files_at_wiro,
        )
    return erasing_card(erasure.erased, erasure.total)


async def setup(bot: BotClient) -> None:
    services = bot.services
    cog = Privacy(services.reports, services.jobs, services.styles, services.guild_settings)
    bot.on_press(MemberButton.FORGET, cog.forget)
    await bot.add_cog(cog)
