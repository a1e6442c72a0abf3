"""Discord at its worst: deleted messages, dead tokens, failing edits, a gateway that goes away."""

import re
from collections.abc import Awaitable, Callable

from sandbox.discord import HiddenLimit, Limits
from sandbox.discord.buckets import Limit
from sandbox.wiro.faults import FailTask, Hold
from tests.e2e.blackbox.blackbox_house import PATIENCE_S, BotHarness, eventually

Opened = Callable[..., Awaitable[BotHarness]]


async def test_a_deleted_message_is_left_in_peace_and_its_cost_is_settled(opened: Opened) -> None:
    house = await opened(limits=Limits())
    house.hold("task_output")
    bot = await house.start()
    asked = house.imagine(house.alice, "soon gone")
    message = await house.shows(asked, "Drawing")
    house.discord.delete_message(message)
    before = len(house.discord.requests)
    house.let_go()
    await eventually(lambda: all(task.is_terminal for task in house.wiro.books.tasks))
    await eventually(lambda: "gone" in bot.output)
    assert "1 of 50 used, 0 held" in await house.quota(house.alice)
    after = [one.path for one in house.discord.requests[before:] if asked.token in one.path]
    assert len(after) <= 1
    assert house.seen_by(house.bob) == []
    assert house.discord.direct_channel(house.alice).messages() == []
    books = await house.stop(bot)
    assert books.kinds == ["post"]
    assert books.jobs[0]["is_delivered"] == 1
    assert books.posted == house.billed


async def test_a_dead_token_mid_run_is_followed_by_the_bots_own_route(opened: Opened) -> None:
    house = await opened(limits=Limits())
    house.hold("task_assign")
    house.hold("task_output")
    bot = await house.start()
    asked = house.imagine(house.alice, "a slow one")
    await house.shows(asked, "Preparing")
    house.discord.advance(901)
    house.let_go()
    message = await house.ended(asked)
    assert message.shown_files()
    vias = [revision.via for revision in message.revisions]
    assert vias[-1] == "channel"
    assert "token" in vias
    assert len(house.discord.invalid_requests) <= 1
    books = await house.stop(bot)
    assert books.posted == house.billed


async def test_failing_edits_are_tried_again_and_the_ending_is_never_lost(opened: Opened) -> None:
    house = await opened(limits=Limits())
    bot = await house.start()
    limited = {"message": "You are being rate limited.", "retry_after": 0.4, "global": False}
    wait = {"Retry-After": "1", "X-RateLimit-Scope": "user", "Content-Type": "application/json"}
    faults = [
        {"status": 500},
        {"status": 503},
        {"kind": "reset"},
        {"kind": "close"},
        {"status": 429, "body": limited, "headers": wait},
        {"status": 429, "body": "slow down", "headers": {"Retry-After": "1"}},
        {"kind": "reset", "after": True},
    ]
    asked = []
    for number, fault in enumerate(faults):
        house.wiro.faults.add(Hold("task_postprocess_start", 12), prompt=f"number {number}")
        one = house.imagine(house.alice, f"number {number}")
        path = rf"/webhooks/\d+/{re.escape(one.token)}/messages/@original$"
        house.discord.fault("PATCH", path, times=2, **fault)
        asked.append(one)
    for one, fault in zip(asked, faults, strict=True):
        message = await house.ended(one)
        assert message.shown_files(), fault
        assert len(message.attachments) == 1
        assert len(house.discord.requests_to("PATCH", re.escape(one.token))) > 2, fault
    assert len(house.seen_by(house.bob)) == len(faults)
    books = await house.stop(bot)
    assert books.kinds == ["post"] * len(faults)


async def test_the_hidden_limit_of_a_channel_loses_no_ending(opened: Opened) -> None:
    house = await opened(limits=Limits(hidden=HiddenLimit(Limit(9, 3.0))))
    bot = await house.start()
    asked = [house.imagine(house.alice, f"number {number}") for number in range(6)]
    for one in asked:
        assert (await house.ended(one)).shown_files()
    refused = [one for one in house.discord.requests if one.status == 429]
    assert all(one.scope == "shared" for one in refused)
    books = await house.stop(bot)
    assert books.kinds == ["post"] * 6


