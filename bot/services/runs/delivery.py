"""The last mile: outputs fetched and judged, the ending shown, late settlements made good."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final

from bot.domain.errors import StoreError
from bot.domain.job.errors import LeaseLost
from bot.domain.job.events import Settled
from bot.domain.job.job import Cause, Job, Output, Stage
from bot.domain.job.ledger import Settlement
from bot.domain.job.output_file import (
    OutputError,
    OutputFault,
    OutputFile,
    OutputTooLarge,
    OutputUnavailable,
)
from bot.domain.job.status_update import DeliveryOutcome, StatusUpdate
from bot.engines.port import EngineError
from bot.services.runs.memory_budget import MemoryBudget
from bot.services.runs.ports import OutputFetcher, StatusMessages, Store
from bot.services.supervisor import Supervisor

log = logging.getLogger(__name__)

ROOM_PATIENCE_S: Final = 60.0  # how long an ending waits for room for its pictures; then they are linked
MAX_OPENED_BYTES: Final = 64 * 1024 * 1024  # of one output, as of a download
OPEN_PATIENCE_S: Final = 180.0
SIBLING_PATIENCE_S: Final = 4.0  # how long what is there waits for what is not; then it is shown without


@dataclass(slots=True)
class _Collected:
    """What became of a job's outputs so far, by their index."""

    outputs: Sequence[Output] = ()
    results: dict[int, OutputFile | OutputError] = field(default_factory=dict)
    left_bytes: dict[int, int] = field(default_factory=dict)  # of those that there was no room for
    fetches: set[asyncio.Task[None]] = field(default_factory=set)  # under way

    def abandon(self) -> None:
        """Fetch nothing more."""
        for fetch in self.fetches:
            fetch.cancel()

    @property
    def has_some(self) -> bool:
        """Whether one can be shown as it is; a mere link can wait for better."""
        return bool(self.left_bytes) or any(
            isinstance(result, OutputFile) and (result.content is not None or result.url is None)
            for result in self.results.values()
        )

    @property
    def pictures(self) -> list[OutputFile]:
        """All that can be shown, in their order; what is not there yet is linked."""
        results = [
            self.results.get(index) or (_link_to(output) if output.ref is None else None)
            for index, output in enumerate(self.outputs)
        ]
        return [result for result in results if isinstance(result, OutputFile)]

    @property
    def faults(self) -> list[str]:
        return [error.reason for _, error in sorted(self.results.items()) if isinstance(error, OutputError)]

    @property
    def note(self) -> str:
        faults, total, late = self.faults, len(self.outputs), len(self.fetches)
        notes = [f"{len(faults)} of {total} could not be shown: {faults[0]}."] if faults else []
        if late:
            notes.append(f"{late} of {total} not ready yet: added here as soon as possible.")
        return " ".join(notes)


