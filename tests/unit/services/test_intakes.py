"""Requests on their way in: on record until a job or words come of them, else told by the next start."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from bot.domain.errors import DatabaseFull
from bot.domain.request.intake import Intake
from bot.services.runs.intakes import Intakes
from bot.services.tasks import TaskOwner
from bot.store.sqlite.database import Database
from bot.store.sqlite.intakes import IntakeRecords
from tests.support.clocks import settle_down, until
from tests.support.samples import an_origin


class MemoryApologies:
    """Whom it told. `answers` are what the next tries come to; empty means True."""

    def __init__(self) -> None:
        self.told: list[Intake] = []
        self.answers: deque[bool] = deque()

    async def tell(self, intake: Intake) -> bool:
        is_told = self.answers.popleft() if self.answers else True
        if is_told:
            self.told.append(intake)
        return is_told


class Bench:
    def __init__(self, database: Database) -> None:
        self.records = IntakeRecords(database)
        self.apologies = MemoryApologies()
        self.owner = TaskOwner(asyncio.create_task)
        self.intakes = self.start()

    def start(self) -> Intakes:
        return Intakes(self.records, self.apologies, self.owner)

    async def on_record(self) -> list[int]:
        await until(lambda: len(self.owner) == 0)
        return [intake.message_id for intake in await self.records.left_over()]

    async def cut_short(self, *message_ids: int) -> None:
        for message_id in message_ids:
            with (
                pytest.raises(KeyError),
                self.intakes.on_record(message_id, an_origin(message_id=message_id)),
            ):
                raise KeyError
        assert await self.on_record() == list(message_ids)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with Database(tmp_path / "bot.sqlite3") as database:
        bench = Bench(database)
        yield bench
        await bench.owner.drain()


async def test_it_is_on_record_while_it_is_on_its_way(bench: Bench) -> None:
    with bench.intakes.on_record(1, an_origin(message_id=7), job_id=5):
        assert await bench.on_record() == [7]
        (intake,) = await bench.records.left_over()
        assert (intake.job_id, intake.channel_id, intake.user_id) == (5, an_origin().channel_id, 1)


async def test_a_refusal_takes_it_away_once_it_is_told(bench: Bench) -> None:
    await bench.cut_short(7)
    bench.intakes.told(7)
    assert await bench.on_record() == []


async def test_what_was_never_put_down_costs_no_write(bench: Bench) -> None:
    bench.intakes.told(404)
    with bench.intakes.on_record(1, an_origin(message_id=None)):
        pass
    assert len(bench.owner) == 0


async def test_a_full_disk_holds_no_request_up(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> None:
        raise DatabaseFull("no room")

    monkeypatch.setattr(bench.records, "change", fail)
    with bench.intakes.on_record(1, an_origin(message_id=7)):
        await settle_down()
    assert await bench.on_record() == []


async def test_the_next_start_tells_all_that_were_left_behind_once(bench: Bench) -> None:
    await bench.cut_short(7, 8)
    assert await bench.start().tell_left_over()
    assert [intake.message_id for intake in bench.apologies.told] == [7, 8]
    assert await bench.on_record() == []
    assert await bench.start().tell_left_over()
    assert len(bench.apologies.told) == 2


async def test_one_that_cannot_be_told_yet_is_tried_again_and_holds_up_no_other(bench: Bench) -> None:
    await bench.cut_short(7, 8)
    bench.apologies.answers.extend([False, True])
    later = bench.start()
    assert not await later.tell_left_over()
    assert await bench.on_record() == [7]
    with later.on_record(9, an_origin(message_id=9)):  # a request of the new process, meanwhile
        await settle_down()
        assert await later.tell_left_over()
        assert [intake.message_id for intake in bench.apologies.told] == [8, 7]
        assert await bench.on_record() == [9]


async def test_a_crowd_is_put_down_in_few_writes(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    writes: list[int] = []
    change = bench.records.change

    async def counted(put_down: Sequence[Intake], take_away: Sequence[int]) -> None:
        writes.append(len(put_down))
        await change(put_down, take_away)

    monkeypatch.setattr(bench.records, "change", counted)
    for number in range(1, 1_001):
        bench.intakes.put_down(number, an_origin(message_id=number))
        bench.intakes.put_down(number, an_origin(message_id=number))  # twice is once
    assert len(bench.owner) == 1
    assert len(await bench.on_record()) == 1_000
    assert writes == [1_000]


async def test_what_became_a_job_before_it_was_written_is_never_put_down(bench: Bench) -> None:
    for number in (1, 2):
        bench.intakes.put_down(number, an_origin(message_id=number))
    with bench.intakes.on_record(1, an_origin(message_id=1)):
        pass
    assert await bench.on_record() == [2]
