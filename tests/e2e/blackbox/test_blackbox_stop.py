"""Stopped and started: in time whatever hangs, commands refused in words, jobs taken up before all else."""

import asyncio
import io
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from PIL import Image

from sandbox.discord import Upload
from sandbox.wiro.faults import Hold, Moment, Wait
from tests.e2e.blackbox.blackbox_house import BotHarness, eventually
from tests.e2e.blackbox.blackbox_process import ROOT

Opened = Callable[..., Awaitable[BotHarness]]
KLEIN = "black-forest-labs/flux-2-klein-4b"
FAULTY_DISK = Path(__file__).with_name("faulty_disk")


def a_picture() -> bytes:
    held = io.BytesIO()
    Image.effect_noise((48, 32), 80).convert("RGB").save(held, "PNG")
    return held.getvalue()


async def test_a_hundred_running_pictures_and_everything_hanging_do_not_hold_up_the_end(
    opened: Opened,
) -> None:
    house = await opened()
    house.wiro.faults.add(Hold("task_output", 100_000), times=None)
    bot = await house.start(DEFAULT_RUNS_PER_DAY="200", DEFAULT_SPEND_PER_DAY="100", EDIT_INTERVAL_S="60")
    for number in range(100):
        # One by one: of all at once a busy machine does not acknowledge the last within three seconds.
        await house.imagine(house.alice if number % 2 else house.bob, f"number {number}").acked()
    await eventually(lambda: len(house.wiro.books.tasks) == 100)
    house.wiro.faults.add(Wait(None, Moment.BEFORE))
    house.discord.fault(None, "", kind="hang", times=None)
    bot.send(signal.SIGTERM)
    await asyncio.sleep(0.05)
    bot.send(signal.SIGINT)  # impatient
    bot.send(signal.SIGTERM)
    code, took_s = await bot.terminate()
    assert code == 0, bot.output[-2000:]
    assert took_s < 5
    books = house.books()
    assert len(books.jobs) == 100
    assert books.kinds == [None] * 100


async def test_jobs_are_taken_up_before_the_commands_are_sent_and_without_the_gateway(opened: Opened) -> None:
    house = await opened()
    house.hold("task_output")
    bot = await house.start()
    asked = house.imagine(house.alice, "unfinished")
    await house.shows(asked, "Drawing")
    await bot.kill()
    house.discord.fault("PUT", "/commands", kind="hang", times=None)
    bot = await house.launch()
    house.let_go()
    assert (await house.ended(asked)).shown_files()
    assert house.runs == 1
    code, took_s = await bot.terminate()
    assert (code, took_s < 5) == (0, True), bot.output[-2000:]


async def test_who_asks_while_the_bot_stops_is_refused_in_words(opened: Opened) -> None:
    house = await opened()
    bot = await house.start()
    asked = house.imagine(house.alice, "on its way")
    house.discord.fault("PATCH", rf"{asked.token}", kind="slow", hang_s=1.5, times=None)
    await eventually(lambda: any(task.is_terminal for task in house.wiro.books.tasks))
    await eventually(lambda: house.rows("SELECT stage FROM jobs") == [("SUCCEEDED",)])
    bot.send(signal.SIGTERM)
    await asyncio.sleep(0.05)
    refused = await house.refused(house.imagine(house.bob, "too late"))
    assert "is restarting and takes no new pictures" in refused
    assert await bot.exited() == 0
    assert house.runs == 1
    assert (await house.ended(asked)).shown_files()


@pytest.mark.parametrize("path", ["/callback", "/webhooks/"])
async def test_commands_that_cannot_all_be_answered_any_more_leave_no_traceback(
    opened: Opened, path: str
) -> None:
    house = await opened()
    bot = await house.start(DEFAULT_RUNS_PER_DAY="10")
    house.discord.fault(None, path, kind="slow", hang_s=3, times=None)
    for number in range(60):
        house.imagine(house.alice, f"number {number}")
    await asyncio.sleep(0.3)
    code, took_s = await bot.terminate()
    assert (code, took_s < 5) == (0, True), bot.output[-2000:]
    assert "Traceback" not in bot.output


async def test_a_signal_at_any_moment_of_the_start_is_a_quiet_end(opened: Opened) -> None:
    house = await opened()

    async def stopped(place: int) -> None:
        bot = await house.launch(DATABASE_URL=f"sqlite:///{house.folder}/{place}.sqlite3")
        await eventually(lambda: bot.catches(signal.SIGTERM))
        await asyncio.sleep(place * 0.2)
        bot.send((signal.SIGINT, signal.SIGTERM)[place % 2])
        assert await bot.exited() == 0, bot.output[-2000:]

    await asyncio.gather(*(stopped(place) for place in range(8)))


async def test_a_frozen_disk_does_not_hold_up_the_end(opened: Opened) -> None:
    house = await opened()
    control = house.folder / "fault"
    control.write_text("")
    house.wiro.faults.add(Hold("task_output", 100_000))
    bot = await house.start(DISK_FAULT=str(control), PYTHONPATH=f"{FAULTY_DISK}:{ROOT}")
    asked = house.imagine(house.alice, "running")
    await house.shows(asked, "Drawing")
    control.write_text("stall")
    late = house.imagine(house.bob, "while it is frozen")
    await late.until(lambda: late.acked_at_s is not None, what="an acknowledgement")
    code, took_s = await bot.terminate()
    assert (code, took_s < 5) == (0, True), bot.output[-2000:]
    assert house.books().kinds == [None]
    assert house.runs == 1


@pytest.mark.parametrize("way", ["command", "form", "vary"])
async def test_a_request_on_its_way_in_is_told_that_the_bot_stops(opened: Opened, way: str) -> None:
    house = await opened()
    bot = await house.start()
    made = house.imagine(house.alice, "a mill")
    await house.ended(made)
    house.wiro.faults.add(Wait(None, Moment.BEFORE), path="Tool/Detail")
    match way:
        case "command":
            asked = house.imagine(house.bob, "on its way", model=KLEIN, force=True)
        case "form":
            asked = house.bob.slash(house.channel, "run", {"model": "wiro/ask-me"}, force=True)
        case _:
            asked = house.bob.click(made.original, "Vary")
    await eventually(lambda: len(house.wiro.books.requests_to("Tool/Detail")) >= 2)
    house.discord.fault(None, asked.token, kind="slow", hang_s=0.5, times=None)  # Discord takes its time
    bot.send(signal.SIGTERM)
    assert "is restarting and takes no new pictures" in await house.refused(asked)
    assert await bot.exited() == 0
    assert "Traceback" not in bot.output


async def test_a_picture_on_its_way_in_is_kept_for_the_next_start(opened: Opened) -> None:
    house = await opened()
    bot = await house.start()
    house.wiro.faults.add(Wait(None, Moment.BEFORE), path="File/Upload")
    asked = house.imagine(house.bob, "as a drawing", image=Upload("dog.png", a_picture()), model=KLEIN)
    await eventually(lambda: len(house.wiro.books.requests_to("File/Upload")) == 1)
    code, took_s = await bot.terminate()
    assert (code, took_s < 5) == (0, True), bot.output[-2000:]
    assert house.books().kinds == [None]
    assert house.runs == 0
    house.wiro.faults.clear()
    await house.start()
    assert (await house.ended(asked)).shown_files()
    assert house.runs == 1
