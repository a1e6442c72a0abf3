"""An engine in memory that does what it is told, and remembers what it was asked."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from typing import Final

from bot.domain.catalogue.model import Model, ModelSummary, Value
from bot.domain.job.events import Cancelled, Event, Gap, Reached, Settled
from bot.domain.job.job import Job, Output, Stage
from bot.domain.job.task import Task, TaskReport
from bot.domain.request.files import StoredFile, Upload
from bot.engines.port import (
    Capabilities,
    EngineBusy,
    EngineError,
    EngineNotFound,
    EngineRefused,
    EngineUnreachable,
    LostRuns,
    StartRequest,
)

EVERYTHING: Final = Capabilities(
    can_stop_queued=True,
    can_stop_running=True,
    lost_runs=LostRuns.BY_SEARCH,
    may_repeat=False,
    does_bill=True,
    keeps_files=True,
    has_public_links=True,
    at_once=None,
)
FOUND_AMONG: Final = 100  # of the newest tasks


class FakeSubscription:
    """What one watcher has of a task."""

    def __init__(self, task: Task, hear: Callable[[Event], None]) -> None:
        self.task = task
        self.has_heard = False
        self.times_unheard = 0
        self._hear = hear

    def hear(self, event: Event) -> None:
        self.has_heard = self.has_heard or not isinstance(event, Gap)
        self._hear(event)

    async def moved_unheard(self) -> None:
        self.times_unheard += 1


class FakeEngine:
    """Takes every start unless `start_faults` says otherwise; its record says what `tell` last told it.

    Faults are raised one for each call, in their order; gates hold calls up while they are cleared.
    """

    def __init__(
        self, capabilities: Capabilities = EVERYTHING, *, name: str = "Fake", models: Sequence[Model] = ()
    ) -> None:
        self.name = name
        self.capabilities = capabilities
        self.is_down = False  # nothing is answered
        self.started: list[StartRequest] = []
        self.start_faults: deque[EngineError | None] = deque()  # None takes the start; empty means None
        self.is_made_although_unanswered = False
        self.start_gate = _open_gate()
        self.reports: dict[str, TaskReport] = {}
        self.reports_asked = 0
        self.report_faults: deque[EngineError | BaseException] = deque()
        self.lists_asked = 0
        self.list_faults: deque[EngineError] = deque()
        self.stopped: list[tuple[str, Stage]] = []
        self.stop_faults: deque[EngineError] = deque()
        self.stop_gate = _open_gate()
        self.on_stop: Event | None = None  # what the record says of a stopped task
        self.logs: dict[str, str] = {}
        self.erased: list[str] = []
        self.erase_faults: deque[EngineError] = deque()
        self.known_models = {model.slug.lower(): model for model in models}
        self.model_faults: deque[EngineError] = deque()
        self.model_gate = _open_gate()
        self.models_asked = 0
        self.summaries: list[ModelSummary] = [ModelSummary(one.slug, one.title, None) for one in models]
        self.summary_faults: deque[EngineError] = deque()
        self.lists_of_models_asked = 0
        self.stored: list[tuple[Upload, int]] = []
        self.store_faults: deque[EngineError] = deque()
        self.contents: dict[str, bytes] = {}  # of outputs, by `ref`
        self.watched: list[Task] = []  # in the order in which watching began
        self._subscriptions: dict[str, FakeSubscription] = {}
        self._made = 100

    # --- what a test does to it

    def make(
        self, parameters: Mapping[str, Value], created_at_s: float = 0.0, *, key: str | None = None
    ) -> Task:
        """A task, as a start would have made it."""
        self._made += 1
        is_ours = key is not None and self.capabilities.lost_runs is LostRuns.BY_ID
        task = Task(_id_of(key or "") if is_ours else str(self._made), f"token-{self._made}")
        sent = {name: str(value) for name, value in parameters.items()}
        self.reports[task.task_id] = TaskReport(task, Reached(Stage.QUEUED), sent, created_at_s)
        return task

    def tell(self, task_id: str, event: Event) -> None:
        """What the record says of this task from now on."""
        known = self.reports[task_id]
        self.reports[task_id] = TaskReport(known.task, event, known.parameters, known.created_at_s)

    def say(self, task_id: str, event: Event) -> None:
        """News of a task, where it is watched."""
        if task_id in self._subscriptions:
            self._subscriptions[task_id].hear(event)

    def break_connections(self) -> None:
        for subscription in list(self._subscriptions.values()):
            subscription.hear(Gap("the connection broke"))
            subscription.hear(Gap("connected"))

    def is_watching(self, task_id: str) -> bool:
        return task_id in self._subscriptions

    @property
    def watching(self) -> int:
        return len(self._subscriptions)

    @property
    def running(self) -> Iterator[str]:
        """Tasks that have not ended."""
        return (task_id for task_id, report in self.reports.items() if not _is_over(report.event))

    # --- runs

    async def start(self, request: StartRequest) -> Task:
        self._reach()
        self.started.append(request)
        await self.start_gate.wait()
        if self.known_models and request.model.lower() not in self.known_models:
            raise EngineNotFound("no such model", engine=self.name)
        fault = self.start_faults.popleft() if self.start_faults else None
        at_once = self.capabilities.at_once
        if at_once is not None and len(list(self.running)) >= at_once:
            raise EngineBusy("as many as run at once", engine=self.name)
        if fault is None:
            return self.make(request.parameters, key=request.key)
        if self.is_made_although_unanswered:
            self.make(request.parameters, key=request.key)
        raise fault

    async def find(self, job: Job) -> Sequence[TaskReport]:
        if self.capabilities.lost_runs is LostRuns.NEVER:
            return ()
        return [report for report in await self.recent_tasks(FOUND_AMONG) if self.is_task_of(report, job)]

    async def report(self, task_id: str) -> TaskReport:
        self._reach()
        self.reports_asked += 1
        if self.report_faults:
            raise self.report_faults.popleft()
        return self._known(task_id)

    @asynccontextmanager
    async def watch(
        self,
        task: Task,
        group: int,  # noqa: ARG002 — each task has a connection of its own
        hear: Callable[[Event], None],
    ) -> AsyncIterator[FakeSubscription]:
        subscription = self._subscriptions[task.task_id] = FakeSubscription(task, hear)
        self.watched.append(task)
        subscription.hear(Gap("connected"))
        try:
            yield subscription
        finally:
            del self._subscriptions[task.task_id]

    async def stop(self, task_id: str, stage: Stage) -> None:
        self._reach()
        self.stopped.append((task_id, stage))
        await self.stop_gate.wait()
        if self.stop_faults:
            raise self.stop_faults.popleft()
        event = self._known(task_id).event
        is_queued = isinstance(event, Reached) and event.stage <= Stage.QUEUED
        can_stop = self.capabilities.can_stop_queued if is_queued else self.capabilities.can_stop_running
        if _is_over(event) or not can_stop:
            raise EngineRefused("it cannot be stopped", engine=self.name)
        if self.on_stop is not None:
            self.tell(task_id, self.on_stop)

    async def log(self, task_id: str) -> str:
        self._reach()
        self._known(task_id)
        return self.logs.get(task_id, "")

    async def erase(self, task_id: str) -> None:
        self._reach()
        if self.erase_faults:
            raise self.erase_faults.popleft()
        self._known(task_id)
        self.erased.append(task_id)

    # --- its books

    async def recent_tasks(self, limit: int, *, since_s: float = 0.0) -> Sequence[TaskReport]:
        self._reach()
        self.lists_asked += 1
        if self.list_faults:
            raise self.list_faults.popleft()
        recent = (one for one in reversed(self.reports.values()) if one.created_at_s >= since_s)
        return list(islice(recent, limit))

    def is_task_of(self, report: TaskReport, job: Job) -> bool:
        """By its id where that is ours to choose, else by seed and, while it is kept, prompt."""
        if self.capabilities.lost_runs is LostRuns.BY_ID:
            return report.task.task_id == _id_of(job.run_key)
        is_prompt = job.is_forgotten or report.parameters.get("prompt", "") == job.request.prompt
        return job.sent_at_s is not None and is_prompt and report.parameters.get("seed") == str(job.seed)

    # --- models and files

    async def model(self, slug: str) -> Model:
        self._reach()
        self.models_asked += 1
        await self.model_gate.wait()
        if self.model_faults:
            raise self.model_faults.popleft()
        if slug.lower() not in self.known_models:
            raise EngineNotFound("no such model", engine=self.name)
        return self.known_models[slug.lower()]

    async def models(self) -> Sequence[ModelSummary]:
        self._reach()
        self.lists_of_models_asked += 1
        if self.summary_faults:
            raise self.summary_faults.popleft()
        return self.summaries

    async def store_input(self, file: Upload, owner: int) -> StoredFile:
        self._reach()
        self.stored.append((file, owner))
        if self.store_faults:
            raise self.store_faults.popleft()
        if not self.capabilities.keeps_files:
            raise EngineRefused("no files are kept", engine=self.name)
        number = len(self.stored)
        return StoredFile(str(number), file.filename, f"https://kept.example/{number}/{file.filename}")

    async def open(self, output: Output) -> AsyncIterator[bytes]:
        self._reach()
        if output.ref not in self.contents:
            raise EngineNotFound("no such output", engine=self.name)
        yield self.contents[output.ref]

    def _reach(self) -> None:
        if self.is_down:
            raise EngineUnreachable("nobody answers", engine=self.name, may_have_arrived=False)

    def _known(self, task_id: str) -> TaskReport:
        if task_id not in self.reports:
            raise EngineNotFound("no such task", engine=self.name)
        return self.reports[task_id]


def _id_of(key: str) -> str:
    return f"task-{key}"


def _is_over(event: Event) -> bool:
    return isinstance(event, (Settled, Cancelled))


def _open_gate() -> asyncio.Event:
    gate = asyncio.Event()
    gate.set()
    return gate
