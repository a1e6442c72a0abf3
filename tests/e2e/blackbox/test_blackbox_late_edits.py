"""An edit that was given up and is carried out after the ending: the ending is put back, and no more."""

import re

from sandbox.discord import Interaction
from tests.e2e.blackbox.blackbox_brake import Opened, held_harness
from tests.e2e.blackbox.blackbox_harness import BlackboxHarness
from tests.support.clocks import until


def looks_at(harness: BlackboxHarness, asked: Interaction) -> int:
    assert asked.original is not None
    path = re.compile(rf"/messages/{asked.original.id}$")
    return sum(one.method == "GET" and path.search(one.path) is not None for one in harness.discord.requests)


def overwritten(asked: Interaction) -> bool:
    """Whether a passing state was applied after an ending."""
    assert asked.original is not None
    texts = [revision.text for revision in asked.original.revisions]
    first = next((place for place, text in enumerate(texts) if "held · asked" not in text), len(texts))
    return any("held · asked" in text for text in texts[first:])


async def test_an_ending_that_a_late_edit_overwrites_is_put_back(opened: Opened) -> None:
    harness, brake = await held_harness(opened)
    bot = await harness.start()
    late, deleted, private, quick = [
        harness.imagine(harness.alice, prompt, private=prompt == "private")
        for prompt in ("late", "deleted", "private", "quick")
    ]
    slow = [
        harness.discord.fault("PATCH", f"{re.escape(one.token)}/messages/@original$", kind="slow")
        for one in (late, deleted, private)
    ]
    brake.let_go()
    shown = {one.token: (await harness.ended(one)).shown_files() for one in (quick, late, deleted, private)}
    assert all(len(files) == 1 for files in shown.values())
    await harness.recorded(bot, 4)  # before anybody looks again
    assert not overwritten(late)
    harness.discord.delete_message(deleted.original)
    for fault in slow:  # which the bot has given up
        fault.over.set()
    for one in (late, private):
        await one.until(lambda one=one: overwritten(one), what="the late edit")
        message = await harness.ended(one)
        assert message.shown_files() == shown[one.token]
    assert deleted.original.deleted
    assert looks_at(harness, quick) == 0
    books = await harness.stop(bot)  # with looks to come
    assert books.kinds == ["post"] * 4


async def test_an_edit_of_a_killed_process_does_not_have_the_last_word(opened: Opened) -> None:
    harness, brake = await held_harness(opened)
    slow = harness.discord.fault("PATCH", "/messages/", kind="slow")
    bot = await harness.start()
    asked = harness.imagine(harness.alice, "late")
    await until(lambda: slow.used == 1 and bool(harness.wiro.ledger.tasks))
    await bot.kill()
    bot = await harness.start()
    brake.let_go()
    files = (await harness.ended(asked)).shown_files()
    assert len(files) == 1
    assert not overwritten(asked)
    slow.over.set()
    await asked.until(lambda: overwritten(asked), what="the late edit")
    assert (await harness.ended(asked)).shown_files() == files
    await harness.stop(bot)
