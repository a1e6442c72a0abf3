"""What the stand-in remembers: every task, and a log of requests without their secrets."""

from __future__ import annotations

import random
import string
import uuid
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sandbox.wiro.catalogue import Model
from sandbox.wiro.faults import ListLag, TaskFault
from sandbox.wiro.intake import Body, Order
from sandbox.wiro.tasks import TIME_FIELDS, Status, Task

_SECRET_HEADERS = frozenset({"x-api-key", "x-signature", "authorization", "cookie", "proxy-authorization"})


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task as a checker sees it. Times are epoch seconds by wire name, 0 where not reached.

    `totalcost` is what is charged in the end, whatever the record says as yet.
    """

    id: str
    token: str
    model: str
    prompt: str
    seed: int
    parameters: Mapping[str, Any]
    status: str
    pexit: str | None
    elapsedseconds: str
    totalcost: str
    is_charged_late: bool
    times: Mapping[str, int]
    outputs: int

    @property
    def is_terminal(self) -> bool:
        return Status(self.status).is_terminal


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """`path` without "/v1/"; `files` as field, name and size in bytes.

    `had_credentials` says that a secret header was there; its value is left out of `headers`.
    """

    at_s: float
    method: str
    path: str
    fields: Mapping[str, Any]
    files: tuple[tuple[str, str, int], ...]
    headers: Mapping[str, str]
    had_credentials: bool


class Ledger:
    """Tasks are kept for the server's life; of requests the newest `request_limit`."""

    def __init__(self, *, chance: random.Random, first_task_id: int, request_limit: int) -> None:
        self._chance = chance
        self._next_id = first_task_id
        self._tasks: dict[str, Task] = {}
        self._by_token: dict[str, Task] = {}
        self._unfinished: list[Task] = []
        self._requests: deque[LoggedRequest] = deque(maxlen=request_limit)

    @property
    def tasks(self) -> tuple[TaskView, ...]:
        """All tasks, oldest first."""
        return tuple(_view(task) for task in self._tasks.values())

    @property
    def requests(self) -> tuple[LoggedRequest, ...]:
        """Requests in the order they came."""
        return tuple(self._requests)

    def task(self, task_id: str) -> TaskView:
        """Raises KeyError."""
        return _view(self._tasks[task_id])

    def requests_to(self, path: str) -> tuple[LoggedRequest, ...]:
        """Requests whose path begins so, e.g. "Run/" or "cdn/"."""
        return tuple(entry for entry in self._requests if entry.path.startswith(path))

    # For the server's own rooms ---------------------------------------------------------------------

    def log(self, at_s: float, method: str, path: str, body: Body, headers: Mapping[str, str]) -> None:
        kept = {name: value for name, value in headers.items() if name.lower() not in _SECRET_HEADERS}
        files = tuple((file.part, file.name, len(file.data)) for file in body.files)
        had_credentials = len(kept) < len(headers)
        self._requests.append(
            LoggedRequest(at_s, method, path, body.fields, files, MappingProxyType(kept), had_credentials)
        )

    def open_task(
        self,
        *,
        api_key: str,
        model: Model,
        parameters: Mapping[str, Any],
        order: Order,
        faults: tuple[TaskFault, ...],
        now_s: float,
    ) -> Task:
        task = Task(
            id=str(self._next_id),
            uuid=str(uuid.UUID(int=self._chance.getrandbits(128), version=4)),
            token=random_key(self._chance),
            api_key=api_key,
            model=model,
            parameters=parameters,
            order=order,
            faults=faults,
            created_s=now_s,
        )
        task.reach(Status.QUEUE, now_s)
        self._next_id += 1
        self._tasks[task.id] = task
        self._by_token[task.token] = task
        self._unfinished.append(task)
        return task

    def find(self, name: str) -> Task | None:
        """By id or by token."""
        return self._tasks.get(name) or self._by_token.get(name)

    def find_token(self, token: str) -> Task | None:
        return self._by_token.get(token)

    def running(self, api_key: str) -> int:
        """How many tasks of the project are not at their end."""
        self._unfinished = [task for task in self._unfinished if not task.status.is_terminal]
        return sum(1 for task in self._unfinished if task.api_key == api_key)

    def listed(self, api_key: str, now_s: float) -> list[Task]:
        """Tasks of the project that Task/List already knows, oldest first."""
        return [task for task in self._of(api_key) if now_s >= task.created_s + _lag_s(task)]

    def _of(self, api_key: str) -> Iterable[Task]:
        return (task for task in self._tasks.values() if task.api_key == api_key)


def random_key(chance: random.Random, length: int = 30) -> str:
    """Thirty alphanumerics, the shape of Wiro's tokens and access keys."""
    return "".join(chance.choices(string.ascii_letters + string.digits, k=length))


def _lag_s(task: Task) -> float:
    return max((fault.seconds for fault in task.faults if isinstance(fault, ListLag)), default=0.0)


def _view(task: Task) -> TaskView:
    return TaskView(
        id=task.id,
        token=task.token,
        model=task.model.slug,
        prompt=task.order.prompt,
        seed=task.order.seed,
        parameters=task.parameters,
        status=task.status.value,
        pexit=task.pexit,
        elapsedseconds=f"{task.worked_s:.4f}",
        totalcost=task.totalcost,
        is_charged_late=task.charged_from_s > 0,
        times=MappingProxyType({name: task.times.get(status, 0) for status, name in TIME_FIELDS.items()}),
        outputs=len(task.outputs),
    )
