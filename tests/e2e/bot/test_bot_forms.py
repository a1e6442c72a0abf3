"""/run: a model's own form, filled in step by step, checked at each step, run once a press."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from bot.domain.request.form import FieldsRefused
from bot.domain.request.interactions import FormBusy, NotYours
from sandbox.wiro.fixtures import NO_INPUTS, ODD_INPUTS, SIXTY_INPUTS, UPSCALER
from tests.e2e.bot.bot_world import Seen, World
from tests.support.clocks import until
from tests.support.images import encoded

SD3 = "stabilityai/stable-diffusion-3-medium"
PNG = b"\x89PNG\r\n\x1a\n"


class Sheet:
    """One member's open form."""

    def __init__(self, world: World, actor: Any, asked: Any) -> None:
        self.world = world
        self.actor = actor
        self.asked = asked

    @property
    def card(self) -> Seen:
        return self.world.card(self.asked)

    @property
    def form_id(self) -> int:
        return int(self.card.custom_ids[0].split(":")[1])

    def button(self, start: str) -> str:
        """The label of the first button that begins so."""
        return next(label for label in self.card.buttons if label.startswith(start))

    async def press(self, start: str, actor: Any = None) -> Any:
        return await self.world.press(actor or self.actor, self.asked, self.button(start))

    async def fill_in(self, label: str = "Fill in", **values: Any) -> Any:
        """Open a step, change these fields and send it."""
        opened = await self.press(label)
        return await self.actor.submit_modal(opened, prefilled(opened.modal) | values)

    async def run(self) -> tuple[Any, Seen]:
        """Press Run and wait for the ending."""
        job = await self.press("Run")
        return job, await self.world.ending(job)

    def is_ready(self) -> bool:
        (run,) = [node for node in nodes(self.asked) if str(node.get("label", "")).startswith("Run")]
        return not run.get("disabled", False)


def nodes(asked: Any) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    left = list(asked.response.components)
    while left:
        node = left.pop()
        found.append(node)
        left += node.get("components", ())
    return found


