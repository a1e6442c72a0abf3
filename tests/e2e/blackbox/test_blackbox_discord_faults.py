"""Discord at its worst: deleted messages, dead tokens, failing edits, a gateway that goes away."""

import re

from sandbox.discord import HiddenLimit, Limits
from sandbox.discord.buckets import Limit
from sandbox.wiro.faults import FailTask, Hold
from tests.e2e.blackbox.blackbox_harness import Opened
from tests.support.clocks import PATIENCE_S, until


async def test_a_deleted_message_is_left_in_peace_and_its_cost_is_settled(opened: Opened) -> None:
    harness = await opened(limits=Limits())
    harness.hold("task_output")
    bot = await harness.start()
    asked = harness.imagine(harness.alice, "soon gone")
    message = await harness.shows(asked, "Drawing")
    harness.discord.delete_message(message)
    before = len(harness.discord.requests)
    harness.let_go()
    await until(lambda: all(task.is_terminal for task in harness.wiro.ledger.tasks))
    await until(lambda: "gone" in bot.output)
    assert "1 of 50 used, 0 held" in await harness.quota(harness.alice)
    after = [one.path for one in harness.discord.requests[before:] if asked.token in one.path]
    assert len(after) <= 1
    assert harness.seen_by(harness.bob) == []
    assert harness.discord.direct_channel(harness.alice).messages() == []
    books = await harness.stop(bot)
    assert books.kinds == ["post"]
    assert books.jobs[0]["is_delivered"] == 1
    assert books.posted == harness.billed


async def test_a_dead_token_mid_run_is_followed_by_the_bots_own_route(opened: Opened) -> None:
    harness = await opened(limits=Limits())
    harness.hold("task_assign")
    harness.hold("task_output")
    bot = await harness.start()
    asked = harness.imagine(harness.alice, "a slow one")
    await harness.shows(asked, "Preparing")
    harness.discord.advance(901)
    harness.let_go()
    message = await harness.ended(asked)
    assert message.shown_files()
    vias = [revision.via for revision in message.revisions]
    assert vias[-1] == "channel"
    assert "token" in vias
    assert len(harness.discord.invalid_requests) <= 1
    books = await harness.stop(bot)
    assert books.posted == harness.billed


async def test_failing_edits_are_tried_again_and_the_ending_is_never_lost(opened: Opened) -> None:
    harness = await opened(limits=Limits())
    bot = await harness.start()
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
        harness.wiro.faults.add(Hold("task_postprocess_start", 12), prompt=f"number {number}")
        one = harness.imagine(harness.alice, f"number {number}")
        path = rf"/webhooks/\d+/{re.escape(one.token)}/messages/@original$"
        harness.discord.fault("PATCH", path, times=2, **fault)
        asked.append(one)
    for one, fault in zip(asked, faults, strict=True):
        message = await harness.ended(one)
        assert message.shown_files(), fault
        assert len(message.attachments) == 1
        assert len(harness.discord.requests_to("PATCH", re.escape(one.token))) > 2, fault
    assert len(harness.seen_by(harness.bob)) == len(faults)
    books = await harness.stop(bot)
    assert books.kinds == ["post"] * len(faults)


async def test_the_hidden_limit_of_a_channel_loses_no_ending(opened: Opened) -> None:
    harness = await opened(limits=Limits(hidden=HiddenLimit(Limit(9, 3.0))))
    bot = await harness.start()
    asked = [harness.imagine(harness.alice, f"number {number}") for number in range(6)]
    for one in asked:
        assert (await harness.ended(one)).shown_files()
    refused = [one for one in harness.discord.requests if one.status == 429]
    assert all(one.scope == "shared" for one in refused)
    books = await harness.stop(bot)
    assert books.kinds == ["post"] * 6


