"""The buttons that go on from a result: Vary, Upscale, Edit prompt, and what they ask before they run."""

from __future__ import annotations

import logging
from typing import Final

from discord.ext import commands

from bot.delivery.discord_errors import DISCORD_ERRORS
from bot.delivery.modals import open_form, returned, typed_in
from bot.delivery.responses import acknowledge, fill
from bot.discord.client import BotClient, Interaction
from bot.domain.errors import BotError
from bot.domain.job.access import JobAct, check_access
from bot.domain.job.errors import JobNotFound
from bot.domain.job.job import Job, Parent, Relation
from bot.domain.request.interactions import AlreadyStarted, ButtonUnknown
from bot.domain.request.origin import Origin
from bot.domain.request.prompt import checked_prompt
from bot.domain.request.run_request import RunRequest
from bot.runtime.bounded import BoundedDict
from bot.services.catalogue.service import Catalogue
from bot.services.remix.service import Remixes, parent_of
from bot.services.runs.service import Jobs
from bot.view.actions.buttons import ConfirmAction, ConfirmButton, ResultAction, ResultButton
from bot.view.cards.remix import FORM, PROMPT_FIELD, confirmation, prompt_form, ready_card, remix_form
from bot.view.cards.results import first_preview, preview_of
from cogs.arrivals import Arrivals
from cogs.origins import requester_of

log = logging.getLogger(__name__)

MAX_KEPT: Final = 500  # confirmations that are remembered
_GOES: Final = {ResultButton.VARY: ConfirmButton.VARY, ResultButton.UPSCALE: ConfirmButton.UPSCALE}
_RELATIONS: Final = {ConfirmButton.VARY: Relation.VARIATION, ConfirmButton.UPSCALE: Relation.UPSCALE}


