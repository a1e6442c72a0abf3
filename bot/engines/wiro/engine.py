"""Wiro as an engine: its API, its sockets and its habits behind the port."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final

from bot.domain.catalogue.model import Model, ModelSummary
from bot.domain.job.events import Event
from bot.domain.job.job import Job, Output, Stage
from bot.domain.job.task import Task, TaskReport
from bot.domain.request.files import StoredFile, Upload
from bot.engines.port import (
    Capabilities,
    EngineError,
    EngineNotFound,
    LostRuns,
    StartRequest,
    Subscription,
)
from bot.engines.wiro.find import is_task_of
from bot.engines.wiro.folders import FolderUploads
from bot.engines.wiro.parameters import link_parameters
from bot.engines.wiro.ports import Feed, Folders, WiroApi
from bot.engines.wiro.subscriptions import Keep, SharedSockets

log = logging.getLogger(__name__)

LIST_LIMIT: Final = 100  # what Task/List gives at most (Wiro's MCP client, 2026)


class WiroEngine:
    """Implements the port `Engine`. Every method raises the EngineError family and nothing else.

    `keep` keeps the reader of a socket going.
    """

    name = "Wiro"

    def __init__(
        self,
        api: WiroApi,
        folders: Folders,
        open_feed: Callable[[], Feed],
        keep: Keep,
        *,
        at_once: int | None = None,
    ) -> None:
        self._api = api
        self._uploads = FolderUploads(api, folders)
        self.sockets = SharedSockets(open_feed, keep)
        self.capabilities = Capabilities(
            can_stop_queued=True,
            can_stop_running=True,
            lost_runs=LostRuns.BY_SEARCH,
            may_repeat=False,
            does_bill=True,
            keeps_files=True,
            has_public_links=True,
            at_once=at_once,
        )

    async def start(self, request: StartRequest) -> Task:
        parameters = {**request.parameters, **link_parameters(request.links)}
        return await self._api.run(request.model, parameters, key=request.key, files=request.files)

    async def find(self, job: Job) -> Sequence[TaskReport]:
        """By its seed, among the newest of Task/List."""
        return [report for report in await self._api.recent_tasks(LIST_LIMIT) if is_task_of(report, job)]

    async def report(self, task_id: str) -> TaskReport:
        return await self._api.detail(task_id)

    def watch(
        self, task: Task, group: int, hear: Callable[[Event], None]
    ) -> AbstractAsyncContextManager[Subscription]:
        return self.sockets.watch(task, group, hear)

    async def stop(self, task_id: str, stage: Stage) -> None:
        """Cancel while it is queued, Kill once it runs, and the other where it was just moving on."""
        first, second = self._api.cancel, self._api.kill
        if stage > Stage.QUEUED:
            first, second = second, first
        try:
            await first(task_id)
        except EngineError as error:
            log.info("task %s: not stopped: %s", task_id, error.message)
            await second(task_id)

    async def log(self, task_id: str) -> str:
        return await self._api.log_of(task_id)

    async def erase(self, task_id: str) -> None:
        await self._api.delete_files_of(task_id)

    async def recent_tasks(self, limit: int, *, since_s: float = 0.0) -> Sequence[TaskReport]:
        return await self._api.recent_tasks(limit, since_s=since_s)

    def is_task_of(self, report: TaskReport, job: Job) -> bool:
        return is_task_of(report, job)

    async def model(self, slug: str) -> Model:
        return await self._api.model(slug)

    async def models(self) -> Sequence[ModelSummary]:
        return await self._api.models()

    async def store_input(self, file: Upload, owner: int) -> StoredFile:
        """`owner` is a Discord server, 0 for direct messages."""
        return await self._uploads.upload(file, owner)

    async def open(self, output: Output) -> AsyncIterator[bytes]:
        """Wiro's outputs have addresses."""
        raise EngineNotFound(f"{output.name} has an address of its own")
        yield b""