async def test_a_command_that_cannot_be_shown_anywhere_still_settles(opened: Opened) -> None:
    harness = await opened(limits=Limits())
    harness.wiro.faults.add(FailTask(), prompt="fails")
    harness.hold("task_output")
    bot = await harness.start()
    asked = harness.imagine(harness.alice, "nowhere to go")
    await harness.shows(asked, "Drawing")
    harness.alice.dms_open = False
    harness.discord.delete_channel(harness.channel)
    harness.discord.advance(901)
    harness.let_go()
    await until(lambda: "succeeded, " in bot.output)
    elsewhere = harness.discord.add_channel(harness.guild, "elsewhere")
    assert "charged" in (await harness.ended(harness.imagine(harness.bob, "fails", where=elsewhere))).text()
    books = await harness.stop(bot)
    assert books.kinds == ["post", "void"]
    assert len(harness.discord.invalid_requests) <= 3


async def test_a_lost_gateway_comes_back_even_when_the_resume_address_is_dead(opened: Opened) -> None:
    harness = await opened(limits=Limits())
    harness.may_show_tracebacks = True  # discord.py logs each failed connection with its traceback
    harness.discord.gateway.resume_url = "ws://127.0.0.1:9/"
    harness.hold("task_output", prompt="running")
    bot = await harness.start()
    running = harness.imagine(harness.alice, "running")
    await harness.shows(running, "Drawing")
    await harness.discord.gateway.drop()
    missed = harness.imagine(harness.bob, "asked meanwhile")
    harness.let_go()
    assert (await harness.ended(running)).shown_files()
    await harness.discord.connected(PATIENCE_S)
    later = harness.imagine(harness.bob, "asked later")
    assert (await harness.ended(later)).shown_files()
    assert harness.runs == 2 + (missed.acked_at_s is not None)
    books = await harness.stop(bot)
    assert books.posted == harness.billed


async def test_an_acknowledgement_whose_connection_breaks_is_sent_once_more(opened: Opened) -> None:
    harness = await opened(limits=Limits())
    bot = await harness.start()
    for number, has_arrived in enumerate((False, True)):
        harness.discord.fault("POST", r"/interactions/\d+/[^/]+/callback", kind="reset", after=has_arrived)
        message = await harness.ended(harness.imagine(harness.alice, f"number {number}"))
        assert message.shown_files()
    assert len(harness.seen_by(harness.bob)) == harness.runs == 2
    books = await harness.stop(bot)
    assert [job["message_id"] for job in books.jobs] == [one.id for one in harness.seen_by(harness.bob)]


async def test_an_interaction_that_comes_twice_is_one_picture(opened: Opened) -> None:
    harness = await opened(limits=Limits())
    bot = await harness.start()
    asked = harness.imagine(harness.alice, "only once")
    harness.discord.world.emit("INTERACTION_CREATE", asked.payload, harness.guild, 0)
    message = await harness.ended(asked)
    harness.discord.world.emit("INTERACTION_CREATE", asked.payload, harness.guild, 0)
    await until(lambda: bot.output.count("came twice") == 2)
    assert harness.channel.messages(harness.alice) == [message]
    assert message.shown_files()
    assert harness.runs == 1
    books = await harness.stop(bot)
    assert books.kinds == ["post"]


async def test_two_bots_with_one_token_draw_each_picture_once_and_say_so(opened: Opened) -> None:
    harness = await opened(limits=Limits())
    bot = await harness.start()
    other = await harness.launch(DATABASE_URL=f"sqlite:///{harness.folder}/other/bot.sqlite3")
    await until(lambda: len(harness.discord.gateway.identified_at_s) == 2)
    asked = [harness.imagine(harness.alice, f"number {number}") for number in range(4)]
    for one in asked:
        assert (await harness.ended(one)).shown_files()
    await until(lambda: sum(one.output.count("another process uses") for one in (bot, other)) == 4)
    assert harness.runs == len(harness.seen_by(harness.bob)) == 4
    await other.terminate()
    await harness.stop(bot)
