"""What a run holds, in one place: quotes, forms, ways out, verdicts and the reservation ask here."""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.catalogue.model import Model, Value
from bot.domain.clock import Clock
from bot.domain.limits.errors import RunTooDear
from bot.domain.limits.holds import Hold, hold_of
from bot.domain.money import Money
from bot.domain.request.files import counted
from bot.domain.request.parameters import parameters_for, placed_files, with_defaults
from bot.domain.request.run_request import RunRequest
from bot.services.catalogue.service import Catalogue
from bot.services.limits.ports import UsageStore


class Holds:
    """Wiro's prices and our own bills together. `fallback` is held where neither says anything."""

    def __init__(
        self,
        catalogue: Catalogue,
        store: UsageStore,
        clock: Clock,
        fallback: Money,
        most_a_run: Money | None = None,
    ) -> None:
        self._catalogue = catalogue
        self._store = store
        self._clock = clock
        self._fallback = fallback
        self._most_a_run = most_a_run

    async def of(self, model: Model, sent: Mapping[str, Value], files: Mapping[str, int]) -> Hold:
        """For a run that is sent these parameters and so many files. Raises RunTooDear, StoreError."""
        hold = await self._of(model, sent, files)
        if self._most_a_run is not None and hold.amount > self._most_a_run:
            raise RunTooDear(model.slug, hold.amount.pico, self._most_a_run.pico)
        return hold

    async def of_request(self, request: RunRequest) -> Hold:
        """Before it is made.

        Raises ModelUnknown, FieldsRefused, OptionRefused, PictureNotTaken, RunTooDear, StoreError.
        """
        model = await self._catalogue.model(request.model)
        # A price never depends on the seed, so any will do.
        sent = parameters_for(request, request.seed or 1, model)
        return await self.of(model, sent, counted(placed_files(request, model)))

    async def of_form(self, model: Model, sent: Mapping[str, Value], files: Mapping[str, int]) -> Hold:
        """For a form as far as it is filled in; defaults stand for the rest. Raises StoreError.

        One that is too dear is shown with its price: it may yet be made smaller.
        """
        return await self._of(model, with_defaults(sent, model), files)

    async def usual_s(self, model: Model) -> float | None:
        """How long a run takes by our own history, else as Wiro says. Raises StoreError."""
        median_s = (await self._store.model_history(model.slug, self._clock.wall())).median_s
        return model.usual_s if median_s is None else median_s

    async def _of(self, model: Model, sent: Mapping[str, Value], files: Mapping[str, int]) -> Hold:
        # By the name that the model goes by, however it was typed.
        history = await self._store.model_history(model.slug, self._clock.wall())
        return hold_of(model, sent, files, history, self._fallback)
