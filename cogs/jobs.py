"""/jobs, and the buttons that act on one job: Cancel, Info, Delete."""

from __future__ import annotations

from discord import app_commands
from discord.ext import commands

from bot.delivery.responses import acknowledge, acknowledge_press, fill
from bot.discord.client import BotClient, Interaction
from bot.domain.job.access import JobAct, has_access
from bot.services.runs.service import Jobs as JobService
from bot.view.actions.buttons import JobAction, JobButton
from bot.view.card import Card
from bot.view.cards.lists import running_card
from bot.view.cards.renderer import info_card
from cogs.origins import requester_of


class Jobs(commands.Cog):
    """Shows and stops running jobs."""

    def __init__(self, jobs: JobService) -> None:
        self._jobs = jobs

    @app_commands.command(description="What is running in this channel")
    async def jobs(self, interaction: Interaction) -> None:
        await acknowledge(interaction, ephemeral=True)
        await fill(interaction, self._list(interaction))

    async def cancel(self, interaction: Interaction, press: JobAction) -> None:
        await acknowledge_press(interaction)
        job = await self._jobs.cancel(press.job_id, requester_of(interaction))
        if interaction.message is not None and interaction.message.id != job.origin.message_id:
            await fill(interaction, self._list(interaction))

    async def info(self, interaction: Interaction, press: JobAction) -> None:
        await acknowledge(interaction, ephemeral=True)
        requester = requester_of(interaction)
        job = await self._jobs.reach(press.job_id, requester, JobAct.READ)
        may_see_log = has_access(job, requester, JobAct.READ_LOG)
        may_read = has_access(job, requester, JobAct.READ_WORDS)
        await fill(interaction, info_card(job, may_see_log=may_see_log, may_read=may_read))

    async def delete(self, interaction: Interaction, press: JobAction) -> None:
        await acknowledge_press(interaction)
        await self._jobs.reach(press.job_id, requester_of(interaction), JobAct.DELETE)
        await interaction.delete_original_response()

    def _list(self, interaction: Interaction) -> Card:
        running = self._jobs.running_in(interaction.channel_id or 0)
        return running_card(running, requester_of(interaction))


async def setup(bot: BotClient) -> None:
    cog = Jobs(bot.services.jobs)
    bot.on_press(JobButton.CANCEL, cog.cancel)
    bot.on_press(JobButton.INFO, cog.info)
    bot.on_press(JobButton.DELETE, cog.delete)
    await bot.add_cog(cog)
