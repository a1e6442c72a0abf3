"""The port of every engine: what makes outputs, what it tells, and how it fails."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.domain.catalogue.model import Model, ModelSummary, Value
from bot.domain.errors import BotError
from bot.domain.job.events import Event
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


class Engine(Protocol):
    """Wiro's REST API. Every method raises the EngineError family and nothing else."""

    async def run(
        self, model: str, parameters: Mapping[str, Value], *, key: str, files: Sequence[Upload] = ()
    ) -> Task:
        """Start a task; `files` go along in the same request. Sent once, never repeated.

        `key` is the same for every Run of one job: where Wiro heeds it, they are one task.
        """
        ...

    async def detail(self, task_id: str) -> TaskReport: ...

    async def cancel(self, task_id: str) -> None:
        """Take a task out of Wiro's queue. Raises EngineRefused once it has been assigned."""
        ...

    async def kill(self, task_id: str) -> None:
        """Stop a running task."""
        ...

    async def recent_tasks(self, limit: int, *, since_s: float = 0.0) -> Sequence[TaskReport]:
        """The newest tasks of the project, newest first; older ones than `since_s` may be left out."""
        ...

    async def model(self, slug: str) -> Model:
        """Raises EngineNotFound."""
        ...

    async def models(self) -> Sequence[ModelSummary]: ...

    async def create_folder(self, name: str) -> StoredFile:
        """Make a folder for files. Sent once."""
        ...

    async def upload(self, file: Upload, folder_id: str | None = None) -> StoredFile:
        """Keep a file at Wiro. Sent once. Raises EngineRefused where Wiro does not take it."""
        ...

    async def log_of(self, task_id: str) -> str:
        """Everything that the model wrote while it ran, secrets left out. Raises EngineNotFound."""
        ...

    async def delete_files_of(self, task_id: str) -> None:
        """Delete what an ended task was given and made. Raises EngineNotFound. Safe to repeat."""
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
