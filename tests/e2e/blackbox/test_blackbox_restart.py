"""Killed at any moment and started again: the same message, one Run, and books that agree with Wiro's."""

from collections.abc import Awaitable, Callable

from sandbox.discord import Limits
from sandbox.wiro.faults import Hold, Moment, Wait
from tests.e2e.blackbox.blackbox_house import BotHarness, eventually

Opened = Callable[..., Awaitable[BotHarness]]

TOKEN_LIVES_S = 901


async def test_a_killed_bot_finishes_its_pictures_in_the_same_messages(opened: Opened) -> None:
    house = await opened(limits=Limits())
    for prompt in ("public", "private", "at the end"):
        house.hold("task_output", prompt=prompt)
    bot = await house.start()
    public = house.imagine(house.alice, "public")
    private = house.imagine(house.alice, "private", private=True)
    cancelled = house.imagine(house.bob, "at the end")
    for asked in (public, private, cancelled):
        await house.shows(asked, "Drawing")
    await bot.kill()
    assert house.books().kinds == [None] * 3
    house.discord.advance(TOKEN_LIVES_S)

    bot = await house.start()
    message = public.original
    assert message is not None
    pressed = house.bob.click(await house.shows(cancelled, "Drawing"), "Cancel")
    await house.ended(cancelled)
    house.let_go()
    await house.ended(public)
    assert [revision.via for revision in message.revisions][-1] == "channel"
    assert len(message.shown_files()) == 1
    assert pressed.followups == []
    direct = house.discord.direct_channel(house.alice)
    await house.discord.until(lambda: bool(direct.messages()), what="a direct message")
    (told,) = direct.messages()
    assert len(told.shown_files()) == 1
    assert "private" in told.text()
    assert f"<#{house.channel.id}>" in told.text()
    assert house.seen_by(house.bob) == [message, cancelled.original]
    assert house.runs == 3
    books = await house.stop(bot)
    assert books.stages == ["SUCCEEDED", "SUCCEEDED", "CANCELLED"]
    assert books.posted == house.billed
    assert [request.status for request in house.discord.invalid_requests] == []


async def test_a_stopped_bot_leaves_within_five_seconds_and_takes_up_again(opened: Opened) -> None:
    house = await opened()
    house.hold("task_output", prompt="running")
    bot = await house.start(WIRO_MAX_RUNNING="1")
    running = house.imagine(house.alice, "running")
    await house.shows(running, "Drawing")
    elsewhere = house.discord.add_channel(house.guild, "elsewhere")
    waiting = house.imagine(house.bob, "waiting", where=elsewhere)
    await house.shows(waiting, "place 1")
    code, took_s = await bot.terminate()
    assert code == 0
    assert took_s < 5
    assert house.books().kinds == [None, None]

    bot = await house.start(WIRO_MAX_RUNNING="1")
    house.let_go()
    for asked in (running, waiting):
        assert (await house.ended(asked)).shown_files()
    assert house.runs == 2
    await house.recorded(bot, 2)
    before = len(house.discord.requests_to("PATCH", "/messages/"))
    books = await house.stop(bot)
    assert books.kinds == ["post", "post"]

    bot = await house.start()
    await house.quota(house.alice)
    assert len(house.discord.requests_to("PATCH", "/messages/")) == before + 1
    again = house.alice.click(house.seen_by(house.alice)[0], "Again")
    await house.ended(again)
    books = await house.stop(bot)
    assert books.posted == house.billed


async def test_killed_between_run_and_its_answer_nothing_is_run_twice(opened: Opened) -> None:
    house = await opened()
    house.wiro.faults.add(Wait(None, Moment.AFTER), path="Run/", prompt="accepted unheard")
    house.wiro.faults.add(Wait(None, Moment.BEFORE), path="Run/", prompt="never arrived")
    settings = {"UNKNOWN_GRACE_S": "1.2", "WIRO_MAX_RUNNING": "2"}
    bot = await house.start(**settings)
    unheard = house.imagine(house.alice, "accepted unheard")
    others = [house.discord.add_channel(house.guild, name) for name in ("one", "two")]
    lost = house.imagine(house.bob, "never arrived", where=others[0])
    await eventually(lambda: house.runs == 2)
    waiting = house.imagine(house.alice, "not sent yet", where=others[1])
    await house.shows(waiting, "place 1")
    await bot.kill()

    bot = await house.start(**settings)
    for asked in (unheard, waiting):
        assert (await house.ended(asked)).shown_files()
    message = await house.ended(lost)
    assert "was not sent a second time and nothing was charged" in message.text()
    prompts = [request.fields["prompt"] for request in house.wiro.books.requests_to("Run/")]
    assert sorted(prompts) == ["accepted unheard", "never arrived", "not sent yet"]
    assert len(house.wiro.books.tasks) == 2
    books = await house.stop(bot)
    assert books.kind("accepted unheard") == books.kind("not sent yet") == "post"
    assert books.kind("never arrived") == "void"
    assert books.posted == house.billed


async def test_a_private_picture_just_shown_is_not_told_again_by_the_next_start(
    opened: Opened,
) -> None:
    house = await opened(limits=Limits())
    house.wiro.faults.add(Hold("task_assign", 20))
    bot = await house.start(EDIT_INTERVAL_S="0.05")
    asked = house.imagine(house.alice, "private", private=True)
    await house.ended(asked)
    books = await house.stop(bot)  # while discord.py still waits for the next window of the token
    assert [job["is_delivered"] for job in books.jobs] == [1]
    bot = await house.start()
    await house.quota(house.alice)
    await house.stop(bot)
    assert house.discord.direct_channel(house.alice).messages() == []
