"""The status message never lies: stages in order, real steps, honest places, nothing said twice."""

from __future__ import annotations

import re
from itertools import pairwise

from sandbox.wiro.faults import Mute
from tests.e2e.bot.bot_world import Build, Seen, World, pinging
from tests.support.clocks import until

STAGES = (
    ("Waiting in our line", "Sending to Wiro"),
    ("In Wiro's queue",),
    ("Preparing the model",),
    ("Drawing",),
    ("Finishing",),
)


def stage(card: Seen) -> int:
    """Where a card says the job is; endings come last."""
    if card.has_ended:
        return len(STAGES)
    (place,) = {place for place, words in enumerate(STAGES) if any(f"**{w}" in card.text for w in words)}
    return place


async def test_every_stage_is_shown_in_its_turn_and_none_comes_back(world: World) -> None:
    world.hold("task_queue", "task_assign", "task_start", "task_postprocess_start")
    asked = await world.imagine(world.alice, "a mill")
    for words in ("In Wiro's queue", "Preparing the model", "Drawing", "Finishing"):
        card = await world.showing(asked, words)
        assert "a mill" in card.text
        log = ["Log"] if words in {"Drawing", "Finishing"} else []
        assert list(card.buttons) == ["Cancel", *log]
        world.let_go()
    await world.ending(asked)
    order = [stage(card) for card in world.edits(asked)]
    assert order == sorted(order)
    assert set(order) >= {1, 2, 3, 4, 5}


async def test_no_state_is_sent_twice_and_the_ending_is_the_last_word(world: World) -> None:
    asked, _ = await world.draw(world.alice, "a mill")
    await world.idle()
    edits = world.edits(asked)
    assert len(edits) >= 3
    assert all(before != after for before, after in pairwise(edits))
    assert [card.has_ended for card in edits] == [False] * (len(edits) - 1) + [True]


async def test_the_bar_shows_real_steps_only(world: World) -> None:
    world.hold("task_start", "task_output")
    asked = await world.imagine(world.alice, "a mill", steps=40)
    card = await world.showing(asked, "Drawing")
    assert "█" not in card.text
    assert "░" not in card.text
    world.let_go()
    await world.showing(asked, f"`{'█' * 20}` 40 of 40")
    world.let_go()
    await world.ending(asked)
    bars = [
        match for card in world.edits(asked) if (match := re.search(r"`([█░]+)` (\d+) of (\d+)", card.text))
    ]
    steps = [int(bar[2]) for bar in bars]
    assert steps == sorted(set(steps))
    assert all(int(bar[3]) == 40 for bar in bars)
    assert all(len(bar[1]) == 20 and bar[1].count("█") == int(bar[2]) * 20 // 40 for bar in bars)


async def test_the_small_print_tells_model_estimate_and_age(world: World) -> None:
    world.hold("task_start")
    asked = await world.imagine(world.alice, "a mill")
    card = await world.showing(asked, "Drawing")
    assert re.search(r"-# stable-diffusion-3-medium · about \$0\.\d+ held · asked <t:\d+:R>", card.text)


async def test_places_in_our_line_are_live_and_members_take_turns(build: Build) -> None:
    world = await build(wiro_max_running=1)
    world.hold("task_start")
    first = await world.imagine(world.alice, "one")
    await world.showing(first, "Drawing")
    second = await world.imagine(world.alice, "two")
    third = await world.imagine(world.alice, "three")
    await world.showing(third, "place 2")
    bobs = await world.imagine(world.bob, "bobs")
    await world.showing(second, "Waiting in our line, place 1")
    await world.showing(bobs, "Waiting in our line, place 2")
    await world.showing(third, "Waiting in our line, place 3")
    for asked in (first, second, bobs, third):
        world.let_go()
        await world.ending(asked)
    assert [task.prompt for task in world.tasks] == ["one", "two", "bobs", "three"]


async def test_when_wiro_itself_is_full_the_line_is_ours(build: Build) -> None:
    world = await build(max_running=1)
    world.hold("task_start")
    first = await world.imagine(world.alice, "one")
    await world.showing(first, "Drawing")
    second = await world.imagine(world.bob, "two")
    await world.showing(second, "Waiting in our line, place 1")
    world.let_go(2)
    await world.ending(first)
    card = await world.ending(second)
    assert len(card.pictures) == 1
    assert [task.prompt for task in world.tasks] == ["one", "two"]


async def test_a_job_that_grows_quiet_says_since_when(build: Build) -> None:
    world = await build(silence_s=0.3)
    world.hold("task_start")
    world.wiro.faults.add(Mute())
    asked = await world.imagine(world.alice, "a mill")
    await world.showing(asked, "Drawing")
    card = await world.showing(asked, "No news from Wiro since <t:")
    assert "asking it directly" in card.text
    world.let_go()
    card = await world.ending(asked)
    assert "No news" not in card.text
    assert len(card.pictures) == 1


async def test_two_jobs_of_one_member_have_a_message_each(world: World) -> None:
    first = await world.imagine(world.alice, "one")
    second = await world.imagine(world.alice, "two")
    cards = [await world.ending(asked) for asked in (first, second)]
    assert first.response.id != second.response.id
    assert ["one" in cards[0].text, "two" in cards[1].text] == [True, True]
    assert cards[0].pictures
    assert cards[1].pictures
    assert len(world.messages(world.bob)) == 2


async def test_pictures_in_one_channel_share_a_socket_that_closes_after_them(world: World) -> None:
    world.hold("task_start")
    asked = [await world.imagine(world.alice, word) for word in ("one", "two", "three")]
    elsewhere = await world.imagine(world.bob, "four", world.sketches)
    for each in (*asked, elsewhere):
        await world.showing(each, "Drawing")
    assert world.wiro.socket_connections == 2
    world.let_go(4)
    for each in (*asked, elsewhere):
        await world.ending(each)
    await until(lambda: world.wiro.socket_connections == 0, "the sockets to close")


async def test_nothing_the_bot_says_may_ping(world: World) -> None:
    asked, _ = await world.draw(world.alice, "@everyone <@1> @here <@&2>")
    await world.ask(world.bob, "jobs")
    await world.ask(world.bob, "quota")
    await world.press(world.bob, asked, "Info")
    await world.imagine(world.alice, "x", aspect="1:1", width=512)
    said = [
        r for r in world.env.http_requests if isinstance(r.json, dict) and "allowed_mentions" in str(r.json)
    ]
    assert len(said) >= 6
    assert pinging(world) == []
    assert all(not message.mention_everyone for message in world.messages(world.alice))
    assert all(not message.mentions for message in world.messages(world.alice))
