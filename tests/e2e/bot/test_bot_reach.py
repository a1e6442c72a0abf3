"""Forged presses of everything that is about a job, by everybody, of every job: what they see and change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

import discord
import pytest

from bot.domain.job.access import JobAct
from bot.view.actions.buttons import (
    Action,
    ConfirmAction,
    ConfirmButton,
    JobAction,
    JobButton,
    PageMove,
    ResultAction,
    ResultButton,
    TextAction,
    custom_id_of,
)
from bot.view.actions.seal import Seal
from bot.view.text.said import TextPart
from sandbox.wiro.fixtures import WRITER
from tests.e2e.bot.bot_world import World
from tests.e2e.bot.test_bot_pictures_in import prefilled
from tests.support.forged import FORM, PRESS, books, forge, words_of

SECRET = "ivory"  # in all that alice asked for, and in all that came of it

ACTS: Mapping[Enum, JobAct] = {
    JobButton.CANCEL: JobAct.CANCEL,
    JobButton.AGAIN: JobAct.REPEAT,
    JobButton.RETRY: JobAct.REPEAT,
    JobButton.INFO: JobAct.READ,
    JobButton.DELETE: JobAct.DELETE,
    JobButton.REPORT: JobAct.REPORT,
    JobButton.LOG: JobAct.READ_LOG,
    TextPart.ANSWER: JobAct.READ,
    TextPart.THINKING: JobAct.READ,
    ResultButton.VARY: JobAct.GO_ON,
    ResultButton.UPSCALE: JobAct.GO_ON,
    ResultButton.EDIT: JobAct.GO_ON,
    ResultButton.REWORD: JobAct.GO_ON,
    ConfirmButton.VARY: JobAct.GO_ON,
    ConfirmButton.UPSCALE: JobAct.GO_ON,
}
FORMS = (ResultButton.EDIT, ResultButton.REWORD)


def custom_id(action: Enum, job_id: int, seal: Seal) -> str:
    """With the bot's own mark, which nobody can forge: the mark is not what stands before the job."""
    match action:
        case JobButton():
            press: Action = JobAction(action, job_id)
        case TextPart():
            press = TextAction(job_id, action, 0, PageMove.OPEN)
        case ResultButton():
            press = ResultAction(action, job_id)
        case ConfirmButton():
            press = ConfirmAction(action, job_id, 0)
        case _:
            pytest.fail(f"{action} is about no job")
    return seal.marked(custom_id_of(press))


@dataclass(frozen=True, slots=True)
class Presser:
    """Somebody in front of a message of their own, to which forged buttons are added."""

    actor: Any
    channel: Any
    message: Any

    async def presses(self, world: World, action: Enum, job_id: int, message: Any = None) -> Any:
        data = {"custom_id": custom_id(action, job_id, world.application.bot.seal), "component_type": 2}
        return await forge(self.actor, self.channel, data, kind=PRESS, message=message or self.message)

    async def sends(self, world: World, action: Enum, job_id: int) -> Any:
        """The form of Edit prompt, without having opened it."""
        field = {"type": 4, "custom_id": "prompt", "value": "a plain mill"}
        data = {
            "custom_id": world.application.bot.seal.marked(f"remix:{action.value}:{job_id}:0:0"),
            "components": [{"type": 18, "component": field}],
        }
        return await forge(
            self.actor, self.channel, data, kind=FORM, message=self.message, is_on_message=False
        )


