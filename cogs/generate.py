"""/imagine, and the buttons that ask for a picture once more."""

from __future__ import annotations

from typing import Final

from discord import app_commands
from discord.app_commands import Choice, Range
from discord.ext import commands

from bot.discord_bot import Interaction, StudioBot
from bot.domain.errors import OptionsConflict
from bot.domain.job import MAX_SEED, PictureRequest
from bot.domain.prompt import MAX_PROMPT_CHARS
from bot.jobs.catalogue import Catalogue
from bot.jobs.service import Jobs, checked
from bot.view.answers import acknowledge
from bot.view.board import StatusBoard
from bot.view.card import Action
from cogs.origins import asker_of, origin_of

# About one megapixel each, in multiples of 64: what the models were trained on.
ASPECTS: Final = {
    "1:1": (1024, 1024),
    "4:3": (1152, 896),
    "3:4": (896, 1152),
    "3:2": (1216, 832),
    "2:3": (832, 1216),
    "16:9": (1344, 768),
    "9:16": (768, 1344),
}
_ASPECT_NAMES: Final = {
    "1:1": "square",
    "4:3": "landscape",
    "3:4": "portrait",
    "16:9": "wide",
    "9:16": "tall",
}
MAX_SUGGESTIONS: Final = 25  # Discord docs, Application commands, autocomplete, 2026


class Generate(commands.Cog):
    """Asks for pictures."""

    def __init__(self, jobs: Jobs, board: StatusBoard, catalogue: Catalogue) -> None:
        self._jobs = jobs
        self._board = board
        self._catalogue = catalogue

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
    )
    @app_commands.choices(
        aspect=[
            Choice(name=" ".join((ratio, _ASPECT_NAMES.get(ratio, ""))).strip(), value=ratio)
            for ratio in ASPECTS
        ]
    )
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
    ) -> None:
        if aspect is not None and (width is not None or height is not None):
            raise OptionsConflict("aspect", "width and height")
        shape = ASPECTS.get(aspect or "", (width, height))
        request = checked(
            PictureRequest(
                model=model or self._catalogue.default_model,
                prompt=prompt,
                negative_prompt=negative_prompt,
                width=shape[0],
                height=shape[1],
                steps=steps,
                guidance=guidance,
                seed=seed or None,
                count=count,
            )
        )
        message_id = await acknowledge(interaction, ephemeral=private)
        with self._board.attached(interaction):
            origin = origin_of(interaction, message_id, is_private=private)
            await self._jobs.submit(interaction.id, request, origin, asker_of(interaction))

    @imagine.autocomplete("model")
    async def suggest_models(self, _interaction: Interaction, current: str) -> list[Choice[str]]:
        found = self._catalogue.suggestions(current, MAX_SUGGESTIONS)
        return [
            Choice(name=_suggestion(model.title, model.slug, model.price_hint), value=model.slug)
            for model in found
        ]

    async def again(self, interaction: Interaction, job_id: int) -> None:
        await self._repeat(interaction, job_id, is_retry=False)

    async def retry(self, interaction: Interaction, job_id: int) -> None:
        await self._repeat(interaction, job_id, is_retry=True)

    async def _repeat(self, interaction: Interaction, job_id: int, *, is_retry: bool) -> None:
        message = interaction.message
        is_private = message is not None and message.flags.ephemeral
        message_id = await acknowledge(interaction, ephemeral=is_private)
        with self._board.attached(interaction):
            origin = origin_of(interaction, message_id, is_private=is_private)
            await self._jobs.again(job_id, interaction.id, origin, asker_of(interaction), is_retry=is_retry)


def _suggestion(title: str, slug: str, price: object | None) -> str:
    name = title or slug
    return f"{name} · about {price}"[:100] if price is not None else name[:100]


async def setup(bot: StudioBot) -> None:
    services = bot.services
    cog = Generate(services.jobs, services.board, services.catalogue)
    bot.on_press(Action.AGAIN, cog.again)
    bot.on_press(Action.RETRY, cog.retry)
    await bot.add_cog(cog)
