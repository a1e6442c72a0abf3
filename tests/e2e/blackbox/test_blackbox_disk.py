"""Disks that fail, files that are not what they should be, and putting a backup back: one sentence each."""

import asyncio
import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.blackbox.blackbox_books import read_books
from tests.e2e.blackbox.blackbox_harness import BlackboxHarness, Opened
from tests.e2e.blackbox.blackbox_process import ROOT, BotProcess
from tests.support.clocks import until

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


async def refused_start(harness: BlackboxHarness, **changed: str | None) -> str:
    bot = await harness.launch(**changed)
    assert await bot.exited() == 1, bot.output
    return sentence_of(bot)


async def restored(harness: BlackboxHarness, backup: Path) -> BotProcess:
    process = await harness.launch("restore", str(backup))
    await process.exited()
    return process


@pytest.mark.parametrize(
    ("fault", "words"), [("fsync", "SQLITE_IOERR_FSYNC"), ("corrupt", "python -m bot restore")]
)
async def test_a_disk_that_fails_under_a_running_bot_ends_it_with_a_sentence_and_the_next_start_recovers(
    opened: Opened, fault: str, words: str
) -> None:
    harness = await opened()
    control = harness.folder / "fault"
    control.write_text("")
    harness.hold("task_output")
    bot = await harness.start(DISK_FAULT=str(control), PYTHONPATH=f"{FAULTY_DISK}:{ROOT}")
    running = harness.imagine(harness.alice, "running")
    await harness.shows(running, "Drawing")
    control.write_text(fault)
    assert await harness.refused(harness.imagine(harness.bob, "refused"))
    assert await bot.exited() == 1
    assert words in bot.stderr
    assert "Traceback" not in bot.output
    harness.let_go()
    bot = await harness.start()
    assert (await harness.ended(running)).shown_files()
    books = await harness.stop(bot)
    assert books.kinds == ["post"]
    assert books.posted == harness.billed
    assert harness.runs == 1


async def test_a_database_that_is_moved_away_under_the_bot_is_noticed_at_the_next_write(
    opened: Opened,
) -> None:
    harness = await opened()
    bot = await harness.start()
    assert (await harness.ended(harness.imagine(harness.alice, "before"))).shown_files()
    await harness.recorded(bot, 1)
    away = harness.database.with_name("away.sqlite3")
    harness.database.rename(away)
    assert await harness.refused(harness.imagine(harness.bob, "into the void"))
    assert await bot.exited() == 1
    assert "was moved, deleted or replaced while the bot uses it" in sentence_of(bot)
    away.rename(harness.database)
    books = await harness.stop(await harness.start())
    assert [job["prompt"] for job in books.jobs] == ["before"]


async def test_a_waiting_picture_survives_a_full_disk_and_is_sent_once_there_is_room(opened: Opened) -> None:
    harness = await opened()
    harness.hold("task_output", prompt="first")
    elsewhere = harness.discord.add_channel(harness.guild, "elsewhere")
    bot = await harness.start(WIRO_MAX_RUNNING="1")
    first = harness.imagine(harness.alice, "first")
    await harness.shows(first, "Drawing")
    waiting = harness.imagine(harness.bob, "waiting", where=elsewhere)
    await harness.shows(waiting, "place 1")
    bot.limit_files(4096)
    harness.let_go()
    assert (await harness.ended(first)).shown_files()
    await until(lambda: "could not be recorded" in bot.output)
    assert harness.runs == 1
    bot.limit_files(None)
    assert (await harness.ended(waiting)).shown_files()
    assert harness.runs == 2
    await until(lambda: "its settlement is on record after all" in bot.output)
    books = await harness.stop(bot)
    assert books.kinds == ["post", "post"]
    assert books.posted == harness.billed


