"""/imagine, and the buttons that ask for a picture once more."""

from __future__ import annotations

from dataclasses import replace

import discord
from discord import app_commands
from discord.app_commands import Choice, Range
from discord.ext import commands

from bot.discord.client import BotClient, Interaction
from bot.domain.request.errors import OptionAlone, OptionsConflict
from bot.domain.request.prompt import MAX_PROMPT_CHARS
from bot.domain.request.run_request import MAX_SEED, RunRequest
from bot.domain.request.style import MAX_NAME_CHARS
from bot.services.catalogue.service import Catalogue
from bot.services.limits.rate import RateLimiter
from bot.services.runs.service import Jobs, checked
from bot.services.styles.service import Styles
from bot.view.actions.buttons import JobAction, JobButton
from bot.view.cards.results import picture_in
from cogs.arrivals import Arrivals
from cogs.aspects import ASPECT_CHOICES, ASPECTS
from cogs.model_options import model_choices
from cogs.origins import requester_of
from cogs.style_options import style_choices


class Generate(commands.Cog):
    """Asks for pictures."""

    def __init__(
        self, jobs: Jobs, arrivals: Arrivals, catalogue: Catalogue, styles: Styles, rate: RateLimiter
    ) -> None:
        self._jobs = jobs
        self._arrivals = arrivals
        self._catalogue = catalogue
        self._styles = styles
        self._rate = rate

    @app_commands.command(description="Turn a prompt into a picture")
    @app_commands.describe(
        prompt="What to draw, in your own words",
        negative_prompt="What should not be in the picture",
        model="Another Wiro model",
        aspect="The shape of the picture",
        width="Width in pixels, with height instead of aspect",
        height="Height in pixels, with width instead of aspect",
        steps="How long the model works on it: more is finer and dearer",
        guidance="How closely the picture follows the prompt",
        seed="The same seed and prompt give the same picture; 0 or nothing for chance",
        count="How many pictures",
        private="Show the picture to you alone",
        style="A look that you or this server keep; what you give here goes before it",
        image="A picture to start from, for models that take one",
        strength="How far the result may go from that picture: 0 stays, 1 leaves it",
    )
    @app_commands.choices(aspect=ASPECT_CHOICES)
    async def imagine(
        self,
        interaction: Interaction,
        prompt: Range[str, 1, MAX_PROMPT_CHARS],
        negative_prompt: Range[str, 0, MAX_PROMPT_CHARS] | None = None,
        model: Range[str, 3, 100] | None = None,
        aspect: str | None = None,
        width: Range[int, 256, 2048] | None = None,
        height: Range[int, 256, 2048] | None = None,
        steps: Range[int, 1, 100] | None = None,
        guidance: Range[float, 0, 20] | None = None,
        seed: Range[int, 0, MAX_SEED] | None = None,
        count: Range[int, 1, 4] = 1,
        private: bool = False,
        style: Range[str, 1, MAX_NAME_CHARS] | None = None,
        image: discord.Attachment | None = None,
        strength: Range[float, 0, 1] | None = None,
    ) -> None:
        if aspect is not None and (width is not None or height is not None):
            raise OptionsConflict("aspect", "width and height")
        if strength is not None and image is None:
            raise OptionAlone("strength", "image")
        shape = ASPECTS.get(aspect or "", (width, height))
        request = checked(
            RunRequest(
                model=model or "",
                prompt=prompt,
                negative_prompt=negative_prompt,
                width=shape[0],
                height=shape[1],
                steps=steps,
                guidance=guidance,
                seed=seed or None,
                count=count,
                strength=strength,
                files=(picture_in(image),) if image is not None else (),
            )
        )
        async with self._arrivals.arrived(interaction, is_private=private) as origin:
            if style is not None:
                user_id = interaction.user.id
                request = await self._styles.applied(style, request, interaction.guild_id, user_id)
            request = replace(request, model=request.model or self._catalogue.default_model)
            if not self._catalogue.knows(request.model):  # it is looked up whether it comes to a run or not
                self._rate.take(interaction.user.id)
            await self._jobs.submit(interaction.id, request, origin, requester_of(interaction))

    @imagine.autocomplete("model")
    async def suggest_models(self, interaction: Interaction, current: str) -> list[Choice[str]]:
        return model_choices(self._catalogue, interaction, current)

    @imagine.autocomplete("style")
    async def suggest_styles(self, interaction: Interaction, current: str) -> list[Choice[str]]:
        return style_choices(self._styles, interaction, current)

    async def again(self, interaction: Interaction, press: JobAction) -> None:
        await self._repeat(interaction, press.job_id, is_retry=False)

    async def retry(self, interaction: Interaction, press: JobAction) -> None:
        await self._repeat(interaction, press.job_id, is_retry=True)

    async def _repeat(self, interaction: Interaction, job_id: int, *, is_retry: bool) -> None:
        message = interaction.message
        is_private = message is not None and message.flags.ephemeral
        async with self._arrivals.arrived(interaction, is_private=is_private) as origin:
            await self._jobs.again(
                job_id, interaction.id, origin, requester_of(interaction), is_retry=is_retry
            )


async def setup(bot: BotClient) -> None:
    services = bot.services
    cog = Generate(services.jobs, Arrivals(bot), services.catalogue, services.styles, services.rate)
    bot.on_press(JobButton.AGAIN, cog.again)
    bot.on_press(JobButton.RETRY, cog.retry)
    await bot.add_cog(cog)
