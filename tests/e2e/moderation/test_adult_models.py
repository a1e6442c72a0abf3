"""What Wiro files under adult runs in age-restricted channels alone, until moderators say otherwise."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from sandbox.wiro.catalogue import FLUX_KLEIN
from sandbox.wiro.fixtures import SAMPLE_MODELS
from tests.e2e.moderation.test_cases_over_the_wire import Court

RED = replace(
    FLUX_KLEIN, id="2200", owner="wiro", project="red-flux", categories=("tool", "text-to-image", "NSFW")
)


@pytest.fixture
async def court(opened: Callable[..., Awaitable[Any]]) -> Court:
    harness = await opened(models=(*SAMPLE_MODELS, RED))
    court = Court(harness, harness.add_manager(), harness.discord.add_channel(harness.guild, "log"))
    await harness.start()
    return court


async def test_it_is_adult_by_default_and_open_once_moderators_say_so(court: Court) -> None:
    harness = court.harness
    red = harness.discord.add_channel(harness.guild, "red", nsfw=True)
    refusal = "age-restricted channels only"
    assert refusal in await harness.refused(harness.imagine(harness.alice, "a mill", model=RED.slug))
    assert (
        await harness.ended(harness.imagine(harness.alice, "a mill", model=RED.slug, where=red))
    ).shown_files()
    said = await harness.said(court.greta, "rules model", model=RED.slug, action="not adult")
    assert "no rule → **not adult: in every channel**" in said
    assert (await harness.ended(harness.imagine(harness.alice, "a mill", model=RED.slug))).shown_files()
    # No other is closed by it.
    assert (await harness.ended(harness.imagine(harness.alice, "a mill"))).shown_files()
    await harness.said(court.greta, "rules model", model=RED.slug, action="reset")
    assert refusal in await harness.refused(harness.imagine(harness.alice, "a mill", model=RED.slug))


async def test_the_button_to_ask_says_that_the_prompt_will_be_seen(court: Court) -> None:
    harness = court.harness
    note = "Asking a moderator shows them the prompt in their log channel, of a private request, too."
    await harness.said(court.greta, "limits set", measure="runs", amount="0")
    # There is no button yet.
    assert note not in await harness.refused(harness.imagine(harness.alice, "a mill"))
    await harness.said(court.greta, "rules log", channel=court.log)
    assert note in await harness.refused(harness.imagine(harness.alice, "a secret", private=True))
