"""Every command × member, moderator, owner, direct message: who is offered it, and who may."""

from __future__ import annotations

from typing import Any

import pytest
from discord import app_commands

from tests.e2e.moderation.moderation_world import Club

STARTING = {"imagine", "style use"}  # a job, whose ending other tests are about
FOR_ALL = STARTING | {
    *("jobs", "quota", "history", "privacy export", "privacy delete", "privacy pictures", "run", "models"),
    *("style save", "style list", "style delete"),
}

# What each command needs before Discord sends it.
NEEDED: dict[str, dict[str, Any]] = {
    "imagine": {"prompt": "a lighthouse"},
    "limits set": {"measure": "runs", "amount": "30"},
    "limits clear": {"measure": "runs"},
    "limits grant": {"member": "bob", "measure": "runs", "amount": "3"},
    "rules channel": {"channel": "sketches", "action": "deny"},
    "rules model": {"model": "stabilityai/sdxl-turbo", "action": "deny"},
    "rules word add": {"text": "teapot"},
    "rules word remove": {"text": "teapot"},
    "rules word test": {"text": "a teapot"},
    "rules block": {"member": "bob"},
    "rules pictures": {"allow": "anyone"},
    "privacy pictures": {"allow": "nobody"},
    "rules unblock": {"member": "bob"},
    "usage member": {"member": "bob"},
    "run": {"model": "stabilityai/sdxl-turbo"},
    "style save": {"name": "Oil", "template": "{prompt}, oil"},
    "style delete": {"name": "Oil"},
}


def every_command(club: Club) -> list[str]:
    tree = club.world.application.bot.tree
    return sorted(
        command.qualified_name
        for command in tree.walk_commands()
        if isinstance(command, app_commands.Command)
    )


def given(club: Club, command: str) -> dict[str, Any]:
    people = {"bob": club.bob, "sketches": club.sketches}
    return {
        name: people.get(value, value) if isinstance(value, str) else value
        for name, value in NEEDED.get(command, {}).items()
    }


def owned(club: Club) -> tuple[Any, Any, Any]:
    """Somebody who owns a server of their own, without any role; its channel and its other member."""
    env = club.world.env
    owner = env.create_user("olga")
    guild = env.create_guild("Another Club", owner=owner)
    bob = guild.add_member(club.bob.user)
    return type(club.alice)(env, guild, owner), guild.create_text_channel("art"), bob


async def test_members_are_offered_what_is_theirs_and_moderators_all(club: Club) -> None:
    commands = set(every_command(club))
    assert commands >= FOR_ALL
    assert {name.split()[0] for name in commands - FOR_ALL} == {"limits", "rules", "usage"}
    assert set(club.alice.available_commands(club.art)) & commands == FOR_ALL
    assert set(club.greta.available_commands(club.art)) & commands == commands
    assert set(club.greta.user.available_commands()) & commands == FOR_ALL


@pytest.mark.parametrize("person", ["moderator", "owner"])
async def test_moderators_and_owners_are_answered_by_every_command(club: Club, person: str) -> None:
    requester, where, bob = (club.greta, club.art, club.bob) if person == "moderator" else owned(club)
    for command in every_command(club):
        if command in FOR_ALL:
            continue
        options = given(club, command)
        options |= {"channel": where} if "channel" in options else {}
        options |= {"member": bob} if "member" in options else {}
        words = await club.said(requester, command, where=where, **options)
        assert "Manage Server" not in words, command
        assert "went wrong" not in words, command


@pytest.mark.parametrize("person", ["member", "manager of messages"])
async def test_others_are_refused_each_moderators_command_even_where_discord_offers_it(
    club: Club, person: str
) -> None:
    requester = club.alice if person == "member" else club.world.mod
    for group in await club.world.application.bot.tree.fetch_commands():
        if group.name in {"limits", "rules", "usage"}:
            club.guild.set_command_permissions(group, {requester: True})
    for command in every_command(club):
        if command in FOR_ALL:
            continue
        words = await club.said(requester, command, **given(club, command))
        assert "Manage Server" in words, command
    assert await club.audit() == []
    assert await club.rules() == []


async def test_every_members_command_works_in_direct_messages(club: Club) -> None:
    for command in sorted(FOR_ALL - STARTING):
        asked = await club.alice.user.slash(command, **given(club, command))
        assert asked.acknowledged, command
        assert "went wrong" not in club.world.card(asked).text, command