async def test_a_damaged_database_is_refused_and_a_backup_put_in_its_place(opened: Opened) -> None:
    harness = await opened()
    harness.hold("task_output", prompt="holds the line")
    elsewhere = harness.discord.add_channel(harness.guild, "elsewhere")
    bot = await harness.start(WIRO_MAX_RUNNING="1")
    assert (await harness.ended(harness.imagine(harness.alice, "kept"))).shown_files()
    first = harness.imagine(harness.alice, "holds the line")
    await harness.shows(first, "Drawing")
    waiting = harness.imagine(harness.bob, "waiting at the backup", where=elsewhere)
    await harness.shows(waiting, "place 1")
    backup = harness.folder / "backup.sqlite3"
    assert await (await harness.launch("backup", str(backup))).exited() == 0
    harness.let_go()
    for asked in (first, waiting):
        assert (await harness.ended(asked)).shown_files()
    await harness.recorded(bot, 3)
    running = await restored(harness, backup)
    assert "stop the bot first" in running.stderr
    await harness.stop(bot)
    before = harness.database.read_bytes()

    damaged = bytearray(before)
    with closing(sqlite3.connect(harness.database)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'jobs'").fetchone()
    damaged[4096 * (page - 1) : 4096 * (page - 1) + 1500] = b"\xa5" * 1500
    harness.database.write_bytes(damaged)
    assert "`python -m bot restore FILE`" in await refused_start(harness)
    assert harness.database.read_bytes() == damaged
    copy = await harness.launch("backup", str(harness.folder / "bad.sqlite3"))
    assert await copy.exited() == 1
    assert not (harness.folder / "bad.sqlite3").exists()

    put_back = await restored(harness, backup)
    assert "kept as" in put_back.stdout, put_back.output
    (aside,) = harness.database.parent.glob("*.before-restore-*")
    assert aside.read_bytes() == damaged
    runs = harness.runs
    bot = await harness.start(UNKNOWN_GRACE_S="1")
    # It waited when the backup was made and was drawn afterwards: found at Wiro, never sent once more.
    await harness.recorded(bot, 2)
    assert harness.runs == runs
    books = await harness.stop(bot)
    assert books.kinds == ["post"] * 3
    assert books.posted == harness.billed


async def test_what_is_no_backup_is_not_restored_and_nothing_changes(opened: Opened) -> None:
    harness = await opened()
    await harness.stop(await harness.start())
    before = harness.database.read_bytes()
    (harness.folder / "words").write_text("no database at all, though long enough to be one" * 40)
    with closing(sqlite3.connect(harness.folder / "recipes")) as connection:
        connection.execute("CREATE TABLE recipes (id INTEGER)")
    for file, words in (
        (harness.folder / "nowhere", "There is no file"),
        (harness.folder, "There is no file"),
        (harness.folder / "words", "file is not a database"),
        (harness.folder / "recipes", "no database of this bot"),
        (harness.database, "is the database itself"),
    ):
        process = await restored(harness, file)
        assert await process.exited() == 1
        assert words in process.stderr, process.stderr
        assert len(process.stderr.splitlines()) == 1
        assert process.stdout == ""
    assert harness.database.read_bytes() == before
    assert [file.name for file in harness.database.parent.iterdir()] == [harness.database.name]


async def test_a_missing_database_is_made_anew_only_where_nothing_speaks_of_an_old_one(
    opened: Opened,
) -> None:
    harness = await opened()
    await harness.stop(await harness.start())
    backup = harness.folder / "backup.sqlite3"
    harness.database.rename(backup)
    for beside, words in ((".restoring", "a restore was interrupted"), ("-wal", "bring the file back")):
        left = harness.database.with_name(harness.database.name + beside)
        left.write_bytes(b"left behind")
        assert words in await refused_start(harness)
        left.unlink()
    harness.database.with_name(harness.database.name + ".restoring").write_bytes(
        b"of a restore that was killed"
    )
    assert "there was none before" in (await restored(harness, backup)).stdout
    assert [file.name for file in harness.database.parent.iterdir()] == [harness.database.name]
    await harness.stop(await harness.start())


async def test_places_and_files_that_cannot_be_a_database_are_named(opened: Opened) -> None:
    harness = await opened()
    await harness.stop(await harness.start())
    harness.sql("INSERT INTO migration VALUES (99, 'later', '', 0)")
    assert "newer version of the bot" in await refused_start(harness)
    harness.sql("DELETE FROM migration WHERE number = 99")
    (harness.folder / "file").write_text("x")
    for place in (harness.folder, harness.folder / "file" / "bot.sqlite3", Path("/proc/nowhere/bot.sqlite3")):
        assert "Check DATABASE_URL" in await refused_start(harness, DATABASE_URL=f"sqlite:///{place}")
    if os.getuid() == 0:
        return  # to whom no file is read-only
    harness.database.chmod(0o400)
    assert "is read-only for this user" in await refused_start(harness)


async def test_a_second_bot_is_sent_away_at_once_and_told_who_holds_the_file(opened: Opened) -> None:
    harness = await opened()
    bot = await harness.start()
    told = await refused_start(harness)
    assert f"in use by another process ({bot.pid}, " in told
    await harness.stop(bot)


async def test_a_backup_under_load_is_whole_and_one_that_is_killed_leaves_no_half_file(
    opened: Opened,
) -> None:
    harness = await opened()
    bot = await harness.start(DEFAULT_RUNS_PER_DAY="500", DEFAULT_SPEND_PER_DAY="100")
    for number in range(40):
        harness.imagine(harness.alice, f"number {number}")
    await until(lambda: harness.runs > 5)
    whole = harness.folder / "whole.sqlite3"
    backup = await harness.launch("backup", str(whole))
    cut = harness.folder / "cut.sqlite3"
    killed = await harness.launch("backup", str(cut))
    assert await backup.exited() == 0, backup.stderr
    await until(lambda: bool(list(harness.folder.glob(".cut*"))) or cut.exists() or not killed.is_alive)
    await killed.kill()
    if cut.exists():
        read_books(cut, harness.folder / "cut-look").check()
    read_books(whole, harness.folder / "whole-look").check()
    itself = await harness.launch("backup", str(harness.database))
    assert await itself.exited() == 1
    assert "nothing is overwritten" in itself.stderr
    nowhere = await harness.launch("backup", str(harness.folder / "missing" / "copy.sqlite3"))
    assert await nowhere.exited() == 1
    assert "cannot be written" in nowhere.stderr
    await harness.recorded(bot, 40)
    await harness.stop(bot)


async def test_a_backup_onto_a_full_disk_is_a_sentence_and_leaves_nothing(opened: Opened) -> None:
    harness = await opened()
    bot = await harness.start()
    target = harness.folder / "copies" / "copy.sqlite3"
    target.parent.mkdir()
    for is_running in (True, False):
        if not is_running:
            await harness.stop(bot)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            ON_A_FULL_DISK,
            str(target),
            env={**harness.settings(), "PYTHONPATH": str(ROOT)},
            cwd=harness.folder / "cwd",
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, errors = await process.communicate()
        assert (process.returncode, output) == (1, b""), errors
        assert len(errors.decode().splitlines()) == 1
        assert list(target.parent.iterdir()) == []
