"""What the use cases need from the world: Wiro, its socket, the store, the status messages, the downloads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from bot.domain.catalogue.model import Model, ModelSummary, Value
from bot.domain.job.events import Event
from bot.domain.job.job import Job, Output
from bot.domain.job.ledger import OpenCharge, Settlement
from bot.domain.job.output_file import Picture
from bot.domain.job.status_update import Delivery, News
from bot.domain.job.task import Task, TaskReport
from bot.domain.limits.holds import History
from bot.domain.limits.limit import Limit, Scope, Usage, Window
from bot.domain.money import Money
from bot.domain.request.files import StoredFile, Upload

Spawn: TypeAlias = Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]


class Wiro(Protocol):
    """Wiro's REST API. Every method raises the WiroError family and nothing else."""

    async def run(
        self, model: str, parameters: Mapping[str, Value], *, key: str, files: Sequence[Upload] = ()
    ) -> Task:
        """Start a task; `files` go along in the same request. Sent once, never repeated.

        `key` is the same for every Run of one job: where Wiro heeds it, they are one task.
        """
        ...

    async def detail(self, task_id: str) -> TaskReport: ...

    async def cancel(self, task_id: str) -> None:
        """Take a task out of Wiro's queue. Raises WiroRefused once it has been assigned."""
        ...

    async def kill(self, task_id: str) -> None:
        """Stop a running task."""
        ...

    async def recent_tasks(self, limit: int, *, since_s: float = 0.0) -> Sequence[TaskReport]:
        """The newest tasks of the project, newest first; older ones than `since_s` may be left out."""
        ...

    async def model(self, slug: str) -> Model:
        """Raises WiroNotFound."""
        ...

    async def models(self) -> Sequence[ModelSummary]: ...

    async def create_folder(self, name: str) -> StoredFile:
        """Make a folder for files. Sent once."""
        ...

    async def upload(self, file: Upload, folder_id: str | None = None) -> StoredFile:
        """Keep a file at Wiro. Sent once. Raises WiroRefused where Wiro does not take it."""
        ...

    async def log_of(self, task_id: str) -> str:
        """Everything that the model wrote while it ran, secrets left out. Raises WiroNotFound."""
        ...

    async def delete_files_of(self, task_id: str) -> None:
        """Delete what an ended task was given and made. Raises WiroNotFound. Safe to repeat."""
        ...


class Feed(Protocol):
    """One socket to Wiro carrying any number of tasks; reconnects by itself until closed."""

    def register(self, task: Task) -> None: ...

    def forget(self, task_id: str) -> None: ...

    def events(self) -> AsyncIterator[tuple[str, Event]]:
        """(task_id, event) as they come. A Gap for every registered task after each (re)connection,
        each registration, and each break."""
        ...

    async def close(self) -> None: ...


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

    async def wish_to_cancel(self, job_id: int) -> None:
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

    async def usage(self, scope: Scope, window: Window, at_s: float) -> Usage: ...

    async def model_history(self, model: str, at_s: float) -> History:
        """What the model's latest successes took and cost (at most 50), and its surprises up to `at_s`."""
        ...


class Pictures(Protocol):
    """Downloads of outputs."""

    async def fetch(self, output: Output) -> Picture:
        """Fetch, sniff and check one output. Raises OutputError."""
        ...


class Board(Protocol):
    """The status messages."""

    def show(self, news: News) -> None:
        """A passing state: shown if nothing newer comes first. Never blocks, never raises."""
        ...

    async def conclude(self, news: News, pictures: Sequence[Picture]) -> Delivery:
        """The ending: shown, whatever it takes. Idempotent."""
        ...

    async def withhold(self, job_id: int) -> None:
        """Touch the message of an ended job no more: what it shows is hidden. Returns when that is so."""
        ...

    def drop(self, job_id: int) -> None:
        """Forget a message whose job is recorded but will not be followed further by this process."""
        ...
