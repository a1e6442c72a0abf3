"""Buttons with forged ids: a clear refusal, no fault of ours, and nothing on record has changed."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.view.actions.buttons import CaseButton, JobButton, MemberButton
from bot.view.actions.component import read
from tests.fuzz.fuzz_discord import examples
from tests.fuzz.fuzz_json import TEXTS
from tests.fuzz.fuzz_profile import tries
from tests.support.forged import FORM, PRESS, books, forge, words_of

Build = Callable[..., Awaitable[Any]]

NUMBERS = st.one_of(
    st.integers(0, 10**20 - 1).map(str),
    st.sampled_from(["0", "1", "00", str(2**63 - 1), str(2**63), "9" * 20, "9" * 21, "-1", "", " 1", "1\n"]),
    st.sampled_from(["١٢٣", "१", "１", "²", "1_0", "1e3", "0x1", "١" * 20, "1.0", "+1"]),
)
JOB_IDS = st.builds(
    "job:{}:{}".format, NUMBERS, st.sampled_from([*[a.value for a in JobButton], "CANCEL", "", "x"])
)
CASE_IDS = st.builds("case:{}:{}".format, NUMBERS, st.sampled_from([*[a.value for a in CaseButton], "ask\n"]))
OF_MEMBERS = st.tuples(
    st.sampled_from(["mine", "another's"]), st.sampled_from(list(MemberButton)), NUMBERS, NUMBERS
)
ANY_IDS = st.one_of(TEXTS, st.text(max_size=100)).map(lambda text: text[:100])


@pytest.fixture
def faults(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """What was logged with a traceback, by the bot or by the library over it."""
    caplog.set_level(logging.WARNING)
    return lambda: [record.getMessage() for record in caplog.records if record.exc_info]


async def test_no_forged_press_changes_anything(build: Build, faults: Callable[[], list[str]]) -> None:
    world = await build()
    asked, _ = await world.draw(world.alice, "a lighthouse")
    await world.idle()
    message, before, runs = asked.response.message, await books(world), world.runs
    custom_ids = [*examples(JOB_IDS, 25), *examples(CASE_IDS, 20), *examples(ANY_IDS, 12)]
    for owner, action, cursor, page in examples(OF_MEMBERS, 30):
        user_id = world.bob.id if owner == "mine" else world.alice.id
        custom_ids.append(f"member:{user_id}:{action.value}:{cursor}:{page}"[:100])
    own = f"member:{world.bob.id}"
    custom_ids += [
        f"{own}:older:{2**63}:1",
        f"{own}:newer:{'9' * 20}:999999999",
        f"{own}:forget:{'9' * 20}:0",
    ]
    for custom_id in custom_ids:
        data = {"custom_id": world.application.bot.seal.marked(custom_id), "component_type": 2}
        pressed = await forge(world.bob, world.art, data, kind=PRESS, message=message)
        assert faults() == [], repr(custom_id)
        is_own_page = custom_id.startswith((f"{own}:older", f"{own}:newer")) and read(custom_id) is not None
        assert is_own_page or words_of(world, pressed), repr(custom_id)
    assert world.runs == runs
    assert await books(world) == before


async def test_a_button_that_its_message_does_not_bear_is_refused(
    build: Build, faults: Callable[[], list[str]]
) -> None:
    world = await build()
    asked, _ = await world.draw(world.alice, "a lighthouse")
    await world.idle()
    job_id, message, before = asked._interaction.id, asked.response.message, await books(world)
    for custom_id in (
        f"job:{job_id}:cancel",
        "job:1:again",
        f"member:{world.bob.id}:older:1:1",
        "case:1:ask",
    ):
        for component_type in (2, 3, 99):
            marked = world.application.bot.seal.marked(custom_id)
            data = {"custom_id": marked, "component_type": component_type, "values": []}
            is_there = component_type != 2
            pressed = await forge(
                world.bob, world.art, data, kind=PRESS, message=message, is_on_message=is_there
            )
            assert "none of the bot's" in words_of(world, pressed), data
    assert faults() == []
    assert await books(world) == before


async def test_forged_forms_are_answered_too(build: Build, faults: Callable[[], list[str]]) -> None:
    world = await build()
    for custom_id in examples(ANY_IDS, 20):
        for sent_id in (custom_id, world.application.bot.seal.marked(custom_id)):
            sent = await forge(world.bob, world.art, {"custom_id": sent_id, "components": []}, kind=FORM)
            assert "none of the bot's" in words_of(world, sent)
    assert faults() == []


@tries(500)
@given(custom_id=st.one_of(JOB_IDS, CASE_IDS, ANY_IDS))
@example(custom_id="job:١:cancel")
@example(custom_id="job:1:cancel\n")
@example(custom_id="member:1:older:१:0")
@example(custom_id="case:１:ask")
def test_only_plain_digits_make_an_id_of_ours(custom_id: str) -> None:
    if read(custom_id) is not None:
        assert re.fullmatch("[a-z]+:[0-9]{1,20}:[a-z]+(:[0-9]+:[0-9]+)?", custom_id)
