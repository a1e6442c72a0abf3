"""Wiro's answers and socket frames: read tolerantly, translated into the words of the domain.

Every scalar may be a text, a number or null, every list may be JSON text, and anything may be missing;
what has no meaning without its key (the id of a task, the list of a page) raises WiroServerFault, and
nothing else is ever raised. Wiro's status words are known in this file alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict

from bot.domain.errors import WiroServerFault
from bot.domain.events import Cancelled, Event, Progressed, Reached, Settled, Unrecognised
from bot.domain.job import Output, Progress, Stage
from bot.domain.money import Money
from bot.domain.task import Task, TaskReport
from bot.wiro import scalars
from bot.wiro.scalars import as_list, as_object, as_objects, as_text, decoded, plain
from bot.wiro.values import Frame, Verdict

MAX_DETAIL_CHARS: Final = 300
MAX_OUTPUTS: Final = 64
MAX_URL_CHARS: Final = 2_048

_LIVE: Final = {
    "task_queue": Stage.QUEUED,
    "task_accept": Stage.PREPARING,
    "task_preprocess_start": Stage.PREPARING,
    "task_preprocess_end": Stage.PREPARING,
    "task_assign": Stage.PREPARING,
    "task_start": Stage.RUNNING,
    "task_output": Stage.RUNNING,
    "task_output_full": Stage.RUNNING,
    "task_end": Stage.FINISHING,
    "task_postprocess_start": Stage.FINISHING,
}
_FINISHED: Final = "task_postprocess_end"
_CANCELLED: Final = frozenset({"task_cancel", "task_cancelled", "task_canceled"})
_FAILURE_ENDINGS: Final = ("_fail", "_failed", "_kill", "_killed")  # third parties expect them; undocumented
_UNDECIDED: Final = frozenset({"task_error", "task_error_full", "task_completed"})  # over once pexit says so
_SILENT_FRAMES: Final = frozenset(
    # A greeting, answers to bad registrations, standard error, and what only realtime voice sends.
    {"connected", "error", "task_error", "task_error_full", "task_cost"}
    | {"task_stream_ready", "task_stream_end"}
)

_Text = Annotated[str, BeforeValidator(as_text)]
_OptionalText = Annotated[str | None, BeforeValidator(scalars.as_optional_text)]
_Line = Annotated[str, BeforeValidator(plain)]
_Whole = Annotated[int | None, BeforeValidator(scalars.as_whole)]
_Number = Annotated[Decimal | None, BeforeValidator(scalars.as_number)]
_Money = Annotated[Money | None, BeforeValidator(scalars.as_money)]
_Seconds = Annotated[float | None, BeforeValidator(scalars.as_seconds)]
_Epoch = Annotated[float, BeforeValidator(scalars.as_epoch_s)]
_Truth = Annotated[bool | None, BeforeValidator(scalars.as_truth)]
_TextMap = Annotated[dict[str, str], BeforeValidator(scalars.as_text_map)]
_TextList = Annotated[tuple[str, ...], BeforeValidator(lambda value: tuple(map(as_text, as_list(value))))]


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", arbitrary_types_allowed=True)


class _Fault(_Wire):
    code: _Whole = None
    message: _Line = ""


def _as_faults(value: object) -> list[dict[str, object]]:
    items = [value] if isinstance(value, str) else as_list(value)
    return [item if isinstance(item, dict) else {"message": item} for item in items]


class _Envelope(_Wire):
    result: _Truth = None
    errors: Annotated[tuple[_Fault, ...], BeforeValidator(_as_faults)] = ()
    message: _Line = ""
    total: _Whole = None


class _Started(_Wire):
    taskid: _Text = ""
    socketaccesstoken: _Text = ""


class _Content(_Wire):
    raw: _Text = ""
    answer: _TextList = ()


class _Output(_Wire):
    name: Annotated[str, BeforeValidator(scalars.safe_name)] = "output"
    contenttype: _Line = ""
    size: _Whole = None
    url: _Text = ""
    content: Annotated[_Content, BeforeValidator(as_object)] = _Content()


class _Task(_Wire):
    id: _Text = ""
    socketaccesstoken: _Text = ""
    status: _Line = ""
    pexit: _Line = ""
    parameters: _TextMap = {}
    createtime: _Epoch = 0.0
    endtime: _Epoch = 0.0
    elapsedseconds: _Seconds = None
    totalcost: _Money = None
    debugerror: _Line = ""
    debugoutput: _Line = ""
    outputs: Annotated[tuple[_Output, ...], BeforeValidator(as_objects)] = ()


class _Step(_Wire):
    type: _Text = "progressGenerate"
    percentage: _Number = None
    stepCurrent: _Whole = None  # noqa: N815 — Wiro's spelling
    stepTotal: _Whole = None  # noqa: N815 — Wiro's spelling


class _SocketFrame(_Wire):
    type: _Line = ""
    id: _Text = ""
    tasktoken: _Text = ""
    message: Any = None


class ToolOption(_Wire):
    """One choice of a select."""

    value: _OptionalText = None


class ToolItem(_Wire):
    """One input of a model, in the new spelling (default, min, max) or the old (defaultvalue, …)."""

    id: _Text = ""
    type: _Line = ""
    label: _Line = ""
    required: _Truth = None
    default: _OptionalText = None
    defaultvalue: _OptionalText = None
    value: _OptionalText = None
    min: _Number = None
    minvalue: _Number = None
    max: _Number = None
    maxvalue: _Number = None
    options: Annotated[
        tuple[ToolOption, ...],
        BeforeValidator(lambda value: [o if isinstance(o, dict) else {"value": o} for o in as_list(value)]),
    ] = ()


def _as_items(value: object) -> list[dict[str, object]]:
    items: list[dict[str, object]] = []
    for entry in as_objects(value):
        items.extend(as_objects(entry["items"]) if "items" in entry else [entry])
    return items


class Tool(_Wire):
    """A model of the catalogue as Tool/List and Tool/Detail give it."""

    title: _Line = ""
    slugowner: _Line = ""
    slugproject: _Line = ""
    cleanslugowner: _Line = ""
    cleanslugproject: _Line = ""
    dynamicprice: Any = None
    approximatelycost: _Money = None
    cps: _Money = None
    parameters: Annotated[tuple[ToolItem, ...], BeforeValidator(_as_items)] = ()


class StoredFileEntry(_Wire):
    """A folder or file as FolderCreate and Upload answer it."""

    id: _Text = ""
    name: _Line = ""
    url: _Text = ""


def parsed(body: str | bytes) -> Mapping[str, object]:
    """The JSON object in an answer or a frame. Raises WiroServerFault."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise WiroServerFault("an answer that is no JSON object")
    return value


