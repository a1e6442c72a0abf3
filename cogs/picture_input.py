"""Apps → Use as input: the picture of any message as the start of a new one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import discord
from discord import app_commands
from discord.ext import commands

from bot.delivery.modals import open_form, returned, typed_in
from bot.discord.client import BotClient, Interaction
from bot.domain.clock import Clock
from bot.domain.discord_limits import HINT_CHARS, SELECT_OPTIONS
from bot.domain.errors import BotError
from bot.domain.job.access import JobAct
from bot.domain.job.errors import JobWithheld
from bot.domain.request.errors import InputFault, InputRefused
from bot.domain.request.files import InputFile
from bot.domain.request.interactions import ButtonUnknown
from bot.domain.request.run_request import RunRequest
from bot.services.catalogue.service import Catalogue
from bot.services.member_cache import MemberCache
from bot.services.remix.service import Remixes
from bot.services.runs.service import Jobs, checked
from bot.view.actions.component import job_on
from bot.view.cards.results import pictures_in
from bot.view.forms.input_form import FORM, ModelChoice, form_id_in, input_form, input_submission
from bot.view.hiding import is_hidden
from cogs.arrivals import Arrivals
from cogs.origins import requester_of

MOST_EACH: Final = 10  # forms of a member that are open, as far as anybody knows
MAX_FORMS: Final = 2_000


@dataclass(frozen=True, slots=True)
class _Open:
    pictures: tuple[InputFile, ...]
    default_model: str
    is_private: bool
    job_id: int | None  # that one of our own messages shows


class PictureInput(commands.Cog):
    """Opens a form at once, from memory; what it was opened for is kept until it comes back."""

    def __init__(
        self, jobs: Jobs, arrivals: Arrivals, catalogue: Catalogue, remixes: Remixes, clock: Clock
    ) -> None:
        self._jobs = jobs
        self._arrivals = arrivals
        self._catalogue = catalogue
        self._remixes = remixes
        # By form and whoever opened it.
        self._open = MemberCache[_Open](clock.monotonic, most_each=MOST_EACH, max_size=MAX_FORMS)

    async def use(self, interaction: Interaction, message: discord.Message) -> None:
        user = interaction.client.user
        own_id = user.id if user is not None else interaction.application_id
        if message.author.id == own_id and is_hidden(message):
            raise JobWithheld(is_removed=False)
        pictures = pictures_in(message, own_id)[:SELECT_OPTIONS]
        if not pictures:
            raise InputRefused("", InputFault.NO_PICTURE)
        models = self._models()
        # What is made of a message that only its reader sees is for them alone, too.
        job_id = job_on(message) if message.author.id == own_id else None
        opened = _Open(pictures, models[0].slug, message.flags.ephemeral, job_id)
        user_id = interaction.user.id
        self._open.put((interaction.id, user_id), user_id, opened, 1)
        await open_form(interaction, input_form(interaction.id, pictures, models))

    async def filled(self, interaction: Interaction, custom_id: str) -> None:
        form_id = form_id_in(custom_id)
        if form_id is None:
            raise ButtonUnknown(custom_id)
        typed = typed_in(interaction)
        opened = self._open.pop((form_id, interaction.user.id))
        is_private = opened is not None and opened.is_private
        try:
            async with self._arrivals.arrived(interaction, is_private=is_private) as origin:
                if opened is None:
                    raise InputRefused("", InputFault.FORGOTTEN)
                filled = input_submission(typed, opened.default_model)
                picture = opened.pictures[min(filled.picture, len(opened.pictures) - 1)]
                if opened.job_id is not None:
                    requester = requester_of(interaction)
                    requester = replace(requester, is_alone=requester.is_alone or opened.is_private)
                    job = await self._jobs.reach(opened.job_id, requester, JobAct.GO_ON)
                    picture = replace(picture, owner_id=job.origin.user_id)
                request = checked(
                    RunRequest(filled.model, filled.prompt, strength=filled.strength, files=(picture,))
                )
                await self._jobs.submit(interaction.id, request, origin, requester_of(interaction))
        except BotError as error:
            raise returned(error, "".join(typed.get("prompt", ()))) from None

    def _models(self) -> list[ModelChoice]:
        """From memory: those that take pictures, the default first; that for variations is always there."""
        slugs = list(self._catalogue.picture_takers(SELECT_OPTIONS))
        known = {slug.lower() for slug in slugs}
        if self._remixes.vary_model.lower() not in known:
            at = 1 if self._catalogue.default_model.lower() in known else 0
            slugs.insert(at, self._remixes.vary_model)
        offered = [slug for slug in slugs if len(slug) <= HINT_CHARS][:SELECT_OPTIONS]
        return [ModelChoice(slug, self._catalogue.summary(slug)) for slug in offered]


async def setup(bot: BotClient) -> None:
    services = bot.services
    cog = PictureInput(services.jobs, Arrivals(bot), services.catalogue, services.remixes, services.clock)
    await bot.add_cog(cog)
    bot.tree.add_command(app_commands.ContextMenu(name="Use as input", callback=cog.use))
    bot.on_form(FORM, cog.filled)
