"""Killed between a wish or a verdict and its carrying out, and right after an ending was shown."""

from sandbox.discord import Limits
from sandbox.discord.buckets import Limit
from sandbox.wiro.faults import Hold, Moment, Wait
from tests.e2e.blackbox.blackbox_harness import Opened
from tests.support.clocks import until


async def test_a_cancel_pressed_before_a_kill_is_passed_on_by_the_next_start(opened: Opened) -> None:
    harness = await opened()
    for prompt in ("running", "unheard"):
        harness.wiro.faults.add(Hold("task_output", 100_000), prompt=prompt)
    harness.wiro.faults.add(Wait(None, Moment.BEFORE), path="Task/Kill")
    harness.wiro.faults.add(Wait(None, Moment.AFTER), path="Run/", prompt="unheard")
    elsewhere = [harness.discord.add_channel(harness.guild, name) for name in ("one", "two")]
    settings = {"WIRO_MAX_RUNNING": "2"}
    bot = await harness.start(**settings)
    running = harness.imagine(harness.alice, "running")
    await harness.shows(running, "Drawing")
    unheard = harness.imagine(harness.alice, "unheard", where=elsewhere[0])
    await until(lambda: harness.runs == 2)
    waiting = harness.imagine(harness.bob, "waiting", where=elsewhere[1])
    await harness.shows(waiting, "place 1")
    # The line is left at once where nothing hangs, so this wish is put on record with the process stopped.
    for who, asked in ((harness.alice, running), (harness.alice, unheard)):
        await who.click(asked.original, "Cancel").until(lambda: True, what="a press")
    await harness.shows(running, "Cancelling")
    await harness.shows(unheard, "Cancelling")
    await bot.kill()
    assert [job["is_cancel_asked"] for job in harness.books().jobs] == [1, 1, 0]
    harness.sql("UPDATE jobs SET is_cancel_asked = 1 WHERE prompt = 'waiting'")

    harness.wiro.faults.clear()
    bot = await harness.start(**settings)
    for asked in (running, unheard, waiting):
        assert "Cancelled" in (await harness.ended(asked)).text()
    assert harness.runs == 2
    books = await harness.stop(bot)
    assert books.stages == ["CANCELLED"] * 3
    assert books.kind("waiting") == "void"
    assert books.posted == harness.billed
    assert all(task.is_terminal for task in harness.wiro.ledger.tasks)


async def test_an_approval_cut_short_by_a_kill_is_carried_out_once_by_the_next_start(opened: Opened) -> None:
    harness = await opened()
    greta = harness.add_manager()
    log = harness.discord.add_channel(harness.guild, "log")
    bot = await harness.start()
    await greta.slash(harness.channel, "rules log", {"channel": log}, force=True).answered()
    await greta.slash(
        harness.channel, "limits set", {"measure": "runs", "amount": "0"}, force=True
    ).answered()
    asked = harness.imagine(harness.alice, "a mill")
    await harness.refused(asked)
    refusal = next(m for m in harness.channel.messages(harness.alice) if m.is_ephemeral)
    harness.alice.click(refusal, "Ask a moderator")

    def cases() -> list[object]:
        return [m for m in log.messages(greta) if "asks for more" in m.text() and m.buttons()]

    await until(lambda: bool(cases()))
    hang = harness.discord.fault("POST", rf"/channels/{harness.channel.id}/messages$", kind="hang")
    greta.click(cases()[0], "Approve once")
    await until(lambda: harness.rows("SELECT verdict, is_to_do FROM cases") == [("approved", 1)])
    await until(lambda: hang.used == 1)
    await bot.kill()
    assert harness.runs == 0

    bot = await harness.start()
    await until(lambda: any(m.shown_files() for m in harness.seen_by(harness.bob)))
    direct = harness.discord.direct_channel(harness.alice)
    await until(lambda: any("They approved it" in m.text() for m in direct.messages()))
    await harness.recorded(bot, 1)
    await harness.stop(bot)
    bot = await harness.start()
    await harness.quota(harness.alice)
    books = await harness.stop(bot)
    assert (len(harness.seen_by(harness.bob)), harness.runs, len(direct.messages())) == (1, 1, 1)
    assert books.kinds == ["post"]
    assert harness.rows("SELECT is_to_do FROM cases") == [(0,)]


