"""Wiro's models are remembered, asked for once, and no command waits long for them."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator

import pytest

from bot.domain.catalogue.errors import ModelUnknown
from bot.domain.catalogue.model import Kind, Model, ModelSummary, Parameter
from bot.domain.records.model_pages import CatalogueReading
from bot.domain.request.interactions import NotAccepting
from bot.engines.port import EngineNotFound, EngineServerFault
from bot.services.catalogue import service as catalogue_module
from bot.services.catalogue.service import FRESH_S, MAX_MISSING, MISSING_S, REFRESH_S, Catalogue
from bot.services.tasks import TaskOwner
from tests.support.clocks import StoppedClock, settle_down, until
from tests.support.samples import MODEL
from tests.support.wiro import ScriptedWiro

OTHER = "black-forest-labs/flux"
SUMMARIES = [
    ModelSummary(OTHER, "FLUX dev", None),
    ModelSummary("stabilityai/sdxl", "Stable Diffusion XL", None),
    ModelSummary(MODEL, "Stable Diffusion 3 Medium", None),
]


class Shelf:
    """A catalogue, the Wiro behind it and its clock."""

    def __init__(self) -> None:
        self.wiro = ScriptedWiro()
        self.time = StoppedClock()
        self.owner = TaskOwner(asyncio.create_task)
        self.catalogue = Catalogue(self.wiro, MODEL, self.time.clock, self.owner)


@pytest.fixture
async def shelf() -> AsyncIterator[Shelf]:
    shelf = Shelf()
    yield shelf
    await shelf.owner.drain()


async def test_a_model_is_asked_for_once_and_remembered(shelf: Shelf) -> None:
    first = await shelf.catalogue.model(MODEL)
    assert await shelf.catalogue.model(f" {MODEL.upper()} ") is first
    assert shelf.wiro.models_asked == 1


async def test_a_model_that_grew_old_is_asked_for_again(shelf: Shelf) -> None:
    await shelf.catalogue.model(MODEL)
    newer = shelf.wiro.known_models[MODEL.lower()] = Model(MODEL, "SD3", (Parameter("prompt", Kind.TEXT),))
    shelf.time.forward(FRESH_S - 1)
    assert await shelf.catalogue.model(MODEL) is not newer
    shelf.time.forward(1)
    assert await shelf.catalogue.model(MODEL) is newer


async def test_many_who_ask_at_once_are_one_question(shelf: Shelf) -> None:
    models = await asyncio.gather(*(shelf.catalogue.model(MODEL) for _ in range(50)))
    assert len({id(model) for model in models}) == 1
    assert shelf.wiro.models_asked == 1


async def test_who_stops_waiting_does_not_stop_the_others(shelf: Shelf) -> None:
    shelf.wiro.model_gate.clear()
    impatient, patient = (asyncio.create_task(shelf.catalogue.model(MODEL)) for _ in range(2))
    await settle_down()
    impatient.cancel()
    await asyncio.wait([impatient])
    shelf.wiro.model_gate.set()
    assert (await patient).slug == MODEL


async def test_an_unknown_model_is_refused_by_the_name_that_was_asked(shelf: Shelf) -> None:
    with pytest.raises(ModelUnknown) as refused:
        await shelf.catalogue.model("nobody/nothing")
    assert refused.value.model == "nobody/nothing"


async def test_a_model_that_wiro_does_not_have_is_not_asked_for_again_within_a_minute(shelf: Shelf) -> None:
    for spelling in ("nobody/nothing", " Nobody/Nothing "):
        with pytest.raises(ModelUnknown):
            await shelf.catalogue.model(spelling)
    assert shelf.wiro.models_asked == 1
    shelf.wiro.known_models["nobody/nothing"] = Model("nobody/nothing", "Now there")
    shelf.time.forward(MISSING_S)
    assert (await shelf.catalogue.model("nobody/nothing")).title == "Now there"


async def test_a_new_list_lets_a_missing_model_be_asked_for_anew(shelf: Shelf) -> None:
    with pytest.raises(ModelUnknown):
        await shelf.catalogue.model("nobody/nothing")
    shelf.wiro.known_models["nobody/nothing"] = Model("nobody/nothing", "Now there")
    await shelf.catalogue.refresh()
    assert (await shelf.catalogue.model("nobody/nothing")).title == "Now there"


async def test_only_so_many_missing_models_are_remembered(shelf: Shelf) -> None:
    for number in range(MAX_MISSING + 1):
        with pytest.raises(ModelUnknown):
            await shelf.catalogue.model(f"nobody/{number}")
    with pytest.raises(ModelUnknown):
        await shelf.catalogue.model(f"nobody/{MAX_MISSING}")
    assert shelf.wiro.models_asked == MAX_MISSING + 1
    with pytest.raises(ModelUnknown):
        await shelf.catalogue.model("nobody/0")
    assert shelf.wiro.models_asked == MAX_MISSING + 2


async def test_the_operators_default_is_taken_although_the_catalogue_does_not_list_it(shelf: Shelf) -> None:
    shelf.wiro.model_faults.append(EngineNotFound("no such model", code=1))
    for _ in range(3):
        assert await shelf.catalogue.model(MODEL) == Model(MODEL, MODEL)
    assert shelf.wiro.models_asked == 1


async def test_a_catalogue_that_is_down_stops_no_command(shelf: Shelf) -> None:
    shelf.wiro.model_faults.append(EngineServerFault("down"))
    assert await shelf.catalogue.model(OTHER) == Model(OTHER, OTHER)


async def test_what_was_known_serves_while_the_catalogue_is_down(shelf: Shelf) -> None:
    known = await shelf.catalogue.model(MODEL)
    shelf.time.forward(FRESH_S)
    shelf.wiro.model_faults.append(EngineServerFault("down"))
    assert await shelf.catalogue.model(MODEL) is known


async def test_a_catalogue_that_hangs_is_waited_for_a_moment_only(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue_module, "PATIENCE_S", 0.01)
    shelf.wiro.model_gate.clear()
    assert await shelf.catalogue.model(OTHER) == Model(OTHER, OTHER)
    shelf.wiro.model_gate.set()
    with pytest.raises(ModelUnknown):
        await shelf.catalogue.model(OTHER)


async def test_suggestions_contain_every_word_and_begin_with_the_default(shelf: Shelf) -> None:
    assert shelf.catalogue.suggestions("", 25) == []
    shelf.wiro.summaries = SUMMARIES
    await shelf.catalogue.refresh()
    assert [summary.slug for summary in shelf.catalogue.suggestions("", 25)] == [
        MODEL,
        OTHER,
        "stabilityai/sdxl",
    ]
    assert shelf.catalogue.suggestions("Diffusion STABLE", 25) == [SUMMARIES[2], SUMMARIES[1]]
    assert shelf.catalogue.suggestions("labs dev", 25) == [SUMMARIES[0]]
    assert shelf.catalogue.suggestions("nothing like it", 25) == []
    assert len(shelf.catalogue.suggestions("", 2)) == 2
    assert shelf.catalogue.default_model == MODEL


@pytest.mark.parametrize("fault", [EngineServerFault("down"), KeyError("slug")])
async def test_an_old_list_stays_whatever_keeps_it_from_being_read_anew_and_its_age_is_known(
    shelf: Shelf, fault: Exception
) -> None:
    shelf.wiro.summaries = SUMMARIES
    assert shelf.catalogue.reading == CatalogueReading()
    await shelf.catalogue.refresh()
    read_at_s = shelf.catalogue.reading.read_at_s
    assert read_at_s is not None
    shelf.time.forward(REFRESH_S)
    shelf.wiro.summary_faults.append(fault)
    with pytest.raises(type(fault)):
        await shelf.catalogue.refresh()
    assert shelf.catalogue.reading == CatalogueReading(read_at_s, has_failed=True)
    assert shelf.catalogue.summary(OTHER) == SUMMARIES[0]
    await shelf.catalogue.refresh()
    assert shelf.catalogue.reading == CatalogueReading(read_at_s + REFRESH_S)


async def test_a_model_that_is_gone_is_offered_to_nobody_and_its_likes_are_named(shelf: Shelf) -> None:
    shelf.wiro.summaries = [*SUMMARIES, ModelSummary("black-forest-labs/flux-2", "FLUX 2", None)]
    await shelf.catalogue.refresh()
    with pytest.raises(ModelUnknown) as refused:
        await shelf.catalogue.model(OTHER)
    assert refused.value.similar == ("black-forest-labs/flux-2",)
    assert shelf.catalogue.summary(OTHER) is None
    assert [summary.slug for summary in shelf.catalogue.suggestions("flux", 25)] == [
        "black-forest-labs/flux-2"
    ]


async def test_a_model_that_was_forgotten_is_asked_for_anew(shelf: Shelf) -> None:
    known = await shelf.catalogue.model(MODEL)
    assert shelf.catalogue.known(MODEL.upper()) is known
    shelf.catalogue.forget(MODEL)
    assert shelf.catalogue.known(MODEL) is None
    await shelf.catalogue.model(MODEL)
    assert shelf.wiro.models_asked == 2


async def test_what_a_server_runs_leads_its_own_suggestions_alone(shelf: Shelf) -> None:
    shelf.wiro.summaries = SUMMARIES
    await shelf.catalogue.refresh()
    shelf.catalogue.note_use(7, OTHER.upper())
    assert shelf.catalogue.suggestions("", 1, 7) == [SUMMARIES[0]]
    assert shelf.catalogue.suggestions("", 1, 8) == shelf.catalogue.suggestions("", 1) == [SUMMARIES[2]]
    assert shelf.catalogue.search("", "", 7)[0] == SUMMARIES[0]


async def test_a_fault_of_ours_reaches_everybody_who_waits_as_what_it_is(shelf: Shelf) -> None:
    shelf.wiro.model_faults.append(KeyError("parameters"))
    results = await asyncio.gather(*(shelf.catalogue.model(OTHER) for _ in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [KeyError] * 3
    shelf.wiro.known_models[OTHER] = Model(OTHER, "FLUX")
    assert (await shelf.catalogue.model(OTHER)).title == "FLUX"


async def test_who_waits_while_the_bot_stops_is_told_so(shelf: Shelf) -> None:
    shelf.wiro.model_gate.clear()
    asking = asyncio.create_task(shelf.catalogue.model(MODEL))
    await settle_down()
    await shelf.owner.drain()
    with pytest.raises(NotAccepting):
        await asking


@pytest.mark.parametrize(
    ("fault", "told"),
    [(EngineServerFault("down"), []), (KeyError("parameters"), [f"the page of {MODEL!r}: a fault of ours"])],
)
async def test_a_failed_lookup_that_nobody_waits_for_any_more_is_told_where_it_is_a_fault_of_ours(
    shelf: Shelf, caplog: pytest.LogCaptureFixture, fault: Exception, told: list[str]
) -> None:
    shelf.wiro.model_gate.clear()
    shelf.wiro.model_faults.append(fault)
    asking = asyncio.create_task(shelf.catalogue.model(MODEL))
    await settle_down()
    asking.cancel()
    await asyncio.wait([asking])
    shelf.wiro.model_gate.set()
    await until(lambda: len(shelf.owner) == 0)
    gc.collect()
    assert caplog.messages == told
