"""Events that wait for a slow listener take bounded room and keep their meaning."""

from __future__ import annotations

import asyncio

from bot.domain.job.events import Event, Gap, Progressed, Reached, TextStreamed, Unrecognised
from bot.domain.job.job import Progress, Stage, StreamedText
from bot.engines.wiro.inbox import EventInbox


async def drained(inbox: EventInbox) -> list[tuple[str, Event]]:
    events = []
    while len(inbox):
        item = await inbox.get()
        assert item is not None
        events.append(item)
    return events


async def test_the_latest_progress_of_each_task_wins() -> None:
    inbox = EventInbox()
    for step in range(1, 51):
        for task_id in ("1", "2"):
            inbox.put(task_id, Progressed(Progress(step, 50)))
    assert await drained(inbox) == [("1", Progressed(Progress(50, 50))), ("2", Progressed(Progress(50, 50)))]


async def test_of_a_speech_only_the_newest_waits() -> None:
    inbox = EventInbox()
    for words in range(1, 51):
        inbox.put("1", TextStreamed(StreamedText("word " * words)))
    assert await drained(inbox) == [("1", TextStreamed(StreamedText("word " * 50)))]


async def test_stages_keep_their_order_and_wait_once() -> None:
    inbox = EventInbox()
    stages = [Stage.QUEUED, Stage.PREPARING, Stage.PREPARING, Stage.RUNNING, Stage.FINISHING]
    for stage in stages:
        inbox.put("1", Reached(stage))
    assert [event for _, event in await drained(inbox)] == [Reached(stage) for stage in sorted(set(stages))]


async def test_a_gap_comes_after_everything_it_may_have_hidden() -> None:
    inbox = EventInbox()
    inbox.put("1", Gap("connected"))
    inbox.put("1", Gap("closed 1006"))
    inbox.put("1", Reached(Stage.RUNNING))
    inbox.put("1", Gap("connected"))
    assert await drained(inbox) == [
        ("1", Gap("closed 1006")),
        ("1", Reached(Stage.RUNNING)),
        ("1", Gap("connected")),
    ]


async def test_a_flood_without_a_listener_takes_bounded_room() -> None:
    inbox = EventInbox()
    for step in range(10_000):
        inbox.put("1", Progressed(Progress(step, 10_000)))
        inbox.put("1", Reached(Stage.RUNNING))
        inbox.put("1", Gap(f"closed {step}"))
        inbox.put("1", Unrecognised("odd"))
    assert len(inbox) == 4


async def test_a_discarded_task_leaves_nothing() -> None:
    inbox = EventInbox()
    inbox.put("1", Reached(Stage.QUEUED))
    inbox.put("2", Reached(Stage.QUEUED))
    inbox.discard("1")
    assert await drained(inbox) == [("2", Reached(Stage.QUEUED))]


async def test_a_waiting_listener_ends_when_the_inbox_closes() -> None:
    inbox = EventInbox()
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        listener = group.create_task(inbox.get())
        await asyncio.sleep(0)
        inbox.close()
    assert listener.result() is None
    inbox.put("1", Reached(Stage.QUEUED))
    assert await inbox.get() is None
