"""/run: any model of Wiro's through a form of its own, filled in step by step."""

from __future__ import annotations

import logging
from typing import Final

from discord import app_commands
from discord.app_commands import Choice, Range
from discord.ext import commands

from bot.delivery.discord_errors import DISCORD_ERRORS
from bot.delivery.modals import open_form, typed_in
from bot.delivery.responses import acknowledge, acknowledge_press, fill
from bot.discord.client import BotClient, Interaction
from bot.domain.clock import Clock
from bot.domain.request.errors import OptionRefused
from bot.domain.request.form import FieldsRefused
from bot.domain.request.form_state import Form
from bot.domain.request.interactions import FormGone
from bot.services.catalogue.service import Catalogue
from bot.services.forms.service import Forms
from bot.services.forms.states import LIFE_S, MOST_EACH
from bot.services.limits.rate import RateLimiter
from bot.services.member_cache import MemberCache
from bot.services.runs.service import Jobs
from bot.view.actions.buttons import FORM_KIND, FormAction, FormButton, ModelAction, ModelButton
from bot.view.cards.forms import form_card
from bot.view.forms.steps import files_of, modal_of, raw_texts_of, submission_in, texts_of
from cogs.arrivals import Arrivals
from cogs.model_options import model_choices
from cogs.origins import requester_of

log = logging.getLogger(__name__)

MAX_CARDS: Final = 10_000  # forms whose card can be edited


class Run(commands.Cog):
    """Opens forms, takes in what is typed, and starts what they ask for."""

    def __init__(
        self,
        forms: Forms,
        jobs: Jobs,
        arrivals: Arrivals,
        catalogue: Catalogue,
        rate: RateLimiter,
        clock: Clock,
    ) -> None:
        self._forms = forms
        self._jobs = jobs
        self._arrivals = arrivals
        self._catalogue = catalogue
        self._rate = rate
        # The newest interaction of each form whose own answer is the card: its token edits it.
        self._cards = MemberCache[Interaction](
            clock.monotonic, most_each=MOST_EACH, max_size=MAX_CARDS, life_s=LIFE_S
        )

    @app_commands.command(description="Run any Wiro model: its own form, step by step")
    @app_commands.describe(
        model="Which of Wiro's models",
        private="Show the result to you alone",
    )
    async def run(self, interaction: Interaction, model: Range[str, 3, 100], private: bool = False) -> None:
        await acknowledge(interaction, ephemeral=True)
        await self.open(interaction, model, is_private=private)

    async def open(self, interaction: Interaction, slug: str, *, is_private: bool = False) -> None:
        """A new form as the answer to an interaction that was acknowledged to its asker alone."""
        requester = requester_of(interaction)
        self._rate.take(requester.user_id)
        form = await self._forms.open(interaction.id, slug, requester, is_private=is_private)
        await self._show(interaction, form)

    async def pick(self, interaction: Interaction, press: ModelAction) -> None:
        """Run, pressed on a model."""
        await acknowledge(interaction, ephemeral=True)
        await self.open(interaction, press.subject)

    async def fill_in(self, interaction: Interaction, press: FormAction) -> None:
        """The modal is the acknowledgement, so it comes from memory."""
        state = self._forms.state(press.form_id, interaction.user.id)
        modal = modal_of(state, press.number)
        if modal is None:
            raise FormGone
        await open_form(interaction, modal)

    async def filled_in(self, interaction: Interaction, custom_id: str) -> None:
        """A modal that came back."""
        sent = submission_in(custom_id)
        if sent is None:
            raise FormGone
        await acknowledge_press(interaction)
        fields = typed_in(interaction)
        try:
            model = self._forms.state(sent.form_id, interaction.user.id).model
        except FormGone:
            if sent.slug:
                await self._forms.save(interaction.user.id, sent.slug, raw_texts_of(fields))
            raise
        files = files_of(model, fields, interaction.data or {})
        form = await self._forms.fill(sent.form_id, interaction.user.id, texts_of(model, fields), files)
        await self._show(interaction, form)

    async def start_over(self, interaction: Interaction, press: FormAction) -> None:
        await acknowledge_press(interaction)
        await self._show(interaction, await self._forms.start_over(press.form_id, interaction.user.id))

    async def start(self, interaction: Interaction, press: FormAction) -> None:
        """Run what the form asks for, in a message of its own; the card then says where."""
        user_id = interaction.user.id
        try:
            with self._forms.spent(press.form_id, user_id, press.number) as run:
                is_private = run.state.is_private
                async with self._arrivals.arrived(interaction, is_private=is_private) as origin:
                    request = await self._forms.request(run.state)
                    # A form is held to the model's own bounds, which are not those of /imagine.
                    job = await self._jobs.submit(
                        interaction.id, request, origin, requester_of(interaction), is_within_bounds=True
                    )
                if job is not None:
                    run.started_at = origin
        except (FieldsRefused, OptionRefused):
            await self._show_again(press.form_id, user_id)  # the model's page has changed meanwhile
            raise
        await self._show_again(press.form_id, user_id)

    async def _show(self, interaction: Interaction, form: Form) -> None:
        form_id = form.state.form_id
        self._cards.put(form_id, interaction.user.id, interaction, 1)
        await fill(interaction, form_card(form))

    async def _show_again(self, form_id: int, user_id: int) -> None:
        """The card as it is now, by an earlier interaction's token; a job runs whether it shows or not."""
        interaction = self._cards.get(form_id)
        if interaction is None:
            return
        try:
            await fill(interaction, form_card(await self._forms.shown(form_id, user_id)))
        except FormGone:
            return
        except DISCORD_ERRORS as error:
            log.warning("the card of a form could not be shown anew: %s", type(error).__name__)

    @run.autocomplete("model")
    async def suggest_models(self, interaction: Interaction, current: str) -> list[Choice[str]]:
        return model_choices(self._catalogue, interaction, current)


async def setup(bot: BotClient) -> None:
    services = bot.services
    cog = Run(
        services.forms,
        services.jobs,
        Arrivals(bot),
        services.catalogue,
        services.rate,
        services.clock,
    )
    bot.on_press(FormButton.FILL, cog.fill_in)
    bot.on_press(FormButton.RESET, cog.start_over)
    bot.on_press(FormButton.RUN, cog.start)
    bot.on_press(ModelButton.RUN, cog.pick)
    bot.on_form(FORM_KIND, cog.filled_in)
    await bot.add_cog(cog)