def verdict(answer: Mapping[str, object]) -> Verdict:
    """Whether the answer is a yes, and its error. Code 96 or 97 is found wherever it stands."""
    envelope = _Envelope.model_validate(answer)
    ranked = sorted(envelope.errors, key=lambda fault: fault.code not in {96, 97})
    codes = [fault.code for fault in ranked if fault.code is not None]
    words = [fault.message for fault in ranked if fault.message] or [envelope.message]
    return Verdict(envelope.result, codes[0] if codes else None, "; ".join(words))


def total(answer: Mapping[str, object]) -> int | None:
    """How many entries a list has in all, where the answer says so."""
    return _Envelope.model_validate(answer).total


def started_task(answer: Mapping[str, object]) -> Task:
    """The task that Run started. Raises WiroServerFault where it names none."""
    for place in (answer, as_object(answer.get("data"))):
        started = _Started.model_validate(place)
        if started.taskid:
            return Task(started.taskid, started.socketaccesstoken)
    raise WiroServerFault("Run's answer names no task")


def task_reports(answer: Mapping[str, object]) -> list[TaskReport]:
    """The tasks of Task/Detail and Task/List. Raises WiroServerFault where there is no list at all."""
    tasks = (_Task.model_validate(entry) for entry in _listed(answer, "tasklist"))
    return [
        TaskReport(Task(task.id, task.socketaccesstoken), _event_of(task), task.parameters, task.createtime)
        for task in tasks
        if task.id
    ]


