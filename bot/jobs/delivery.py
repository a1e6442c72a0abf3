"""The last mile: outputs fetched and judged, the ending shown, late settlements made good."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from bot.domain.errors import OutputError, OutputUnavailable, StoreError
from bot.domain.events import Settled
from bot.domain.job import Cause, Job, Output, Stage
from bot.domain.ledger import Settlement
from bot.domain.news import News
from bot.domain.picture import Picture
from bot.jobs.ports import Board, Pictures, Store
from bot.jobs.room import Room
from bot.jobs.tasks import TaskOwner

log = logging.getLogger(__name__)

ROOM_PATIENCE_S: Final = 60.0  # how long an ending waits for room for its pictures; then they are linked


@dataclass(slots=True)
class _Collected:
    """The outputs of a job that can be shown, in their order."""

    outputs: list[Output] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    left: dict[int, int] = field(default_factory=dict)  # place → bytes that there was no room for
    faults: list[str] = field(default_factory=list)

    @property
    def note(self) -> str:
        if not self.faults:
            return ""
        total = len(self.faults) + len(self.pictures)
        return f"{len(self.faults)} of {total} could not be shown: {self.faults[0]}."


class Courier:
    """Brings endings to members.

    Pictures are held between inspection and delivery as far as there is room; the others are fetched again.
    """

    def __init__(
        self,
        store: Store,
        board: Board,
        pictures: Pictures,
        owner: TaskOwner,
        retry_delays: Callable[[], Iterator[float]],
        room: Room | None = None,
    ) -> None:
        self._store = store
        self._board = board
        self._pictures = pictures
        self._owner = owner
        self._retry_delays = retry_delays
        self._room = room or Room()
        self._collected: dict[int, _Collected] = {}

    async def inspect(self, job: Job, event: Settled) -> Settled:
        """Fetch the outputs of a success; where none of them can be shown, it is none.

        What cannot be fetched yet is still linked, so it counts as shown.
        """
        self._room.leave(job.job_id)
        found = await self._collect(job.job_id, event.outputs)
        if not found.pictures:
            reason = found.faults[0] if found.faults else "there was no output"
            log.warning("job %d: nothing to show: %s", job.job_id, reason)
            return replace(event, is_success=False, cause=Cause.OUTPUT_UNUSABLE, detail=reason, outputs=())
        self._collected[job.job_id] = found
        return event

    async def deliver(self, job: Job, note: str) -> None:
        """Show the ending and record that the member was told."""
        found = self._collected.pop(job.job_id, None)
        try:
            if found is None and job.stage is Stage.SUCCEEDED:  # taken up after a restart
                found = await self._collect(job.job_id, job.outputs)
            found = found or _Collected()
            await self._fetch_what_was_left(job.job_id, found)
            delivery = await self._board.conclude(News(job, note=found.note or note), found.pictures)
        finally:
            self._room.leave(job.job_id)
        log.info("job %d: %s, %s", job.job_id, job.stage.name.lower(), delivery.name.lower())
        try:
            await self._store.mark_delivered(job.job_id)
        except StoreError as error:
            # A start before it is on record shows the ending again: better twice than never.
            log.warning("job %d: delivery not recorded: %s", job.job_id, error.reason)
            self._record_later("delivery", job, lambda: self._store.mark_delivered(job.job_id))

    def settle_later(self, job: Job, settlement: Settlement, at_s: float) -> None:
        """The database could not take the settlement: try again until it can."""
        self._record_later("settlement", job, lambda: self._store.settle(job, settlement, at_s))

    async def settle_in_the_end(self, job: Job, settlement: Settlement, at_s: float) -> None:
        """As `settle_later`; returns once it is on record."""
        await self._until_recorded("settlement", job, lambda: self._store.settle(job, settlement, at_s))

    def _record_later(self, what: str, job: Job, record: Callable[[], Awaitable[object]]) -> None:
        self._owner.start(f"{what} of job {job.job_id}", self._until_recorded(what, job, record))

    async def _until_recorded(self, what: str, job: Job, record: Callable[[], Awaitable[object]]) -> None:
        for delay_s in self._retry_delays():
            await asyncio.sleep(delay_s)
            try:
                await record()
            except StoreError:
                continue
            log.info("job %d: its %s is on record after all", job.job_id, what)
            return

    async def _collect(self, job_id: int, outputs: Sequence[Output]) -> _Collected:
        async with asyncio.TaskGroup() as group:
            fetches = [group.create_task(self._fetch_into_room(job_id, output)) for output in outputs]
        found = _Collected()
        for output, fetch in zip(outputs, fetches, strict=True):
            result, left_bytes = fetch.result()
            if isinstance(result, OutputError):
                found.faults.append(result.reason)
                continue
            if left_bytes:
                found.left[len(found.pictures)] = left_bytes
            found.outputs.append(output)
            found.pictures.append(result)
        return found

    async def _fetch_into_room(self, job_id: int, output: Output) -> tuple[Picture | OutputError, int]:
        """The picture, without its content where there is no room for it: then how large it is."""
        fetched = await self._fetch_one(output)
        if isinstance(fetched, OutputError) or fetched.content is None:
            return fetched, 0
        size_bytes = len(fetched.content)
        if self._room.take(job_id, size_bytes):
            return fetched, 0
        return replace(fetched, content=None), size_bytes

    async def _fetch_what_was_left(self, job_id: int, found: _Collected) -> None:
        """Once more, one by one, as others leave room; what there is none for stays a link."""
        patience_ends_s = asyncio.get_running_loop().time() + ROOM_PATIENCE_S
        for place, size_bytes in found.left.items():
            patience_s = patience_ends_s - asyncio.get_running_loop().time()
            if not await self._room.wait_for(job_id, size_bytes, patience_s):
                log.warning("job %d: no room for a picture of %d bytes: linked", job_id, size_bytes)
                continue
            fetched = await self._fetch_one(found.outputs[place])
            # It was checked when it was inspected; what has grown since is not what room was made for.
            if isinstance(fetched, Picture) and len(fetched.content or b"") <= size_bytes:
                found.pictures[place] = fetched

    async def _fetch_one(self, output: Output) -> Picture | OutputError:
        try:
            return await self._pictures.fetch(output)
        except OutputUnavailable as error:
            log.warning("%s could not be fetched: %s", error.name, error.reason)
            return Picture(output.name, output.content_type, None, output.url)
        except OutputError as error:
            return error
