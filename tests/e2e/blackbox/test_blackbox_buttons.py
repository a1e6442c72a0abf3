"""Cancel, Again, Info, Delete, /jobs: who may do what, at every stage of a job."""

from collections.abc import Awaitable, Callable

import pytest

from sandbox.discord import ClientRefused
from sandbox.wiro.faults import Hold
from tests.e2e.blackbox.blackbox_house import FOREVER_S, BotHarness, labels

Opened = Callable[..., Awaitable[BotHarness]]


async def test_cancel_works_at_every_stage_for_owner_and_moderator_alone(opened: Opened) -> None:
    house = await opened()
    house.wiro.faults.add(Hold("task_output", FOREVER_S), prompt="running")
    house.wiro.faults.add(Hold("task_queue", FOREVER_S), prompt="at wiro")
    bot = await house.start(WIRO_MAX_RUNNING="1")
    running = house.imagine(house.alice, "running")
    first = await house.shows(running, "Drawing")
    waiting = house.imagine(house.alice, "waiting")
    second = await house.shows(waiting, "place 1")

    assert "Only the member who asked" in await house.refused(house.bob.click(first, "Cancel"))
    assert "Only the member who asked" in await house.refused(house.bob.click(second, "Cancel"))
    house.alice.click(second, "Cancel")
    await house.ended(waiting)
    assert "Cancelled. Nothing was charged." in second.text()

    listed = await house.bob.slash(house.channel, "jobs").answered()
    assert listed.is_ephemeral
    assert "running" in listed.text()
    jump = f"https://discord.com/channels/{house.guild.id}/{house.channel.id}/{first.id}"
    assert jump in listed.text()
    assert labels(listed) == []
    assert labels(await house.alice.slash(house.channel, "jobs").answered()) == ["Cancel"]
    moderated = await house.mod.slash(house.channel, "jobs").answered()
    house.mod.click(moderated, "Cancel")
    await house.ended(running)
    assert "Cancelled. Wiro may still charge for the time it ran: you pay that, $" in first.text()
    assert [request.path for request in house.wiro.books.requests_to("Task/Kill")] == ["Task/Kill"]

    queued = house.imagine(house.alice, "at wiro")
    third = await house.shows(queued, "In Wiro's queue")
    house.alice.click(third, "Cancel")
    await house.ended(queued)
    assert len(house.wiro.books.requests_to("Task/Cancel")) == 1
    assert [task.status for task in house.wiro.books.tasks] == ["task_cancel"] * 2
    assert labels(third)[:3] == ["Again", "Info", "Delete"]
    assert "0 of 50 used, 1 held" in await house.quota(house.alice)
    none = await house.alice.slash(house.channel, "jobs").answered()
    assert "Nothing is running" in none.text()

    books = await house.stop(bot)
    assert books.stages == ["CANCELLED"] * 3
    assert books.kinds == [None, "void", "void"]  # the one that ran keeps its hold


async def test_an_ended_picture_is_repeated_explained_and_deleted_by_its_buttons(opened: Opened) -> None:
    house = await opened()
    bot = await house.start()
    message = await house.ended(house.imagine(house.alice, "a lighthouse", steps=7))
    again = house.bob.click(message, "Again")
    repeated = await house.ended(again)
    assert repeated is not message
    assert not repeated.is_ephemeral
    first, second = house.wiro.books.tasks
    assert (first.prompt, str(first.parameters["steps"])) == (second.prompt, str(second.parameters["steps"]))
    assert first.seed != second.seed
    assert "1 of 50 used" in await house.quota(house.bob)
    info = await house.bob.click(message, "Info").answered()
    assert info.is_ephemeral
    assert all(part in info.text() for part in ("a lighthouse", str(first.seed), first.id, "7"))
    assert "Only the member who asked" in await house.refused(house.bob.click(message, "Delete"))
    assert not message.deleted
    house.alice.click(message, "Delete")
    await house.discord.until(lambda: message.deleted, what="a deleted message")
    deleted = house.mod.click(repeated, "Delete")
    await deleted.until(lambda: repeated.deleted, what="a deleted message")
    with pytest.raises(ClientRefused):
        house.bob.click(message, "Again")
    assert house.seen_by(house.bob) == []
    books = await house.stop(bot)
    assert books.stages == ["SUCCEEDED"] * 2
    assert [job["user_id"] for job in books.jobs] == [house.alice.id, house.bob.id]


async def test_a_private_job_shows_others_nothing_of_itself(opened: Opened) -> None:
    house = await opened()
    house.wiro.faults.add(Hold("task_output", FOREVER_S), prompt="birthday")
    bot = await house.start()
    private = house.imagine(house.alice, "birthday surprise", private=True)
    mine = await house.shows(private, "Drawing")
    listed = await house.bob.slash(house.channel, "jobs").answered()
    assert "A private picture" in listed.text()
    assert "birthday" not in listed.text()
    assert house.seen_by(house.bob) == []
    house.alice.click(mine, "Cancel")
    await house.ended(private)
    pressed_late = house.alice.click(mine, "Info")
    assert "birthday surprise" in (await pressed_late.answered()).text()
    books = await house.stop(bot)
    assert (books.stages, books.kinds) == (["CANCELLED"], [None])  # it ran, so its hold is kept