def tools(answer: Mapping[str, object]) -> list[Tool]:
    """The models of Tool/List and Tool/Detail. Raises WiroServerFault where there is no list at all."""
    return [Tool.model_validate(entry) for entry in _listed(answer, "tool")]


def stored_files(answer: Mapping[str, object]) -> list[StoredFileEntry]:
    """The entries of FolderCreate and Upload, under either name the list has had."""
    key = "list" if "list" in answer else "data"
    return [StoredFileEntry.model_validate(entry) for entry in _listed(answer, key)]


def _listed(answer: Mapping[str, object], key: str) -> list[dict[str, object]]:
    data = as_object(answer.get("data"))
    listed = decoded(answer.get(key, data.get(key)))
    if isinstance(listed, (list, dict)):
        return as_objects(listed)
    # A missing list must never read as an empty one: whoever looks for a task would give it up.
    if listed is None and total(answer) == 0:
        return []
    raise WiroServerFault(f"an answer without {key}")


def _event_of(task: _Task) -> Event:
    status = task.status.lower()
    if status in _LIVE:
        return Reached(_LIVE[status])
    if status in _CANCELLED:
        return Cancelled(task.totalcost, task.elapsedseconds)
    if status == _FINISHED or status.endswith(_FAILURE_ENDINGS):
        return _settled(task, is_success=status == _FINISHED and task.pexit == "0")
    if status in _UNDECIDED:
        if task.pexit or task.endtime:
            return _settled(task, is_success=task.pexit == "0")
        return Reached(Stage.RUNNING)
    return Unrecognised(status[:MAX_DETAIL_CHARS])


def _settled(task: _Task, *, is_success: bool) -> Settled:
    if is_success:
        outputs = tuple(
            found for entry in task.outputs[:MAX_OUTPUTS] if (found := _output(entry)) is not None
        )
        return Settled(is_success=True, cost=task.totalcost, outputs=outputs, elapsed_s=task.elapsedseconds)
    words = task.debugerror or task.debugoutput
    if task.socketaccesstoken:
        words = words.replace(task.socketaccesstoken, "…")
    return Settled(
        is_success=False,
        cost=task.totalcost,
        elapsed_s=task.elapsedseconds,
        detail=words[-MAX_DETAIL_CHARS:],
    )


def _output(entry: _Output) -> Output | None:
    is_link = entry.url.startswith(("https://", "http://")) and len(entry.url) <= MAX_URL_CHARS
    text = "\n".join(entry.content.answer) or entry.content.raw
    if not is_link and not text:
        return None
    size_bytes = entry.size if entry.size is not None and entry.size >= 0 else None
    return Output(entry.name, entry.contenttype, entry.url if is_link else None, size_bytes, text or None)


def socket_frame(text: str) -> Frame:
    """Read one text frame. Raises WiroServerFault for what is no JSON object."""
    frame = _SocketFrame.model_validate(parsed(text))
    return Frame(frame.type, frame.id, frame.tasktoken, _news(frame))


def _news(frame: _SocketFrame) -> Event | None:
    kind = frame.type.lower()
    if kind in _SILENT_FRAMES:
        return None
    if kind == "task_output" and (progress := _progress(frame.message)) is not None:
        return Progressed(progress)
    if kind in _LIVE:
        return Reached(_LIVE[kind])
    # The socket ends nothing: its last frame has neither exit code nor cost, so Task/Detail is asked.
    if kind == _FINISHED or kind in _CANCELLED or kind.endswith(_FAILURE_ENDINGS) or kind in _UNDECIDED:
        return Reached(Stage.FINISHING)
    return Unrecognised(kind[:MAX_DETAIL_CHARS])


def _progress(message: object) -> Progress | None:
    inner = decoded(message)
    if not isinstance(inner, dict):
        return None
    step = _Step.model_validate(inner)
    if step.type != "progressGenerate":
        return None
    if step.stepTotal is not None and step.stepTotal >= 1 and step.stepCurrent is not None:
        return Progress(min(max(step.stepCurrent, 0), step.stepTotal), step.stepTotal)
    if step.percentage is None:
        return None
    return Progress(int(min(max(step.percentage, Decimal(0)), Decimal(100))), 100)
