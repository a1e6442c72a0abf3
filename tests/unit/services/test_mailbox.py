"""A letter-box never grows with progress, loses nothing else, and wakes its reader."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.job.events import Event, Gap, Progressed, Reached, TextStreamed
from bot.domain.job.job import Progress, Stage
from bot.services.runs._mailbox import Mailbox
from tests.support.clocks import settle_down
from tests.support.histories import events

SOON_S = 0.01


async def emptied(mailbox: Mailbox) -> list[Event]:
    heard: list[Event] = []
    while (event := await mailbox.get(0)) is not None:
        heard.append(event)
    return heard


@given(st.lists(events, max_size=20))
def test_only_repeats_and_older_steps_are_left_out(history: list[Event]) -> None:
    expected: list[Event] = []
    for event in history:
        if expected and expected[-1] == event:
            continue
        if expected and any(
            isinstance(expected[-1], k) and isinstance(event, k) for k in (Progressed, TextStreamed)
        ):
            expected.pop()
        expected.append(event)
    mailbox = Mailbox()
    for event in history:
        mailbox.put(event)
    assert asyncio.run(emptied(mailbox)) == expected


async def test_a_thousand_steps_are_one_letter() -> None:
    mailbox = Mailbox()
    for step in range(1_000):
        mailbox.put(Progressed(Progress(step, 1_000)))
    assert await emptied(mailbox) == [Progressed(Progress(999, 1_000))]


async def test_steps_before_and_after_other_news_are_kept_apart() -> None:
    mailbox = Mailbox()
    letters = [Progressed(Progress(1, 4)), Gap("closed"), Progressed(Progress(2, 4))]
    for letter in letters:
        mailbox.put(letter)
    assert await emptied(mailbox) == letters


async def test_a_waiting_reader_gets_the_letter_that_comes() -> None:
    mailbox = Mailbox()
    reading = asyncio.create_task(mailbox.get(60))
    await settle_down()
    mailbox.put(Reached(Stage.RUNNING))
    assert await reading == Reached(Stage.RUNNING)


async def test_nothing_in_time_is_none() -> None:
    assert await Mailbox().get(SOON_S) is None


async def test_a_wake_is_heard_once() -> None:
    mailbox = Mailbox()
    mailbox.wake()
    assert await asyncio.wait_for(mailbox.get(60), 1) is None
    reading = asyncio.create_task(mailbox.get(60))
    await settle_down()
    assert not reading.done()
    reading.cancel()


async def test_a_wake_loses_no_letter() -> None:
    mailbox = Mailbox()
    mailbox.put(Gap("closed"))
    mailbox.wake()
    assert await emptied(mailbox) == [Gap("closed")]
