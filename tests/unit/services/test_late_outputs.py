"""One output that is late holds nothing back: the others are shown, and it is added when it comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.job.events import Settled
from bot.domain.job.job import Job, Output, Stage
from bot.domain.job.output_file import OutputUnavailable, OutputUnusable
from bot.domain.job.status_update import DeliveryOutcome
from bot.services.runs.delivery import ResultDelivery
from bot.services.runs.memory_budget import MemoryBudget
from sandbox.engine.fake import FakeEngine
from tests.support.bot_harness import BotHarness, a_harness
from tests.support.clocks import until
from tests.support.samples import a_job

OUTPUTS = tuple(Output(f"{n}.png", "image/png", f"https://cdn1.wiro.ai/{n}.png") for n in range(4))
LATE = OUTPUTS[1].name


class Ending:
    """A job with four pictures, the second of which is late."""

    def __init__(self, harness: BotHarness) -> None:
        self.harness = harness
        self.room = MemoryBudget()
        self.come = harness.pictures.late[LATE] = asyncio.Event()
        self.delivery = ResultDelivery(
            harness.store,
            harness.board,
            harness.pictures,
            FakeEngine().open,
            harness.owner,
            lambda: iter(()),
            self.room,
            0.01,
        )
        self.job: Job = a_job(1, stage=Stage.SUCCEEDED, outputs=OUTPUTS)

    async def begin(self) -> asyncio.Task[None]:
        await self.harness.store.reserve(a_job(1), [], [])
        event = await self.delivery.inspect(a_job(1), Settled(is_success=True, cost=None, outputs=OUTPUTS))
        assert event.is_success
        return asyncio.create_task(self.delivery.deliver(self.job, ""))

    @property
    def shown(self) -> list[tuple[list[str], str]]:
        """Of each ending that was sent: the names of what is attached, and the note."""
        return [
            ([picture.filename for picture in pictures if picture.content is not None], news.note)
            for news, pictures in self.harness.board.concluded
        ]

    async def is_told(self) -> bool:
        job = await self.harness.store.job(1)
        return job is not None and job.is_delivered


@pytest.fixture
async def ending(tmp_path: Path) -> AsyncIterator[Ending]:
    async with a_harness(tmp_path / "bot.sqlite3") as harness:
        yield Ending(harness)


WHOLE = [output.name for output in OUTPUTS if output.name != LATE]
NOT_READY = "1 of 4 not ready yet: added here as soon as possible."


async def test_the_whole_ones_are_shown_without_the_late_one_which_is_added(ending: Ending) -> None:
    delivery = await ending.begin()
    await until(lambda: ending.shown)
    assert ending.shown == [(WHOLE, NOT_READY)]
    _, pictures = ending.harness.board.concluded[0]
    assert (pictures[1].filename, pictures[1].url) == (LATE, OUTPUTS[1].url)  # linked meanwhile
    assert not await ending.is_told()  # a restart now would show it all once more
    ending.come.set()
    await delivery
    assert ending.shown[1:] == [([output.name for output in OUTPUTS], "")]
    assert await ending.is_told()
    assert ending.room.held_bytes == 0
    assert sorted(ending.harness.pictures.fetched) == sorted(output.name for output in OUTPUTS)


@pytest.mark.parametrize(
    ("error", "note"),
    [
        (OutputUnavailable(LATE, "http 404"), ""),
        (OutputUnusable(LATE, "html"), "1 of 4 could not be shown: html."),
    ],
)
async def test_a_late_one_that_never_comes_is_told_as_what_it_is(
    ending: Ending, error: OutputUnavailable | OutputUnusable, note: str
) -> None:
    delivery = await ending.begin()
    await until(lambda: ending.shown)
    ending.harness.pictures.faults[LATE] = error
    ending.come.set()
    await delivery
    assert ending.shown == [(WHOLE, NOT_READY), (WHOLE, note)]
    assert await ending.is_told()


async def test_an_ending_by_direct_message_is_sent_once(ending: Ending) -> None:
    ending.harness.board.delivery = DeliveryOutcome.BY_DM
    await (await ending.begin())
    assert ending.shown == [(WHOLE, NOT_READY)]
    assert await ending.is_told()


async def test_a_stop_leaves_no_fetch_behind_and_the_next_start_shows_all(ending: Ending) -> None:
    delivery = await ending.begin()
    await until(lambda: ending.shown)
    delivery.cancel()
    await asyncio.wait([delivery])
    await until(lambda: len(ending.harness.owner) == 0)
    assert not await ending.is_told()
    ending.come.set()
    await ending.delivery.deliver(ending.job, "")
    assert ending.shown[-1] == ([output.name for output in OUTPUTS], "")
    assert await ending.is_told()


async def test_where_nothing_is_whole_yet_there_is_nothing_to_show(ending: Ending) -> None:
    for output in OUTPUTS:
        ending.harness.pictures.late[output.name] = ending.come
    beginning = asyncio.create_task(ending.begin())
    await until(lambda: len(ending.harness.pictures.fetched) == 4)
    await asyncio.sleep(0.05)  # far more than siblings wait for each other
    assert not beginning.done()
    ending.come.set()
    await (await beginning)
    assert ending.shown == [([output.name for output in OUTPUTS], "")]