def controls(modal: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {part["component"]["custom_id"]: part["component"] for part in modal["components"]}


def prefilled(modal: Mapping[str, Any]) -> dict[str, Any]:
    """What Discord's client sends for fields that nobody touches."""
    values: dict[str, Any] = {}
    for name, field in controls(modal).items():
        if field["type"] == 4:
            values[name] = field.get("value") or ""
        elif field["type"] == 3:
            values[name] = [option["value"] for option in field["options"] if option.get("default")]
    return values


async def a_form(world: World, model: str = SD3, actor: Any = None, **options: Any) -> Sheet:
    actor = actor or world.alice
    asked = await actor.slash(world.art, "run", model=model, **options)
    assert asked.response.ephemeral
    return Sheet(world, actor, asked)


async def test_a_form_becomes_a_picture_for_everybody_and_the_card_says_where(world: World) -> None:
    sheet = await a_form(world)
    assert "**Prompt** is missing" in sheet.card.text
    assert "about $0.0029 a run · usually 10.0 s" in sheet.card.text
    assert not sheet.is_ready()
    await sheet.fill_in("Fill in 1/2", prompt="a mill", samples="2")
    assert sheet.is_ready()
    await sheet.fill_in("Fill in 2/2", seed="77", width="512")
    job, card = await sheet.run()
    assert not job.response.ephemeral
    assert "### a mill" in card.text
    assert len(card.pictures) == 2
    sent = world.parameters()
    assert {name: str(sent[name]) for name in ("prompt", "samples", "seed", "width", "steps")} == {
        "prompt": "a mill",
        "samples": "2",
        "seed": "77",
        "width": "512",
        "steps": "28",
    }
    assert f"{job.response.channel_id}/{job.response.id}" in sheet.card.text
    info = world.card(await world.press(world.bob, job, "Info")).text
    assert "samples 2" in info
    assert "width 512" in info


async def test_a_private_form_shows_its_result_to_its_member_alone(world: World) -> None:
    sheet = await a_form(world, private=True)
    assert "shown to you alone" in sheet.card.text
    await sheet.fill_in("Fill in 1/2", prompt="a secret")
    job, _ = await sheet.run()
    assert job.response.ephemeral
    assert world.messages(world.bob) == []
    assert "in a message to you alone" in sheet.card.text


async def test_a_bad_number_is_kept_as_typed_told_on_the_card_and_never_sent(world: World) -> None:
    sheet = await a_form(world)
    await sheet.fill_in("Fill in 1/2", prompt="a mill")
    for typed in ("1e999", "٣", "3,5", "NaN", "0", "101", "many"):
        await sheet.fill_in("Fill in 1/2", steps=typed)
        assert "⚠️ **Steps** takes" in sheet.card.text
        assert f"“{typed}”" in sheet.card.text
        assert not sheet.is_ready()
        opened = await sheet.press("Fill in 1/2")
        assert controls(opened.modal)["steps"]["value"] == typed
    await sheet.fill_in("Fill in 1/2", steps="12")
    assert sheet.is_ready()
    await sheet.run()
    assert str(world.parameters()["steps"]) == "12"
    assert world.runs == 1


async def test_a_form_that_is_not_right_is_refused_whatever_its_card_shows(world: World) -> None:
    """Its button is disabled; a press of it was made up."""
    sheet = await a_form(world)
    forms = world.application.services.forms
    with pytest.raises(FieldsRefused):
        await forms.request(forms.state(sheet.form_id, world.alice.id))


async def test_sixty_inputs_are_twelve_steps_and_fit_on_one_card(world: World) -> None:
    sheet = await a_form(world, SIXTY_INPUTS.slug)
    assert [label for label in sheet.card.buttons if label.startswith("Fill in")] == [
        f"Fill in {n}/12" for n in range(1, 13)
    ]
    await sheet.fill_in("Fill in 1/12", prompt="a mill", style=["ink"], extras=["x1", "x3"])
    await sheet.fill_in("Fill in 2/12", mood="mood 40", knob1="7")
    opened = await sheet.press("Fill in 12/12")
    assert opened.modal["title"] == "Sixty Knobs · 12 of 12"
    await world.alice.submit_modal(opened, prefilled(opened.modal) | {"knob54": "0"})
    assert sheet.is_ready(), sheet.card.text
    await sheet.run()
    sent = world.parameters()
    assert (sent["style"], sent["mood"], str(sent["knob1"]), str(sent["knob54"])) == ("ink", "m40", "7", "0")
    assert list(sent["extras"]) == ["x1", "x3"]
    assert str(sent["knob2"]) == "5"


async def test_sixty_long_answers_are_folded_where_they_do_not_fit(world: World) -> None:
    sheet = await a_form(world, SIXTY_INPUTS.slug)
    for step in range(2, 13):
        opened = await sheet.press(f"Fill in {step}/12")
        wrong = dict.fromkeys(controls(opened.modal), "x" * 40)
        await world.alice.submit_modal(opened, wrong)
    assert len(sheet.card.text) < 4_000
    assert "more are filled in" in sheet.card.text
    await sheet.press("Start over")
    assert "⚠️ **Prompt** is missing" in sheet.card.text
    assert "xxx" not in sheet.card.text


async def test_a_model_without_a_schema_is_given_a_prompt(world: World) -> None:
    sheet = await a_form(world, NO_INPUTS.slug)
    assert "tells no inputs" in sheet.card.text
    await sheet.fill_in(prompt="whatever")
    _, card = await sheet.run()
    assert "### whatever" in card.text
    assert world.parameters()["prompt"] == "whatever"


async def test_unknown_types_are_texts_and_files_are_checked_at_once(world: World) -> None:
    sheet = await a_form(world, ODD_INPUTS.slug)
    await sheet.fill_in(prompt="a map", where="55.1, 12.3", mask=[("notes.txt", b"hello"), ("b.png", PNG)])
    assert "⚠️ **Masks** takes a picture, and “notes.txt” is none" in sheet.card.text
    assert not sheet.is_ready()
    picture = encoded(size=(8, 8))
    await sheet.fill_in(mask=[("a.png", picture), ("b.png", picture)])
    assert "**Masks** a.png, b.png" in sheet.card.text
    _, card = await sheet.run()
    assert card.pictures
    sent = world.parameters()
    assert (sent["where"], sent["tint"]) == ("55.1, 12.3", "#336699")


async def test_a_job_without_a_prompt_is_called_by_its_model(world: World) -> None:
    sheet = await a_form(world, UPSCALER.slug)
    assert "⚠️ **Input Image** is missing" in sheet.card.text
    await sheet.fill_in(inputImage=[("small.png", encoded(size=(8, 8)))], factor=["4"])
    job, card = await sheet.run()
    assert card.text.startswith("### upscaler"), card.text
    history = await world.ask(world.alice, "history")
    assert "upscaler" in history
    assert "1 setting, 1 file" in history
    again = await world.press(world.alice, job, "Again")
    await world.ending(again)
    assert str(world.parameters()["factor"]) == "4"


async def test_two_presses_of_run_at_once_start_one_job(world: World) -> None:
    world.hold("task_start")
    sheet = await a_form(world)
    await sheet.fill_in("Fill in 1/2", prompt="a mill")
    forms = world.application.services.forms
    with forms.spent(sheet.form_id, world.alice.id, 0):
        meanwhile = await sheet.press("Run")
    assert "just been run" in world.refusal(meanwhile)
    first = await sheet.press("Run")
    with pytest.raises(FormBusy), forms.spent(sheet.form_id, world.alice.id, 0):
        pytest.fail("the press from before the first run was taken")
    again = await sheet.press("Run once more")
    world.let_go(2)
    await asyncio.gather(world.ending(first), world.ending(again))
    assert world.runs == 2


async def test_only_its_member_may_use_a_form(world: World) -> None:
    sheet = await a_form(world)
    with pytest.raises(NotYours):
        world.application.services.forms.state(sheet.form_id, world.bob.id)


async def test_after_a_restart_the_form_is_gone_and_what_was_typed_is_not(world: World) -> None:
    sheet = await a_form(world)
    await sheet.fill_in("Fill in 1/2", prompt="a mill", steps="9")
    opened = await sheet.press("Fill in 2/2")
    await world.restart()
    sent = await world.alice.submit_modal(opened, prefilled(opened.modal) | {"seed": "55"})
    assert "not open any more" in world.told(sent)
    pressed = await sheet.press("Run")
    assert "use /run again" in world.refusal(pressed)
    assert world.runs == 0
    anew = await a_form(world)
    for words in ("**Prompt** a mill", "**Steps** 9", "**Seed** 55"):
        assert words in anew.card.text
    await anew.press("Start over")
    assert "**Steps** 28" in anew.card.text


async def test_a_model_is_found_while_one_types_and_run_from_its_card(world: World) -> None:
    await until(lambda: world.application.services.catalogue.suggestions("", 1))
    typed = await world.alice.autocomplete(world.art, "run", "model", "sixty")
    assert [choice["value"] for choice in typed] == [SIXTY_INPUTS.slug]
    details = await world.alice.slash(world.art, "models", search=UPSCALER.slug)
    sheet = Sheet(world, world.alice, await world.press(world.alice, details, "Run"))
    assert sheet.asked.response.ephemeral
    assert "⚠️ **Input Image** is missing" in sheet.card.text


async def test_a_model_that_wiro_does_not_have_opens_no_form(world: World) -> None:
    asked = await world.alice.slash(world.art, "run", model="nobody/nothing")
    assert "nobody/nothing" in world.refusal(asked)


async def test_a_limit_keeps_the_form_and_everything_typed(build: Any) -> None:
    world = await build(default_runs_per_day=0)
    sheet = await a_form(world)
    await sheet.fill_in("Fill in 1/2", prompt="a mill")
    refused = await sheet.press("Run")
    assert "run" in world.refusal(refused)
    assert world.messages(world.bob) == []
    assert "**Prompt** a mill" in sheet.card.text
    assert sheet.is_ready()
    assert "run" in world.refusal(await sheet.press("Run"))


async def test_what_was_filled_in_is_exported_and_erased(world: World) -> None:
    sheet = await a_form(world)
    await sheet.fill_in("Fill in 1/2", prompt="a diary")
    exported = await world.alice.slash(world.art, "privacy export")
    (file,) = exported.response.message.attachments
    assert b"a diary" in await file.read()
    question = await world.alice.slash(world.art, "privacy delete")
    await world.press(world.alice, question, "Erase it for good")
    await world.showing(question, "Your records are erased")
    assert "**Prompt** is missing" in (await a_form(world)).card.text
