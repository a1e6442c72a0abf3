"""A form from its opening to its run: last values, prices, complaints, and a model's page that changes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.domain.catalogue.errors import ModelUnknown
from bot.domain.catalogue.model import Kind, Model, Parameter, PriceRule
from bot.domain.errors import DatabaseUnavailable
from bot.domain.job.errors import JobNotFound
from bot.domain.job.job import Stage
from bot.domain.limits.limit import LimitReached
from bot.domain.money import Money
from bot.domain.request.errors import OptionRefused, PromptRefused
from bot.domain.request.files import InputFile
from bot.domain.request.form import FieldFault, FieldsRefused, Typed
from bot.domain.request.form_state import Form
from bot.domain.request.interactions import FormGone
from bot.services.forms.service import Forms
from bot.services.forms.states import FormStates
from bot.store.sqlite.last_values import LastValueRecords
from tests.support.bot_harness import DEFAULT_LIMITS, BotHarness, a_harness
from tests.support.samples import MODEL, a_requester, an_origin

PROMPT = Parameter("prompt", Kind.LONG_TEXT, "Prompt", is_required=True)
STEPS = Parameter("steps", Kind.WHOLE, "Steps", default="10", minimum=Decimal(1), maximum=Decimal(500))
WIDTH = Parameter("width", Kind.WHOLE, "Width", default="4096")
IMAGE = Parameter("inputImage", Kind.FILE, "Image")
PAINTER = Model(
    MODEL,
    "Painter",
    (PROMPT, STEPS, WIDTH, IMAGE),
    prices=(
        PriceRule({"steps": "10"}, Money.parse("0.01"), "cpr"),
        PriceRule({"steps": "400"}, Money.parse("0.4"), "cpr"),
    ),
    usual_s=12.0,
)
PICTURE = InputFile("inputImage", "https://cdn.discordapp.com/a.png", "a.png", "image/png", 9)


class FaultyValues(LastValueRecords):
    """The real record, which cannot be written while `is_down`."""

    is_down = False

    async def keep_last_values(self, user_id: int, model: str, typed: Typed, at_s: float) -> None:
        if self.is_down:
            raise DatabaseUnavailable("the disk is gone")
        await super().keep_last_values(user_id, model, dict(typed), at_s)


class Counter:
    """Where a member fills in forms."""

    def __init__(self, harness: BotHarness) -> None:
        self.harness = harness
        self.values = FaultyValues(harness.store._database)
        harness.wiro.known_models[MODEL.lower()] = PAINTER
        self.forms = self.after_a_restart()

    def after_a_restart(self) -> Forms:
        harness = self.harness
        states, clock = FormStates(harness.time.clock.monotonic), harness.time.clock
        self.forms = Forms(
            harness.catalogue, harness.guild_settings, harness.holds, self.values, states, clock
        )
        return self.forms

    def change(self, **changes: Any) -> None:
        """The model's page changes, and the catalogue has heard of it."""
        self.harness.wiro.known_models[MODEL.lower()] = replace(PAINTER, **changes)
        self.harness.catalogue._models.clear()

    async def open(self, form_id: int = 7, user_id: int = 1) -> Form:
        return await self.forms.open(form_id, MODEL, a_requester(user_id), is_private=False)

    async def fill(self, *files: InputFile, form_id: int = 7, **typed: str) -> Form:
        texts = {name: (text,) if text else () for name, text in typed.items()}
        return await self.forms.fill(form_id, 1, texts, files)


@pytest_asyncio.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Counter]:
    async with a_harness(tmp_path / "bot.sqlite3") as harness:
        yield Counter(harness)


async def test_a_new_form_has_the_defaults_their_price_and_what_is_missing(counter: Counter) -> None:
    form = await counter.open()
    assert form.state.typed == {"steps": ("10",), "width": ("4096",)}
    assert (form.price, form.usual_s) == (Money.parse("0.01"), 12.0)
    assert [(c.parameter.parameter_id, c.fault) for c in form.complaints] == [("prompt", FieldFault.REQUIRED)]


async def test_each_step_is_kept_as_typed_and_priced_anew(counter: Counter) -> None:
    await counter.open()
    assert (await counter.fill(prompt=" a mill ", steps="400")).price == Money.parse("0.4")
    form = await counter.fill(steps="many")
    assert form.state.typed["steps"] == ("many",)
    assert form.state.typed["prompt"] == (" a mill ",)
    assert [c.fault for c in form.complaints] == [FieldFault.NOT_A_NUMBER]


