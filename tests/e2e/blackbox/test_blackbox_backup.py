"""`python -m bot backup FILE`: with the bot running, without it, and every way of getting none."""

from tests.e2e.blackbox.blackbox_books import read_books
from tests.e2e.blackbox.blackbox_harness import Opened


async def test_a_running_bot_is_backed_up_and_notices_nothing(opened: Opened) -> None:
    harness = await opened()
    harness.hold("task_output", prompt="drawing")
    bot = await harness.start()
    assert (await harness.ended(harness.imagine(harness.bob, "before"))).shown_files()
    await harness.recorded(bot, 1)
    asked = harness.imagine(harness.alice, "drawing")
    await harness.shows(asked, "Drawing")
    target = harness.folder / "copies" / "bot.sqlite3"
    target.parent.mkdir()
    backup = await harness.launch("backup", str(target))
    assert await backup.exited() == 0, backup.stderr
    assert backup.stdout.endswith("intact; its books balance.\n")
    assert backup.stderr == ""
    assert [file.name for file in target.parent.iterdir()] == [target.name]

    again = await harness.launch("backup", str(target))
    assert await again.exited() == 1
    assert again.stderr == f"{target} exists, and nothing is overwritten: name another file.\n"

    harness.let_go()
    assert (await harness.ended(asked)).shown_files()
    await harness.recorded(bot, 2)
    books = await harness.stop(bot)
    assert books.kinds == ["post", "post"]
    copied = read_books(target, harness.folder / "looked-at")
    copied.check()
    assert copied.kinds == ["post", None]

    without = await harness.launch("backup", str(harness.folder / "second.sqlite3"))
    assert await without.exited() == 0, without.stderr
    assert read_books(harness.folder / "second.sqlite3", harness.folder / "second-look").kinds == [
        "post",
        "post",
    ]


async def test_no_backup_is_one_sentence_and_leaves_nothing(opened: Opened) -> None:
    harness = await opened()
    target = harness.folder / "copy.sqlite3"
    missing = await harness.launch("backup", str(target))
    assert await missing.exited() == 1
    assert missing.stderr == f"There is no database at {harness.database}. Check DATABASE_URL.\n"
    unset = await harness.launch("backup", str(target), DISCORD_TOKEN=None)
    assert await unset.exited() == 2
    assert unset.stderr.startswith("DISCORD_TOKEN is not set.")
    unnamed = await harness.launch("backup")
    assert await unnamed.exited() == 2
    assert "usage: python -m bot backup" in unnamed.stderr
    assert not harness.database.exists()
    assert not list(harness.folder.glob("*copy*"))
