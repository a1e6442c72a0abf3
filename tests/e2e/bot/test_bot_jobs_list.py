"""/jobs: what runs in this channel, where it is, and Cancel for those who may."""

from __future__ import annotations

from tests.e2e.bot.bot_world import Build, World


async def test_an_idle_channel_says_so(world: World) -> None:
    assert "Nothing is running in this channel" in await world.ask(world.alice, "jobs")


async def test_running_jobs_are_listed_with_a_link_to_each(world: World) -> None:
    world.hold("task_start")
    mine = await world.imagine(world.alice, "a mill")
    bobs = await world.imagine(world.bob, "a boat")
    await world.imagine(world.bob, "elsewhere", world.sketches)
    for asked in (mine, bobs):
        await world.showing(asked, "Drawing")
    text = await world.ask(world.alice, "jobs")
    assert "2 pictures running in this channel" in text
    assert "a mill" in text
    assert "a boat" in text
    assert "elsewhere" not in text
    for asked in (mine, bobs):
        place = f"{world.guild.id}/{world.art.id}/{asked.response.id}"
        assert f"[jump to it](https://discord.com/channels/{place})" in text
    assert f"by <@{world.bob.id}>" in text
    world.let_go(3)
    await world.idle()
    assert "Nothing is running" in await world.ask(world.alice, "jobs")


async def test_cancel_stands_beside_what_one_may_cancel(world: World) -> None:
    world.hold("task_start")
    mine = await world.imagine(world.alice, "a mill")
    bobs = await world.imagine(world.bob, "a boat")
    for asked in (mine, bobs):
        await world.showing(asked, "Drawing")
    ids = {name: world.card(asked).buttons["Cancel"] for name, asked in (("mine", mine), ("bobs", bobs))}
    for viewer, allowed in ((world.alice, {"mine"}), (world.bob, {"bobs"}), (world.mod, {"mine", "bobs"})):
        answer = await viewer.slash(world.art, "jobs")
        assert set(world.card(answer).custom_ids) == {ids[name] for name in allowed}


async def test_cancel_from_the_list_ends_the_job_and_renews_the_list(world: World) -> None:
    world.hold("task_start")
    asked = await world.imagine(world.alice, "a mill")
    await world.showing(asked, "Drawing")
    listed = await world.alice.slash(world.art, "jobs")
    await world.press(world.alice, listed, "Cancel")
    card = await world.ending(asked)
    assert "Cancelled." in card.text
    assert world.card(listed).custom_ids == ()


async def test_cancel_in_an_old_list_says_that_it_is_over(world: World) -> None:
    world.hold("task_start")
    asked = await world.imagine(world.alice, "a mill")
    await world.showing(asked, "Drawing")
    listed = await world.alice.slash(world.art, "jobs")
    world.let_go()
    await world.ending(asked)
    await world.idle()
    pressed = await world.press(world.alice, listed, "Cancel")
    assert "ended already" in world.told(pressed)


async def test_another_members_private_job_keeps_its_secret(world: World) -> None:
    world.hold("task_start")
    asked = await world.imagine(world.alice, "a surprise party", private=True)
    await world.showing(asked, "Drawing")
    for viewer, may_cancel in ((world.bob, False), (world.mod, True)):
        answer = await viewer.slash(world.art, "jobs")
        card = world.card(answer)
        assert "surprise" not in card.text
        assert "stable-diffusion" not in card.text
        assert "jump to it" not in card.text
        assert bool(card.custom_ids) is may_cancel
    own = await world.ask(world.alice, "jobs")
    assert "a surprise party" in own
    assert "jump to it" not in own


async def test_a_long_list_says_how_many_more_there_are(build: Build) -> None:
    world = await build(default_at_once=12)
    world.hold("task_start")
    for number in range(12):
        await world.imagine(world.alice, f"number {number}")
    text = await world.ask(world.bob, "jobs")
    assert "12 pictures running" in text
    assert "and 2 more" in text
