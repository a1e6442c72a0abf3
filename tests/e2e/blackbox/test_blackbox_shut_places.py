"""Channels deleted, permissions lost, the bot removed: few requests wasted, results and money kept."""

import re
import time
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest

from bot.delivery.circuit_breaker import FIRST_PAUSE_S, LONGEST_PAUSE_S
from sandbox.discord import Limits
from sandbox.discord.entities import SEND_MESSAGES, VIEW_CHANNEL
from tests.e2e.blackbox.blackbox_brake import Opened, drawing, held_harness
from tests.e2e.blackbox.blackbox_harness import BlackboxHarness
from tests.e2e.blackbox.blackbox_process import ROOT, BotProcess
from tests.support.clocks import until

TOKEN_EDITS = r"^/webhooks/\d+/[^/]+/messages/@original$"
PATIENT_DOORS = Path(__file__).with_name("patient_doors")
JOBS = 20


def refusal(status: int, code: int) -> dict[str, Any]:
    return {"status": status, "body": {"message": "No.", "code": code}}


async def told(bot: BotProcess, word: str, times: int) -> None:
    told = re.compile(rf"job \d+: succeeded, {word}")
    await until(lambda: len(told.findall(bot.output)) == times)


def refused(harness: BlackboxHarness) -> list[tuple[str, int]]:
    """The refusals of edits and letters; what they were sent to."""
    asked = [one for one in harness.discord.requests if one.status in {401, 403, 404}]
    return [(one.path, one.status) for one in asked]


def looks_within(elapsed_s: float) -> int:
    """How often it may have been looked whether one place is open again."""
    moments_s = accumulate(min(FIRST_PAUSE_S * 2**number, LONGEST_PAUSE_S) for number in range(100))
    return sum(moment_s <= elapsed_s for moment_s in moments_s)


async def test_a_bot_that_is_removed_stops_asking_after_a_few_refusals(opened: Opened) -> None:
    harness, brake = await held_harness(opened, limits=Limits())
    bot = await harness.start()
    await drawing(harness, JOBS, channels=5)
    private = harness.imagine(harness.bob, "a secret", private=True)
    await harness.shows(private, "Drawing")
    await bot.terminate()
    bot = await harness.start()  # without any token
    harness.discord.remove_bot(harness.guild)
    brake.let_go()
    began_s = time.monotonic()
    await told(bot, "undeliverable", JOBS)
    await told(bot, "by_dm", 1)
    looks = looks_within(time.monotonic() - began_s)
    paths = [path for path, _ in refused(harness)]
    assert len(paths) <= 10 + looks
    assert len(paths) - len(set(paths)) <= 1 + looks  # one for each message, but for those that looked again
    assert harness.discord.direct_channel(harness.alice).messages() == []
    (letter,) = harness.discord.direct_channel(harness.bob).messages()
    assert letter.shown_files()
    books = await harness.stop(bot)
    assert books.kinds == ["post"] * (JOBS + 1)
    assert books.posted == harness.billed
    assert all(job["is_delivered"] for job in books.jobs)


@pytest.mark.parametrize(
    ("status", "code", "word", "jobs"), [(403, 50001, "undeliverable", JOBS), (404, 10003, "by_dm", 5)]
)
async def test_many_tokens_of_a_dead_channel_are_few_refusals(
    opened: Opened, status: int, code: int, word: str, jobs: int
) -> None:
    harness, brake = await held_harness(opened, limits=Limits())
    bot = await harness.start()
    await drawing(harness, jobs)
    for path in (TOKEN_EDITS, r"^/channels/\d+/messages/\d+$"):
        harness.discord.fault("PATCH", path, times=None, **refusal(status, code))
    brake.let_go()
    began_s = time.monotonic()
    await told(bot, word, jobs)
    looks = looks_within(time.monotonic() - began_s)
    paths = [path for path, _ in refused(harness)]
    assert len(paths) <= min(10, jobs) + looks
    assert len(paths) - len(set(paths)) <= 1 + looks
    elsewhere = harness.discord.add_channel(harness.guild, "elsewhere")
    for fault in harness.discord.wire.faults._faults:
        fault.remove()
    assert (await harness.ended(harness.imagine(harness.bob, "goes on", where=elsewhere))).shown_files()
    books = await harness.stop(bot)
    assert books.kinds == ["post"] * (jobs + 1)
    history = await harness.start()
    answer = await harness.alice.slash(elsewhere, "history").answered()
    assert f"number {jobs - 1}" in answer.text()
    await history.terminate()


async def test_permissions_that_come_back_bring_the_pictures(opened: Opened) -> None:
    harness, brake = await held_harness(opened, limits=Limits())
    bot = await harness.start()
    asked = await drawing(harness, 6)
    await bot.terminate()
    everyone = harness.guild.everyone
    harness.discord.set_overwrite(harness.channel, everyone, deny=VIEW_CHANNEL | SEND_MESSAGES)
    bot = await harness.start()
    await until(lambda: any(status == 403 for _, status in refused(harness)))
    harness.discord.set_overwrite(harness.channel, everyone)
    brake.let_go()
    for one in asked:
        assert (await harness.ended(one)).shown_files()
    assert len(refused(harness)) <= 4
    books = await harness.stop(bot)
    assert books.kinds == ["post"] * 6


async def test_a_command_in_a_channel_shows_that_it_is_open_again(opened: Opened) -> None:
    harness, brake = await held_harness(opened, limits=Limits())
    bot = await harness.start()
    (waiting,) = await drawing(harness, 1)
    await bot.terminate()
    everyone = harness.guild.everyone
    harness.discord.set_overwrite(harness.channel, everyone, deny=VIEW_CHANNEL | SEND_MESSAGES)
    bot = await harness.start(PYTHONPATH=f"{PATIENT_DOORS}:{ROOT}")
    await until(lambda: any(status == 403 for _, status in refused(harness)))
    harness.discord.set_overwrite(harness.channel, everyone)
    fresh = harness.imagine(harness.bob, "a fresh one")
    await harness.shows(fresh, "Drawing")
    brake.let_go()
    assert (await harness.ended(waiting)).shown_files()  # the first look would be in an hour
    assert (await harness.ended(fresh)).shown_files()
    await harness.stop(bot)


async def test_members_who_take_no_letters_cost_few_refusals(opened: Opened) -> None:
    harness, brake = await held_harness(opened, limits=Limits())
    bot = await harness.start()
    await drawing(harness, JOBS, private=True)
    await bot.terminate()
    harness.alice.dms_open = False
    bot = await harness.start()
    brake.let_go()
    await told(bot, "undeliverable", JOBS)
    assert len(refused(harness)) <= 3
    books = await harness.stop(bot)
    assert books.kinds == ["post"] * JOBS
    assert books.posted == harness.billed
