"""/models: the whole catalogue page by page, our own history beside it, and one model in detail."""

from __future__ import annotations

from typing import Any

import pytest

from bot.services.limits.rate import BURST, EVERY_S
from bot.view.actions.buttons import ModelAction, ModelButton, custom_id_of
from sandbox.wiro.faults import Refuse
from sandbox.wiro.fixtures import SAMPLE_MODELS
from tests.e2e.bot.bot_world import Build, World
from tests.support.clocks import until

KLEIN = "black-forest-labs/flux-2-klein-4b"
TURBO = "stabilityai/sdxl-turbo"
GONE = Refuse(1, "slug-owner-project-not-exist")


async def listed(world: World) -> None:
    await until(lambda: world.application.services.catalogue.reading.read_at_s, "the list of models")


async def asked(world: World, **options: Any) -> Any:
    found = await world.alice.slash(world.art, "models", **options)
    assert found.response.ephemeral
    return found


async def words(world: World, **options: Any) -> str:
    return world.card(await asked(world, **options)).text


async def test_the_catalogue_is_paged_with_a_price_and_a_time_for_each(world: World) -> None:
    await listed(world)
    found = await asked(world)
    card = world.card(found)
    assert f"### {len(SAMPLE_MODELS)} models" in card.text
    assert "**Stable Diffusion 3 Medium** · about $" in card.text
    assert "from $0.002" in card.text
    assert "says Wiro" in card.text
    assert "text → pictures" in card.text
    first = card.text
    await world.alice.click(found.response.message, custom_id=card.buttons["Page 2"])
    second = world.card(found)
    assert "page 2 of 2" in second.text
    assert second.text != first
    await world.alice.click(found.response.message, custom_id=second.buttons["Page 1"])
    assert world.card(found).text == first


async def test_a_search_finds_words_and_shelves(world: World) -> None:
    await listed(world)
    assert "2 models for “stability”" in await words(world, search="stability")
    shelf = await words(world, category="image-to-image")
    assert "in image-to-image" in shelf
    assert KLEIN in shelf
    assert "no model for “zebra crossing”" in await words(world, search="zebra crossing")


async def test_one_model_is_shown_in_detail_by_its_name_or_a_single_hit(world: World) -> None:
    await listed(world)
    by_slug = await words(world, search=TURBO.upper())
    by_word = await words(world, search="turbo")
    assert by_slug == by_word
    for part in ("### SDXL Turbo", "A picture in a single step", f"https://wiro.ai/models/{TURBO}"):
        assert part in by_slug
    assert "**Steps** whole number, 1 to 10, by default 1" in by_slug
    assert "Wiro states no licence" in by_slug
    assert "**Here** allowed" in by_slug
    assert "30,577 runs at Wiro" in by_slug


async def test_details_are_a_press_away_also_after_a_restart(world: World) -> None:
    await listed(world)
    found = await asked(world, search="stability")
    custom_id = world.application.bot.seal.marked(custom_id_of(ModelAction(ModelButton.DETAILS, TURBO)))
    assert custom_id in world.card(found).custom_ids
    await world.restart()
    pressed = await world.alice.click(found.response.message, custom_id=custom_id)
    assert pressed.response.ephemeral
    assert "### SDXL Turbo" in world.card(pressed).text


async def test_our_own_history_replaces_wiros_time_and_leads_the_suggestions(world: World) -> None:
    await listed(world)
    before = await world.bob.autocomplete(world.art, "imagine", "model", "")
    assert before[0]["value"] == "stabilityai/stable-diffusion-3-medium"
    await world.draw(world.alice, "a mill", model=TURBO)
    assert " here" in await words(world, search=TURBO)
    after = await world.bob.autocomplete(world.art, "imagine", "model", "")
    assert after[0]["value"] == TURBO
    assert "about $" in after[0]["name"]
    await world.restart()
    await listed(world)
    offered = world.application.services.catalogue
    await until(lambda: offered.suggestions("", 1, world.guild.id)[0].slug == TURBO, "what the record says")
    assert offered.suggestions("", 1, None)[0].slug != TURBO


