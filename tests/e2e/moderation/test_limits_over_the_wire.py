"""Limits by roles with nothing in any cache: the bot as a process, Discord as a server of payloads."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Any

import pytest

from tests.e2e.blackbox.blackbox_harness import Opened

CHANGED = re.compile(r"was (not set|(\d+) runs? a day), is now \*\*(\d+) runs? a day")


@dataclass
class Staff:
    """A harness with the bot in it, a manager, and an artist with a role."""

    harness: Any
    greta: Any
    ann: Any
    artist: Any


@pytest.fixture
async def staff(opened: Opened) -> Staff:
    harness = await opened()
    artist = harness.discord.add_role(harness.guild, "Artist")
    ann = harness.discord.add_member(harness.guild, "ann", roles=[artist])
    staff = Staff(harness, harness.add_manager(), ann, artist)
    await harness.start()
    return staff


async def test_roles_bind_explain_and_count_from_the_payload_alone(staff: Staff) -> None:
    harness, greta, ann = staff.harness, staff.greta, staff.ann
    assert "is now **1 run a day**" in await harness.said(
        greta, "limits set", measure="runs", amount="1", role=staff.artist
    )
    assert "**Runs** 0 of 1 used" in await harness.said(ann, "quota")
    assert "**Runs** 0 of 50 used" in await harness.said(harness.bob, "quota")
    words = await harness.said(greta, "limits explain", member=ann)
    assert "1 run a day; used 0, 0 held, 1 left" in words
    assert f"because <@&{staff.artist.id}> is one of their roles" in words
    await harness.ended(harness.imagine(ann, "a mill"))
    assert "1 used" in await harness.refused(harness.imagine(ann, "another"))
    assert "1 run a day; used 1, 0 held, 0 left" in await harness.said(greta, "limits explain", member=ann)
    granted = await harness.said(greta, "limits grant", member=ann, measure="runs", amount="1")
    assert "**Runs** 1 of 2 used, 0 held, **1 left**" in granted
    await harness.ended(harness.imagine(ann, "another"))


async def test_the_gone_are_shown_as_gone(staff: Staff) -> None:
    harness, greta = staff.harness, staff.greta
    cellar = harness.discord.add_channel(harness.guild, "cellar")
    await harness.said(greta, "limits set", measure="runs", amount="1", role=staff.artist)
    await harness.said(greta, "limits set", measure="runs", amount="2", member=staff.ann)
    await harness.said(greta, "limits set", measure="runs", amount="3", channel=cellar)
    harness.guild.roles.remove(staff.artist)
    del harness.guild.members[staff.ann.id]
    harness.guild.channels.remove(cellar)
    del harness.discord.world.channels[cellar.id]
    words = await harness.said(greta, "limits show")
    assert f"- a deleted role ({staff.artist.id}): **1 run a day**" in words
    assert f"- <@{staff.ann.id}> (has left): **2 runs a day**" in words
    assert "- **3 runs a day** in a deleted channel" in words
    cleared = await harness.said(greta, "limits clear", measure="runs", member=staff.ann)
    assert "was 2 runs a day, is **not set** any more" in cleared


async def test_those_who_left_and_channels_elsewhere_are_refused_in_one_sentence(staff: Staff) -> None:
    harness, greta = staff.harness, staff.greta
    elsewhere = harness.discord.add_channel(harness.discord.add_guild("Elsewhere"), "art")
    del harness.guild.members[staff.ann.id]

    async def refused(command: str, **options: Any) -> str:
        return str(await harness.refused(greta.slash(harness.channel, command, options, force=True)))

    left = "This member is not on this server any more. Nothing was changed."
    assert await refused("limits set", measure="runs", amount="1", member=staff.ann) == left
    assert await refused("limits grant", measure="runs", amount="1", member=staff.ann) == left
    assert await refused("limits explain", member=staff.ann) == left
    for command, options in (
        ("limits set", {"measure": "runs", "amount": "1"}),
        ("limits clear", {"measure": "runs"}),
        ("limits explain", {}),
    ):
        words = await refused(command, channel=elsewhere, **options)
        assert words.startswith("This is no channel of this server")
    assert "None is set" in await harness.said(greta, "limits show")


async def test_a_manager_who_lost_the_permission_is_refused(staff: Staff) -> None:
    harness, greta = staff.harness, staff.greta
    harness.guild.members[greta.id].roles.clear()
    asked = greta.slash(harness.channel, "limits set", {"measure": "runs", "amount": "1"}, force=True)
    assert "Only members with the permission Manage Server can set limits" in await harness.refused(asked)
    assert "**Runs** 0 of 50 used" in await harness.said(staff.ann, "quota")


async def test_of_many_changes_at_once_each_says_truly_what_was_there_before(staff: Staff) -> None:
    harness = staff.harness
    orders = [
        harness.said(staff.greta, "limits set", measure="runs", amount=str(number)) for number in range(1, 9)
    ]
    matches = [CHANGED.search(words) for words in await asyncio.gather(*orders)]
    assert None not in matches
    steps = {match[2]: match[3] for match in matches if match is not None}
    assert len(steps) == 8  # no two found the same before them
    chain = [steps[None]]
    while chain[-1] in steps:
        chain.append(steps[chain[-1]])
    assert sorted(chain) == [str(number) for number in range(1, 9)]
    assert f"- **{chain[-1]} run" in await harness.said(staff.greta, "limits show")
