"""/jobs, and the buttons that act on one job: Cancel, Info, Delete."""

from __future__ import annotations

from discord import app_commands
from discord.ext import commands

from bot.discord_bot import Interaction, StudioBot
from bot.jobs.service import Jobs as JobService
from bot.jobs.service import may_act
from bot.view.answers import acknowledge, acknowledge_press, fill, is_moderator
from bot.view.card import Action, Card, JobPress
from bot.view.cards.lists import running_card
from bot.view.cards.renderer import info_card
from cogs.origins import actor_of


class Jobs(commands.Cog):
    """Shows and stops running jobs."""

    def __init__(self, jobs: JobService) -> None:
        self._jobs = jobs

    @app_commands.command(description="What is running in this channel")
    async def jobs(self, interaction: Interaction) -> None:
        await acknowledge(interaction, ephemeral=True)
        await fill(interaction, self._list(interaction))

    async def cancel(self, interaction: Interaction, press: JobPress) -> None:
        await acknowledge_press(interaction)
        await self._jobs.cancel(press.job_id, actor_of(interaction))
        job = await self._jobs.job(press.job_id)
        if interaction.message is not None and interaction.message.id != job.origin.message_id:
            await fill(interaction, self._list(interaction))

    async def info(self, interaction: Interaction, press: JobPress) -> None:
        await acknowledge(interaction, ephemeral=True)
        job = await self._jobs.job(press.job_id)
        may_see_log = is_moderator(interaction) or interaction.user.id == job.origin.user_id
        await fill(interaction, info_card(job, may_see_log=may_see_log))

    async def delete(self, interaction: Interaction, press: JobPress) -> None:
        await acknowledge_press(interaction)
        may_act(await self._jobs.job(press.job_id), actor_of(interaction), "delete")
        await interaction.delete_original_response()

    def _list(self, interaction: Interaction) -> Card:
        running = self._jobs.running_in(interaction.channel_id or 0)
        return running_card(running, interaction.user.id, is_moderator=is_moderator(interaction))


async def setup(bot: StudioBot) -> None:
    cog = Jobs(bot.services.jobs)
    bot.on_press(Action.CANCEL, cog.cancel)
    bot.on_press(Action.INFO, cog.info)
    bot.on_press(Action.DELETE, cog.delete)
    await bot.add_cog(cog)