async def test_every_model_option_suggests_alike(world: World) -> None:
    await listed(world)
    wanted = await world.alice.autocomplete(world.art, "imagine", "model", "klein")
    assert [choice["value"] for choice in wanted] == [KLEIN]
    assert wanted[0]["name"] == "FLUX.2 klein 4B · from $0.002"
    assert await world.alice.autocomplete(world.art, "models", "search", "klein") == wanted
    assert await world.alice.autocomplete(world.art, "style save", "model", "klein") == wanted
    shelves = await world.alice.autocomplete(world.art, "models", "category", "IMAGE-to")
    assert "image-to-image" in [choice["value"] for choice in shelves]


async def test_a_first_start_without_wiro_is_told_politely_and_a_name_still_works(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.services.catalogue.service.PATIENCE_S", 0.2)
    world = await build(wiro_api_url="http://127.0.0.1:9/v1")
    await until(lambda: world.application.services.catalogue.reading.has_failed, "a failed reading")
    assert "has not been read yet" in await words(world)
    assert await world.alice.autocomplete(world.art, "imagine", "model", "klein") == []
    detail = await words(world, search=TURBO)
    assert f"`{TURBO}`" in detail
    assert "tells nothing of them just now" in detail


async def test_a_stale_list_stays_and_says_how_old_it_is(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.services.build.REFRESH_S", 0.05)
    world = await build()
    await listed(world)
    world.wiro.faults.add(Refuse(1, "closed for repairs"), path="Tool/List", times=None)
    await until(lambda: world.application.services.catalogue.reading.has_failed, "a failed reading")
    card = await words(world)
    assert f"### {len(SAMPLE_MODELS)} models" in card
    assert "Wiro's list cannot be read just now; this one was read <t:" in card


async def test_a_model_that_is_withdrawn_is_refused_with_its_likes(world: World) -> None:
    await listed(world)
    misspelt = await world.imagine(world.alice, "a mill", model="stabilityai/sdxl-turbu")
    text = world.refusal(misspelt)
    assert "no model called stabilityai/sdxl-turbu" in text
    assert f"`{TURBO}`" in text
    world.wiro.faults.add(GONE, path="Tool/Detail", times=None)
    gone = await world.imagine(world.alice, "a mill", model=TURBO)
    assert f"no model called {TURBO}" in world.refusal(gone)
    assert f"you may mean `{TURBO}`" not in world.refusal(gone)
    assert await world.alice.autocomplete(world.art, "imagine", "model", "turbo") == []
    assert "0 of 50 used, 0 held" in await world.ask(world.alice, "quota")


async def test_a_model_that_is_withdrawn_while_it_is_asked_for_costs_nothing(world: World) -> None:
    await listed(world)
    world.wiro.faults.add(GONE, path="Run/")
    _, card = await world.draw(world.alice, "a mill", model=TURBO)
    assert "the model has been withdrawn, or is not open to this bot. Nothing was charged" in card.text
    assert "0 of 50 used, 0 held" in await world.ask(world.alice, "quota")
    assert await world.alice.autocomplete(world.art, "imagine", "model", "turbo") == []


async def test_who_looks_around_faster_than_people_do_is_told_when_to_go_on(world: World) -> None:
    await listed(world)
    for _ in range(BURST):
        await asked(world, search="stability")
    hurried = world.refusal(await world.alice.slash(world.art, "models", search="stability"))
    assert "That was more than 20 of these within 60 seconds. Nothing was changed; go on <t:" in hurried
    misspelt = await world.imagine(world.alice, "a mill", model="nobody/nothing")
    assert "go on <t:" in world.refusal(misspelt)
    _, card = await world.draw(world.alice, "a mill", model=TURBO)
    assert card.pictures
    world.skip(EVERY_S)
    assert "2 models" in await words(world, search="stability")
