"""Options that break the registered schema: a sentence to the asker alone, nothing held, no fault of ours."""

from __future__ import annotations

import csv
import io
import logging
import math
from collections.abc import Awaitable, Callable
from typing import Any

import discord
import pytest
from discord import app_commands
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.limits.amounts import MAX_WHOLE, parse_amount
from bot.domain.limits.errors import AmountRefused
from bot.domain.limits.limit import Measure
from bot.domain.moderation.errors import PatternRefused
from bot.domain.money import PICO_PER_DOLLAR, Money
from bot.domain.records.reports import ExportLine
from bot.services.guild_settings._word_rules import Readied
from bot.services.guild_settings.patterns import word_rule
from bot.view.files.export import id_cell, text_cell, usage_csv
from tests.e2e.bot.bot_world import unforeseen
from tests.fuzz.fuzz_discord import command, examples
from tests.fuzz.fuzz_json import ANYTHING, NUMBER_TEXTS, TEXTS
from tests.fuzz.fuzz_profile import tries
from tests.support.forged import TYPING, books, forge, words_of

Build = Callable[..., Awaitable[Any]]

# No number that these cannot hold comes over the gateway: its JSON is Discord's own.
VALUES = ANYTHING.filter(lambda value: not _is_past_json(value))
WRONG = st.one_of(
    VALUES,
    st.sampled_from(["x" * 6_500, "\0", "a\0b", 10**30, -1, True, None, [], {}, 1.5, "1", "9" * 25]),
    st.sampled_from([math.nan, math.inf]),
)
TYPES = {str: 3, int: 4, bool: 5, float: 10}
OPTIONS: dict[tuple[str, ...], dict[str, tuple[int, Any]]] = {
    ("imagine",): {
        "prompt": (3, "a fox"),
        "negative_prompt": (3, "no"),
        "model": (3, "nobody/nothing"),
        "aspect": (3, "1:1"),
        "width": (4, 512),
        "steps": (4, 30),
        "guidance": (10, 7.5),
        "seed": (4, 7),
        "count": (4, 1),
        "private": (5, True),
    },
    ("history",): {"page": (4, 1)},
    ("usage", "server"): {"period": (3, "today")},
    ("usage", "member"): {"member": (6, "1"), "period": (3, "week")},
    ("limits", "set"): {
        "measure": (3, "runs"),
        "amount": (3, "no amount"),
        "per": (3, "day"),
        "role": (8, "1"),
        "member": (6, "1"),
        "channel": (7, "1"),
        "whole_server": (5, False),
    },
    ("rules", "channel"): {"channel": (7, "1"), "action": (3, "deny")},
    ("rules", "model"): {"model": (3, "nobody/nothing"), "action": (3, "allow")},
    ("rules", "block"): {"member": (6, "1")},
}


