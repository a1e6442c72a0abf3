"""What Wiro files under adult runs in age-restricted channels alone, until moderators say otherwise."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from sandbox.wiro.catalogue import FLUX_KLEIN
from sandbox.wiro.fixtures import MODELS_ON_SHOW
from tests.e2e.moderation.test_cases_over_the_wire import MANAGE_GUILD, Court

RED = replace(
    FLUX_KLEIN, id="2200", owner="wiro", project="red-flux", categories=("tool", "text-to-image", "NSFW")
)


@pytest.fixture
async def court(opened: Callable[..., Awaitable[Any]]) -> Court:
    house = await opened(models=(*MODELS_ON_SHOW, RED))
    managers = house.discord.add_role(house.guild, "Managers", permissions=MANAGE_GUILD)
    greta = house.discord.add_member(house.guild, "greta", roles=[managers])
    log = house.discord.add_channel(house.guild, "log")
    await house.start()
    return Court(house, greta, log)


async def test_it_is_adult_by_default_and_open_once_moderators_say_so(court: Court) -> None:
    house = court.house
    red = house.discord.add_channel(house.guild, "red", nsfw=True)
    refusal = "age-restricted channels only"
    assert refusal in await house.refused(house.imagine(house.alice, "a mill", model=RED.slug))
    assert (await house.ended(house.imagine(house.alice, "a mill", model=RED.slug, where=red))).shown_files()
    said = await court.said(court.greta, "rules model", model=RED.slug, action="not adult")
    assert "no rule → **not adult: in every channel**" in said
    assert (await house.ended(house.imagine(house.alice, "a mill", model=RED.slug))).shown_files()
    assert (await house.ended(house.imagine(house.alice, "a mill"))).shown_files()  # no other is closed by it
    await court.said(court.greta, "rules model", model=RED.slug, action="reset")
    assert refusal in await house.refused(house.imagine(house.alice, "a mill", model=RED.slug))


async def test_the_button_to_ask_says_that_the_prompt_will_be_seen(court: Court) -> None:
    house = court.house
    note = "Asking a moderator shows them the prompt in their log channel, of a private request, too."
    await court.said(court.greta, "limits set", measure="runs", amount="0")
    assert note not in await house.refused(house.imagine(house.alice, "a mill"))  # there is no button yet
    await court.said(court.greta, "rules log", channel=court.log)
    assert note in await house.refused(house.imagine(house.alice, "a secret", private=True))
