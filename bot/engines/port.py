"""The port of every engine: what makes outputs, what it tells, and how it fails.

An **engine** starts **tasks** and knows their record. What it pushes while a task runs is news: it may be
late, doubled or lost. What it answers when asked (`report`, `find`) is the record, and alone ends a job.
Times are seconds of the wall clock, money is `Money`. A new engine is a folder beside `wiro`, and holds to
tests/contract/engine.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from bot.domain.catalogue.model import Kind, Model, ModelSummary, Value
from bot.domain.errors import BotError
from bot.domain.job.events import Event
from bot.domain.job.job import Job, Output, Stage
from bot.domain.job.task import Task, TaskReport
from bot.domain.request.files import StoredFile, Upload


@dataclass(eq=False)
class EngineError(BotError):
    """A failure at an engine, with what its answer said."""

    message: str
    code: int | None = None
    http_status: int | None = None
    retry_after_s: float | None = None
    engine: str = "Wiro"  # as it is called in sentences


@dataclass(eq=False)
class EngineUnreachable(EngineError):
    """No answer came."""

    may_have_arrived: bool = True


class EngineServerFault(EngineError):
    """HTTP 5xx, or an answer nobody can read."""


class EngineAnswerTooLarge(EngineServerFault):
    """An answer of more bytes than are read: the same request would be answered by as many."""


class EngineAuthFailed(EngineError):
    """HTTP 401 or 403: key, secret or address were not accepted."""


class EngineRateLimited(EngineError):
    """HTTP 429."""


class EngineRefused(EngineError):
    """A definite no: nothing was started."""


class EngineBusy(EngineRefused):
    """As many tasks run as the engine takes at once; later it may take one more."""


class EngineNoFunds(EngineRefused):
    """The balance is too low."""


class EngineNotFound(EngineRefused):
    """No such model or task."""


class LostRuns(Enum):
    """How the task of a start that was never answered is found again."""

    BY_ID = auto()  # the id was ours to choose: `find` is definite
    BY_SEARCH = auto()  # it shows in the engine's own list, perhaps late: absence is believed after a grace
    NEVER = auto()  # it cannot be told from others'


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What can be had of an engine, so that nobody asks for more."""

    can_stop_queued: bool
    can_stop_running: bool
    lost_runs: LostRuns
    may_repeat: bool  # a start that was never answered may be sent again: it costs nothing
    does_bill: bool  # else every run is free, and nothing is ever charged late
    keeps_files: bool  # `store_input` can be used
    has_public_links: (
        bool  # an output has an address that members may be shown; else it has a `ref` to `open`
    )
    at_once: int | None  # tasks it is sent at most; None: as many as it takes

    def __post_init__(self) -> None:
        if self.may_repeat and self.does_bill:
            raise ValueError("a run that may cost money is never sent again on doubt")


@dataclass(frozen=True, slots=True)
class LinkedInput:
    """A file that `store_input` keeps, and the model's input it goes to."""

    parameter_id: str
    url: str
    kind: Kind | None  # of that input; None where the model's page is not known


@dataclass(frozen=True, slots=True)
class StartRequest:
    """One run as it is sent.

    `key` is the same for every start of one job: where an engine heeds it, they are one task. `parameters`
    hold everything but files: `links` are those that the engine keeps, `files` go along in the same request.
    """

    job_id: int
    model: str
    seed: int
    parameters: Mapping[str, Value]
    key: str
    links: tuple[LinkedInput, ...] = ()
    files: tuple[Upload, ...] = ()


class Subscription(Protocol):
    """One task's news, as long as it is watched."""

    @property
    def has_heard(self) -> bool:
        """Whether anything but a Gap has come."""
        ...

    async def moved_unheard(self) -> None:
        """The record shows the task moving, and nothing was heard of that: the engine may mend it."""
        ...


class Engine(Protocol):
    """Every method raises the EngineError family and nothing else; what only reads may be repeated inside."""

    @property
    def name(self) -> str:
        """As it is called in sentences."""
        ...

    @property
    def capabilities(self) -> Capabilities: ...

    # --- runs

    async def start(self, request: StartRequest) -> Task:
        """Start a task. Sent once, never repeated.

        EngineRefused and EngineAuthFailed are definite: nothing runs. EngineUnreachable with
        `may_have_arrived` and EngineServerFault leave it open whether a task runs.
        """
        ...

    async def find(self, job: Job) -> Sequence[TaskReport]:
        """Tasks that the unanswered start of this job may have made, newest first.

        They may be another job's that asked for the very same: who has claimed which is ours to know.
        """
        ...

    async def report(self, task_id: str) -> TaskReport:
        """What is on record of a task. Raises EngineNotFound, perhaps also for a moment after its start."""
        ...

    def watch(
        self, task: Task, group: int, hear: Callable[[Event], None]
    ) -> AbstractAsyncContextManager[Subscription]:
        """Hear of a task until the block ends. `hear` never waits.

        A Gap comes first, and after every break and reconnection: until the record is asked, anything may
        have been missed. Tasks of one `group` may share a connection.
        """
        ...

    async def stop(self, task_id: str, stage: Stage) -> None:
        """Stop a task that was last seen at this stage; its report says what came of it.

        Raises EngineRefused where it cannot be stopped (any more).
        """
        ...

    async def log(self, task_id: str) -> str:
        """Everything that the model wrote while it ran, secrets left out. Raises EngineNotFound."""
        ...

    async def erase(self, task_id: str) -> None:
        """Delete what an ended task was given and made. Raises EngineNotFound. Safe to repeat."""
        ...

    # --- its books

    async def recent_tasks(self, limit: int, *, since_s: float = 0.0) -> Sequence[TaskReport]:
        """The newest tasks, newest first; older than `since_s` may be left out. Empty: no list is kept."""
        ...

    def is_task_of(self, report: TaskReport, job: Job) -> bool:
        """Whether the start of this job may have made this task."""
        ...

    # --- models and files

    async def model(self, slug: str) -> Model:
        """Raises EngineNotFound."""
        ...

    async def models(self) -> Sequence[ModelSummary]: ...

    async def store_input(self, file: Upload, owner: int) -> StoredFile:
        """Keep a file for a start to name. Sent once. Files of one `owner` are kept together.

        Raises EngineRefused where it is not taken.
        """
        ...

    def open(self, output: Output) -> AsyncIterator[bytes]:
        """The bytes of an output that has a `ref` and no public address. Raises EngineNotFound."""
        ...