def _is_past_json(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(map(_is_past_json, value))
    if isinstance(value, dict):
        return any(map(_is_past_json, [*value, *value.values()]))
    if isinstance(value, str):
        return any(0xD800 <= ord(character) < 0xE000 for character in value)
    return isinstance(value, int) and abs(value) >= 10**300


@st.composite
def broken(draw: st.DrawFn) -> dict[str, Any]:
    """A command with one option that is not what was registered, or a payload of another shape."""
    path = draw(st.sampled_from(sorted(OPTIONS)))
    options = [{"name": name, "type": kind, "value": value} for name, (kind, value) in OPTIONS[path].items()]
    spoilt = draw(st.sampled_from(options))
    match draw(st.sampled_from(["value", "value", "value", "type", "name", "drop", "resolved", "shape"])):
        case "value":
            spoilt["value"] = draw(WRONG)
        case "type":
            spoilt["type"] = draw(st.sampled_from([3, 4, 5, 6, 7, 8, 9, 10, 11, 99, "3", None]))
        case "name":
            spoilt["name"] = draw(st.one_of(TEXTS.filter(lambda text: not _is_past_json(text)), st.none()))
        case "drop":
            del spoilt[draw(st.sampled_from(["name", "type", "value"]))]
        case "resolved":
            kind = draw(st.sampled_from(["users", "members", "roles", "channels"]))
            return command(path[0], *path[1:], options=options, resolved={kind: draw(VALUES)})
        case _:
            return command(
                path[0], *path[1:], options=draw(st.one_of(VALUES, st.just([{}]), st.just([None])))
            )
    return command(path[0], *path[1:], options=options)


def of_one_option(path: tuple[str, ...], name: str, value: Any) -> dict[str, Any]:
    """A command that is as it should be but for the value of this one option."""
    options = [
        {"name": each, "type": kind, "value": value if each == name else right}
        for each, (kind, right) in OPTIONS[path].items()
    ]
    return command(path[0], *path[1:], options=options)


KNOWN = [
    of_one_option(("imagine",), "prompt", 5),
    of_one_option(("imagine",), "prompt", "a \ud800 fox"),
    of_one_option(("imagine",), "steps", "30"),
    of_one_option(("imagine",), "guidance", "NaN"),
    of_one_option(("imagine",), "aspect", "5:7"),
    of_one_option(("imagine",), "prompt", "x" * 6_500),
    of_one_option(("limits", "set"), "measure", "apples"),
    of_one_option(("limits", "set"), "per", "year"),
    of_one_option(("rules", "channel"), "action", "burn"),
    of_one_option(("rules", "block"), "member", "1"),
    of_one_option(("usage", "server"), "period", "ever"),
    command("history", options=[{"name": "page", "type": 4, "value": -5}]),
    command("no-such-command"),
    command("limits", "no-such-step"),
    command("limits"),
    {},
]


@pytest.fixture
def faults(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """What was logged with a traceback, by the bot or by the library over it."""
    caplog.set_level(logging.WARNING)
    return lambda: [record.getMessage() for record in caplog.records if record.exc_info]


async def test_no_forged_command_is_carried_out(build: Build, faults: Callable[[], list[str]]) -> None:
    world = await build()
    manages = world.guild.create_role("managers", permissions=discord.Permissions(manage_guild=True))
    manager = world.guild.add_member(world.env.create_user("greta"), roles=[manages])
    before = await books(world)
    for data in [*KNOWN, *examples(broken(), 80)]:
        asked = await forge(manager, world.art, data)
        assert faults() == [], data
        assert words_of(world, asked), data
        answers = [answer for answer in (asked.response, *asked.followups) if answer is not None]
        assert all(answer.ephemeral for answer in answers), data
    assert world.runs == 0
    await world.idle()
    assert await books(world) == before
    # A command or step that there is not, or a required option that is missing: the library's own names.
    foreseen = (app_commands.CommandNotFound, app_commands.CommandSignatureMismatch)
    others = [error for error in unforeseen(world.env.errors) if not isinstance(error, foreseen)]
    assert others == []
    world.env._errors.clear()


async def test_suggestions_are_asked_for_with_anything(build: Build, faults: Callable[[], list[str]]) -> None:
    world = await build()
    for value in examples(WRONG, 30):
        options = [{"name": "model", "type": 3, "value": value, "focused": True}]
        await forge(world.bob, world.art, command("imagine", options=options), kind=TYPING)
        assert faults() == [], value


# --- what moderators type -----------------------------------------------------------------------


@tries(800)
@given(text=st.one_of(NUMBER_TEXTS, TEXTS), measure=st.sampled_from(list(Measure)))
@example(text="1e9", measure=Measure.SPEND)
@example(text="NaN", measure=Measure.SPEND)
@example(text="-1", measure=Measure.RUNS)
@example(text="१", measure=Measure.RUNS)
@example(text="0.0000000000001", measure=Measure.SPEND)
@example(text="1,00", measure=Measure.SPEND)
def test_an_amount_is_exact_and_bounded_or_refused(text: str, measure: Measure) -> None:
    try:
        amount = parse_amount(text, measure)
    except AmountRefused:
        return
    assert type(amount) is int
    assert text.isascii() or text.strip().isascii()
    assert 0 <= amount <= MAX_WHOLE * (PICO_PER_DOLLAR if measure is Measure.SPEND else 1)


PATTERNS = st.one_of(
    TEXTS,
    st.text(alphabet=r"ab.*+?()[]{}|\\^$/19,:<>P=!", max_size=60).map(lambda body: f"/{body}/"),
    st.sampled_from(
        ["/(a+)+b/", "/(?=a)/", "/\\1/", "/[/", "/(?P<a>/", "/a{1000}{1000}/", "/\\C/", "//", "/ /"]
    ),
)


@tries(500)
@given(text=PATTERNS, prompt=st.text() | st.just("a" * 2_000 + "!"))
def test_a_word_rule_is_refused_or_can_be_matched(text: str, prompt: str) -> None:
    try:
        rule = word_rule(text)
    except PatternRefused as refusal:
        repr(refusal).encode("utf-8", "surrogatepass")
        return
    assert Readied([rule]).matches(prompt) == [] or Readied([rule]).matches(prompt)[0].rule == rule


CELLS = st.one_of(TEXTS, st.builds("{}{}".format, st.sampled_from(list("=+-@\t\r\n＝＋ \"',;")), st.text()))


@tries(500)
@given(text=CELLS)
@example(text="=cmd|' /C calc'!A0")
@example(text=" =1+1")
@example(text="\ufeff=1+1")
@example(text="\u200b=1+1")
@example(text="\0=1+1")
def test_no_cell_begins_a_formula(text: str) -> None:
    cell = text_cell(text)
    seen = "".join(character for character in cell if character.isprintable()).strip()
    assert seen[:1] not in set("=+-@＝＋－＠")
    assert cell.removeprefix("'") == text or cell == text


@tries(100)
@given(model=CELLS, stage=st.sampled_from(["SUCCEEDED", "FAILED"]))
def test_a_csv_of_any_model_is_read_back_as_it_was(model: str, stage: str) -> None:
    line = ExportLine(
        job_id=2**63 - 1,
        created_at_s=1_772_366_400.0,
        user_id=1,
        channel_id=2,
        model=model.encode("utf-8", "replace").decode(),
        stage=stage,
        charged=Money(1),
        elapsed_s=None,
    )
    _, read = csv.reader(io.StringIO(usage_csv([line]).decode("utf-8-sig"), newline=""))
    assert read[0] == id_cell(2**63 - 1)
    assert read[4] == text_cell(line.model)