async def test_files_replace_those_of_the_same_input_and_stay_otherwise(counter: Counter) -> None:
    await counter.open()
    await counter.fill(PICTURE, prompt="x")
    newer = replace(PICTURE, filename="b.png")
    assert (await counter.fill(newer)).state.files == (newer,)
    assert (await counter.fill(prompt="y")).state.files == (newer,)
    assert (await counter.forms.start_over(7, 1)).state.files == ()


async def test_the_next_form_begins_with_the_last_values_without_files(counter: Counter) -> None:
    await counter.open()
    await counter.fill(PICTURE, prompt="a mill", steps="400")
    counter.after_a_restart()
    form = await counter.open(8)
    assert form.state.typed["prompt"] == ("a mill",)
    assert form.state.typed["steps"] == ("400",)
    assert form.state.files == ()
    assert (await counter.open(9, user_id=2)).state.typed["steps"] == ("10",)
    assert (await counter.forms.start_over(8, 1)).state.typed == {"steps": ("10",), "width": ("4096",)}


async def test_what_a_blank_field_means_is_remembered_too(counter: Counter) -> None:
    await counter.open()
    await counter.fill(prompt="x", steps="")
    assert (await counter.open(8)).state.typed["steps"] == ()


async def test_a_last_value_that_the_model_does_not_take_any_more_is_left_out_and_told(
    counter: Counter,
) -> None:
    await counter.open()
    await counter.fill(prompt="a mill", steps="400")
    counter.change(parameters=(PROMPT, replace(STEPS, maximum=Decimal(50))))
    form = await counter.open(8)
    assert form.state.typed == {"prompt": ("a mill",), "steps": ("10",)}
    told = [(complaint.parameter.parameter_id, complaint.typed) for complaint in form.state.left_out]
    assert told == [("steps", "400"), ("width", "4096")]


async def test_a_page_that_changes_between_filling_in_and_running_is_told_once(counter: Counter) -> None:
    await counter.open()
    form = await counter.fill(prompt="a mill", steps="400")
    counter.change(parameters=(PROMPT, replace(STEPS, maximum=Decimal(50))))
    with pytest.raises(FieldsRefused) as refused:
        await counter.forms.request(form.state)
    assert [c.parameter.parameter_id for c in refused.value.complaints] == ["steps", "width"]
    shown = await counter.forms.shown(7, 1)
    assert shown.complaints == ()
    request = await counter.forms.request(shown.state)
    assert (request.prompt, request.values) == ("a mill", (("steps", 10),))


async def test_a_model_withdrawn_between_picking_and_running_is_unknown(counter: Counter) -> None:
    await counter.open()
    form = await counter.fill(prompt="a mill")
    del counter.harness.wiro.known_models[MODEL.lower()]
    counter.harness.wiro.known_models["other/model"] = PAINTER
    counter.harness.catalogue._models.clear()
    counter.harness.catalogue._default = "other/model"
    with pytest.raises(ModelUnknown):
        await counter.forms.request(form.state)
    with pytest.raises(ModelUnknown):
        await counter.open(8)
    assert counter.forms.state(7, 1).typed["prompt"] == ("a mill",)


async def test_a_text_too_long_for_its_field_is_not_taken_for_cleared(counter: Counter) -> None:
    counter.change(parameters=(replace(PROMPT, is_required=False, default="x" * 3_000), STEPS))
    await counter.open()
    assert (await counter.fill(prompt="")).state.typed["prompt"] == ("x" * 3_000,)
    assert (await counter.fill(prompt="short")).state.typed["prompt"] == ("short",)
    assert (await counter.fill(prompt="")).state.typed["prompt"] == ()


async def test_while_wiros_page_does_not_answer_nothing_that_was_remembered_is_lost(counter: Counter) -> None:
    await counter.open()
    await counter.fill(prompt="a mill", steps="400")
    counter.change(parameters=None)
    form = await counter.open(8)
    assert (form.state.typed, form.state.left_out) == ({"prompt": ("a mill",)}, ())
    await counter.fill(form_id=8, prompt="two mills")
    counter.change()
    form = await counter.open(9)
    assert (form.state.typed["prompt"], form.state.typed["steps"]) == (("two mills",), ("400",))


