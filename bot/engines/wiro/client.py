"""Wiro's REST API as methods: what the bot asks of Wiro, in the words of the domain."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from random import SystemRandom
from typing import Final, TypeVar
from urllib.parse import quote

import aiohttp
from aiohttp.abc import AbstractStreamWriter

from bot.domain.catalogue.model import Model, ModelSummary, Value
from bot.domain.clock import Clock
from bot.domain.job.task import Task, TaskReport
from bot.domain.request.files import StoredFile, Upload
from bot.engines.port import EngineAnswerTooLarge, EngineNotFound, EngineRefused, EngineServerFault
from bot.engines.wiro import frames, reading
from bot.engines.wiro.catalogue import clean_slug, model_of, slug_of, slug_parts, summary_of
from bot.engines.wiro.faults import is_transient
from bot.engines.wiro.scalars import as_text
from bot.engines.wiro.signing import Credentials
from bot.engines.wiro.transport import Answer, Transport
from bot.runtime.backoff import jittered_delays

T = TypeVar("T")

__all__ = ["WiroClient", "is_transient"]

PAGE_SIZE: Final = 100  # the most that Task/List gives at once (Wiro's MCP client, 2026)
SLICE_BYTES: Final = 256 * 1024  # of a file on its way to Wiro
MAX_MODELS: Final = 5_000  # some times what Wiro lists in 2026
HEADER_PREFIX: Final = "header:"  # before the name of a header that carries the run key
MAX_LIST_PAGES: Final = 250  # enough for them by pages of twenty
_NO_SUCH_TOKEN: Final = "credentials-check"  # noqa: S105 — made up so that no task has it


def _default_delays() -> Iterator[float]:
    return jittered_delays(SystemRandom(), attempts=4)


class WiroClient:
    """Every method raises the EngineError family and nothing else. `run_key` is as WIRO_RUN_KEY says.

    What changes nothing, or changes it only once, is repeated on transient errors; Run, Upload and
    FolderCreate are sent exactly once.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        base_url: str,
        credentials: Credentials,
        *,
        clock: Clock,
        delays: Callable[[], Iterator[float]] = _default_delays,
        request_timeout_s: float = 30,
        run_timeout_s: float = 60,
        run_key: str = "",
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._transport = Transport(session, base_url, credentials, clock=clock, delays=delays, sleep=sleep)
        self._credentials = credentials
        self._request_timeout_s = request_timeout_s
        self._run_timeout_s = run_timeout_s
        self._run_key = run_key

    async def run(
        self, model: str, parameters: Mapping[str, Value], *, key: str, files: Sequence[Upload] = ()
    ) -> Task:
        """Start a task: JSON, or multipart where there are files. Sent once, never repeated.

        EngineUnreachable with `may_have_arrived` and EngineServerFault leave it open whether a task runs.
        """
        parts = slug_parts(model)
        if parts is None:
            raise EngineNotFound(f"{model!r} is no model: owner/project is")
        path = "Run/" + "/".join(quote(part, safe="") for part in parts)
        fields, headers = self._keyed(parameters, key)
        form = (lambda: _form(fields, files)) if files else None
        answer = await self._once(path, fields, self._run_timeout_s, form, headers)
        return await _read(frames.started_task, answer)

    def _keyed(
        self, parameters: Mapping[str, Value], key: str
    ) -> tuple[dict[str, Value], dict[str, str] | None]:
        """A Run's fields and headers, the run key in the place that the operator named.

        Wiro's own client has one (1.5.6, Nov 2026), but how it goes over the wire is not published: no name
        is made up here, so unless one is set, none is sent.
        """
        header = self._run_key.removeprefix(HEADER_PREFIX)
        if not self._run_key:
            return dict(parameters), None
        if header != self._run_key:
            return dict(parameters), {header: key}
        return {self._run_key: key, **parameters}, None  # what a member asked for is never written over

    async def detail(self, task_id: str) -> TaskReport:
        """What Wiro has on record of a task. Raises EngineNotFound."""
        answer = await self._repeated("Task/Detail", {"taskid": task_id})
        reports = await _read(self._task_reports, answer)
        if not reports:
            raise EngineNotFound("Task/Detail gives no task")
        for report in reports:
            if report.task.task_id == task_id:
                return report
        raise EngineServerFault("Task/Detail answers for another task")

    async def cancel(self, task_id: str) -> None:
        """Take a task out of Wiro's queue. Raises EngineRefused once it has been assigned."""
        await self._repeated("Task/Cancel", {"taskid": task_id})

    async def log_of(self, task_id: str) -> str:
        """Everything that the model wrote while it ran, secrets left out. Raises EngineNotFound."""
        answer = await self._repeated("Task/Detail", {"taskid": task_id})
        return await _read(lambda fields: frames.task_log(fields, task_id, self._credentials.redact), answer)

    async def kill(self, task_id: str) -> None:
        """Stop a running task."""
        await self._repeated("Task/Kill", {"taskid": task_id})

    async def recent_tasks(self, limit: int, *, since_s: float = 0.0) -> list[TaskReport]:
        """The newest tasks of the project, newest first, up to the page that ends before `since_s`."""
        found: dict[str, TaskReport] = {}
        start, page_size = 0, PAGE_SIZE
        while len(found) < limit:
            size = min(page_size, limit - start)
            body = {"type": "model", "sort": "id", "order": "DESC", "start": str(start), "limit": str(size)}
            try:
                answer = await self._repeated("Task/List", body)
                page = await _read(self._task_reports, answer)
            except EngineAnswerTooLarge:
                if size == 1:
                    raise
                page_size = size // 2  # what models wrote into so many logs is more than is read at once
                continue
            except EngineNotFound as error:
                if error.code != 1 or error.http_status == 404:
                    raise  # the list itself is missing, which does not mean that no task runs
                page = []
            known = len(found)
            found |= {report.task.task_id: report for report in page}
            start += size
            is_past = any(0 < report.created_at_s < since_s for report in page[-1:])
            if len(found) == known or start >= limit or is_past:
                break
        return list(found.values())[:limit]

    async def model(self, slug: str) -> Model:
        """A model with its parameters and prices, by its clean slug or its raw one. Raises EngineNotFound."""
        for spelling in dict.fromkeys((clean_slug(slug), slug.strip())):
            model = await self._model(spelling, slug)
            if model is not None:
                return model
        # Some models answer to their raw slug alone, which the catalogue knows.
        raw = await self._raw_slug(clean_slug(slug))
        model = await self._model(raw, slug) if raw is not None else None
        if model is None:
            raise EngineNotFound(f"no model {slug}")
        return model

    async def models(self) -> list[ModelSummary]:
        """The catalogue without workflows: at most `MAX_MODELS` lines."""
        found: dict[str, ModelSummary] = {}
        start = 0
        for _ in range(MAX_LIST_PAGES):
            answer = await self._repeated("Tool/List", _listing(start, PAGE_SIZE, ""))
            page = await _read(_summaries, answer)
            known = len(found)
            found |= {summary.slug: summary for summary in page if summary.slug}
            start += len(page)
            total = frames.total(answer.fields)
            is_enough = len(found) >= MAX_MODELS or (total is not None and start >= total)
            if not page or len(found) == known or is_enough:
                break
        return list(found.values())[:MAX_MODELS]

    async def check_credentials(self) -> None:
        """Ask for a task that does not exist. Raises EngineAuthFailed and its like."""
        try:
            await self._repeated("Task/Detail", {"tasktoken": _NO_SUCH_TOKEN})
        except EngineRefused:
            return

    async def create_folder(self, name: str, parent_id: str | None = None) -> StoredFile:
        """Make a folder; `name` has letters, digits, dashes and underscores. Sent once."""
        body = {"name": name} | ({"parentid": parent_id} if parent_id is not None else {})
        return await _read(_stored, await self._once("File/FolderCreate", body, self._request_timeout_s))

    async def upload(self, file: Upload, folder_id: str | None = None) -> StoredFile:
        """Keep a file at Wiro (100 MB at most). Sent once."""
        fields = {"folderid": folder_id} if folder_id is not None else {}
        named = Upload("file", file.filename, file.content, file.content_type)
        return await _read(
            _stored,
            await self._once("File/Upload", None, self._run_timeout_s, lambda: _form(fields, [named])),
        )

    async def delete_files(self, task: Task) -> None:
        """Delete what an ended task was given and made. Its record stays. Safe to repeat."""
        await self._repeated("Task/InputOutputDelete", {"tasktoken": task.task_token})

    async def delete_files_of(self, task_id: str) -> None:
        """As `delete_files`, by the task's number: its token is asked for. Raises EngineNotFound."""
        await self.delete_files((await self.detail(task_id)).task)

    async def _model(self, slug: str, asked: str) -> Model | None:
        parts = slug_parts(slug)
        if parts is None:
            return None
        body = {"slugowner": parts[0], "slugproject": parts[1]}
        try:
            answer = await self._repeated("Tool/Detail", body)
            found = await _read(lambda fields: [model_of(t, asked) for t in frames.tools(fields)[:1]], answer)
        except EngineNotFound:
            return None
        return found[0] if found else None

    async def _raw_slug(self, clean: str) -> str | None:
        parts = slug_parts(clean)
        if parts is None:
            return None
        listed = await self._repeated("Tool/List", _listing(0, PAGE_SIZE, parts[1]))
        for tool in await _read(frames.tools, listed):
            raw = f"{tool.slugowner}/{tool.slugproject}"
            if slug_of(tool) == clean and raw != clean:
                return raw
        return None

    def _task_reports(self, fields: Mapping[str, object]) -> list[TaskReport]:
        return frames.task_reports(fields, self._credentials.redact)

    async def _once(
        self,
        path: str,
        body: Mapping[str, object] | None,
        timeout_s: float,
        form: Callable[[], aiohttp.FormData] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        return await self._transport.once(path, body, timeout_s, form, headers)

    async def _repeated(self, path: str, body: Mapping[str, object]) -> Answer:
        return await self._transport.repeated(path, body, self._request_timeout_s)


def _listing(start: int, size: int, search: str) -> dict[str, object]:
    return {
        "start": str(start),
        "limit": str(size),
        "search": search,
        "sort": "id",
        "order": "DESC",
        "categories": [],
        "tags": [],
        "slugowner": "",
        "hideworkflows": True,
        "summary": True,
    }


def _form(fields: Mapping[str, Value], files: Sequence[Upload]) -> aiohttp.FormData:
    form = aiohttp.FormData()
    for name, value in fields.items():
        # A form has no lists; where JSON text is taken for one is in Wiro's docs, Model parameters, Aug 2026.
        form.add_field(name, json.dumps(value) if isinstance(value, tuple) else as_text(value))
    for file in files:
        body = _InSlices(file.content, content_type=file.content_type)
        form.add_field(file.parameter_id, body, filename=file.filename)
    return form


class _InSlices(aiohttp.BytesPayload):
    """A file's bytes, handed over as the connection takes them: else all would be encrypted in one step.

    aiohttp does so with an io.BytesIO, but copies it first (3.14, payload.py).
    """

    def __init__(self, content: bytes, content_type: str) -> None:
        super().__init__(b"", content_type=content_type)  # which warns of bodies that are sent in one piece
        self._value, self._size = content, len(content)

    async def write(self, writer: AbstractStreamWriter) -> None:
        view = memoryview(self._value)
        for at in range(0, len(view), SLICE_BYTES):
            await writer.write(view[at : at + SLICE_BYTES])


def _summaries(fields: Mapping[str, object]) -> list[ModelSummary]:
    return [summary_of(tool) for tool in frames.tools(fields)]


async def _read(function: Callable[[Mapping[str, object]], T], answer: Answer) -> T:
    return await reading.read(function, answer.fields, answer.size_bytes)


def _stored(fields: Mapping[str, object]) -> StoredFile:
    entries = [entry for entry in frames.stored_files(fields) if entry.id]
    if not entries:
        raise EngineServerFault("an answer that names no file")
    return StoredFile(entries[0].id, entries[0].name, entries[0].url or None)
