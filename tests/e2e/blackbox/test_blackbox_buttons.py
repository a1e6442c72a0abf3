"""Cancel, Again, Info, Delete, /jobs: who may do what, at every stage of a job."""

import pytest

from sandbox.discord import ClientRefused
from sandbox.wiro.faults import Hold
from tests.e2e.blackbox.blackbox_harness import FOREVER_S, Opened, labels


async def test_cancel_works_at_every_stage_for_owner_and_moderator_alone(opened: Opened) -> None:
    harness = await opened()
    harness.wiro.faults.add(Hold("task_output", FOREVER_S), prompt="running")
    harness.wiro.faults.add(Hold("task_queue", FOREVER_S), prompt="at wiro")
    bot = await harness.start(WIRO_MAX_RUNNING="1")
    running = harness.imagine(harness.alice, "running")
    first = await harness.shows(running, "Drawing")
    waiting = harness.imagine(harness.alice, "waiting")
    second = await harness.shows(waiting, "place 1")

    assert "Only the member who asked" in await harness.refused(harness.bob.click(first, "Cancel"))
    assert "Only the member who asked" in await harness.refused(harness.bob.click(second, "Cancel"))
    harness.alice.click(second, "Cancel")
    await harness.ended(waiting)
    assert "Cancelled. Nothing was charged." in second.text()

    listed = await harness.bob.slash(harness.channel, "jobs").answered()
    assert listed.is_ephemeral
    assert "running" in listed.text()
    jump = f"https://discord.com/channels/{harness.guild.id}/{harness.channel.id}/{first.id}"
    assert jump in listed.text()
    assert labels(listed) == []
    assert labels(await harness.alice.slash(harness.channel, "jobs").answered()) == ["Cancel"]
    moderated = await harness.mod.slash(harness.channel, "jobs").answered()
    harness.mod.click(moderated, "Cancel")
    await harness.ended(running)
    assert "Cancelled. Wiro may still charge for the time it ran: you pay that, $" in first.text()
    assert [request.path for request in harness.wiro.ledger.requests_to("Task/Kill")] == ["Task/Kill"]

    queued = harness.imagine(harness.alice, "at wiro")
    third = await harness.shows(queued, "In Wiro's queue")
    harness.alice.click(third, "Cancel")
    await harness.ended(queued)
    assert len(harness.wiro.ledger.requests_to("Task/Cancel")) == 1
    assert [task.status for task in harness.wiro.ledger.tasks] == ["task_cancel"] * 2
    assert labels(third)[:3] == ["Again", "Info", "Delete"]
    assert "0 of 50 used, 1 held" in await harness.quota(harness.alice)
    none = await harness.alice.slash(harness.channel, "jobs").answered()
    assert "Nothing is running" in none.text()

    books = await harness.stop(bot)
    assert books.stages == ["CANCELLED"] * 3
    assert books.kinds == [None, "void", "void"]  # the one that ran keeps its hold


async def test_an_ended_picture_is_repeated_explained_and_deleted_by_its_buttons(opened: Opened) -> None:
    harness = await opened()
    bot = await harness.start()
    message = await harness.ended(harness.imagine(harness.alice, "a lighthouse", steps=7))
    again = harness.bob.click(message, "Again")
    repeated = await harness.ended(again)
    assert repeated is not message
    assert not repeated.is_ephemeral
    first, second = harness.wiro.ledger.tasks
    assert (first.prompt, str(first.parameters["steps"])) == (second.prompt, str(second.parameters["steps"]))
    assert first.seed != second.seed
    assert "1 of 50 used" in await harness.quota(harness.bob)
    info = await harness.bob.click(message, "Info").answered()
    assert info.is_ephemeral
    assert all(part in info.text() for part in ("a lighthouse", str(first.seed), first.id, "7"))
    assert "Only the member who asked" in await harness.refused(harness.bob.click(message, "Delete"))
    assert not message.deleted
    harness.alice.click(message, "Delete")
    await harness.discord.until(lambda: message.deleted, what="a deleted message")
    deleted = harness.mod.click(repeated, "Delete")
    await deleted.until(lambda: repeated.deleted, what="a deleted message")
    with pytest.raises(ClientRefused):
        harness.bob.click(message, "Again")
    assert harness.seen_by(harness.bob) == []
    books = await harness.stop(bot)
    assert books.stages == ["SUCCEEDED"] * 2
    assert [job["user_id"] for job in books.jobs] == [harness.alice.id, harness.bob.id]


async def test_a_private_job_shows_others_nothing_of_itself(opened: Opened) -> None:
    harness = await opened()
    harness.wiro.faults.add(Hold("task_output", FOREVER_S), prompt="birthday")
    bot = await harness.start()
    private = harness.imagine(harness.alice, "birthday surprise", private=True)
    mine = await harness.shows(private, "Drawing")
    listed = await harness.bob.slash(harness.channel, "jobs").answered()
    assert "A private picture" in listed.text()
    assert "birthday" not in listed.text()
    assert harness.seen_by(harness.bob) == []
    harness.alice.click(mine, "Cancel")
    await harness.ended(private)
    pressed_late = harness.alice.click(mine, "Info")
    assert "birthday surprise" in (await pressed_late.answered()).text()
    books = await harness.stop(bot)
    assert (books.stages, books.kinds) == (["CANCELLED"], [None])  # it ran, so its hold is kept
