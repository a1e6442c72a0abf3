"""What the Wiro engine is made of: the API and the socket in Wiro's own words, and what it has kept."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Protocol

from bot.domain.catalogue.model import Model, ModelSummary, Value
from bot.domain.job.events import Event
from bot.domain.job.task import Task, TaskReport
from bot.domain.request.files import StoredFile, Upload


class WiroApi(Protocol):
    """Every method raises the EngineError family and nothing else."""

    async def run(
        self, model: str, parameters: Mapping[str, Value], *, key: str, files: Sequence[Upload] = ()
    ) -> Task:
        """Start a task; `files` go along in the same request. Sent once, never repeated."""
        ...

    async def detail(self, task_id: str) -> TaskReport: ...

    async def cancel(self, task_id: str) -> None:
        """Take a task out of Wiro's queue. Raises EngineRefused once it has been assigned."""
        ...

    async def kill(self, task_id: str) -> None:
        """Stop a running task."""
        ...

    async def recent_tasks(self, limit: int, *, since_s: float = 0.0) -> Sequence[TaskReport]: ...

    async def model(self, slug: str) -> Model: ...

    async def models(self) -> Sequence[ModelSummary]: ...

    async def create_folder(self, name: str) -> StoredFile:
        """Make a folder for files. Sent once."""
        ...

    async def upload(self, file: Upload, folder_id: str | None = None) -> StoredFile:
        """Keep a file at Wiro. Sent once. Raises EngineRefused where Wiro does not take it."""
        ...

    async def log_of(self, task_id: str) -> str: ...

    async def delete_files_of(self, task_id: str) -> None: ...


class Feed(Protocol):
    """One socket to Wiro carrying any number of tasks; reconnects by itself until closed."""

    def register(self, task: Task) -> None: ...

    def forget(self, task_id: str) -> None: ...

    def events(self) -> AsyncIterator[tuple[str, Event]]:
        """(task_id, event) as they come. A Gap for every registered task after each (re)connection,
        each registration, and each break."""
        ...

    async def close(self) -> None: ...


class Folders(Protocol):
    """Which folder at Wiro a server's files go to; direct messages are guild 0. Raises StoreErrors."""

    async def folder_of(self, guild_id: int) -> str | None: ...

    async def keep_folder(self, guild_id: int, folder_id: str) -> None: ...

    async def forget_folder(self, guild_id: int) -> None:
        """The next file of this server makes another."""
        ...
