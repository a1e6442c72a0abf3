"""`python -m bot backup FILE`: with the bot running, without it, and every way of getting none."""

from collections.abc import Awaitable, Callable

from tests.e2e.blackbox.blackbox_books import read_books
from tests.e2e.blackbox.blackbox_house import BotHarness

Opened = Callable[..., Awaitable[BotHarness]]


async def test_a_running_bot_is_backed_up_and_notices_nothing(opened: Opened) -> None:
    house = await opened()
    house.hold("task_output", prompt="drawing")
    bot = await house.start()
    assert (await house.ended(house.imagine(house.bob, "before"))).shown_files()
    await house.recorded(bot, 1)
    asked = house.imagine(house.alice, "drawing")
    await house.shows(asked, "Drawing")
    target = house.folder / "copies" / "bot.sqlite3"
    target.parent.mkdir()
    backup = await house.launch("backup", str(target))
    assert await backup.exited() == 0, backup.stderr
    assert backup.stdout.endswith("intact; its books balance.\n")
    assert backup.stderr == ""
    assert [file.name for file in target.parent.iterdir()] == [target.name]

    again = await house.launch("backup", str(target))
    assert await again.exited() == 1
    assert again.stderr == f"{target} exists, and nothing is overwritten: name another file.\n"

    house.let_go()
    assert (await house.ended(asked)).shown_files()
    await house.recorded(bot, 2)
    books = await house.stop(bot)
    assert books.kinds == ["post", "post"]
    copied = read_books(target, house.folder / "looked-at")
    copied.check()
    assert copied.kinds == ["post", None]

    without = await house.launch("backup", str(house.folder / "second.sqlite3"))
    assert await without.exited() == 0, without.stderr
    assert read_books(house.folder / "second.sqlite3", house.folder / "second-look").kinds == ["post", "post"]


async def test_no_backup_is_one_sentence_and_leaves_nothing(opened: Opened) -> None:
    house = await opened()
    target = house.folder / "copy.sqlite3"
    missing = await house.launch("backup", str(target))
    assert await missing.exited() == 1
    assert missing.stderr == f"There is no database at {house.database}. Check DATABASE_URL.\n"
    unset = await house.launch("backup", str(target), DISCORD_TOKEN=None)
    assert await unset.exited() == 2
    assert unset.stderr.startswith("DISCORD_TOKEN is not set.")
    unnamed = await house.launch("backup")
    assert await unnamed.exited() == 2
    assert "usage: python -m bot backup" in unnamed.stderr
    assert not house.database.exists()
    assert not list(house.folder.glob("*copy*"))
