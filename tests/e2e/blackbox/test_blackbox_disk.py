"""Disks that fail, files that are not what they should be, and putting a backup back: one sentence each."""

import asyncio
import os
import sqlite3
import sys
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.blackbox.blackbox_books import read_books
from tests.e2e.blackbox.blackbox_house import BotHarness, eventually
from tests.e2e.blackbox.blackbox_process import ROOT, BotProcess

Opened = Callable[..., Awaitable[BotHarness]]
ON_A_FULL_DISK = """
import resource, runpy, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (8192, resource.RLIM_INFINITY))
sys.argv = ["bot", "backup", sys.argv[1]]
runpy.run_module("bot", run_name="__main__")
"""
FAULTY_DISK = Path(__file__).with_name("faulty_disk")


def sentence_of(bot: BotProcess) -> str:
    """The one line that the operator is told beside what runs."""
    (line,) = [line for line in bot.stderr.splitlines() if " ERROR " in line]
    assert line.endswith(".")
    return line


async def refused_start(house: BotHarness, **changed: str | None) -> str:
    bot = await house.launch(**changed)
    assert await bot.exited() == 1, bot.output
    return sentence_of(bot)


async def restored(house: BotHarness, backup: Path) -> BotProcess:
    process = await house.launch("restore", str(backup))
    await process.exited()
    return process


@pytest.mark.parametrize(
    ("fault", "words"), [("fsync", "SQLITE_IOERR_FSYNC"), ("corrupt", "python -m bot restore")]
)
async def test_a_disk_that_fails_under_a_running_bot_ends_it_with_a_sentence_and_the_next_start_recovers(
    opened: Opened, fault: str, words: str
) -> None:
    house = await opened()
    control = house.folder / "fault"
    control.write_text("")
    house.hold("task_output")
    bot = await house.start(DISK_FAULT=str(control), PYTHONPATH=f"{FAULTY_DISK}:{ROOT}")
    running = house.imagine(house.alice, "running")
    await house.shows(running, "Drawing")
    control.write_text(fault)
    assert await house.refused(house.imagine(house.bob, "refused"))
    assert await bot.exited() == 1
    assert words in bot.stderr
    assert "Traceback" not in bot.output
    house.let_go()
    bot = await house.start()
    assert (await house.ended(running)).shown_files()
    books = await house.stop(bot)
    assert books.kinds == ["post"]
    assert books.posted == house.billed
    assert house.runs == 1


async def test_a_database_that_is_moved_away_under_the_bot_is_noticed_at_the_next_write(
    opened: Opened,
) -> None:
    house = await opened()
    bot = await house.start()
    assert (await house.ended(house.imagine(house.alice, "before"))).shown_files()
    await house.recorded(bot, 1)
    away = house.database.with_name("away.sqlite3")
    house.database.rename(away)
    assert await house.refused(house.imagine(house.bob, "into the void"))
    assert await bot.exited() == 1
    assert "was moved, deleted or replaced while the bot uses it" in sentence_of(bot)
    away.rename(house.database)
    books = await house.stop(await house.start())
    assert [job["prompt"] for job in books.jobs] == ["before"]


async def test_a_waiting_picture_survives_a_full_disk_and_is_sent_once_there_is_room(opened: Opened) -> None:
    house = await opened()
    house.hold("task_output", prompt="first")
    elsewhere = house.discord.add_channel(house.guild, "elsewhere")
    bot = await house.start(WIRO_MAX_RUNNING="1")
    first = house.imagine(house.alice, "first")
    await house.shows(first, "Drawing")
    waiting = house.imagine(house.bob, "waiting", where=elsewhere)
    await house.shows(waiting, "place 1")
    bot.limit_files(4096)
    house.let_go()
    assert (await house.ended(first)).shown_files()
    await eventually(lambda: "could not be recorded" in bot.output)
    assert house.runs == 1
    bot.limit_files(None)
    assert (await house.ended(waiting)).shown_files()
    assert house.runs == 2
    await eventually(lambda: "its settlement is on record after all" in bot.output)
    books = await house.stop(bot)
    assert books.kinds == ["post", "post"]
    assert books.posted == house.billed


