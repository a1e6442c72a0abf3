"""Limits hold whatever happens at once, refusals leave nothing behind, and what fails is given back."""

from decimal import Decimal

from sandbox.discord import Interaction, Person
from sandbox.wiro.faults import FailTask, Hold
from tests.e2e.blackbox.blackbox_books import PICO
from tests.e2e.blackbox.blackbox_harness import FOREVER_S, BlackboxHarness, Opened, same_day


async def is_refused(asked: Interaction) -> bool:
    """Whether the asker was turned away, once that or the picture is there."""
    await asked.until(
        lambda: bool(asked.followups) or (asked.original is not None and bool(asked.original.attachments)),
        what="a refusal or a picture",
    )
    return bool(asked.followups)


async def until_refused(harness: BlackboxHarness, who: Person) -> Interaction:
    for number in range(20):
        asked = harness.imagine(who, f"{who.username} {number}")
        if await is_refused(asked):
            return asked
    raise AssertionError("twenty pictures and no limit")


async def test_the_third_of_two_runs_a_day_is_refused_and_failures_are_given_back(opened: Opened) -> None:
    await same_day()
    harness = await opened()
    harness.wiro.faults.add(FailTask(), prompt="fails")
    harness.wiro.faults.add(Hold("task_output", FOREVER_S), prompt="held")
    bot = await harness.start(DEFAULT_RUNS_PER_DAY="2")
    failed = await harness.ended(harness.imagine(harness.alice, "fails"))
    assert "Nothing was charged" in failed.text()
    first = await harness.ended(harness.imagine(harness.alice, "first"))
    held = harness.imagine(harness.alice, "held")
    running = await harness.shows(held, "Drawing")
    assert "1 of 2 used, 1 held, **0 left**" in (await harness.quota(harness.alice)).replace("**Runs** ", "")

    third = harness.imagine(harness.alice, "third")
    text = await harness.refused(third)
    assert "2 runs for today (1 used, 1 held)" in text
    assert "<t:" in text
    assert "(1 used" in await harness.refused(harness.alice.click(first, "Again"))
    await harness.ended(harness.imagine(harness.bob, "his own day"))
    harness.alice.click(running, "Cancel")
    await harness.ended(held)
    assert "Wiro may still charge for the time it ran: you pay that, $" in running.text()
    assert "2 runs for today (1 used, 1 held)" in await harness.refused(
        harness.imagine(harness.alice, "fourth")
    )

    shown = [message.text().splitlines()[0] for message in harness.seen_by(harness.bob)]
    assert shown == ["### fails", "### first", "### held", "### his own day"]
    books = await harness.stop(bot)
    assert books.kinds == ["void", "post", None, "post"]  # whoever runs and cancels stays within the limit
    assert books.posted == harness.billed


async def test_dollars_are_limited_for_members_and_for_everybody_together(opened: Opened) -> None:
    await same_day()
    harness = await opened()
    harness.wiro.faults.add(Hold("task_output", FOREVER_S), prompt="held")
    bot = await harness.start(DEFAULT_SPEND_PER_DAY="0.01", OPERATOR_SPEND_PER_DAY="0.015")
    held = harness.imagine(harness.alice, "held")
    await harness.shows(held, "Drawing")
    asked = await until_refused(harness, harness.alice)
    text = await harness.refused(asked)
    assert "of your $0.01 a day left" in text
    assert "<t:" in text
    asked = await until_refused(harness, harness.bob)
    assert "all that its operator allows for today" in await harness.refused(asked)
    books = await harness.stop(bot)
    held_pico = books.reservations[held.id]["amount_pico"]
    assert list(books.reservations.keys() - books.resolutions.keys()) == [held.id]
    assert books.posted + Decimal(held_pico) / PICO <= Decimal("0.015")
    assert books.posted == harness.billed


async def test_fifty_at_once_at_a_limit_of_ten_are_exactly_ten(opened: Opened) -> None:
    await same_day()
    harness = await opened()
    bot = await harness.start(DEFAULT_RUNS_PER_DAY="10")
    asked = [harness.imagine(harness.alice, f"wish {number}") for number in range(50)]
    for one in asked:
        await one.acked()
    refused = [one for one in asked if await is_refused(one)]
    assert len(refused) == 40
    for one in refused:
        assert "10 runs for today" in await harness.refused(one)
    assert len(harness.seen_by(harness.bob)) == harness.runs == len(harness.wiro.ledger.tasks) == 10
    assert "10 of 10 used, 0 held" in await harness.quota(harness.alice)
    books = await harness.stop(bot)
    assert books.kinds == ["post"] * 10
    assert books.posted == harness.billed
