"""/style: looks kept under a name, a member's own and those that the moderators pin for everybody."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from discord import app_commands
from discord.app_commands import Choice, Range
from discord.ext import commands

from bot.delivery.responses import acknowledge, fill, require_manager
from bot.discord.client import BotClient, Interaction
from bot.domain.request.prompt import MAX_PROMPT_CHARS, checked_prompt
from bot.domain.request.run_request import RunRequest
from bot.domain.request.style import MAX_NAME_CHARS, MAX_TEMPLATE_CHARS, Style
from bot.services.catalogue.service import Catalogue
from bot.services.runs.service import Jobs
from bot.services.styles.service import PINNED, Styles
from bot.view.cards.styles import deleted_card, list_card, saved_card
from cogs.arrivals import Arrivals
from cogs.aspects import ASPECT_CHOICES, ASPECTS
from cogs.limit_options import known_slug
from cogs.model_options import model_choices
from cogs.origins import requester_of
from cogs.style_options import style_choices

PIN_ACTION: Final = "pin styles for the server"


class StyleCommands(commands.GroupCog, group_name="style", group_description="Looks to draw in, by name"):
    """Keeps, lists, uses and deletes styles."""

    def __init__(self, styles: Styles, jobs: Jobs, arrivals: Arrivals, catalogue: Catalogue) -> None:
        self._styles = styles
        self._jobs = jobs
        self._arrivals = arrivals
        self._catalogue = catalogue

    @app_commands.command(description="Keep a look under a name, to draw in it later")
    @app_commands.describe(
        name="What to call it; one of yours with this name is replaced",
        template="A text with {prompt} where the prompt belongs, or words to be added after it",
        negative_prompt="What should not be in the picture",
        model="A Wiro model",
        aspect="The shape of the picture",
        steps="How long the model works on it",
        guidance="How closely the picture follows the prompt",
        pin="For everybody on this server; needs the permission Manage Server",
    )
    @app_commands.choices(aspect=ASPECT_CHOICES)
    async def save(
        self,
        interaction: Interaction,
        name: Range[str, 1, MAX_NAME_CHARS],
        template: Range[str, 1, MAX_TEMPLATE_CHARS],
        negative_prompt: Range[str, 0, MAX_TEMPLATE_CHARS] | None = None,
        model: Range[str, 3, 100] | None = None,
        aspect: str | None = None,
        steps: Range[int, 1, 100] | None = None,
        guidance: Range[float, 0, 20] | None = None,
        pin: bool = False,
    ) -> None:
        if pin:
            require_manager(interaction, PIN_ACTION)
        width, height = ASPECTS.get(aspect or "", (None, None))
        await acknowledge(interaction, ephemeral=True)
        style, before = await self._styles.save(
            Style(
                guild_id=interaction.guild_id or 0,
                user_id=PINNED if pin else interaction.user.id,
                name=name,
                template=template,
                saved_by=interaction.user.id,
                saved_at_s=0.0,
                negative_prompt=negative_prompt,
                model=await known_slug(self._catalogue, model) or None,
                width=width,
                height=height,
                steps=steps,
                guidance=guidance,
            )
        )
        await fill(interaction, saved_card(style, before))

    @app_commands.command(name="list", description="The styles that you can draw in here")
    async def show(self, interaction: Interaction) -> None:
        await acknowledge(interaction, ephemeral=True)
        pinned, own = await self._styles.listed(interaction.guild_id, interaction.user.id)
        await fill(interaction, list_card(pinned, own))

    @app_commands.command(description="Draw something in a style")
    @app_commands.describe(
        style="One of yours, or one that is pinned here",
        prompt="What to draw, in your own words",
        count="How many pictures",
        private="Show the picture to you alone",
    )
    async def use(
        self,
        interaction: Interaction,
        style: Range[str, 1, MAX_NAME_CHARS],
        prompt: Range[str, 1, MAX_PROMPT_CHARS],
        count: Range[int, 1, 4] = 1,
        private: bool = False,
    ) -> None:
        plain = RunRequest(model="", prompt=checked_prompt(prompt), count=count)
        async with self._arrivals.arrived(interaction, is_private=private) as origin:
            request = await self._styles.applied(style, plain, interaction.guild_id, interaction.user.id)
            request = replace(request, model=request.model or self._catalogue.default_model)
            await self._jobs.submit(interaction.id, request, origin, requester_of(interaction))

    @app_commands.command(description="Delete a style of yours; moderators: one that is pinned here")
    @app_commands.describe(name="One of yours goes before a pinned one of the same name")
    async def delete(self, interaction: Interaction, name: Range[str, 1, MAX_NAME_CHARS]) -> None:
        await acknowledge(interaction, ephemeral=True)
        is_manager = interaction.guild_id is not None and interaction.permissions.manage_guild
        deleted = await self._styles.delete(
            name, interaction.guild_id, interaction.user.id, is_manager=is_manager
        )
        await fill(interaction, deleted_card(deleted))

    @save.autocomplete("model")
    async def suggest_models(self, interaction: Interaction, current: str) -> list[Choice[str]]:
        return model_choices(self._catalogue, interaction, current)

    @use.autocomplete("style")
    @delete.autocomplete("name")
    async def suggest_styles(self, interaction: Interaction, current: str) -> list[Choice[str]]:
        return style_choices(self._styles, interaction, current)


async def setup(bot: BotClient) -> None:
    services = bot.services
    arrivals = Arrivals(bot)
    await bot.add_cog(StyleCommands(services.styles, services.jobs, arrivals, services.catalogue))