async def test_a_record_that_cannot_be_written_holds_up_nobody(counter: Counter) -> None:
    await counter.open()
    counter.values.is_down = True
    form = await counter.fill(prompt="a mill")
    assert (await counter.forms.request(form.state)).prompt == "a mill"
    with pytest.raises(DatabaseUnavailable):
        await counter.forms.save(1, MODEL, {"prompt": ("lost",)})


async def test_what_was_typed_into_a_form_that_is_gone_is_in_the_next_one(counter: Counter) -> None:
    await counter.open()
    await counter.fill(prompt="a mill")
    counter.after_a_restart()
    with pytest.raises(FormGone):
        await counter.fill(steps="9")
    await counter.forms.save(1, MODEL.upper(), {"steps": ("9",)})
    form = await counter.open(8)
    assert (form.state.typed["prompt"], form.state.typed["steps"]) == (("a mill",), ("9",))


async def test_what_a_form_asks_for_is_run_and_can_be_run_again_past_the_bounds_of_imagine(
    counter: Counter,
) -> None:
    harness = counter.harness
    await counter.open()
    form = await counter.fill(prompt="a mill", steps="400")
    with counter.forms.spent(7, 1, 0) as run:
        request = await counter.forms.request(form.state)
        job = await harness.jobs.submit(1, request, an_origin(), a_requester(), is_within_bounds=True)
        run.started_at = an_origin()
    assert job is not None
    assert (job.hold, job.request.width, job.request.steps) == (Money.parse("0.4"), 4096, 400)
    assert counter.forms.state(7, 1).runs == 1
    again = await harness.jobs.again(1, 2, an_origin(), a_requester(), is_retry=False)
    assert again is not None
    assert dict(again.request.values)["steps"] == 400
    with pytest.raises(OptionRefused):
        await harness.jobs.submit(3, job.request, an_origin(), a_requester())


async def test_again_holds_a_forms_values_to_the_models_page_of_today(counter: Counter) -> None:
    harness = counter.harness
    await counter.open()
    form = await counter.fill(prompt="a mill", steps="400")
    request = await counter.forms.request(form.state)
    await harness.jobs.submit(1, request, an_origin(), a_requester(), is_within_bounds=True)
    counter.change(parameters=(PROMPT, replace(STEPS, maximum=Decimal(50)), WIDTH))
    with pytest.raises((FieldsRefused, OptionRefused)):
        await harness.jobs.again(1, 2, an_origin(), a_requester(), is_retry=True)
    assert await harness.store.job(2) is None


async def test_a_refusal_tells_whether_what_was_refused_was_private(tmp_path: Path) -> None:
    async with a_harness(
        tmp_path / "bot.sqlite3", default_limits=replace(DEFAULT_LIMITS, runs_per_day=0)
    ) as harness:
        counter = Counter(harness)
        await counter.open()
        request = await counter.forms.request((await counter.fill(prompt="a mill")).state)
        with pytest.raises(LimitReached) as refused:
            await harness.jobs.submit(
                1, request, an_origin(is_private=True), a_requester(), is_within_bounds=True
            )
    assert refused.value.is_private
    assert refused.value.request is not None
    assert dict(refused.value.request.values)["steps"] == 10


async def test_a_model_without_a_prompt_runs_with_nothing_filled_in_and_one_with_a_prompt_does_not(
    counter: Counter,
) -> None:
    harness = counter.harness
    counter.change(parameters=(IMAGE,))
    form = await counter.open()
    request = await counter.forms.request(form.state)
    job = await harness.jobs.submit(1, request, an_origin(), a_requester(), is_within_bounds=True)
    assert job is not None
    assert job.stage is Stage.SUBMITTING
    counter.change(parameters=(replace(PROMPT, is_required=False),))
    with pytest.raises(PromptRefused):
        await harness.jobs.submit(2, request, an_origin(), a_requester(), is_within_bounds=True)


async def test_a_forgotten_job_is_not_run_again(counter: Counter) -> None:
    harness = counter.harness
    counter.change(parameters=(IMAGE,))
    await counter.open()
    request = await counter.forms.request(counter.forms.state(7, 1))
    await harness.jobs.submit(1, request, an_origin(), a_requester(), is_within_bounds=True)
    await harness.jobs.cancel(1, a_requester(1))
    await harness.end_of(1)
    await harness.store._database.write(lambda sqlite: sqlite.execute("UPDATE jobs SET is_forgotten = 1"))
    with pytest.raises(JobNotFound):
        await harness.jobs.again(1, 2, an_origin(), a_requester(), is_retry=False)