class Remix(commands.Cog):
    """Shows what would run and starts it, on the presser's own quota."""

    def __init__(self, remixes: Remixes, jobs: Jobs, arrivals: Arrivals, catalogue: Catalogue) -> None:
        self._remixes = remixes
        self._jobs = jobs
        self._arrivals = arrivals
        self._catalogue = catalogue
        self._started = BoundedDict[int, None](MAX_KEPT)
        self._asked = BoundedDict[int, Interaction](MAX_KEPT)  # by the confirmation that they made

    async def ask(self, interaction: Interaction, pick: ResultAction) -> None:
        """Vary or Upscale: what will run and its price, for the presser alone."""
        await acknowledge(interaction, ephemeral=True)
        job = await self._parent(interaction, pick.job_id)
        go = ConfirmAction(_GOES[pick.action], pick.job_id, pick.index, job.origin.is_private)
        preview = preview_of(interaction.message, job, pick.index)
        request = await self._request(go, job, preview.url if preview is not None else None)
        quote = await self._remixes.quote(request, requester_of(interaction))
        await fill(interaction, confirmation(quote, go, preview))
        self._asked[interaction.id] = interaction

    async def go(self, interaction: Interaction, go: ConfirmAction) -> None:
        """Run. The job bears the id of the press that asked, so that pressing twice pays once, for ever."""
        job_id = _asked_by(interaction)
        if job_id in self._started:
            # Acknowledged all the same: the very same press that came twice ends here without an answer.
            await acknowledge(interaction, ephemeral=True)
            raise AlreadyStarted
        self._started[job_id] = None
        try:
            preview = first_preview(interaction.message)
            arrived = self._arrivals.arrived(interaction, is_private=go.is_private, job_id=job_id)
            async with arrived as origin:
                job = await self._parent(interaction, go.job_id)
                request = await self._request(go, job, preview.url if preview is not None else None)
                parent = parent_of(job, _RELATIONS[go.action])
                await self._start(interaction, job_id, origin, request, parent)
        except AlreadyStarted:
            raise
        except BaseException:
            self._started.pop(job_id, None)
            raise
        await self._put_away(job_id)

    async def edit(self, interaction: Interaction, pick: ResultAction) -> None:
        """The form with the prompt. It is the acknowledgement, so it comes from memory or not at once."""
        job = self._jobs.known(pick.job_id)
        if job is None:
            await acknowledge(interaction, ephemeral=True)
            job = await self._parent(interaction, pick.job_id)
            _check_words(job)
            preview = first_preview(interaction.message) if pick.action is ResultButton.REWORD else None
            await fill(interaction, ready_card(pick, preview))
            return
        check_access(job, requester_of(interaction), JobAct.GO_ON)
        _check_words(job)
        model = job.request.model if pick.action is ResultButton.EDIT else self._remixes.model_for(job)
        summary = self._catalogue.summary(model)
        is_own = model == job.request.model
        price = job.hold if is_own else (summary.price_hint if summary is not None else None)
        await open_form(interaction, prompt_form(pick, job, model=model, price=price))

    async def edited(self, interaction: Interaction, custom_id: str) -> None:
        """The form that came back: the same job, or a variation, with these words."""
        form = remix_form(custom_id)
        if form is None:
            raise ButtonUnknown(custom_id)
        typed = "".join(typed_in(interaction).get(PROMPT_FIELD, ()))
        try:
            async with self._arrivals.arrived(interaction, is_private=form.is_private) as origin:
                prompt = checked_prompt(typed)
                job = await self._parent(interaction, form.job_id)
                if form.action is ResultButton.EDIT:
                    request, relation = await self._remixes.edited(job, prompt), Relation.EDIT
                else:
                    preview = first_preview(interaction.message)
                    spare_url = preview.url if preview is not None else None
                    request = await self._remixes.variation(job, form.index, spare_url, prompt)
                    relation = Relation.VARIATION
                await self._start(interaction, interaction.id, origin, request, parent_of(job, relation))
        except BotError as error:
            raise returned(error, typed) from None

    async def _parent(self, interaction: Interaction, job_id: int) -> Job:
        return await self._jobs.reach(job_id, requester_of(interaction), JobAct.GO_ON)

    async def _request(self, go: ConfirmAction, job: Job, spare_url: str | None) -> RunRequest:
        if go.action is ConfirmButton.VARY:
            return await self._remixes.variation(job, go.index, spare_url)
        return await self._remixes.upscale(job, go.index, spare_url)

    async def _start(
        self, interaction: Interaction, job_id: int, origin: Origin, request: RunRequest, parent: Parent
    ) -> None:
        requester = requester_of(interaction)
        job = await self._jobs.submit(
            job_id, request, origin, requester, parent=parent, is_within_bounds=True
        )
        if job is None:  # pressed before a restart
            raise AlreadyStarted

    async def _put_away(self, asked_id: int) -> None:
        """The confirmation has done its work; where its token has ended, it stays, and its button says so."""
        asked = self._asked.pop(asked_id, None)
        if asked is None:
            return
        try:
            await asked.delete_original_response()
        except DISCORD_ERRORS as error:
            log.info("a confirmation could not be put away: %s", type(error).__name__)


def _check_words(job: Job) -> None:
    """There is nothing to edit in a job that has been erased. Raises JobNotFound."""
    if not job.request.prompt:
        raise JobNotFound(job.job_id)


def _asked_by(interaction: Interaction) -> int:
    """The press that this confirmation answers."""
    message = interaction.message
    if message is None:
        return interaction.id
    made_by = message.interaction_metadata
    return made_by.id if made_by is not None else message.id


async def setup(bot: BotClient) -> None:
    services = bot.services
    cog = Remix(services.remixes, services.jobs, Arrivals(bot), services.catalogue)
    for pick in _GOES:
        bot.on_press(pick, cog.ask)
    bot.on_press(ResultButton.EDIT, cog.edit)
    bot.on_press(ResultButton.REWORD, cog.edit)
    for go in ConfirmButton:
        bot.on_press(go, cog.go)
    bot.on_form(FORM, cog.edited)
    await bot.add_cog(cog)