class Reach:
    """Two servers, alice's jobs in every kind of place, and those who would like to see them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.jobs: dict[str, Any] = {}
        self.pressers: dict[str, Presser] = {}

    async def open(self) -> None:
        world, env = self.world, self.world.env
        other = env.create_guild("Other Club")
        den = other.create_text_channel("den")
        rights = discord.Permissions(manage_messages=True, manage_guild=True)
        omar = other.add_member(
            env.create_user("omar"), roles=[other.create_role("mods", permissions=rights)]
        )
        ola = other.add_member(env.create_user("ola"))
        alice_there = other.add_member(world.alice.user)
        asks: dict[str, tuple[Any, Any, dict[str, Any]]] = {
            "here": (world.alice, world.art, {}),
            "next door": (world.alice, world.sketches, {}),
            "private": (world.alice, world.art, {"private": True}),
            "elsewhere": (alice_there, den, {}),
        }
        for name, (actor, channel, options) in asks.items():
            prompt = f"{SECRET} {name}"
            self.jobs[name] = await world.imagine(actor, prompt, channel, model=WRITER.slug, **options)
        self.jobs["direct"] = await world.alice.user.slash(
            "imagine", prompt=f"{SECRET} direct", model=WRITER.slug
        )
        public = await world.imagine(world.bob, "a plain mill")
        there = await world.imagine(omar, "a plain mill", den)
        for asked in (*self.jobs.values(), public, there):
            await world.ending(asked)
        await world.idle()
        self.pressers = {
            "member": Presser(world.bob, world.art, public.response.message),
            "moderator": Presser(world.mod, world.art, public.response.message),
            "member of another server": Presser(ola, den, there.response.message),
            "moderator of another server": Presser(omar, den, there.response.message),
            "owner in public": Presser(world.alice, world.art, public.response.message),
        }

    def id_of(self, job: str) -> int:
        return int(self.jobs[job]._interaction.id)

    def secret_seen(self, pressed: Any) -> bool:
        return SECRET in words_of(self.world, pressed)


@pytest.fixture
async def reach(world: World) -> Reach:
    reach = Reach(world)
    await reach.open()
    return reach


def test_every_button_about_a_job_has_its_act() -> None:
    assert set(ACTS) == {*JobButton, *TextPart, *ResultButton, *ConfirmButton}


UNREACHABLE = {
    "member": {"next door", "private", "elsewhere", "direct"},
    "moderator": {"next door", "private", "elsewhere", "direct"},
    "member of another server": {"here", "next door", "private", "direct"},
    "moderator of another server": {"here", "next door", "private", "direct"},
}


@pytest.mark.parametrize("who", UNREACHABLE)
async def test_what_is_out_of_reach_is_as_unknown_as_what_never_was(reach: Reach, who: str) -> None:
    world, presser = reach.world, reach.pressers[who]
    before, runs = await books(world), world.runs
    for action, act in ACTS.items():
        never_was = words_of(world, await presser.presses(world, action, 404))
        assert never_was, action
        for job in sorted(UNREACHABLE[who]):
            if (who, job, act) == ("moderator", "private", JobAct.CANCEL):
                continue  # see below
            pressed = await presser.presses(world, action, reach.id_of(job))
            assert words_of(world, pressed) == never_was, (action, job)
    for action in FORMS:
        never_was = words_of(world, await presser.sends(world, action, 404))
        for job in sorted(UNREACHABLE[who]):
            assert words_of(world, await presser.sends(world, action, reach.id_of(job))) == never_was
    assert await books(world) == before
    assert world.runs == runs
    assert presser.message.id in {m.id for m in presser.channel.history(viewer=presser.actor)}


async def test_a_moderator_learns_of_a_private_job_only_that_it_can_be_stopped(reach: Reach) -> None:
    pressed = await reach.pressers["moderator"].presses(reach.world, JobButton.CANCEL, reach.id_of("private"))
    assert "ended already" in words_of(reach.world, pressed)
    assert not reach.secret_seen(pressed)


async def test_who_sees_a_job_reads_it_and_changes_nothing_of_it(reach: Reach) -> None:
    """On another message than the job's own: nothing is deleted or reported there either."""
    world, member = reach.world, reach.pressers["member"]
    here = reach.id_of("here")
    before = await books(world)
    for action in (JobButton.INFO, TextPart.ANSWER, TextPart.THINKING, ResultButton.EDIT):
        assert reach.secret_seen(await member.presses(world, action, here)), action
    for action in (JobButton.CANCEL, JobButton.LOG):
        pressed = await member.presses(world, action, here)
        assert "or a moderator can" in words_of(world, pressed), action
        assert not reach.secret_seen(pressed)
    for presser in (member, reach.pressers["moderator"], reach.pressers["owner in public"]):
        for action in (JobButton.DELETE, JobButton.REPORT):
            pressed = await presser.presses(world, action, here)
            assert "no record of this picture" in words_of(world, pressed), action
    pressed = await member.presses(world, JobButton.DELETE, here, reach.jobs["here"].response.message)
    assert "or a moderator can delete it" in words_of(world, pressed)
    assert await books(world) == before
    messages = {message.id for message in world.messages(world.bob)}
    assert {member.message.id, reach.jobs["here"].response.id} <= messages


async def test_what_is_its_members_alone_does_not_go_on_in_public(reach: Reach) -> None:
    world, owner = reach.world, reach.pressers["owner in public"]
    before, runs = await books(world), world.runs
    for job in ("private", "direct"):
        for action, act in ACTS.items():
            if act in {JobAct.REPEAT, JobAct.GO_ON}:
                pressed = await owner.presses(world, action, reach.id_of(job))
                assert "no record of this picture" in words_of(world, pressed), (job, action)
        assert reach.secret_seen(await owner.presses(world, JobButton.INFO, reach.id_of(job)))
    assert await books(world) == before
    assert world.runs == runs


async def test_a_form_is_sent_by_whoever_opened_it_alone(world: World) -> None:
    """Its number is no secret; the private picture that it was opened for is."""
    drawn, _ = await world.draw(world.alice, "a secret", private=True)
    opened = await world.alice.context_menu(world.art, "Use as input", drawn.response.message)
    assert opened.modal is not None
    field = {"type": 4, "custom_id": "prompt", "value": "a plain mill"}
    data = {"custom_id": opened.modal["custom_id"], "components": [{"type": 18, "component": field}]}
    runs = world.runs
    forged = await forge(world.bob, world.art, data, kind=FORM)
    assert "does not remember any more which picture" in words_of(world, forged)
    assert world.runs == runs
    sent = await world.alice.submit_modal(opened, prefilled(opened.modal) | {"prompt": "as a drawing"})
    assert len((await world.ending(sent)).pictures) == 1
