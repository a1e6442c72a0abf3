"""The last mile: outputs fetched and judged, the ending shown, late settlements made good."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from bot.domain.errors import OutputError, OutputUnavailable, StoreError
from bot.domain.events import Settled
from bot.domain.job import Cause, Job, Output, Stage
from bot.domain.ledger import Settlement
from bot.domain.news import News
from bot.domain.picture import Picture
from bot.jobs.ports import Board, Pictures, Store
from bot.jobs.tasks import TaskOwner

log = logging.getLogger(__name__)


class Courier:
    """Brings endings to members. Holds the pictures of a job between inspection and delivery only."""

    def __init__(
        self,
        store: Store,
        board: Board,
        pictures: Pictures,
        owner: TaskOwner,
        retry_delays: Callable[[], Iterator[float]],
    ) -> None:
        self._store = store
        self._board = board
        self._pictures = pictures
        self._owner = owner
        self._retry_delays = retry_delays
        self._fetched: dict[int, tuple[tuple[Picture, ...], str]] = {}

    async def inspect(self, job: Job, event: Settled) -> Settled:
        """Fetch the outputs of a success; where none of them can be shown, it is none.

        What cannot be fetched yet is still linked, so it counts as shown.
        """
        pictures, faults = await self._fetch(event.outputs)
        if not pictures:
            reason = faults[0] if faults else "there was no output"
            log.warning("job %d: nothing to show: %s", job.job_id, reason)
            return replace(event, is_success=False, cause=Cause.OUTPUT_UNUSABLE, detail=reason, outputs=())
        self._fetched[job.job_id] = (pictures, _left_out(faults, len(event.outputs)))
        return event

    async def deliver(self, job: Job, note: str) -> None:
        """Show the ending and record that the member was told."""
        pictures, left_out = self._fetched.pop(job.job_id, ((), ""))
        if not pictures and job.stage is Stage.SUCCEEDED:  # taken up after a restart
            pictures, faults = await self._fetch(job.outputs)
            left_out = _left_out(faults, len(job.outputs))
        delivery = await self._board.conclude(News(job, note=left_out or note), pictures)
        log.info("job %d: %s, %s", job.job_id, job.stage.name.lower(), delivery.name.lower())
        try:
            await self._store.mark_delivered(job.job_id)
        except StoreError as error:
            # The next start shows the ending again in the same message: better twice than never.
            log.warning("job %d: delivery not recorded: %s", job.job_id, error.reason)

    def settle_later(self, job: Job, settlement: Settlement, at_s: float) -> None:
        """The database could not take the settlement: try again until it can."""

        async def settle() -> None:
            for delay_s in self._retry_delays():
                await asyncio.sleep(delay_s)
                try:
                    await self._store.settle(job, settlement, at_s)
                except StoreError:
                    continue
                log.info("job %d: settled after all", job.job_id)
                return

        self._owner.start(f"settle {job.job_id}", settle())

    async def _fetch(self, outputs: Sequence[Output]) -> tuple[tuple[Picture, ...], list[str]]:
        pictures: list[Picture] = []
        faults: list[str] = []
        results = await asyncio.gather(*(self._fetch_one(output) for output in outputs))
        for result in results:
            if isinstance(result, Picture):
                pictures.append(result)
            else:
                faults.append(result.reason)
        return tuple(pictures), faults

    async def _fetch_one(self, output: Output) -> Picture | OutputError:
        try:
            return await self._pictures.fetch(output)
        except OutputUnavailable as error:
            log.warning("%s could not be fetched: %s", error.name, error.reason)
            return Picture(output.name, output.content_type, None, output.url)
        except OutputError as error:
            return error


def _left_out(faults: Sequence[str], total: int) -> str:
    if not faults:
        return ""
    return f"{len(faults)} of {total} could not be shown: {faults[0]}."
