"""For a member at a limit: fewer pictures, fewer steps or a cheaper model that would still fit."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from bot.domain.catalogue.errors import ModelUnknown
from bot.domain.catalogue.model import Model
from bot.domain.limits.alternatives import Alternative, Fit, Saving
from bot.domain.limits.errors import RunTooDear
from bot.domain.limits.limit import LimitReached, LimitStatus
from bot.domain.moderation.errors import RuleRefused
from bot.domain.money import Money
from bot.domain.request.errors import OptionRefused, PictureNotTaken
from bot.domain.request.form import FieldsRefused
from bot.domain.request.parameters import STEPS, parameters_for, resolved
from bot.domain.request.requester import Requester
from bot.domain.request.run_request import RunRequest
from bot.services.catalogue.service import Catalogue
from bot.services.guild_settings.service import GuildSettingsService
from bot.services.limits.holds import Holds
from bot.services.limits.service import LimitService

MAX_MODELS: Final = 1_000  # of the catalogue that are looked at
MAX_PAGES: Final = 3  # of models that are priced exactly
PATIENCE_S: Final = 3.0  # a refusal is not held up longer by the pages of other models


class LimitAlternatives:
    """Tries smaller requests against the very limits that bind the member here."""

    def __init__(
        self,
        limit_service: LimitService,
        guild_settings: GuildSettingsService,
        catalogue: Catalogue,
        holds: Holds,
    ) -> None:
        self._limit_service = limit_service
        self._guild_settings = guild_settings
        self._catalogue = catalogue
        self._holds = holds

    async def of(self, refused: LimitReached, request: RunRequest, requester: Requester) -> Alternative:
        """Raises ModelUnknown, OptionRefused, StoreError."""
        hold = await self._holds.of_request(request)
        price = hold.amount
        statuses = await self._limit_service.statuses(requester, request.model, is_unproven=hold.is_unproven)
        fits: list[Fit | None] = []
        if _fits(statuses, Money(0)):  # otherwise no run of this model fits, whatever it costs
            fits.append(
                await self._first_fit(Saving.FEWER_PICTURES, _with_fewer_pictures(request), statuses, price)
            )
            fits.append(
                await self._first_fit(
                    Saving.FEWER_STEPS, await self._with_fewer_steps(request), statuses, price
                )
            )
        fits.append(await self._cheaper_model(request, requester, statuses, price))
        return Alternative(request, price, refused, tuple(fit for fit in fits if fit is not None))

    async def _first_fit(
        self,
        saving: Saving,
        requests: Sequence[RunRequest],
        statuses: Sequence[LimitStatus],
        price: Money,
    ) -> Fit | None:
        """The largest of ever smaller requests that is cheaper and fits."""
        for request in requests:
            try:
                smaller = (await self._holds.of_request(request)).amount
            except (FieldsRefused, OptionRefused, RunTooDear):
                continue
            if smaller < price and _fits(statuses, smaller):
                return Fit(saving, request, smaller)
        return None

    async def _with_fewer_steps(self, request: RunRequest) -> list[RunRequest]:
        """The steps that the model's prices name, most first; none where no price depends on them."""
        model = await self._catalogue.model(request.model)
        present = resolved(request, parameters_for(request, 1, model)).steps
        if present is None:
            return []
        priced = sorted({steps for steps in _priced_steps(model) if steps < present}, reverse=True)
        return [replace(request, steps=steps) for steps in priced]

    async def _cheaper_model(
        self, request: RunRequest, requester: Requester, statuses: Sequence[LimitStatus], price: Money
    ) -> Fit | None:
        """The dearest of the cheaper models that the server allows and that would take this request."""
        everywhere = [status for status in statuses if not status.limit.scope.model]
        asked = self._catalogue.summary(request.model)
        kinds = frozenset(asked.categories if asked is not None else ())
        found = [
            (summary.price_hint, summary.slug)
            for summary in self._catalogue.suggestions("", MAX_MODELS)
            if summary.price_hint is not None
            and (not kinds or kinds & frozenset(summary.categories))  # a text is no cheaper picture
            and summary.price_hint < price
            and _fits(everywhere, summary.price_hint)
        ]
        pages = 0
        try:
            async with asyncio.timeout(PATIENCE_S):
                for _, slug in sorted(found, reverse=True):
                    if pages >= MAX_PAGES:
                        return None
                    if not await self._is_allowed(requester, slug):
                        continue
                    pages += 1
                    fit = await self._priced(replace(request, model=slug), requester, price)
                    if fit is not None:
                        return fit
        except TimeoutError:
            return None
        return None

    async def _is_allowed(self, requester: Requester, slug: str) -> bool:
        try:
            await self._guild_settings.require_model_allowed(requester, slug)
        except RuleRefused:
            return False
        return True

    async def _priced(self, request: RunRequest, requester: Requester, price: Money) -> Fit | None:
        try:
            hold = await self._holds.of_request(request)
        except (FieldsRefused, ModelUnknown, OptionRefused, PictureNotTaken, RunTooDear):
            return None
        statuses = await self._limit_service.statuses(requester, request.model, is_unproven=hold.is_unproven)
        if hold.amount < price and _fits(statuses, hold.amount):
            return Fit(Saving.CHEAPER_MODEL, request, hold.amount)
        return None


def _fits(statuses: Sequence[LimitStatus], price: Money) -> bool:
    return all(status.admits(price) for status in statuses)


def _with_fewer_pictures(request: RunRequest) -> list[RunRequest]:
    return [replace(request, count=count) for count in range(request.count - 1, 0, -1)]


def _priced_steps(model: Model) -> Iterator[int]:
    parameter = model.parameter(*STEPS)
    names = {name.lower() for name in ((parameter.parameter_id,) if parameter is not None else STEPS)}
    for rule in model.prices:
        for name, value in rule.inputs.items():
            if name.lower() in names and value.isdecimal() and int(value) > 0:
                yield int(value)
