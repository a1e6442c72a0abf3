"""What runs need besides an engine: the store, the status messages, the downloads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from bot.domain.job.job import Job, Output
from bot.domain.job.ledger import OpenCharge, Settlement
from bot.domain.job.output_file import OutputFile
from bot.domain.job.status_update import DeliveryOutcome, StatusUpdate
from bot.domain.limits.limit import Limit, Scope, Window
from bot.domain.money import Money
from bot.domain.records.reconciliation import Booked
from bot.domain.request.files import InputFile, SentFile, Upload
from bot.domain.request.intake import Intake


class Store(Protocol):
    """Jobs and the ledger. Raises LimitReached from `reserve`, and the StoreError family.

    A job is written by its newest owner alone: for one of an older `epoch` than is on record `save`, `settle`
    and `mark_delivered` raise LeaseLost, and nothing is written.
    """

    async def reserve(
        self, job: Job, limits: Sequence[Limit], counters: Sequence[tuple[Scope, Window]]
    ) -> bool:
        """Put the job, its reservation and its counters on record in one transaction, its intake away.

        False: the job is on record already. Raises LimitReached, with nothing written. The windows are
        those around `job.created_at_s`.
        """
        ...

    async def save(self, job: Job) -> None:
        """Record where a job stands that has not ended; one that has ended stays as it ended.

        Raises JobNotFound, LeaseLost, and ValueError for an ended job, which only `settle` may record.
        """
        ...

    async def request_cancel(self, job_id: int) -> None:
        """Record that somebody wants this job stopped. One that has ended stays as it ended."""
        ...

    async def settle(self, job: Job, settlement: Settlement | None, at_s: float) -> bool:
        """Record the ended job and its one resolution in one transaction; None: its hold stays.

        False: it was settled already, and nothing changes. Raises JobNotFound, LeaseLost, and ValueError for
        a job that has not ended.
        """
        ...

    async def mark_delivered(self, job: Job) -> None:
        """Record that the member has been told. Raises JobNotFound, LeaseLost."""
        ...

    async def job(self, job_id: int) -> Job | None: ...

    async def jobs(self, job_ids: Sequence[int]) -> Sequence[Job]:
        """These jobs, as far as they are on record, in no order."""
        ...

    async def unfinished(self) -> Sequence[Job]:
        """Jobs that have not ended or whose member has not been told, oldest first."""
        ...

    async def resume(self, job_ids: Sequence[int]) -> Sequence[Job]:
        """Become the owner of those of these jobs that are unfinished, oldest first.

        Their epoch goes up by one.
        """
        ...

    async def claimed(self, task_ids: Sequence[str]) -> frozenset[str]:
        """Those of these tasks that belong to a job or were billed late for one."""
        ...

    async def open_charges(self) -> Sequence[OpenCharge]:
        """Ended jobs that Wiro may yet charge, what is due first."""
        ...

    async def adopt_late(self, job_id: int, task_id: str) -> bool:
        """Make a task that turned up late that of its ended job.

        False, with nothing written: it is another job's, or may yet be found to be that of a running job with
        the same seed or prompt.
        """
        ...

    async def book_charge(self, job: Job, charge: Money, at_s: float) -> bool:
        """Record what an ended job is charged in the end, zero for nothing; a hold that was kept ends by it.

        The member pays only out of such a hold, the operator the rest. False, with nothing written: the
        charge is on record already.
        """
        ...

    async def is_known_free(self, model: str, at_s: float) -> bool:
        """Whether a success of the model was waited for a whole day of late, and nothing was charged."""
        ...

    async def audit(self) -> list[str]:
        """What does not add up, each a sentence for the operator; empty where all is well.

        Reads the whole ledger in one go, so the running bot has no use for it.
        """
        ...


class Books(Protocol):
    """What is booked, to be held against Wiro's own books. Raises the StoreError family."""

    async def booked(self, task_ids: Sequence[str]) -> Mapping[str, Booked]:
        """By task, those of them that belong to a job."""
        ...

    async def asked_with(self, seeds: Sequence[int], since_s: float) -> Sequence[Job]:
        """Jobs made since then with one of these seeds, those apart whose words were erased."""
        ...


class IntakeStore(Protocol):
    """Requests that were acknowledged and have no job yet. Raises the StoreError family.

    A reservation takes the intake of its message away.
    """

    async def change(self, put_down: Sequence[Intake], take_away: Sequence[int]) -> None:
        """Put some down, then take some away, in one transaction."""
        ...

    async def left_over(self) -> Sequence[Intake]:
        """Those that no job came of, the first first. The others are let go of."""
        ...


class UploadStore(Protocol):
    """Files that were sent to Wiro: on record before they are sent, and until they are gone there.

    Raises the StoreError family.
    """

    async def intend(self, job_id: int, user_id: int, guild_id: int, at_s: float) -> int:
        """A file is about to be sent. The id of the upload."""
        ...

    async def kept(self, upload_id: int, file_id: str, url: str | None) -> None: ...

    async def drop(self, upload_ids: Sequence[int]) -> None:
        """They are not there."""
        ...

    async def unused(self, user_id: int | None = None) -> Sequence[SentFile]:
        """What may be at Wiro still and no job needs, of one member or of all; the first sent first."""
        ...


class Sources(Protocol):
    """Where files come from: Discord's CDN and Wiro's outputs."""

    async def fetch(self, file: InputFile) -> Upload:
        """The file's bytes, unchanged, with the type that they show. Raises InputRefused."""
        ...


class Lookout(Protocol):
    """Looks at addresses of Wiro's."""

    async def is_gone(self, address: str) -> bool:
        """Whether nothing is served there any more. False where that cannot be told."""
        ...


class Apologies(Protocol):
    """Tells members of requests that a restart cut short."""

    async def tell(self, intake: Intake) -> bool:
        """False: not now, another try may work."""
        ...


class OutputFetcher(Protocol):
    """Downloads of outputs."""

    async def fetch(self, output: Output) -> OutputFile:
        """Fetch, sniff and check one output. Raises OutputError."""
        ...

    async def check(self, output: Output, content: bytes) -> OutputFile:
        """As `fetch`, for what is at hand already. Raises OutputUnusable."""
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


class Queue(Protocol):
    """Whose turn it is to be sent to an engine: members are served in turn, as many at once as it takes."""

    @property
    def running(self) -> int:
        """How many were let through and have not left."""
        ...

    def __len__(self) -> int:
        """How many wait."""
        ...

    async def enter(
        self, job_id: int, user_id: int, on_place: Callable[[int], None], *, is_first: bool = False
    ) -> None:
        """Wait for this job's turn. `on_place` hears its place (1 is next), those far back from time to time.

        `is_first` puts a job that the engine found too many back to where it stood. Cancelling leaves.
        """
        ...

    def occupy(self, job_id: int) -> None:
        """Count a task that runs already, such as one found after a restart."""
        ...

    def accepted(self, job_id: int) -> None:
        """The engine took the job: so many at once are possible."""
        ...

    def refused_as_busy(self, job_id: int, retry_after_s: float | None = None) -> None:
        """The engine is too busy: the job is not running, and this many at once are too many."""
        ...

    def leave(self, job_id: int) -> None:
        """The job's task has ended, or never came to be."""
        ...
