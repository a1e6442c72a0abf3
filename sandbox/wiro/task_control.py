"""Asking for tasks and ending them: Task/Detail, List, Cancel, Kill, InputOutputDelete."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sandbox.wiro import answers
from sandbox.wiro.accounts import Account
from sandbox.wiro.answers import ApiError
from sandbox.wiro.cdn import Cdn
from sandbox.wiro.engine import Engine
from sandbox.wiro.file_store import FileStore
from sandbox.wiro.intake import listed
from sandbox.wiro.ledger import Ledger
from sandbox.wiro.tasks import Status, Task
from sandbox.wiro.tool_answers import whole

_EVERY_FIELD = ("taskid", "tasktoken", "socketaccesstoken")
_LIST_LIMIT = 100


class TaskControl:
    """`strict` takes only the field names Wiro's production takes; else all three are fine everywhere.

    `deletes_uploads`: what a task was given goes with it although it came by File/Upload. The docs say "input
    files associated with a completed task" and leave it open whether that means those, too.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        engine: Engine,
        cdn: Cdn,
        file_store: FileStore,
        clock: Callable[[], float],
        strict: bool,
        deletes_uploads: bool,
    ) -> None:
        self._ledger = ledger
        self._engine = engine
        self._cdn = cdn
        self._file_store = file_store
        self._deletes_uploads = deletes_uploads
        self._clock = clock
        self._strict = strict

    def detail(self, account: Account, fields: Mapping[str, Any]) -> dict[str, Any]:
        task = self._named(fields, ("tasktoken", "taskid"))
        # Another project's task is not there, rather than forbidden: its existence is nobody's business.
        if task is None or task.api_key != account.api_key:
            raise answers.no_such_task()
        return self._list_of([task], 1)

    def list(self, account: Account, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Newest first unless asked otherwise; `total` counts all matches."""
        wanted = str(fields.get("modelName") or fields.get("model") or "").lower()
        found = [
            task
            for task in self._ledger.listed(account.api_key, self._clock())
            if wanted in task.model.slug.lower()
        ]
        if str(fields.get("order") or "DESC").upper() != "ASC":
            found.reverse()
        start, limit = whole(fields.get("start"), 0), min(_LIST_LIMIT, whole(fields.get("limit"), 20))
        return self._list_of(found[start : start + limit], len(found))

    def cancel(self, account: Account, fields: Mapping[str, Any]) -> dict[str, Any]:
        task = self._owned(account, fields, ("taskid",))
        if task.status is not Status.QUEUE:
            raise ApiError(1, "Task is not in a cancellable state.")
        self._engine.stop_early(task)
        return self._list_of([task], 1)

    def kill(self, account: Account, fields: Mapping[str, Any]) -> dict[str, Any]:
        task = self._owned(account, fields, ("taskid", "socketaccesstoken"))
        if task.status.is_terminal:
            raise ApiError(1, "Task could not be killed: task is not running")
        self._engine.stop_early(task)
        return self._list_of([task], 1)

    def delete_files(self, account: Account, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Outputs, inputs and their addresses die, the record stays. The same again changes nothing."""
        task = self._named(fields, ("tasktoken",))
        if task is None or task.api_key != account.api_key:
            raise ApiError(1, "task-not-exist")
        if not task.status.is_terminal:
            raise ApiError(1, "Task must be completed or cancelled before deleting files")
        self._cdn.withdraw(task)
        for value in task.parameters.values():
            for address in listed(value):
                self._file_store.withdraw(address, with_uploads=self._deletes_uploads)
        task.outputs = ()
        return {}

    def _list_of(self, tasks: Sequence[Task], total: int) -> dict[str, Any]:
        now_s = self._clock()
        return {"total": str(total), "tasklist": [task.as_wire(now_s) for task in tasks]}

    def _owned(self, account: Account, fields: Mapping[str, Any], strict_names: Sequence[str]) -> Task:
        task = self._named(fields, strict_names)
        if task is None:
            raise answers.no_such_task()
        if task.api_key != account.api_key:
            raise answers.not_permitted()
        return task

    def _named(self, fields: Mapping[str, Any], strict_names: Sequence[str]) -> Task | None:
        """The task of the first of the names that is filled in. Raises ApiError 0 when none is."""
        names = strict_names if self._strict else _EVERY_FIELD
        value = next((str(fields[name]) for name in names if fields.get(name)), "")
        if not value:
            raise ApiError(0, f"{' or '.join(strict_names)} is required")
        return self._ledger.find(value)
