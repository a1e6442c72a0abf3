"""Filling in a model's form: opened with the member's last values, checked at each step, run once a press."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from bot.domain.catalogue.model import Model, folded_slug
from bot.domain.clock import Clock
from bot.domain.errors import StoreError
from bot.domain.request.files import InputFile, counted
from bot.domain.request.form import (
    FieldsRefused,
    Typed,
    complaints_of,
    defaults_of,
    fields_of,
    most_chars,
    sent_values,
    still_taken,
)
from bot.domain.request.form_state import Form, FormState
from bot.domain.request.origin import Origin
from bot.domain.request.requester import Requester
from bot.domain.request.run_request import RunRequest
from bot.domain.request.submission import request_of
from bot.services.catalogue.service import Catalogue
from bot.services.forms.ports import LastValues, OpenForms
from bot.services.guild_settings.service import GuildSettingsService
from bot.services.limits.holds import Holds

log = logging.getLogger(__name__)


class Forms:
    """The forms of all members."""

    def __init__(
        self,
        catalogue: Catalogue,
        guild_settings: GuildSettingsService,
        holds: Holds,
        last_values: LastValues,
        states: OpenForms,
        clock: Clock,
    ) -> None:
        self._catalogue = catalogue
        self._guild_settings = guild_settings
        self._holds = holds
        self._last_values = last_values
        self._clock = clock
        self._states = states

    async def open(self, form_id: int, slug: str, requester: Requester, *, is_private: bool) -> Form:
        """With the member's last values of this model. Raises ModelUnknown, RuleRefused, StoreError."""
        model = await self._catalogue.model(slug)
        await self._guild_settings.check_place(requester, model.slug)
        known = await self._last_values.last_values(requester.user_id, folded_slug(model.slug)) or {}
        kept, left_out = still_taken(model, known)
        if model.parameters is None:
            left_out = ()  # Wiro's page may just not have answered: nobody knows what the model takes
        typed = defaults_of(model) | kept
        state = FormState(form_id, requester.user_id, model, typed, is_private=is_private, left_out=left_out)
        self._states.keep(state)
        return await self._form(form_id, requester.user_id)

    def state(self, form_id: int, user_id: int) -> FormState:
        """The form as it is, for a modal. Raises FormGone, NotYours."""
        return self._states.of(form_id, user_id)

    async def fill(self, form_id: int, user_id: int, typed: Typed, files: Sequence[InputFile]) -> Form:
        """What came of one modal: texts replace texts, files replace those of the same input.

        Raises FormGone, NotYours, StoreError.
        """
        state = self._states.of(form_id, user_id)
        anew = {file.parameter_id for file in files}
        kept = tuple(file for file in state.files if file.parameter_id not in anew)
        filled = {**state.typed, **_without_hidden(state, typed)}
        self._states.keep(replace(state, typed=filled, files=(*kept, *files), left_out=()))
        await self._remember(user_id, state.model, filled)
        return await self._form(form_id, user_id)

    async def start_over(self, form_id: int, user_id: int) -> Form:
        """The model's own defaults, and no files. Raises FormGone, NotYours, StoreError."""
        state = self._states.of(form_id, user_id)
        self._states.keep(replace(state, typed=defaults_of(state.model), files=(), left_out=()))
        return await self._form(form_id, user_id)

    async def shown(self, form_id: int, user_id: int) -> Form:
        """The form as it is now. Raises FormGone, NotYours, StoreError."""
        return await self._form(form_id, user_id)

    @contextmanager
    def spent(self, form_id: int, user_id: int, runs: int) -> Iterator[Run]:
        """The form for one run: no other press gets it meanwhile. Raises FormBusy, FormGone, NotYours.

        A block that says where the run started has used it up; otherwise it can be pressed again.
        """
        run = Run(self._states.spend(form_id, user_id, runs))
        try:
            yield run
        finally:
            self._states.release(form_id, run.started_at)

    async def request(self, state: FormState) -> RunRequest:
        """What the form asks for, checked against the model's page of this moment.

        Raises ModelUnknown where Wiro has withdrawn it, FieldsRefused, StoreError.
        """
        model = await self._catalogue.model(state.model.slug)
        typed, left_out = state.typed, state.left_out
        if model != state.model:
            kept, left_out = still_taken(model, state.typed)
            typed = defaults_of(model) | kept
            held = self._states.of(state.form_id, state.user_id)
            self._states.keep(replace(held, model=model, typed=typed, left_out=left_out))
        await self._remember(state.user_id, model, typed)
        complaints = complaints_of(model, typed, state.files) or (left_out if model != state.model else ())
        if complaints:
            raise FieldsRefused(complaints, model.slug)
        return request_of(model, typed, state.files)

    async def save(self, user_id: int, slug: str, typed: Typed) -> None:
        """What was typed into a form that is gone: the next one of this model begins with it."""
        key = folded_slug(slug)
        known = await self._last_values.last_values(user_id, key) or {}
        await self._last_values.keep_last_values(user_id, key, {**known, **typed}, self._clock.wall())

    async def _remember(self, user_id: int, model: Model, typed: Typed) -> None:
        try:
            if model.parameters is None:
                await self.save(user_id, model.slug, typed)
            else:
                key = folded_slug(model.slug)
                await self._last_values.keep_last_values(user_id, key, typed, self._clock.wall())
        except StoreError as error:
            log.warning("a member's last values were not remembered: %s", error.reason)

    async def _form(self, form_id: int, user_id: int) -> Form:
        """Read after every wait, so that of two steps at once both are shown."""
        state = self._states.of(form_id, user_id)
        sent = sent_values(state.model, state.typed)
        hold = await self._holds.of_form(state.model, sent, counted(state.files))
        usual_s = await self._holds.usual_s(state.model)
        state = self._states.of(form_id, user_id)
        return Form(state, complaints_of(state.model, state.typed, state.files), hold.amount, usual_s)


class Run:
    """One press of Run. `started_at` is set by whoever starts the job."""

    def __init__(self, state: FormState) -> None:
        self.state = state
        self.started_at: Origin | None = None


def _without_hidden(state: FormState, typed: Typed) -> Typed:
    """A text too long for its field comes back empty: it was not shown there, and so it was not cleared."""
    hidden = {
        parameter.parameter_id
        for parameter in fields_of(state.model)
        if len(", ".join(state.typed.get(parameter.parameter_id, ()))) > most_chars(parameter)
    }
    return {name: texts for name, texts in typed.items() if texts or name not in hidden}
