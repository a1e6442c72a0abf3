"""/limits set and clear: who may, what is taken, what is said, what is on record; it binds at once."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bot.domain.limits.limit import Audience, Measure, Window
from bot.domain.limits.policies import LimitKey, LimitPolicy
from bot.domain.money import Money
from tests.e2e.moderation.moderation_world import Club
from tests.support.clocks import until


async def test_a_limit_is_set_changed_and_cleared_each_said_and_on_record(club: Club) -> None:
    assert "was not set, is now **3 runs a day**" in await club.limit("runs", "3")
    assert "was 3 runs a day, is now **5 runs a day**" in await club.limit("runs", "5")
    cleared = await club.said(club.greta, "limits clear", measure="runs")
    assert "was 5 runs a day, is **not set** any more" in cleared
    entries = await club.audit()
    assert [(e.action, e.before, e.after) for e in entries] == [
        ("limits clear", "5 runs a day", ""),
        ("limits set", "3 runs a day", "5 runs a day"),
        ("limits set", "", "3 runs a day"),
    ]
    assert {e.subject for e in entries} == {"runs a day for everyone"}
    assert {e.actor_id for e in await club.entries()} == {club.greta.id}


async def test_clearing_what_is_not_there_says_so_and_records_nothing(club: Club) -> None:
    words = await club.said(club.greta, "limits clear", measure="spend", per="week", role=club.artist)
    assert words == f"There was no limit of dollars a week for <@&{club.artist.id}>; nothing was changed."
    assert await club.audit() == []


async def test_every_selector_reaches_the_record(club: Club) -> None:
    model = club.world.application.services.catalogue.default_model
    await club.limit("spend", "$1,000.50", per="month", role=club.artist, channel=club.art, model=model)
    await club.limit("at-once", "2", per="hour", member=club.alice)
    await club.limit("runs", "0", per="week", whole_server=True)
    everywhere = LimitKey(Measure.SPEND, Window.MONTH, club.art.id, model.lower())
    assert set(await club.rules()) == {
        LimitPolicy(Audience.ROLE, club.artist.id, everywhere, Money.parse("1000.5").pico),
        LimitPolicy(Audience.MEMBER, club.alice.id, LimitKey(Measure.AT_ONCE, Window.EVER), 2),
        LimitPolicy(Audience.SERVER, 0, LimitKey(Measure.RUNS, Window.WEEK), 0),
    }


async def test_the_role_of_everyone_means_everyone(club: Club) -> None:
    assert "runs a day for everyone" in await club.limit("runs", "4", role=club.guild.default_role)
    assert [(rule.audience, rule.audience_id) for rule in await club.rules()] == [(Audience.EVERYONE, 0)]


@pytest.mark.parametrize("measure", ["runs", "spend", "at-once"])
@pytest.mark.parametrize("typed", ["-1", "NaN", "1e30", "0.0000000000001", "", "two", "1000001"])
async def test_an_amount_that_makes_no_sense_is_refused_and_nothing_is_written(
    club: Club, measure: str, typed: str
) -> None:
    words = await club.said(club.greta, "limits set", measure=measure, amount=typed)
    assert "is not an amount that can be used here. Nothing was changed; give " in words
    assert "\n" not in words
    assert await club.rules() == []
    assert await club.audit() == []


async def test_two_subjects_at_once_are_refused(club: Club) -> None:
    both = await club.said(
        club.greta, "limits set", measure="runs", amount="2", role=club.artist, member=club.alice
    )
    assert "either role or member, not both" in both
    whole = await club.said(club.greta, "limits clear", measure="runs", member=club.alice, whole_server=True)
    assert "either member or whole server, not both" in whole
    assert await club.rules() == []


async def test_a_model_that_wiro_has_not_is_refused(club: Club) -> None:
    words = await club.said(club.greta, "limits set", measure="runs", amount="2", model="nobody/nothing")
    assert "Wiro has no model called nobody/nothing" in words
    assert await club.rules() == []


async def test_models_are_suggested_while_typing(club: Club) -> None:
    await until(lambda: club.world.application.services.catalogue.reading.read_at_s, "the list of models")
    offered = await club.greta.autocomplete(
        club.art, "limits set", "model", "stable", measure="runs", amount="2"
    )
    assert club.world.application.services.catalogue.default_model in [choice["value"] for choice in offered]


async def test_a_limit_binds_the_very_next_run(club: Club) -> None:
    await club.world.draw(club.alice, "a mill")
    await club.limit("runs", "1")
    refused = await club.world.imagine(club.alice, "another")
    assert "1 used" in club.world.refusal(refused)
    await club.limit("runs", "2", member=club.alice)
    await club.world.draw(club.alice, "another")
    assert club.world.runs == 2


async def test_members_are_not_offered_the_commands_and_are_refused_if_they_send_them(club: Club) -> None:
    """A server can hand the command to anybody in its settings: we ask for the permission again."""
    for member in (club.alice, club.world.mod):
        assert not [name for name in member.available_commands(club.art) if name.startswith("limits")]
    assert [name for name in club.greta.available_commands(club.art) if name.startswith("limits")]
    commands = {c.name: c for c in await club.world.application.bot.tree.fetch_commands()}
    club.guild.set_command_permissions(commands["limits"], {club.alice: True, club.world.mod: True})
    orders: list[tuple[str, dict[str, Any]]] = [
        ("limits set", {"measure": "runs", "amount": "1"}),
        ("limits clear", {"measure": "runs"}),
        ("limits show", {}),
        ("limits explain", {}),
        ("limits grant", {"member": club.bob, "measure": "runs", "amount": "1"}),
    ]
    for member in (club.alice, club.world.mod):
        for command, options in orders:
            words = await club.said(member, command, **options)
            assert re.fullmatch(
                r"Only members with the permission Manage Server can .+\. Nothing was changed\.", words
            )
    assert await club.rules() == []
    assert await club.audit() == []


async def test_the_owner_may_without_any_role_and_in_their_own_server_only(club: Club) -> None:
    env = club.world.env
    owner = env.create_user("olga")
    guild = env.create_guild("Another Club", owner=owner)
    channel = guild.create_text_channel("art")
    olga = type(club.alice)(env, guild, owner)
    words = await club.said(olga, "limits set", where=channel, measure="runs", amount="2")
    assert "is now **2 runs a day**" in words
    assert await club.rules() == []


async def test_the_commands_are_not_there_in_direct_messages(club: Club) -> None:
    assert not [name for name in club.alice.user.available_commands() if name.startswith("limits")]


async def test_a_bot_cannot_be_limited(club: Club) -> None:
    robot = club.guild.add_member(club.world.env.create_user("robot", bot=True))
    words = await club.said(club.greta, "limits set", measure="runs", amount="2", member=robot)
    assert words.startswith("Bots ask for no pictures")
    assert await club.rules() == []
