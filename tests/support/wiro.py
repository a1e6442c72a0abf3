"""A Wiro that does what a test tells it, and remembers what it was asked; and the engine over such a one."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence

from bot.domain.catalogue.model import Model, ModelSummary, Value
from bot.domain.job.events import Event, Gap, Reached
from bot.domain.job.job import Stage
from bot.domain.job.task import Task, TaskReport
from bot.domain.money import Money
from bot.domain.request.files import StoredFile, Upload
from bot.engines.port import EngineError, EngineNotFound, EngineUnreachable
from bot.engines.wiro.engine import WiroEngine
from bot.engines.wiro.ports import Feed, Folders, WiroApi
from bot.services.supervisor import Delays, Supervisor
from tests.support.samples import MODEL
from tests.support.sources import MemoryFolders

TITLE, PRICE = "Stable Diffusion 3 Medium", Money.parse("0.05")
LOST_ANSWER = EngineUnreachable("the connection broke", may_have_arrived=True)


def engine_over(
    api: WiroApi,
    open_feed: Callable[[], Feed],
    supervisor: Supervisor,
    delays: Delays,
    folders: Folders | None = None,
    at_once: int | None = None,
) -> WiroEngine:
    """The engine as the bot wires it. `delays` are those before a feed that failed is replaced."""
    return WiroEngine(
        api,
        folders or MemoryFolders(),
        open_feed,
        lambda step: supervisor.every("socket", 0.0, step, delays),
        at_once=at_once,
    )


class ScriptedWiro:
    """Takes every Run unless `run_faults` says otherwise; Task/Detail says what `tell` last told it."""

    def __init__(self) -> None:
        self.runs: list[tuple[str, dict[str, Value]]] = []
        self.run_keys: list[str] = []  # of each run
        self.files_sent: list[tuple[Upload, ...]] = []  # with each run
        self.uploads: list[tuple[Upload, str | None]] = []
        self.upload_faults: deque[EngineError] = deque()
        self.folders_made: list[str] = []
        self.logs: dict[str, str] = {}
        self.run_faults: deque[EngineError | None] = deque()  # None takes the run; empty means None
        self.is_made_although_unanswered = False
        self.run_gate = asyncio.Event()
        self.run_gate.set()
        self.stopped: list[tuple[str, str]] = []  # ("cancel" or "kill", task id), in order
        self.stop_faults: dict[str, EngineError] = {}
        self.stop_gate = asyncio.Event()
        self.stop_gate.set()
        self.on_stop: Event | None = None  # what Task/Detail says of a stopped task
        self.details_asked = 0
        self.detail_faults: deque[EngineError | BaseException] = deque()
        self.lists_asked = 0
        self.list_faults: deque[EngineError] = deque()
        self.reports: dict[str, TaskReport] = {}
        self.made = 0
        self.known_models: dict[str, Model] = {MODEL.lower(): Model(MODEL, TITLE, approximate_cost=PRICE)}
        self.model_faults: deque[EngineError] = deque()
        self.model_gate = asyncio.Event()
        self.model_gate.set()
        self.models_asked = 0
        self.summaries: list[ModelSummary] = []
        self.summary_faults: deque[EngineError] = deque()
        self.lists_of_models_asked = 0
        self.deleted: list[str] = []  # tasks whose files were deleted
        self.delete_faults: deque[EngineError] = deque()

    def tell(self, task_id: str, event: Event) -> None:
        """What Task/Detail says of this task from now on."""
        known = self.reports[task_id]
        self.reports[task_id] = TaskReport(known.task, event, known.parameters, known.created_at_s)

    def make(self, parameters: Mapping[str, Value], created_at_s: float = 0.0) -> Task:
        """A task of the account, as a Run would have made it."""
        self.made += 1
        task = Task(str(100 + self.made), f"token-{100 + self.made}")
        sent = {name: str(value) for name, value in parameters.items()}
        self.reports[task.task_id] = TaskReport(task, Reached(Stage.QUEUED), sent, created_at_s)
        return task

    async def run(
        self, model: str, parameters: Mapping[str, Value], *, key: str, files: Sequence[Upload] = ()
    ) -> Task:
        self.runs.append((model, dict(parameters)))
        self.run_keys.append(key)
        self.files_sent.append(tuple(files))
        await self.run_gate.wait()
        fault = self.run_faults.popleft() if self.run_faults else None
        if fault is None:
            return self.make(parameters)
        if self.is_made_although_unanswered:
            self.make(parameters)
        raise fault

    async def detail(self, task_id: str) -> TaskReport:
        self.details_asked += 1
        if self.detail_faults:
            raise self.detail_faults.popleft()
        if task_id not in self.reports:
            raise EngineNotFound("no such task", code=1)
        return self.reports[task_id]

    async def cancel(self, task_id: str) -> None:
        await self._stop("cancel", task_id)

    async def kill(self, task_id: str) -> None:
        await self._stop("kill", task_id)

    async def _stop(self, how: str, task_id: str) -> None:
        self.stopped.append((how, task_id))
        await self.stop_gate.wait()
        if how in self.stop_faults:
            raise self.stop_faults[how]
        if self.on_stop is not None:
            self.tell(task_id, self.on_stop)

    async def recent_tasks(self, limit: int, *, since_s: float = 0.0) -> Sequence[TaskReport]:
        self.lists_asked += 1
        if self.list_faults:
            raise self.list_faults.popleft()
        return list(reversed(self.reports.values()))[:limit]

    async def create_folder(self, name: str) -> StoredFile:
        self.folders_made.append(name)
        return StoredFile(f"folder-{len(self.folders_made)}", name, None)

    async def upload(self, file: Upload, folder_id: str | None = None) -> StoredFile:
        self.uploads.append((file, folder_id))
        if self.upload_faults:
            raise self.upload_faults.popleft()
        url = f"https://cdn1.wiro.ai/{len(self.uploads)}/{file.filename}"
        return StoredFile(str(len(self.uploads)), file.filename, url)

    async def delete_files_of(self, task_id: str) -> None:
        if self.delete_faults:
            raise self.delete_faults.popleft()
        if task_id not in self.reports:
            raise EngineNotFound(f"no task {task_id}")
        self.deleted.append(task_id)

    async def log_of(self, task_id: str) -> str:
        if task_id not in self.logs:
            raise EngineNotFound("no such task", code=1)
        return self.logs[task_id]

    async def model(self, slug: str) -> Model:
        self.models_asked += 1
        await self.model_gate.wait()
        if self.model_faults:
            raise self.model_faults.popleft()
        if slug.lower() not in self.known_models:
            raise EngineNotFound("no such model", code=1)
        return self.known_models[slug.lower()]

    async def models(self) -> Sequence[ModelSummary]:
        self.lists_of_models_asked += 1
        if self.summary_faults:
            raise self.summary_faults.popleft()
        return self.summaries


class FakeFeed:
    """One socket: a Gap on each registration, then what the test says."""

    def __init__(self, sockets: FakeSockets) -> None:
        self._sockets = sockets
        self._events: asyncio.Queue[tuple[str, Event] | None] = asyncio.Queue()
        self.tasks: dict[str, Task] = {}
        self.is_closed = False

    def register(self, task: Task) -> None:
        self.tasks[task.task_id] = task
        self._sockets.registered.append(task)
        self._events.put_nowait((task.task_id, Gap("registered")))

    def forget(self, task_id: str) -> None:
        del self.tasks[task_id]

    def say(self, task_id: str, event: Event) -> None:
        self._events.put_nowait((task_id, event))

    async def events(self) -> AsyncIterator[tuple[str, Event]]:
        while (item := await self._events.get()) is not None:
            yield item

    async def close(self) -> None:
        self.is_closed = True


class FakeSockets:
    """Every socket that was opened. Pass `open` as `open_feed`."""

    def __init__(self) -> None:
        self.feeds: list[FakeFeed] = []
        self.registered: list[Task] = []

    def open(self) -> FakeFeed:
        feed = FakeFeed(self)
        self.feeds.append(feed)
        return feed

    @property
    def open_feeds(self) -> list[FakeFeed]:
        return [feed for feed in self.feeds if not feed.is_closed]

    def say(self, task_id: str, event: Event) -> None:
        """Wiro's socket speaks of a task, where it is registered."""
        for feed in self.open_feeds:
            if task_id in feed.tasks:
                feed.say(task_id, event)

    def is_watching(self, task_id: str) -> bool:
        return any(task_id in feed.tasks for feed in self.open_feeds)
