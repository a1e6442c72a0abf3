"""Killed at any moment and started again: the same message, one Run, and books that agree with Wiro's."""

from sandbox.discord import Limits
from sandbox.wiro.faults import Hold, Moment, Wait
from tests.e2e.blackbox.blackbox_harness import Opened
from tests.support.clocks import until

TOKEN_LIVES_S = 901


async def test_a_killed_bot_finishes_its_pictures_in_the_same_messages(opened: Opened) -> None:
    harness = await opened(limits=Limits())
    for prompt in ("public", "private", "at the end"):
        harness.hold("task_output", prompt=prompt)
    bot = await harness.start()
    public = harness.imagine(harness.alice, "public")
    private = harness.imagine(harness.alice, "private", private=True)
    cancelled = harness.imagine(harness.bob, "at the end")
    for asked in (public, private, cancelled):
        await harness.shows(asked, "Drawing")
    await bot.kill()
    assert harness.books().kinds == [None] * 3
    harness.discord.advance(TOKEN_LIVES_S)

    bot = await harness.start()
    message = public.original
    assert message is not None
    pressed = harness.bob.click(await harness.shows(cancelled, "Drawing"), "Cancel")
    await harness.ended(cancelled)
    harness.let_go()
    await harness.ended(public)
    assert [revision.via for revision in message.revisions][-1] == "channel"
    assert len(message.shown_files()) == 1
    assert pressed.followups == []
    direct = harness.discord.direct_channel(harness.alice)
    await harness.discord.until(lambda: bool(direct.messages()), what="a direct message")
    (told,) = direct.messages()
    assert len(told.shown_files()) == 1
    assert "private" in told.text()
    assert f"<#{harness.channel.id}>" in told.text()
    assert harness.seen_by(harness.bob) == [message, cancelled.original]
    assert harness.runs == 3
    books = await harness.stop(bot)
    assert books.stages == ["SUCCEEDED", "SUCCEEDED", "CANCELLED"]
    assert books.posted == harness.billed
    assert [request.status for request in harness.discord.invalid_requests] == []


async def test_a_stopped_bot_leaves_within_five_seconds_and_takes_up_again(opened: Opened) -> None:
    harness = await opened()
    harness.hold("task_output", prompt="running")
    bot = await harness.start(WIRO_MAX_RUNNING="1")
    running = harness.imagine(harness.alice, "running")
    await harness.shows(running, "Drawing")
    elsewhere = harness.discord.add_channel(harness.guild, "elsewhere")
    waiting = harness.imagine(harness.bob, "waiting", where=elsewhere)
    await harness.shows(waiting, "place 1")
    code, took_s = await bot.terminate()
    assert code == 0
    assert took_s < 5
    assert harness.books().kinds == [None, None]

    bot = await harness.start(WIRO_MAX_RUNNING="1")
    harness.let_go()
    for asked in (running, waiting):
        assert (await harness.ended(asked)).shown_files()
    assert harness.runs == 2
    await harness.recorded(bot, 2)
    before = len(harness.discord.requests_to("PATCH", "/messages/"))
    books = await harness.stop(bot)
    assert books.kinds == ["post", "post"]

    bot = await harness.start()
    await harness.quota(harness.alice)
    assert len(harness.discord.requests_to("PATCH", "/messages/")) == before + 1
    again = harness.alice.click(harness.seen_by(harness.alice)[0], "Again")
    await harness.ended(again)
    books = await harness.stop(bot)
    assert books.posted == harness.billed


async def test_killed_between_run_and_its_answer_nothing_is_run_twice(opened: Opened) -> None:
    harness = await opened()
    harness.wiro.faults.add(Wait(None, Moment.AFTER), path="Run/", prompt="accepted unheard")
    harness.wiro.faults.add(Wait(None, Moment.BEFORE), path="Run/", prompt="never arrived")
    settings = {"UNKNOWN_GRACE_S": "1.2", "WIRO_MAX_RUNNING": "2"}
    bot = await harness.start(**settings)
    unheard = harness.imagine(harness.alice, "accepted unheard")
    others = [harness.discord.add_channel(harness.guild, name) for name in ("one", "two")]
    lost = harness.imagine(harness.bob, "never arrived", where=others[0])
    await until(lambda: harness.runs == 2)
    waiting = harness.imagine(harness.alice, "not sent yet", where=others[1])
    await harness.shows(waiting, "place 1")
    await bot.kill()

    bot = await harness.start(**settings)
    for asked in (unheard, waiting):
        assert (await harness.ended(asked)).shown_files()
    message = await harness.ended(lost)
    assert "was not sent a second time and nothing was charged" in message.text()
    prompts = [request.fields["prompt"] for request in harness.wiro.ledger.requests_to("Run/")]
    assert sorted(prompts) == ["accepted unheard", "never arrived", "not sent yet"]
    assert len(harness.wiro.ledger.tasks) == 2
    books = await harness.stop(bot)
    assert books.kind("accepted unheard") == books.kind("not sent yet") == "post"
    assert books.kind("never arrived") == "void"
    assert books.posted == harness.billed


async def test_a_private_picture_just_shown_is_not_told_again_by_the_next_start(
    opened: Opened,
) -> None:
    harness = await opened(limits=Limits())
    harness.wiro.faults.add(Hold("task_assign", 20))
    bot = await harness.start(EDIT_INTERVAL_S="0.05")
    asked = harness.imagine(harness.alice, "private", private=True)
    await harness.ended(asked)
    books = await harness.stop(bot)  # while discord.py still waits for the next window of the token
    assert [job["is_delivered"] for job in books.jobs] == [1]
    bot = await harness.start()
    await harness.quota(harness.alice)
    await harness.stop(bot)
    assert harness.discord.direct_channel(harness.alice).messages() == []
