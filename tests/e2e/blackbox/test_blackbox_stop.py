"""Stopped and started: in time whatever hangs, commands refused in words, jobs taken up before all else."""

import asyncio
import signal
from pathlib import Path

import pytest

from sandbox.discord import Upload
from sandbox.wiro.faults import Hold, Moment, Wait
from tests.e2e.blackbox.blackbox_harness import Opened
from tests.e2e.blackbox.blackbox_process import ROOT
from tests.support.clocks import until
from tests.support.images import encoded

KLEIN = "black-forest-labs/flux-2-klein-4b"
FAULTY_DISK = Path(__file__).with_name("faulty_disk")


async def test_a_hundred_running_pictures_and_everything_hanging_do_not_hold_up_the_end(
    opened: Opened,
) -> None:
    harness = await opened()
    harness.wiro.faults.add(Hold("task_output", 100_000), times=None)
    bot = await harness.start(DEFAULT_RUNS_PER_DAY="200", DEFAULT_SPEND_PER_DAY="100", EDIT_INTERVAL_S="60")
    for number in range(100):
        # One by one: of all at once a busy machine does not acknowledge the last within three seconds.
        await harness.imagine(harness.alice if number % 2 else harness.bob, f"number {number}").acked()
    await until(lambda: len(harness.wiro.ledger.tasks) == 100)
    harness.wiro.faults.add(Wait(None, Moment.BEFORE))
    harness.discord.fault(None, "", kind="hang", times=None)
    bot.send(signal.SIGTERM)
    await asyncio.sleep(0.05)
    bot.send(signal.SIGINT)  # impatient
    bot.send(signal.SIGTERM)
    code, took_s = await bot.terminate()
    assert code == 0, bot.output[-2000:]
    assert took_s < 5
    books = harness.books()
    assert len(books.jobs) == 100
    assert books.kinds == [None] * 100


async def test_jobs_are_taken_up_before_the_commands_are_sent_and_without_the_gateway(opened: Opened) -> None:
    harness = await opened()
    harness.hold("task_output")
    bot = await harness.start()
    asked = harness.imagine(harness.alice, "unfinished")
    await harness.shows(asked, "Drawing")
    await bot.kill()
    harness.discord.fault("PUT", "/commands", kind="hang", times=None)
    bot = await harness.launch()
    harness.let_go()
    assert (await harness.ended(asked)).shown_files()
    assert harness.runs == 1
    code, took_s = await bot.terminate()
    assert (code, took_s < 5) == (0, True), bot.output[-2000:]


async def test_who_asks_while_the_bot_stops_is_refused_in_words(opened: Opened) -> None:
    harness = await opened()
    bot = await harness.start()
    asked = harness.imagine(harness.alice, "on its way")
    harness.discord.fault("PATCH", rf"{asked.token}", kind="slow", hang_s=1.5, times=None)
    await until(lambda: any(task.is_terminal for task in harness.wiro.ledger.tasks))
    await until(lambda: harness.rows("SELECT stage FROM jobs") == [("SUCCEEDED",)])
    bot.send(signal.SIGTERM)
    await asyncio.sleep(0.05)
    refused = await harness.refused(harness.imagine(harness.bob, "too late"))
    assert "is restarting and takes no new pictures" in refused
    assert await bot.exited() == 0
    assert harness.runs == 1
    assert (await harness.ended(asked)).shown_files()


@pytest.mark.parametrize("path", ["/callback", "/webhooks/"])
async def test_commands_that_cannot_all_be_answered_any_more_leave_no_traceback(
    opened: Opened, path: str
) -> None:
    harness = await opened()
    bot = await harness.start(DEFAULT_RUNS_PER_DAY="10")
    harness.discord.fault(None, path, kind="slow", hang_s=3, times=None)
    for number in range(60):
        harness.imagine(harness.alice, f"number {number}")
    await asyncio.sleep(0.3)
    code, took_s = await bot.terminate()
    assert (code, took_s < 5) == (0, True), bot.output[-2000:]
    assert "Traceback" not in bot.output


async def test_a_signal_at_any_moment_of_the_start_is_a_quiet_end(opened: Opened) -> None:
    harness = await opened()

    async def stopped(place: int) -> None:
        bot = await harness.launch(DATABASE_URL=f"sqlite:///{harness.folder}/{place}.sqlite3")
        await until(lambda: bot.catches(signal.SIGTERM))
        await asyncio.sleep(place * 0.2)
        bot.send((signal.SIGINT, signal.SIGTERM)[place % 2])
        assert await bot.exited() == 0, bot.output[-2000:]

    await asyncio.gather(*(stopped(place) for place in range(8)))


async def test_a_frozen_disk_does_not_hold_up_the_end(opened: Opened) -> None:
    harness = await opened()
    control = harness.folder / "fault"
    control.write_text("")
    harness.wiro.faults.add(Hold("task_output", 100_000))
    bot = await harness.start(DISK_FAULT=str(control), PYTHONPATH=f"{FAULTY_DISK}:{ROOT}")
    asked = harness.imagine(harness.alice, "running")
    await harness.shows(asked, "Drawing")
    control.write_text("stall")
    late = harness.imagine(harness.bob, "while it is frozen")
    await late.until(lambda: late.acked_at_s is not None, what="an acknowledgement")
    code, took_s = await bot.terminate()
    assert (code, took_s < 5) == (0, True), bot.output[-2000:]
    assert harness.books().kinds == [None]
    assert harness.runs == 1


@pytest.mark.parametrize("way", ["command", "form", "vary"])
async def test_a_request_on_its_way_in_is_told_that_the_bot_stops(opened: Opened, way: str) -> None:
    harness = await opened()
    bot = await harness.start()
    made = harness.imagine(harness.alice, "a mill")
    await harness.ended(made)
    harness.wiro.faults.add(Wait(None, Moment.BEFORE), path="Tool/Detail")
    match way:
        case "command":
            asked = harness.imagine(harness.bob, "on its way", model=KLEIN, force=True)
        case "form":
            asked = harness.bob.slash(harness.channel, "run", {"model": "wiro/ask-me"}, force=True)
        case _:
            asked = harness.bob.click(made.original, "Vary")
    await until(lambda: len(harness.wiro.ledger.requests_to("Tool/Detail")) >= 2)
    harness.discord.fault(None, asked.token, kind="slow", hang_s=0.5, times=None)  # Discord takes its time
    bot.send(signal.SIGTERM)
    assert "is restarting and takes no new pictures" in await harness.refused(asked)
    assert await bot.exited() == 0
    assert "Traceback" not in bot.output


async def test_a_picture_on_its_way_in_is_kept_for_the_next_start(opened: Opened) -> None:
    harness = await opened()
    bot = await harness.start()
    harness.wiro.faults.add(Wait(None, Moment.BEFORE), path="File/Upload")
    asked = harness.imagine(harness.bob, "as a drawing", image=Upload("dog.png", encoded()), model=KLEIN)
    await until(lambda: len(harness.wiro.ledger.requests_to("File/Upload")) == 1)
    code, took_s = await bot.terminate()
    assert (code, took_s < 5) == (0, True), bot.output[-2000:]
    assert harness.books().kinds == [None]
    assert harness.runs == 0
    harness.wiro.faults.clear()
    await harness.start()
    assert (await harness.ended(asked)).shown_files()
    assert harness.runs == 1