async def test_a_command_that_cannot_be_shown_anywhere_still_settles(opened: Opened) -> None:
    house = await opened(limits=Limits())
    house.wiro.faults.add(FailTask(), prompt="fails")
    house.hold("task_output")
    bot = await house.start()
    asked = house.imagine(house.alice, "nowhere to go")
    await house.shows(asked, "Drawing")
    house.alice.dms_open = False
    house.discord.delete_channel(house.channel)
    house.discord.advance(901)
    house.let_go()
    await eventually(lambda: "succeeded, " in bot.output)
    elsewhere = house.discord.add_channel(house.guild, "elsewhere")
    assert "charged" in (await house.ended(house.imagine(house.bob, "fails", where=elsewhere))).text()
    books = await house.stop(bot)
    assert books.kinds == ["post", "void"]
    assert len(house.discord.invalid_requests) <= 3


async def test_a_lost_gateway_comes_back_even_when_the_resume_address_is_dead(opened: Opened) -> None:
    house = await opened(limits=Limits())
    house.may_show_tracebacks = True  # discord.py logs each failed connection with its traceback
    house.discord.gateway.resume_url = "ws://127.0.0.1:9/"
    house.hold("task_output", prompt="running")
    bot = await house.start()
    running = house.imagine(house.alice, "running")
    await house.shows(running, "Drawing")
    await house.discord.gateway.drop()
    missed = house.imagine(house.bob, "asked meanwhile")
    house.let_go()
    assert (await house.ended(running)).shown_files()
    await house.discord.connected(PATIENCE_S)
    later = house.imagine(house.bob, "asked later")
    assert (await house.ended(later)).shown_files()
    assert house.runs == 2 + (missed.acked_at_s is not None)
    books = await house.stop(bot)
    assert books.posted == house.billed


async def test_an_acknowledgement_whose_connection_breaks_is_sent_once_more(opened: Opened) -> None:
    house = await opened(limits=Limits())
    bot = await house.start()
    for number, has_arrived in enumerate((False, True)):
        house.discord.fault("POST", r"/interactions/\d+/[^/]+/callback", kind="reset", after=has_arrived)
        message = await house.ended(house.imagine(house.alice, f"number {number}"))
        assert message.shown_files()
    assert len(house.seen_by(house.bob)) == house.runs == 2
    books = await house.stop(bot)
    assert [job["message_id"] for job in books.jobs] == [one.id for one in house.seen_by(house.bob)]


async def test_an_interaction_that_comes_twice_is_one_picture(opened: Opened) -> None:
    house = await opened(limits=Limits())
    bot = await house.start()
    asked = house.imagine(house.alice, "only once")
    house.discord.world.emit("INTERACTION_CREATE", asked.payload, house.guild, 0)
    message = await house.ended(asked)
    house.discord.world.emit("INTERACTION_CREATE", asked.payload, house.guild, 0)
    await eventually(lambda: bot.output.count("came twice") == 2)
    assert house.channel.messages(house.alice) == [message]
    assert message.shown_files()
    assert house.runs == 1
    books = await house.stop(bot)
    assert books.kinds == ["post"]


async def test_two_bots_with_one_token_draw_each_picture_once_and_say_so(opened: Opened) -> None:
    house = await opened(limits=Limits())
    bot = await house.start()
    other = await house.launch(DATABASE_URL=f"sqlite:///{house.folder}/other/bot.sqlite3")
    await eventually(lambda: len(house.discord.gateway.identified_at_s) == 2)
    asked = [house.imagine(house.alice, f"number {number}") for number in range(4)]
    for one in asked:
        assert (await house.ended(one)).shown_files()
    await eventually(lambda: sum(one.output.count("another process uses") for one in (bot, other)) == 4)
    assert house.runs == len(house.seen_by(house.bob)) == 4
    await other.terminate()
    await house.stop(bot)