async def test_a_damaged_database_is_refused_and_a_backup_put_in_its_place(opened: Opened) -> None:
    house = await opened()
    house.hold("task_output", prompt="holds the line")
    elsewhere = house.discord.add_channel(house.guild, "elsewhere")
    bot = await house.start(WIRO_MAX_RUNNING="1")
    assert (await house.ended(house.imagine(house.alice, "kept"))).shown_files()
    first = house.imagine(house.alice, "holds the line")
    await house.shows(first, "Drawing")
    waiting = house.imagine(house.bob, "waiting at the backup", where=elsewhere)
    await house.shows(waiting, "place 1")
    backup = house.folder / "backup.sqlite3"
    assert await (await house.launch("backup", str(backup))).exited() == 0
    house.let_go()
    for asked in (first, waiting):
        assert (await house.ended(asked)).shown_files()
    await house.recorded(bot, 3)
    running = await restored(house, backup)
    assert "stop the bot first" in running.stderr
    await house.stop(bot)
    before = house.database.read_bytes()

    damaged = bytearray(before)
    with closing(sqlite3.connect(house.database)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'jobs'").fetchone()
    damaged[4096 * (page - 1) : 4096 * (page - 1) + 1500] = b"\xa5" * 1500
    house.database.write_bytes(damaged)
    assert "`python -m bot restore FILE`" in await refused_start(house)
    assert house.database.read_bytes() == damaged
    copy = await house.launch("backup", str(house.folder / "bad.sqlite3"))
    assert await copy.exited() == 1
    assert not (house.folder / "bad.sqlite3").exists()

    put_back = await restored(house, backup)
    assert "kept as" in put_back.stdout, put_back.output
    (aside,) = house.database.parent.glob("*.before-restore-*")
    assert aside.read_bytes() == damaged
    runs = house.runs
    bot = await house.start(UNKNOWN_GRACE_S="1")
    # It waited when the backup was made and was drawn afterwards: found at Wiro, never sent once more.
    await house.recorded(bot, 2)
    assert house.runs == runs
    books = await house.stop(bot)
    assert books.kinds == ["post"] * 3
    assert books.posted == house.billed


async def test_what_is_no_backup_is_not_restored_and_nothing_changes(opened: Opened) -> None:
    house = await opened()
    await house.stop(await house.start())
    before = house.database.read_bytes()
    (house.folder / "words").write_text("no database at all, though long enough to be one" * 40)
    with closing(sqlite3.connect(house.folder / "recipes")) as connection:
        connection.execute("CREATE TABLE recipes (id INTEGER)")
    for file, words in (
        (house.folder / "nowhere", "There is no file"),
        (house.folder, "There is no file"),
        (house.folder / "words", "file is not a database"),
        (house.folder / "recipes", "no database of this bot"),
        (house.database, "is the database itself"),
    ):
        process = await restored(house, file)
        assert await process.exited() == 1
        assert words in process.stderr, process.stderr
        assert len(process.stderr.splitlines()) == 1
        assert process.stdout == ""
    assert house.database.read_bytes() == before
    assert [file.name for file in house.database.parent.iterdir()] == [house.database.name]


async def test_a_missing_database_is_made_anew_only_where_nothing_speaks_of_an_old_one(
    opened: Opened,
) -> None:
    house = await opened()
    await house.stop(await house.start())
    backup = house.folder / "backup.sqlite3"
    house.database.rename(backup)
    for beside, words in ((".restoring", "a restore was interrupted"), ("-wal", "bring the file back")):
        left = house.database.with_name(house.database.name + beside)
        left.write_bytes(b"left behind")
        assert words in await refused_start(house)
        left.unlink()
    house.database.with_name(house.database.name + ".restoring").write_bytes(b"of a restore that was killed")
    assert "there was none before" in (await restored(house, backup)).stdout
    assert [file.name for file in house.database.parent.iterdir()] == [house.database.name]
    await house.stop(await house.start())


async def test_places_and_files_that_cannot_be_a_database_are_named(opened: Opened) -> None:
    house = await opened()
    await house.stop(await house.start())
    house.sql("INSERT INTO migration VALUES (99, 'later', '', 0)")
    assert "newer version of the bot" in await refused_start(house)
    house.sql("DELETE FROM migration WHERE number = 99")
    (house.folder / "file").write_text("x")
    for place in (house.folder, house.folder / "file" / "bot.sqlite3", Path("/proc/nowhere/bot.sqlite3")):
        assert "Check DATABASE_URL" in await refused_start(house, DATABASE_URL=f"sqlite:///{place}")
    if os.getuid() == 0:
        return  # to whom no file is read-only
    house.database.chmod(0o400)
    assert "is read-only for this user" in await refused_start(house)


async def test_a_second_bot_is_sent_away_at_once_and_told_who_holds_the_file(opened: Opened) -> None:
    house = await opened()
    bot = await house.start()
    told = await refused_start(house)
    assert f"in use by another process ({bot.pid}, " in told
    await house.stop(bot)


async def test_a_backup_under_load_is_whole_and_one_that_is_killed_leaves_no_half_file(
    opened: Opened,
) -> None:
    house = await opened()
    bot = await house.start(DEFAULT_RUNS_PER_DAY="500", DEFAULT_SPEND_PER_DAY="100")
    for number in range(40):
        house.imagine(house.alice, f"number {number}")
    await eventually(lambda: house.runs > 5)
    whole = house.folder / "whole.sqlite3"
    backup = await house.launch("backup", str(whole))
    cut = house.folder / "cut.sqlite3"
    killed = await house.launch("backup", str(cut))
    assert await backup.exited() == 0, backup.stderr
    await eventually(lambda: bool(list(house.folder.glob(".cut*"))) or cut.exists() or not killed.is_alive)
    await killed.kill()
    if cut.exists():
        read_books(cut, house.folder / "cut-look").check()
    read_books(whole, house.folder / "whole-look").check()
    itself = await house.launch("backup", str(house.database))
    assert await itself.exited() == 1
    assert "nothing is overwritten" in itself.stderr
    nowhere = await house.launch("backup", str(house.folder / "missing" / "copy.sqlite3"))
    assert await nowhere.exited() == 1
    assert "cannot be written" in nowhere.stderr
    await house.recorded(bot, 40)
    await house.stop(bot)


async def test_a_backup_onto_a_full_disk_is_a_sentence_and_leaves_nothing(opened: Opened) -> None:
    house = await opened()
    bot = await house.start()
    target = house.folder / "copies" / "copy.sqlite3"
    target.parent.mkdir()
    for is_running in (True, False):
        if not is_running:
            await house.stop(bot)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            ON_A_FULL_DISK,
            str(target),
            env={**house.settings(), "PYTHONPATH": str(ROOT)},
            cwd=house.folder / "cwd",
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, errors = await process.communicate()
        assert (process.returncode, output) == (1, b""), errors
        assert len(errors.decode().splitlines()) == 1
        assert list(target.parent.iterdir()) == []
