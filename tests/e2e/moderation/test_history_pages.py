"""/history: a member's own pictures here, page by page, each with Again."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from bot.domain.request.interactions import NotYours
from bot.services.records.service import PAGE_SIZE
from bot.view.actions.buttons import MemberAction, MemberButton
from tests.e2e.moderation.moderation_world import BuildClub, Club


async def draw_many(club: Club, actor: Any, count: int) -> None:
    for number in range(1, count + 1):
        await club.world.imagine(actor, f"picture {number}.")
    await club.world.idle()


async def test_the_history_is_ones_own_and_of_this_server(club: Club) -> None:
    world = club.world
    mine, _ = await world.draw(club.alice, "a mill")
    await world.draw(club.bob, "a boat")
    await club.alice.user.slash("imagine", prompt="a secret tree")
    await world.idle()
    words = await club.said(club.alice, "history")
    assert "a mill" in words
    assert "a boat" not in words
    assert "a secret tree" not in words
    place = f"{club.guild.id}/{club.art.id}/{mine.response.id}"
    assert f"[jump to it](https://discord.com/channels/{place})" in words
    letter = await club.alice.user.slash("history")
    text = world.card(letter).text
    assert "in direct messages" in text
    assert "a secret tree" in text
    assert "a mill" not in text


async def test_an_empty_history_says_how_to_begin(club: Club) -> None:
    assert "Start with `/imagine`" in await club.said(club.ann, "history")


async def test_again_from_the_history_is_the_same_request_on_ones_own_quota(club: Club) -> None:
    world = club.world
    await world.draw(club.alice, "a mill")
    asked = await club.alice.slash(club.art, "history")
    again = await world.press(club.alice, asked, "Again")
    await world.ending(again)
    assert [task.parameters["prompt"] for task in world.tasks] == ["a mill", "a mill"]
    assert "2 runs" in await club.said(club.greta, "usage member", member=club.alice)


async def test_older_and_newer_turn_the_pages(build_club: BuildClub) -> None:
    club = await build_club(default_runs_per_day=100, default_at_once=50)
    world = club.world
    await draw_many(club, club.alice, 2 * PAGE_SIZE + 1)
    asked = await club.alice.slash(club.art, "history")
    first = world.card(asked)
    assert f"picture {2 * PAGE_SIZE + 1}." in first.text
    assert "Newer" not in first.buttons
    await world.press(club.alice, asked, "Older")
    second = world.card(asked)
    assert f"picture {PAGE_SIZE + 1}." in second.text
    assert "page 2" in second.text
    await world.press(club.alice, asked, "Older")
    third = world.card(asked)
    assert "picture 1." in third.text
    assert "picture 2." not in third.text
    assert "Older" not in third.buttons
    await world.press(club.alice, asked, "Newer")
    assert world.card(asked).text == second.text
    straight = await club.alice.slash(club.art, "history", page=3)
    assert world.card(straight).text == third.text
    past = await club.alice.slash(club.art, "history", page=9)
    assert "has no page 9" in world.card(past).text
    await world.press(club.alice, past, "Newer")
    assert world.card(past).text == third.text


async def test_pages_turn_after_a_restart(build_club: BuildClub) -> None:
    club = await build_club(default_runs_per_day=100, default_at_once=50)
    world = club.world
    await draw_many(club, club.alice, PAGE_SIZE + 1)
    asked = await club.alice.slash(club.art, "history")
    await world.restart()
    await world.press(club.alice, asked, "Older")
    assert "picture 1." in world.card(asked).text


@pytest.mark.parametrize("turn", ["older", "newer"])
async def test_a_page_of_another_member_is_not_turned(club: Club, turn: str) -> None:
    cog = club.world.application.bot.get_cog("History")
    stranger: Any = SimpleNamespace(user=SimpleNamespace(id=club.bob.id))
    with pytest.raises(NotYours):
        await getattr(cog, turn)(stranger, MemberAction(MemberButton(turn), club.alice.id, 5, 2))
