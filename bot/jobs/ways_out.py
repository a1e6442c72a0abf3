"""For a member at a limit: fewer pictures, fewer steps or a cheaper model that would still fit."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from bot.domain.asker import Asker
from bot.domain.errors import (
    FieldsRefused,
    LimitReached,
    ModelUnknown,
    OptionRefused,
    PictureNotTaken,
    RuleRefused,
)
from bot.domain.estimate import estimate
from bot.domain.files import counted
from bot.domain.job import PictureRequest
from bot.domain.limits import Measure
from bot.domain.model import Model, Value
from bot.domain.money import Money
from bot.domain.parameters import STEPS, parameters_for, placed_files, resolved, with_defaults
from bot.domain.ways_out import Fit, Saving, WayOut
from bot.jobs.catalogue import Catalogue
from bot.jobs.house import Houses
from bot.jobs.ports import Store
from bot.jobs.purse import Purse, Standing

MAX_MODELS: Final = 1_000  # of the catalogue that are looked at
MAX_PAGES: Final = 3  # of models that are priced exactly
PATIENCE_S: Final = 3.0  # a refusal is not held up longer by the pages of other models


class Prices:
    """What a request would be held for, before it is made."""

    def __init__(self, catalogue: Catalogue, store: Store, fallback: Money) -> None:
        self._catalogue = catalogue
        self._store = store
        self._fallback = fallback

    async def of(self, request: PictureRequest) -> Money:
        """The estimate. Raises ModelUnknown, FieldsRefused, OptionRefused, PictureNotTaken, StoreError."""
        model = await self._catalogue.model(request.model)
        median_s = await self._store.median_elapsed_s(request.model)
        # A price never depends on the seed, so any will do.
        sent = parameters_for(request, request.seed or 1, model)
        files = counted(placed_files(request, model))
        return estimate(model, sent, median_s, self._fallback, files)

    async def of_form(self, model: Model, sent: Mapping[str, Value], files: Mapping[str, int]) -> Money:
        """The estimate for a form as far as it is filled in; defaults stand for the rest. StoreError."""
        median_s = await self._store.median_elapsed_s(model.slug)
        return estimate(model, with_defaults(sent, model), median_s, self._fallback, files)

    async def usual_s(self, model: Model) -> float | None:
        """How long a run takes by our own history, else as Wiro says. Raises StoreError."""
        median_s = await self._store.median_elapsed_s(model.slug)
        return model.usual_s if median_s is None else median_s


class WaysOut:
    """Tries smaller requests against the very limits that bind the member here."""

    def __init__(self, purse: Purse, houses: Houses, catalogue: Catalogue, prices: Prices) -> None:
        self._purse = purse
        self._houses = houses
        self._catalogue = catalogue
        self._prices = prices

    async def of(self, refused: LimitReached, request: PictureRequest, asker: Asker) -> WayOut:
        """Raises ModelUnknown, OptionRefused, StoreError."""
        price = await self._prices.of(request)
        standings = await self._purse.standings(asker, request.model)
        fits: list[Fit | None] = []
        if _fits(standings, Money(0)):  # otherwise no run of this model fits, whatever it costs
            fits.append(
                await self._first_fit(Saving.FEWER_PICTURES, _with_fewer_pictures(request), standings, price)
            )
            fits.append(
                await self._first_fit(
                    Saving.FEWER_STEPS, await self._with_fewer_steps(request), standings, price
                )
            )
        fits.append(await self._cheaper_model(request, asker, standings, price))
        return WayOut(request, price, refused, tuple(fit for fit in fits if fit is not None))

    async def _first_fit(
        self, saving: Saving, requests: Sequence[PictureRequest], standings: Sequence[Standing], price: Money
    ) -> Fit | None:
        """The largest of ever smaller requests that is cheaper and fits."""
        for request in requests:
            try:
                smaller = await self._prices.of(request)
            except (FieldsRefused, OptionRefused):
                continue
            if smaller < price and _fits(standings, smaller):
                return Fit(saving, request, smaller)
        return None

    async def _with_fewer_steps(self, request: PictureRequest) -> list[PictureRequest]:
        """The steps that the model's prices name, most first; none where no price depends on them."""
        model = await self._catalogue.model(request.model)
        present = resolved(request, parameters_for(request, 1, model)).steps
        if present is None:
            return []
        priced = sorted({steps for steps in _priced_steps(model) if steps < present}, reverse=True)
        return [replace(request, steps=steps) for steps in priced]

    async def _cheaper_model(
        self, request: PictureRequest, asker: Asker, standings: Sequence[Standing], price: Money
    ) -> Fit | None:
        """The dearest of the cheaper models that the server allows and that would take this request."""
        everywhere = [standing for standing in standings if not standing.limit.scope.model]
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
                    if not await self._is_allowed(asker, slug):
                        continue
                    pages += 1
                    fit = await self._priced(replace(request, model=slug), asker, price)
                    if fit is not None:
                        return fit
        except TimeoutError:
            return None
        return None

    async def _is_allowed(self, asker: Asker, slug: str) -> bool:
        try:
            await self._houses.allows_model(asker, slug)
        except RuleRefused:
            return False
        return True

    async def _priced(self, request: PictureRequest, asker: Asker, price: Money) -> Fit | None:
        try:
            cheaper = await self._prices.of(request)
        except (FieldsRefused, ModelUnknown, OptionRefused, PictureNotTaken):
            return None
        if cheaper < price and _fits(await self._purse.standings(asker, request.model), cheaper):
            return Fit(Saving.CHEAPER_MODEL, request, cheaper)
        return None


def needs(measure: Measure, price: Money) -> int:
    """What one run at this price takes from a limit of this measure."""
    return price.pico if measure is Measure.SPEND else 1


def _fits(standings: Sequence[Standing], price: Money) -> bool:
    return all(standing.left >= needs(standing.limit.measure, price) for standing in standings)


def _with_fewer_pictures(request: PictureRequest) -> list[PictureRequest]:
    return [replace(request, count=count) for count in range(request.count - 1, 0, -1)]


def _priced_steps(model: Model) -> Iterator[int]:
    parameter = model.parameter(*STEPS)
    names = {name.lower() for name in ((parameter.parameter_id,) if parameter is not None else STEPS)}
    for rule in model.prices:
        for name, value in rule.inputs.items():
            if name.lower() in names and value.isdecimal() and int(value) > 0:
                yield int(value)