async def test_an_ending_is_on_record_as_soon_as_discord_has_taken_it(opened: Opened) -> None:
    harness = await opened(limits=Limits(token_edit=Limit(2, 60.0)))
    bot = await harness.start()
    asked = harness.imagine(harness.alice, "private", private=True)
    await harness.ended(asked)  # discord.py holds its answer back for a minute from here on
    await harness.recorded(bot, 1)
    await until(lambda: harness.rows("SELECT is_delivered FROM jobs") == [(1,)])
    await bot.kill()
    bot = await harness.start()
    await harness.quota(harness.alice)
    await harness.stop(bot)
    assert harness.discord.direct_channel(harness.alice).messages() == []


KLEIN = "black-forest-labs/flux-2-klein-4b"


async def test_requests_that_a_kill_cut_short_are_told_by_the_next_start(opened: Opened) -> None:
    harness = await opened()
    bot = await harness.start()
    made = harness.imagine(harness.alice, "a mill")
    await harness.ended(made)
    await harness.recorded(bot, 1)
    refused = harness.imagine(harness.alice, "a mill", model="nobody/nothing", force=True)
    await harness.refused(refused)
    harness.wiro.faults.add(Wait(None, Moment.BEFORE), path="Tool/Detail", times=None)
    asked = [
        harness.imagine(
            harness.alice if number % 2 else harness.bob, f"number {number}", model=KLEIN, force=True
        )
        for number in range(10)
    ]
    asked.append(harness.bob.click(made.original, "Again"))  # its model is known: it becomes a job
    private = harness.imagine(harness.alice, "for me alone", model=KLEIN, private=True, force=True)
    harness.wiro.faults.add(Hold("task_output", 100_000), times=None)
    await until(lambda: harness.rows("SELECT count(*) FROM intake") == [(11,)])
    await until(lambda: harness.runs == 2)
    await bot.kill()
    assert len(harness.books().jobs) == 2

    harness.wiro.faults.clear()
    bot = await harness.start()
    for one in asked[:10]:
        text = (await harness.shows(one, "Interrupted")).text()
        assert "Nothing was held and nothing was charged; please ask for it again." in text
    await harness.shows(asked[10], "Drawing", "seed")
    direct = harness.discord.direct_channel(harness.alice)
    await until(lambda: any("Interrupted" in message.text() for message in direct.messages()))
    await until(lambda: harness.rows("SELECT count(*) FROM intake") == [(0,)])
    assert len(direct.messages()) == 1
    assert private.original is not None
    books = await harness.stop(bot)
    assert len(books.jobs) == 2
    bot = await harness.start()
    await harness.quota(harness.alice)
    await harness.stop(bot)
    assert len(direct.messages()) == 1


async def test_a_request_whose_answer_was_deleted_meanwhile_is_let_go_of(opened: Opened) -> None:
    harness = await opened()
    bot = await harness.start()
    harness.wiro.faults.add(Wait(None, Moment.BEFORE), path="Tool/Detail", times=None)
    asked = harness.imagine(harness.alice, "a mill", model=KLEIN, force=True)
    await until(lambda: harness.rows("SELECT count(*) FROM intake") == [(1,)])
    await bot.kill()
    assert asked.original is not None
    harness.discord.delete_message(asked.original)
    harness.wiro.faults.clear()
    bot = await harness.start()
    await until(lambda: harness.rows("SELECT count(*) FROM intake") == [(0,)])
    assert harness.discord.direct_channel(harness.alice).messages() == []
    await harness.stop(bot)
