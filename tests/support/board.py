"""Status messages and pictures kept in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bot.domain.job.job import Job, Output
from bot.domain.job.output_file import OutputError, OutputFile
from bot.domain.job.status_update import DeliveryOutcome, StatusUpdate


class MemoryBoard:
    """Remembers all that was shown, in order."""

    def __init__(self) -> None:
        self.shown: list[StatusUpdate] = []
        self.concluded: list[tuple[StatusUpdate, tuple[OutputFile, ...]]] = []
        self.withheld: list[int] = []
        self.dropped: list[int] = []
        self.delivery = DeliveryOutcome.SHOWN
        self.faults: list[Exception] = []  # raised by the next endings, to play a fault of ours

    def show(self, news: StatusUpdate) -> None:
        self.shown.append(news)

    async def finalize(self, news: StatusUpdate, pictures: Sequence[OutputFile]) -> DeliveryOutcome:
        if self.faults:
            raise self.faults.pop(0)
        self.concluded.append((news, tuple(pictures)))
        return self.delivery

    async def withhold(self, job_id: int) -> None:
        self.withheld.append(job_id)

    def drop(self, job_id: int) -> None:
        self.dropped.append(job_id)

    def ending_of(self, job_id: int) -> Job | None:
        return next((news.job for news, _ in self.concluded if news.job.job_id == job_id), None)

    def places_of(self, job_id: int) -> list[int]:
        """The places in line that were shown, repeats left out."""
        places: list[int] = []
        for news in self.shown:
            place = news.queue_position
            if news.job.job_id == job_id and place is not None and places[-1:] != [place]:
                places.append(place)
        return places


class MemoryPictures:
    """Every output is a picture unless `faults` names it, at once unless `late` does."""

    def __init__(self) -> None:
        self.late: dict[str, asyncio.Event] = {}
        self.fetched: list[str] = []
        self.faults: dict[str, OutputError] = {}

    async def fetch(self, output: Output) -> OutputFile:
        self.fetched.append(output.name)
        if output.name in self.late:
            await self.late[output.name].wait()
        if output.name in self.faults:
            raise self.faults[output.name]
        return OutputFile(output.name, output.content_type, b"a picture", output.url)

    async def check(self, output: Output, content: bytes) -> OutputFile:
        return OutputFile(output.name, output.content_type, content, output.url)
