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
from bot.services.forms.ports import LastValues
from bot.services.forms.states import FormStates
from bot.services.guild_settings.service import GuildSettingsService
from bot.services.limits.holds import Holds

log = logging.getLogger(__name__)


class Forms:
    """The forms of all members. Owns the drafts."""

    def __init__(
        self,
        catalogue: Catalogue,
        guild_settings: GuildSettingsService,
        holds: Holds,
        last_values: LastValues,
        clock: Clock,
    ) -> None:
        self._catalogue = catalogue
        self._houses = guild_settings
        self._holds = holds
        self._last_values = last_values
        self._clock = clock
        self._drafts = FormStates(clock.monotonic)

    async def open(self, draft_id: int, slug: str, requester: Requester, *, is_private: bool) -> Form:
        """With the member's last values of this model. Raises ModelUnknown, RuleRefused, StoreError."""
        model = await self._catalogue.model(slug)
        await self._houses.check_place(requester, model.slug)
        known = await self._last_values.last_values(requester.user_id, folded_slug(model.slug)) or {}
        kept, left_out = still_taken(model, known)
        if model.parameters is None:
            left_out = ()  # Wiro's page may just not have answered: nobody knows what the model takes
        typed = defaults_of(model) | kept
        draft = FormState(draft_id, requester.user_id, model, typed, is_private=is_private, left_out=left_out)
        self._drafts.keep(draft)
        return await self._form(draft_id, requester.user_id)

    def draft(self, draft_id: int, user_id: int) -> FormState:
        """The draft as it is, for a modal. Raises FormGone, NotYours."""
        return self._drafts.of(draft_id, user_id)

    async def fill(self, draft_id: int, user_id: int, typed: Typed, files: Sequence[InputFile]) -> Form:
        """What came of one modal: texts replace texts, files replace those of the same input.

        Raises FormGone, NotYours, StoreError.
        """
        draft = self._drafts.of(draft_id, user_id)
        anew = {file.parameter_id for file in files}
        kept = tuple(file for file in draft.files if file.parameter_id not in anew)
        filled = {**draft.typed, **_without_hidden(draft, typed)}
        self._drafts.keep(replace(draft, typed=filled, files=(*kept, *files), left_out=()))
        await self._remember(user_id, draft.model, filled)
        return await self._form(draft_id, user_id)

    async def start_over(self, draft_id: int, user_id: int) -> Form:
        """The model's own defaults, and no files. Raises FormGone, NotYours, StoreError."""
        draft = self._drafts.of(draft_id, user_id)
        self._drafts.keep(replace(draft, typed=defaults_of(draft.model), files=(), left_out=()))
        return await self._form(draft_id, user_id)

    async def shown(self, draft_id: int, user_id: int) -> Form:
        """The form as it is now. Raises FormGone, NotYours, StoreError."""
        return await self._form(draft_id, user_id)

    @contextmanager
    def spent(self, draft_id: int, user_id: int, runs: int) -> Iterator[Run]:
        """The draft for one run: no other press gets it meanwhile. Raises FormBusy, FormGone, NotYours.

        A block that says where the run started has used it up; otherwise it can be pressed again.
        """
        run = Run(self._drafts.spend(draft_id, user_id, runs))
        try:
            yield run
        finally:
            self._drafts.release(draft_id, run.started_at)

    async def request(self, draft: FormState) -> RunRequest:
        """What the form asks for, checked against the model's page of this moment.

        Raises ModelUnknown where Wiro has withdrawn it, FieldsRefused, StoreError.
        """
        model = await self._catalogue.model(draft.model.slug)
        typed, left_out = draft.typed, draft.left_out
        if model != draft.model:
            kept, left_out = still_taken(model, draft.typed)
            typed = defaults_of(model) | kept
            held = self._drafts.of(draft.draft_id, draft.user_id)
            self._drafts.keep(replace(held, model=model, typed=typed, left_out=left_out))
        await self._remember(draft.user_id, model, typed)
        complaints = complaints_of(model, typed, draft.files) or (left_out if model != draft.model else ())
        if complaints:
            raise FieldsRefused(complaints, model.slug)
        return request_of(model, typed, draft.files)

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

    async def _form(self, draft_id: int, user_id: int) -> Form:
        """Read after every wait, so that of two steps at once both are shown."""
        draft = self._drafts.of(draft_id, user_id)
        sent = sent_values(draft.model, draft.typed)
        hold = await self._holds.of_form(draft.model, sent, counted(draft.files))
        usual_s = await self._holds.usual_s(draft.model)
        draft = self._drafts.of(draft_id, user_id)
        return Form(draft, complaints_of(draft.model, draft.typed, draft.files), hold.amount, usual_s)


class Run:
    """One press of Run. `started_at` is set by whoever starts the job."""

    def __init__(self, draft: FormState) -> None:
        self.draft = draft
        self.started_at: Origin | None = None


def _without_hidden(draft: FormState, typed: Typed) -> Typed:
    """A text too long for its field comes back empty: it was not shown there, and so it was not cleared."""
    hidden = {
        parameter.parameter_id
        for parameter in fields_of(draft.model)
        if len(", ".join(draft.typed.get(parameter.parameter_id, ()))) > most_chars(parameter)
    }
    return {name: texts for name, texts in typed.items() if texts or name not in hidden}
