"""The way out of a refusal: what is offered fits every limit and rule, and nothing larger would."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.catalogue.model import Kind, Model, ModelSummary, Parameter, PriceRule
from bot.domain.limits.alternatives import Saving
from bot.domain.limits.limit import Audience, LimitReached, Measure, Window
from bot.domain.limits.policies import LimitKey, LimitPolicy
from bot.domain.moderation.audit import AuditEntry, LogChannelChange
from bot.domain.moderation.rules import ModelRule
from bot.domain.money import Money
from bot.domain.request.files import InputFile
from bot.services.limits.holds import Holds
from tests.support.bot_harness import BotHarness
from tests.support.moderators import Moderation
from tests.support.samples import GUILD, MODEL, NOON_S, a_request, a_requester

CHEAP, CHEAPER = "owner/cheap", "owner/cheaper"


def entry() -> AuditEntry:
    return AuditEntry(GUILD, 9, LogChannelChange(None, 77), NOON_S)


async def limit(harness: BotHarness, measure: Measure, amount: int, **dimension: Any) -> None:
    rule = LimitPolicy(Audience.EVERYONE, 0, LimitKey(measure, Window.DAY, **dimension), amount)
    await harness.guild_settings.set_limit(rule, entry())


def priced(slug: str, *rules: tuple[dict[str, str], str, str]) -> Model:
    names = ("prompt", "samples", "steps", "seed")
    parameters = tuple(
        Parameter(name, Kind.TEXT, default="40" if name == "steps" else None) for name in names
    )
    prices = tuple(PriceRule(inputs, Money.parse(price), method) for inputs, price, method in rules)
    return Model(slug, slug, parameters, prices)


async def alternative(harness: BotHarness, **request: Any) -> dict[Saving, Any]:
    asked = a_request(**request)
    refused = LimitReached(
        is_operator=False, is_money=True, limit=0, used=0, held=0, asked=1, resets_at_s=0, request=asked
    )
    found = await Moderation(harness).alternatives.of(refused, asked, a_requester())
    return {fit.saving: fit for fit in found.fits}


async def test_fewer_pictures_where_the_price_counts_them(harness: BotHarness) -> None:
    harness.wiro.known_models[MODEL.lower()] = priced(MODEL, ({}, "0.01", "cpo"))
    await limit(harness, Measure.SPEND, Money.parse("0.025").pico)
    fits = await alternative(harness, count=4)
    assert fits.keys() == {Saving.FEWER_PICTURES}
    assert fits[Saving.FEWER_PICTURES].request.count == 2
    assert fits[Saving.FEWER_PICTURES].price == Money.parse("0.02")


async def test_fewer_steps_where_the_price_depends_on_them(harness: BotHarness) -> None:
    harness.wiro.known_models[MODEL.lower()] = priced(
        MODEL,
        ({"steps": "40"}, "0.04", "cpr"),
        ({"steps": "20"}, "0.02", "cpr"),
        ({"steps": "10"}, "0.01", "cpr"),
    )
    await limit(harness, Measure.SPEND, Money.parse("0.03").pico)
    fits = await alternative(harness)
    assert fits.keys() == {Saving.FEWER_STEPS}
    assert fits[Saving.FEWER_STEPS].request.steps == 20


async def test_no_steps_are_offered_where_they_cost_nothing(harness: BotHarness) -> None:
    harness.wiro.known_models[MODEL.lower()] = priced(MODEL, ({}, "0.04", "cpr"))
    await limit(harness, Measure.SPEND, Money.parse("0.03").pico)
    assert await alternative(harness, count=3, steps=30) == {}


@pytest.fixture
async def shop(harness: BotHarness) -> BotHarness:
    """Three models at 4, 2 and 1 cents."""
    for slug, price in ((MODEL, "0.04"), (CHEAP, "0.02"), (CHEAPER, "0.01")):
        harness.wiro.known_models[slug.lower()] = priced(slug, ({}, price, "cpr"))
        harness.wiro.summaries.append(ModelSummary(slug, slug, Money.parse(price)))
    await harness.catalogue.refresh()
    return harness


async def test_the_dearest_of_the_cheaper_models_that_fits(shop: BotHarness) -> None:
    await limit(shop, Measure.SPEND, Money.parse("0.03").pico)
    assert (await alternative(shop))[Saving.CHEAPER_MODEL].request.model == CHEAP
    await limit(shop, Measure.SPEND, Money.parse("0.015").pico)
    assert (await alternative(shop))[Saving.CHEAPER_MODEL].request.model == CHEAPER
    await limit(shop, Measure.SPEND, Money.parse("0.005").pico)
    assert await alternative(shop) == {}


async def test_a_model_that_a_rule_or_its_own_limit_forbids_is_not_offered(shop: BotHarness) -> None:
    await limit(shop, Measure.SPEND, Money.parse("0.03").pico)
    await shop.guild_settings.set_model_rule(CHEAP, ModelRule.DENY, entry())
    assert (await alternative(shop))[Saving.CHEAPER_MODEL].request.model == CHEAPER
    await limit(shop, Measure.RUNS, 0, model=CHEAPER)
    assert await alternative(shop) == {}


async def test_a_model_that_makes_something_else_is_no_cheaper_way(harness: BotHarness) -> None:
    for slug, price, category in ((MODEL, "0.04", "text-to-image"), (CHEAP, "0.02", "llm")):
        harness.wiro.known_models[slug.lower()] = priced(slug, ({}, price, "cpr"))
        harness.wiro.summaries.append(ModelSummary(slug, slug, Money.parse(price), categories=(category,)))
    await harness.catalogue.refresh()
    await limit(harness, Measure.SPEND, Money.parse("0.03").pico)
    assert await alternative(harness) == {}


async def test_another_model_helps_where_only_one_model_is_limited(shop: BotHarness) -> None:
    await limit(shop, Measure.RUNS, 0, model=MODEL.lower())
    fits = await alternative(shop, count=2)
    assert fits.keys() == {Saving.CHEAPER_MODEL}
    await limit(shop, Measure.RUNS, 0)
    assert await alternative(shop, count=2) == {}


async def test_a_model_that_does_not_take_the_request_is_passed_over(shop: BotHarness) -> None:
    await limit(shop, Measure.SPEND, Money.parse("0.03").pico)
    bare = replace(priced(CHEAP, ({}, "0.02", "cpr")), parameters=(Parameter("prompt", Kind.TEXT),))
    shop.wiro.known_models[CHEAP] = bare
    assert (await alternative(shop, steps=5))[Saving.CHEAPER_MODEL].request.model == CHEAPER


async def test_a_model_that_takes_no_picture_is_passed_over_for_a_request_with_one(shop: BotHarness) -> None:
    picture = InputFile("", "https://cdn.discordapp.com/mill.png", "mill.png")
    for slug in (MODEL.lower(), CHEAPER):
        model = shop.wiro.known_models[slug]
        taker = (*(model.parameters or ()), Parameter("inputImage", Kind.FILES))
        shop.wiro.known_models[slug] = replace(model, parameters=taker)
    await limit(shop, Measure.SPEND, Money.parse("0.03").pico)
    fits = await alternative(shop, files=(picture,))
    assert fits[Saving.CHEAPER_MODEL].request.model == CHEAPER


async def test_a_price_counts_the_files_of_the_request(shop: BotHarness) -> None:
    by_files = priced(
        MODEL, ({"inputImage": "QUANTITY:2"}, "0.07", "cpr"), ({"inputImage": "QUANTITY:1"}, "0.05", "cpr")
    )
    taker = (*(by_files.parameters or ()), Parameter("inputImage", Kind.FILES))
    shop.wiro.known_models[MODEL.lower()] = replace(by_files, parameters=taker)
    picture = shop.sources.put("https://cdn.discordapp.com/mill.png")
    holds = Holds(shop.catalogue, shop.store, shop.time.clock, Money.parse("1"))
    assert (await holds.of_request(a_request(files=(picture,)))).amount == Money.parse("0.05")
    assert (await holds.of_request(a_request(files=(picture, picture)))).amount == Money.parse("0.07")
    job = await shop.submit(1, files=(picture, picture))
    assert job.hold == Money.parse("0.07")


async def test_what_is_offered_is_taken(shop: BotHarness) -> None:
    await limit(shop, Measure.SPEND, Money.parse("0.03").pico)
    fit = (await alternative(shop))[Saving.CHEAPER_MODEL]
    with pytest.raises(LimitReached):
        await shop.submit(1)
    await shop.submit(2, model=fit.request.model)
    await asyncio.sleep(0)
