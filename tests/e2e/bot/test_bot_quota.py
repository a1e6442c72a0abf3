"""/quota: used, held and left, before, during and after; and the limits it tells of."""

from __future__ import annotations

import re

from bot.domain.moderation.admission import Admission
from bot.domain.money import ZERO, Money
from tests.e2e.bot.bot_world import Build, World


def figures(text: str) -> dict[str, Money]:
    """The dollars of a quota card: used, held, left."""
    match = re.search(r"\*\*Dollars\*\* \$(\S+) of \$\S+ used, \$(\S+) held, \*\*\$(\S+) left", text)
    assert match is not None, text
    return {name: Money.parse(match[place]) for place, name in enumerate(("used", "held", "left"), start=1)}


async def test_a_picture_is_held_while_it_runs_and_used_when_it_is_done(world: World) -> None:
    before = await world.ask(world.alice, "quota")
    assert "**Runs** 0 of 50 used, 0 held, **50 left**" in before
    assert figures(before) == {"used": ZERO, "held": ZERO, "left": Money.parse("2")}
    assert re.search(r"Starts again <t:\d+:R>", before)

    world.hold("task_start")
    asked = await world.imagine(world.alice, "a mill")
    card = await world.showing(asked, "Drawing")
    during = await world.ask(world.alice, "quota")
    assert "**Runs** 0 of 50 used, 1 held, **49 left**" in during
    held = figures(during)["held"]
    assert held > ZERO
    assert f"about {held} held" in card.text
    assert figures(during)["left"].pico == Money.parse("2").pico - held.pico

    world.let_go()
    card = await world.ending(asked)
    after = await world.ask(world.alice, "quota")
    assert "**Runs** 1 of 50 used, 0 held, **49 left**" in after
    assert figures(after)["held"] == ZERO
    assert str(figures(after)["used"]) in card.text


async def test_the_real_cost_is_what_counts(world: World) -> None:
    await world.draw(world.alice, "a mill")
    text = await world.ask(world.alice, "quota")
    billed = Money.parse(world.tasks[0].totalcost)
    assert abs(figures(text)["used"].pico - billed.pico) < 10**8  # the card rounds to four decimals


async def test_each_member_has_a_quota_of_their_own(world: World) -> None:
    await world.draw(world.alice, "a mill")
    assert "0 of 50 used" in await world.ask(world.bob, "quota")


async def test_runs_run_out_with_a_sentence_for_the_asker_alone(build: Build) -> None:
    world = await build(default_runs_per_day=1)
    world.hold("task_start", prompt="one")
    asked = await world.imagine(world.alice, "one")
    await world.showing(asked, "Drawing")
    refused = await world.imagine(world.alice, "two")
    refusal = world.refusal(refused)
    assert "used your 1 run for today (0 used, 1 held)" in refusal
    assert re.search(r"<t:\d+:R>", refusal)
    world.let_go()
    await world.ending(asked)
    assert "used your 1 run for today (1 used, 0 held)" in world.refusal(
        await world.imagine(world.alice, "three")
    )
    await world.draw(world.bob, "four")
    assert world.messages(world.bob)[0].id == asked.response.id
    assert world.runs == 2


async def test_dollars_run_out_with_what_is_left(build: Build) -> None:
    world = await build(default_spend_per_day="0.0001")
    refusal = world.refusal(await world.imagine(world.alice, "one"))
    assert "you have $0.0001 of your $0.0001 a day left" in refusal
    assert world.runs == 0


async def test_the_operators_stop_binds_everybody(build: Build) -> None:
    world = await build(operator_spend_per_day="0.0001", guild_spend_per_day="1", user_spend_per_day="1")
    refusal = world.refusal(await world.imagine(world.alice, "one"))
    assert "all that its operator allows for today" in refusal
    assert world.runs == 0


async def test_a_server_that_the_operator_does_not_name_gets_one_sentence(build: Build) -> None:
    world = await build(allowed_guilds="5")
    assert "lets it work on servers of their choice" in world.refusal(await world.imagine(world.alice, "one"))
    assert world.runs == 0


async def test_whom_the_operator_has_blocked_gets_one_sentence(build: Build) -> None:
    world = await build()
    world.application.services.guild_settings.admission = Admission(
        blocked_user_ids=frozenset({world.alice.id})
    )
    assert "has blocked you, on every server" in world.refusal(await world.imagine(world.alice, "one"))
    await world.draw(world.bob, "two")
    assert world.runs == 1


async def test_where_no_direct_messages_are_taken_a_members_records_are_still_theirs(build: Build) -> None:
    world = await build(direct_messages="off")
    for refused in (
        await world.alice.user.slash("imagine", prompt="one"),
        await world.alice.user.slash("quota"),
    ):
        assert "takes no requests by direct message" in world.refusal(refused)
    export = await world.alice.user.slash("privacy export")
    assert "takes no requests" not in str(export.response.content)
    assert world.runs == 0


async def test_a_failure_gives_the_run_back(build: Build) -> None:
    world = await build(default_runs_per_day=1)
    await world.draw(world.alice, "[fail] one")
    card = (await world.draw(world.alice, "two"))[1]
    assert len(card.pictures) == 1
