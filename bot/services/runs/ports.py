"""What runs need besides an engine: the store, the status messages, the downloads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.domain.job.job import Job, Output
from bot.domain.job.ledger import OpenCharge, Settlement
from bot.domain.job.output_file import OutputFile
from bot.domain.job.status_update import DeliveryOutcome, StatusUpdate
from bot.domain.limits.limit import Limit, Scope, Window
from bot.domain.money import Money


class Store(Protocol):
    """Jobs and the ledger. Raises LimitReached from `reserve`, and the StoreError family."""

    async def reserve(
        self, job: Job, limits: Sequence[Limit], counters: Sequence[tuple[Scope, Window]]
    ) -> bool:
        """One transaction: job row, reservation, counters. False: this interaction is on record already."""
        ...

    async def save(self, job: Job) -> None:
        """Record where an unsettled job stands (stage, sent_at_s, task_id, message_id)."""
        ...

    async def request_cancel(self, job_id: int) -> None:
        """Record that somebody wants this job stopped."""
        ...

    async def settle(self, job: Job, settlement: Settlement | None, at_s: float) -> bool:
        """One transaction: the ended job and its one resolution (None: its hold stays).

        False: it was settled already.
        """
        ...

    async def mark_delivered(self, job_id: int) -> None: ...

    async def job(self, job_id: int) -> Job | None: ...

    async def jobs(self, job_ids: Sequence[int]) -> Sequence[Job]:
        """These jobs, as far as they are on record, in no order."""
        ...

    async def unfinished(self) -> Sequence[Job]:
        """Jobs that have not ended or whose member has not been told, oldest first."""
        ...

    async def claimed(self, task_ids: Sequence[str]) -> frozenset[str]:
        """Those of these tasks that belong to a job or were billed late for one."""
        ...

    async def open_charges(self) -> Sequence[OpenCharge]:
        """Ended jobs that Wiro may yet charge, what is due first."""
        ...

    async def adopt_late(self, job_id: int, task_id: str) -> bool:
        """Make a task that turned up late that of its ended job. False: it may be another's."""
        ...

    async def book_charge(self, job: Job, charge: Money, at_s: float) -> bool:
        """What an ended job is charged in the end, zero for nothing. False: it is on record already."""
        ...

    async def is_known_free(self, model: str, at_s: float) -> bool:
        """Whether the model's successes are known to cost nothing, however long one waits."""
        ...


class OutputFetcher(Protocol):
    """Downloads of outputs."""

    async def fetch(self, output: Output) -> OutputFile:
        """Fetch, sniff and check one output. Raises OutputError."""
        ...


class StatusMessages(Protocol):
    """The status messages."""

    def show(self, news: StatusUpdate) -> None:
        """A passing state: shown if nothing newer comes first. Never blocks, never raises."""
        ...

    async def finalize(self, news: StatusUpdate, pictures: Sequence[OutputFile]) -> DeliveryOutcome:
        """The ending: shown, whatever it takes. Idempotent."""
        ...

    async def withhold(self, job_id: int) -> None:
        """Touch the message of an ended job no more: what it shows is hidden. Returns when that is so."""
        ...

    def drop(self, job_id: int) -> None:
        """Forget a message whose job is recorded but will not be followed further by this process."""
        ...
