"""/usage: figures and a chart for moderators, a file for spreadsheets, and nothing for anybody else."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from PIL import Image

from bot.domain.money import Money
from tests.e2e.moderation.moderation_world import Club


async def attached(asked: Any) -> dict[str, bytes]:
    return {a.filename: await a.read() for a in asked.response.message.attachments}


async def test_a_server_sees_its_runs_dollars_and_a_chart(club: Club) -> None:
    world = club.world
    await world.draw(club.alice, "a mill")
    await world.draw(club.alice, "a boat", channel=club.sketches)
    await world.draw(club.bob, "[fail] a tree")
    asked = await club.greta.slash(club.art, "usage server", period="week")
    assert asked.response.ephemeral
    card = world.card(asked)
    assert "Usage on this server, this week" in card.text
    assert "**2 runs** charged" in card.text
    assert "1 failed and free" in card.text
    assert re.search(rf"\$\S+ · 2 runs · <@{club.alice.id}>", card.text)
    assert f"<@{club.bob.id}>" not in card.text
    for channel in (club.art, club.sketches):
        assert re.search(rf"\$\S+ · 1 run · <#{channel.id}>", card.text)
    assert "`stabilityai/stable-diffusion-3-medium`" in card.text
    assert card.pictures == ("usage.png",)
    (content,) = (await attached(asked)).values()
    with Image.open(io.BytesIO(content)) as image:
        assert image.format == "PNG"


async def test_an_idle_server_is_told_so(club: Club) -> None:
    words = await club.said(club.greta, "usage server")
    assert "**0 runs** charged, **$0.00** spent" in words


async def test_running_pictures_are_held_not_spent(club: Club) -> None:
    world = club.world
    world.hold("task_start")
    running = await world.imagine(club.alice, "a mill")
    await world.showing(running, "Drawing")
    words = await club.said(club.greta, "usage member", member=club.alice)
    assert "**0 runs** charged, **$0.00** spent" in words
    assert not re.search(r"\$0\.00 held", words)
    world.let_go()
    await world.idle()


async def test_a_members_figures_are_theirs_alone(club: Club) -> None:
    world = club.world
    await world.draw(club.alice, "a mill")
    await world.draw(club.bob, "a boat")
    words = await club.said(club.greta, "usage member", member=club.alice, period="30 days")
    assert f"Usage of <@{club.alice.id}>, the last 30 days" in words
    assert "**1 run** charged" in words
    assert "By member" not in words


async def test_the_export_is_a_table_that_spreadsheets_read(club: Club) -> None:
    world = club.world
    await world.draw(club.alice, "a mill")
    await world.draw(club.bob, "[fail] a tree")
    asked = await club.greta.slash(club.art, "usage export", period="month")
    assert asked.response.ephemeral
    files = await attached(asked)
    assert list(files) == ["usage-month.csv"]
    (content,) = files.values()
    assert b"mill" not in content
    first, second = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    assert (first["member_id"], first["channel_id"]) == (f"'{club.alice.id}", f"'{club.art.id}")
    assert (first["stage"], second["stage"]) == ("succeeded", "failed")
    assert Money.parse(first["charged_usd"]).pico > 0
    assert second["charged_usd"] == "0.000000000000"
    assert "2 jobs" in world.card(asked).text


@pytest.mark.parametrize(
    ("command", "needs_member"), [("usage server", False), ("usage member", True), ("usage export", False)]
)
async def test_whoever_lacks_manage_server_is_refused_although_discord_lets_them(
    club: Club, command: str, needs_member: bool
) -> None:
    commands = {found.name: found for found in await club.world.application.bot.tree.fetch_commands()}
    club.guild.set_command_permissions(commands["usage"], {club.alice: True, club.world.mod: True})
    options = {"member": club.bob} if needs_member else {}
    for member in (club.alice, club.world.mod):
        words = await club.said(member, command, **options)
        assert words == (
            "Only members with the permission Manage Server can see what this server spends. "
            "Nothing was changed."
        )


async def test_direct_messages_have_no_usage_command(club: Club) -> None:
    offered = club.greta.user.available_commands()
    assert "history" in offered
    assert not [command for command in offered if command.startswith("usage")]
