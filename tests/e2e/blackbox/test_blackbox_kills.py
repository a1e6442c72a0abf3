"""Killed between a wish or a verdict and its carrying out, and right after an ending was shown."""

from collections.abc import Awaitable, Callable

from sandbox.discord import Limits
from sandbox.discord.buckets import Limit
from sandbox.wiro.faults import Hold, Moment, Wait
from tests.e2e.blackbox.blackbox_house import BotHarness, eventually

Opened = Callable[..., Awaitable[BotHarness]]
MANAGE_GUILD = 1 << 5


async def test_a_cancel_pressed_before_a_kill_is_passed_on_by_the_next_start(opened: Opened) -> None:
    house = await opened()
    for prompt in ("running", "unheard"):
        house.wiro.faults.add(Hold("task_output", 100_000), prompt=prompt)
    house.wiro.faults.add(Wait(None, Moment.BEFORE), path="Task/Kill")
    house.wiro.faults.add(Wait(None, Moment.AFTER), path="Run/", prompt="unheard")
    elsewhere = [house.discord.add_channel(house.guild, name) for name in ("one", "two")]
    settings = {"WIRO_MAX_RUNNING": "2"}
    bot = await house.start(**settings)
    running = house.imagine(house.alice, "running")
    await house.shows(running, "Drawing")
    unheard = house.imagine(house.alice, "unheard", where=elsewhere[0])
    await eventually(lambda: house.runs == 2)
    waiting = house.imagine(house.bob, "waiting", where=elsewhere[1])
    await house.shows(waiting, "place 1")
    # The line is left at once where nothing hangs, so this wish is put on record with the process stopped.
    for who, asked in ((house.alice, running), (house.alice, unheard)):
        await who.click(asked.original, "Cancel").until(lambda: True, what="a press")
    await house.shows(running, "Cancelling")
    await house.shows(unheard, "Cancelling")
    await bot.kill()
    assert [job["is_cancel_asked"] for job in house.books().jobs] == [1, 1, 0]
    house.sql("UPDATE jobs SET is_cancel_asked = 1 WHERE prompt = 'waiting'")

    house.wiro.faults.clear()
    bot = await house.start(**settings)
    for asked in (running, unheard, waiting):
        assert "Cancelled" in (await house.ended(asked)).text()
    assert house.runs == 2
    books = await house.stop(bot)
    assert books.stages == ["CANCELLED"] * 3
    assert books.kind("waiting") == "void"
    assert books.posted == house.billed
    assert all(task.is_terminal for task in house.wiro.books.tasks)


async def test_an_approval_cut_short_by_a_kill_is_carried_out_once_by_the_next_start(opened: Opened) -> None:
    house = await opened()
    managers = house.discord.add_role(house.guild, "Managers", permissions=MANAGE_GUILD)
    greta = house.discord.add_member(house.guild, "greta", roles=[managers])
    log = house.discord.add_channel(house.guild, "log")
    bot = await house.start()
    await greta.slash(house.channel, "rules log", {"channel": log}, force=True).answered()
    await greta.slash(house.channel, "limits set", {"measure": "runs", "amount": "0"}, force=True).answered()
    asked = house.imagine(house.alice, "a mill")
    await house.refused(asked)
    refusal = next(m for m in house.channel.messages(house.alice) if m.is_ephemeral)
    house.alice.click(refusal, "Ask a moderator")

    def cases() -> list[object]:
        return [m for m in log.messages(greta) if "asks for more" in m.text() and m.buttons()]

    await eventually(lambda: bool(cases()))
    hang = house.discord.fault("POST", rf"/channels/{house.channel.id}/messages$", kind="hang")
    greta.click(cases()[0], "Approve once")
    await eventually(lambda: house.rows("SELECT verdict, is_to_do FROM cases") == [("approved", 1)])
    await eventually(lambda: hang.used == 1)
    await bot.kill()
    assert house.runs == 0

    bot = await house.start()
    await eventually(lambda: any(m.shown_files() for m in house.seen_by(house.bob)))
    direct = house.discord.direct_channel(house.alice)
    await eventually(lambda: any("They approved it" in m.text() for m in direct.messages()))
    await house.recorded(bot, 1)
    await house.stop(bot)
    bot = await house.start()
    await house.quota(house.alice)
    books = await house.stop(bot)
    assert (len(house.seen_by(house.bob)), house.runs, len(direct.messages())) == (1, 1, 1)
    assert books.kinds == ["post"]
    assert house.rows("SELECT is_to_do FROM cases") == [(0,)]