class ResultDelivery:
    """Brings endings to members.

    Pictures are held between inspection and delivery as far as there is room; the others are fetched again.
    """

    def __init__(
        self,
        store: Store,
        status_messages: StatusMessages,
        pictures: OutputFetcher,
        open_output: Callable[[Output], AsyncIterator[bytes]],
        supervisor: Supervisor,
        retry_delays: Callable[[], Iterator[float]],
        room: MemoryBudget | None = None,
        sibling_patience_s: float = SIBLING_PATIENCE_S,
    ) -> None:
        self._store = store
        self._status_messages = status_messages
        self._pictures = pictures
        self._open_output = open_output
        self._supervisor = supervisor
        self._retry_delays = retry_delays
        self._room = room or MemoryBudget()
        self._sibling_patience_s = sibling_patience_s
        self._collected: dict[int, _Collected] = {}

    async def inspect(self, job: Job, event: Settled) -> Settled:
        """Fetch the outputs of a success; where none of them can be shown, it is none.

        What cannot be fetched yet is still linked, so it counts as shown.
        """
        self._room.leave(job.job_id)
        found = await self._collect(job.job_id, event.outputs)
        if not found.pictures:
            reason = found.faults[0] if found.faults else OutputFault.MISSING
            log.warning("job %d: nothing to show: %s", job.job_id, reason)
            return replace(event, is_success=False, cause=Cause.OUTPUT_UNUSABLE, detail=reason, outputs=())
        self._collected[job.job_id] = found
        return event

    async def deliver(self, job: Job, note: str) -> None:
        """Show the ending, once more when late outputs have come, and record that the member was told."""
        found = self._collected.pop(job.job_id, None)
        try:
            if found is None and job.stage is Stage.SUCCEEDED:  # taken up after a restart
                found = await self._collect(job.job_id, job.outputs)
            found = found or _Collected()
            delivery = await self._conclude(job, note, found)
            if found.fetches and delivery is DeliveryOutcome.SHOWN:  # a direct message cannot be added to
                await asyncio.wait(found.fetches)
                delivery = await self._conclude(job, note, found)
        finally:
            if found is not None:
                found.abandon()
            self._room.leave(job.job_id)
        log.info("job %d: %s, %s", job.job_id, job.stage.name.lower(), delivery.name.lower())
        try:
            await self._store.mark_delivered(job)
        except StoreError as error:
            # A start before it is on record shows the ending again: better twice than never.
            log.warning("job %d: delivery not recorded: %s", job.job_id, error.reason)
            self._record_later("delivery", job, lambda: self._store.mark_delivered(job))

    def settle_later(self, job: Job, settlement: Settlement | None, at_s: float) -> None:
        """The database could not take the settlement: try again until it can."""
        self._record_later("settlement", job, lambda: self._store.settle(job, settlement, at_s))

    async def settle_in_the_end(self, job: Job, settlement: Settlement | None, at_s: float) -> None:
        """As `settle_later`; returns once it is on record."""
        await self._until_recorded("settlement", job, lambda: self._store.settle(job, settlement, at_s))

    def _record_later(self, what: str, job: Job, record: Callable[[], Awaitable[object]]) -> None:
        async def late() -> None:
            with suppress(LeaseLost):  # its newer owner records it
                await self._until_recorded(what, job, record)

        self._supervisor.start(f"{what} of job {job.job_id}", late())

    async def _until_recorded(self, what: str, job: Job, record: Callable[[], Awaitable[object]]) -> None:
        """Raises LeaseLost."""
        is_lost = False

        async def step() -> None:  # whatever `record` says: False is that somebody was quicker
            nonlocal is_lost
            try:
                await record()
            except LeaseLost:
                is_lost = True

        is_done = await self._supervisor.retry(f"late {what}", step, self._retry_delays)
        if is_lost:
            raise LeaseLost(job.job_id)
        if is_done:
            log.info("job %d: its %s is on record after all", job.job_id, what)

    async def _conclude(self, job: Job, note: str, found: _Collected) -> DeliveryOutcome:
        await self._fetch_what_was_left(job.job_id, found)
        return await self._status_messages.finalize(
            StatusUpdate(job, note=found.note or note), found.pictures
        )

    async def _collect(self, job_id: int, outputs: Sequence[Output]) -> _Collected:
        """All outputs; late ones are still being fetched when the others have waited for a while."""
        found = _Collected(outputs)
        for index in range(len(outputs)):
            name = f"output {index} of job {job_id}"
            fetch = self._supervisor.start(name, self._fetch_into_room(job_id, found, index))
            found.fetches.add(fetch)
            fetch.add_done_callback(found.fetches.discard)
        try:
            while found.fetches and not found.has_some:
                await asyncio.wait(found.fetches, return_when=asyncio.FIRST_COMPLETED)
            if found.fetches:
                await asyncio.wait(found.fetches, timeout=self._sibling_patience_s)
        except asyncio.CancelledError:
            found.abandon()
            raise
        return found

    async def _fetch_into_room(self, job_id: int, found: _Collected, index: int) -> None:
        """The picture, without its content where there is no room for it: then how large it is."""
        fetched = await self._fetch_one(found.outputs[index])
        if isinstance(fetched, OutputFile) and fetched.content is not None:
            size_bytes = len(fetched.content)
            if not self._room.take(job_id, size_bytes):
                found.left_bytes[index] = size_bytes
                fetched = replace(fetched, content=None)
        found.results[index] = fetched

    async def _fetch_what_was_left(self, job_id: int, found: _Collected) -> None:
        """Once more, one by one, as others leave room; what there is none for stays a link."""
        patience_ends_s = asyncio.get_running_loop().time() + ROOM_PATIENCE_S
        left_bytes, found.left_bytes = found.left_bytes, {}
        for index, size_bytes in sorted(left_bytes.items()):
            patience_s = patience_ends_s - asyncio.get_running_loop().time()
            if not await self._room.wait_for(job_id, size_bytes, patience_s):
                log.warning("job %d: no room for a picture of %d bytes: linked", job_id, size_bytes)
                if found.outputs[index].ref is not None:  # there is nothing to link to
                    found.results[index] = OutputTooLarge(
                        found.outputs[index].name, "no room for it just now"
                    )
                continue
            fetched = await self._fetch_one(found.outputs[index])
            # It was checked when it was inspected; what has grown since is not what room was made for.
            if isinstance(fetched, OutputFile) and len(fetched.content or b"") <= size_bytes:
                found.results[index] = fetched

    async def _fetch_one(self, output: Output) -> OutputFile | OutputError:
        try:
            if output.ref is not None:
                return await self._pictures.check(output, await self._opened(output))
            return await self._pictures.fetch(output)
        except OutputUnavailable as error:
            log.warning("%s could not be fetched: %s", error.name, error.reason)
            return _link_to(output) if output.ref is None else error
        except OutputError as error:
            return error

    async def _opened(self, output: Output) -> bytes:
        """An output that only its engine can read. Raises OutputError."""
        content = bytearray()
        try:
            async with asyncio.timeout(OPEN_PATIENCE_S):
                async for part in self._open_output(output):
                    content += part
                    if len(content) > MAX_OPENED_BYTES:
                        raise OutputTooLarge(output.name, f"more than {MAX_OPENED_BYTES} bytes")
        except (EngineError, TimeoutError) as error:
            raise OutputUnavailable(output.name, str(error) or type(error).__name__) from None
        return bytes(content)


def _link_to(output: Output) -> OutputFile:
    return OutputFile(output.name, output.content_type, None, output.url)