async def test_an_ending_is_on_record_as_soon_as_discord_has_taken_it(opened: Opened) -> None:
    house = await opened(limits=Limits(token_edit=Limit(2, 60.0)))
    bot = await house.start()
    asked = house.imagine(house.alice, "private", private=True)
    await house.ended(asked)  # discord.py holds its answer back for a minute from here on
    await house.recorded(bot, 1)
    await eventually(lambda: house.rows("SELECT is_delivered FROM jobs") == [(1,)])
    await bot.kill()
    bot = await house.start()
    await house.quota(house.alice)
    await house.stop(bot)
    assert house.discord.direct_channel(house.alice).messages() == []


KLEIN = "black-forest-labs/flux-2-klein-4b"


async def test_requests_that_a_kill_cut_short_are_told_by_the_next_start(opened: Opened) -> None:
    house = await opened()
    bot = await house.start()
    made = house.imagine(house.alice, "a mill")
    await house.ended(made)
    await house.recorded(bot, 1)
    refused = house.imagine(house.alice, "a mill", model="nobody/nothing", force=True)
    await house.refused(refused)
    house.wiro.faults.add(Wait(None, Moment.BEFORE), path="Tool/Detail", times=None)
    asked = [
        house.imagine(house.alice if number % 2 else house.bob, f"number {number}", model=KLEIN, force=True)
        for number in range(10)
    ]
    asked.append(house.bob.click(made.original, "Again"))  # its model is known: it becomes a job
    private = house.imagine(house.alice, "for me alone", model=KLEIN, private=True, force=True)
    house.wiro.faults.add(Hold("task_output", 100_000), times=None)
    await eventually(lambda: house.rows("SELECT count(*) FROM intake") == [(11,)])
    await eventually(lambda: house.runs == 2)
    await bot.kill()
    assert len(house.books().jobs) == 2

    house.wiro.faults.clear()
    bot = await house.start()
    for one in asked[:10]:
        text = (await house.shows(one, "Interrupted")).text()
        assert "Nothing was held and nothing was charged; please ask for it again." in text
    await house.shows(asked[10], "Drawing", "seed")
    direct = house.discord.direct_channel(house.alice)
    await eventually(lambda: any("Interrupted" in message.text() for message in direct.messages()))
    await eventually(lambda: house.rows("SELECT count(*) FROM intake") == [(0,)])
    assert len(direct.messages()) == 1
    assert private.original is not None
    books = await house.stop(bot)
    assert len(books.jobs) == 2
    bot = await house.start()
    await house.quota(house.alice)
    await house.stop(bot)
    assert len(direct.messages()) == 1


async def test_a_request_whose_answer_was_deleted_meanwhile_is_let_go_of(opened: Opened) -> None:
    house = await opened()
    bot = await house.start()
    house.wiro.faults.add(Wait(None, Moment.BEFORE), path="Tool/Detail", times=None)
    asked = house.imagine(house.alice, "a mill", model=KLEIN, force=True)
    await eventually(lambda: house.rows("SELECT count(*) FROM intake") == [(1,)])
    await bot.kill()
    assert asked.original is not None
    house.discord.delete_message(asked.original)
    house.wiro.faults.clear()
    bot = await house.start()
    await eventually(lambda: house.rows("SELECT count(*) FROM intake") == [(0,)])
    assert house.discord.direct_channel(house.alice).messages() == []
    await house.stop(bot)
