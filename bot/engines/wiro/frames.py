"""Wiro's answers and socket frames: read tolerantly, translated into the words of the domain.

Every scalar may be a text, a number or null, every list may be JSON text, and anything may be missing;
what has no meaning without its key (the id of a task, the list of a page) raises EngineServerFault, and
nothing else is ever raised. Wiro's status words are known in this file alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from bot.domain.job.events import Cancelled, Event, Progressed, Reached, Settled, TextStreamed, Unrecognised
from bot.domain.job.job import Output, Progress, Stage
from bot.domain.job.task import Task, TaskReport
from bot.domain.money import Money
from bot.engines.port import EngineNotFound, EngineServerFault
from bot.engines.wiro import scalars, texts
from bot.engines.wiro.reading import loads
from bot.engines.wiro.scalars import as_list, as_object, as_objects, as_text, decoded, plain
from bot.engines.wiro.shortening import LEFT_OUT
from bot.engines.wiro.values import Frame, Verdict

MAX_DETAIL_CHARS: Final = 300
MAX_OUTPUTS: Final = 64
MAX_LOG_CHARS: Final = 2_000_000
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
_STEPS: Final = "progressGenerate"
_CANCELLED: Final = frozenset({"task_cancel", "task_cancelled", "task_canceled"})
_FAILURE_ENDINGS: Final = ("_fail", "_failed", "_kill", "_killed")  # third parties expect them; undocumented
_UNDECIDED: Final = frozenset({"task_error", "task_error_full", "task_completed"})  # over once pexit says so
_SILENT_FRAMES: Final = frozenset(
    # A greeting, answers to bad registrations, standard error, and what only realtime voice sends.
    {"connected", "error", "task_error", "task_error_full", "task_cost"}
    | {"task_stream_ready", "task_stream_end"}
)

_Text = Annotated[str, BeforeValidator(as_text)]
_Id = Annotated[str, BeforeValidator(scalars.as_id)]
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
    taskid: _Id = ""
    socketaccesstoken: _Text = ""


class _Output(_Wire):
    name: Annotated[str, BeforeValidator(scalars.safe_name)] = "output"
    contenttype: _Line = ""
    size: _Whole = None
    url: _Text = ""
    content: Annotated[dict[str, Any], BeforeValidator(as_object)] = {}


class _Task(_Wire):
    id: _Id = ""
    socketaccesstoken: _Text = ""
    status: _Line = ""
    pexit: _Line = ""
    parameters: _TextMap = {}
    createtime: _Epoch = 0.0
    accepttime: _Number = None  # "0" where it was not reached
    preprocessstarttime: _Number = None
    starttime: _Number = None
    endtime: _Epoch = 0.0
    elapsedseconds: _Seconds = None
    totalcost: _Money = None
    is_cost_disbelieved: Annotated[bool, BeforeValidator(scalars.is_no_amount)] = Field(
        default=False, validation_alias="totalcost"
    )
    debugerror: _Line = ""
    debugoutput: _Text = ""
    categories: Any = None
    outputs: Annotated[tuple[_Output, ...], BeforeValidator(as_objects)] = ()


class _TaskLog(_Wire):
    id: _Text = ""
    socketaccesstoken: _Text = ""
    debugoutput: _Text = ""
    debugerror: _Text = ""


class ToolOption(_Wire):
    """One choice of a select."""

    value: _OptionalText = None
    label: _Line = ""


class ToolItem(_Wire):
    """One input of a model, in the new spelling (default, min, max) or the old (defaultvalue, …)."""

    id: _Text = ""
    type: _Line = ""
    label: _Line = ""
    description: _Line = ""
    note: _Line = ""
    placeholder: _Line = ""
    required: _Truth = None
    default: _OptionalText = None
    defaultvalue: _OptionalText = None
    value: _OptionalText = None
    min: _Number = None
    minvalue: _Number = None
    max: _Number = None
    maxvalue: _Number = None
    step: _Number = None
    incrementby: _Number = None
    options: Annotated[
        tuple[ToolOption, ...],
        BeforeValidator(lambda value: [o if isinstance(o, dict) else {"value": o} for o in as_list(value)]),
    ] = ()


def _as_items(value: object) -> list[dict[str, object]]:
    items: list[dict[str, object]] = []
    for entry in as_objects(value):
        items.extend(as_objects(entry["items"]) if "items" in entry else [entry])
    return items


class _TaskStat(_Wire):
    runcount: _Whole = None
    lastruntime: _Seconds = None


class Tool(_Wire):
    """A model of the catalogue as Tool/List and Tool/Detail give it."""

    title: _Line = ""
    description: _Line = ""
    seodescription: _Line = ""
    readme: _Text = ""
    license: _Line = ""
    computingtime: _Line = ""
    categories: _TextList = ()
    tags: _TextList = ()
    taskstat: Annotated[_TaskStat, BeforeValidator(as_object)] = _TaskStat()
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
    """The JSON object in an answer or a frame. Raises EngineServerFault."""
    try:
        value = loads(body)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise EngineServerFault("an answer that is no JSON object")
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
    """The task that Run started. Raises EngineServerFault where it names none."""
    for place in (answer, as_object(answer.get("data"))):
        started = _Started.model_validate(place)
        if started.taskid:
            return Task(started.taskid, started.socketaccesstoken)
    raise EngineServerFault("Run's answer names no task")


def task_reports(
    answer: Mapping[str, object], redact: Callable[[str], str] = lambda words: words
) -> list[TaskReport]:
    """The tasks of Task/Detail and Task/List; `redact` takes secrets out of what Wiro says of a failure.

    Raises EngineServerFault where there is no list, or one with an entry that names no task: whoever looks
    for a task must not take it for absent because it could not be read.
    """
    tasks = [_Task.model_validate(as_object(entry)) for entry in as_list(_list(answer, "tasklist"))]
    if not all(task.id for task in tasks):
        raise EngineServerFault("a list of tasks with an entry that names none")
    return [
        TaskReport(
            Task(task.id, task.socketaccesstoken), _event_of(task, redact), task.parameters, task.createtime
        )
        for task in tasks
    ]


def task_log(
    answer: Mapping[str, object], task_id: str, redact: Callable[[str], str] = lambda words: words
) -> str:
    """Standard output and standard error of a task; `redact` takes secrets out.

    Raises EngineServerFault, EngineNotFound.
    """
    for entry in _listed(answer, "tasklist"):
        log = _TaskLog.model_validate(entry)
        if log.id == task_id:
            parts = [part.strip("\n") for part in (log.debugoutput, log.debugerror) if part.strip()]
            text = _told(redact("\n\n".join(parts)))
            if log.socketaccesstoken:
                text = text.replace(log.socketaccesstoken, "…")
            return text[-MAX_LOG_CHARS:]  # last of all: half a secret is not found any more
    raise EngineNotFound("Task/Detail gives no such task")


def tools(answer: Mapping[str, object]) -> list[Tool]:
    """The models of Tool/List and Tool/Detail. Raises EngineServerFault where there is no list at all."""
    return [Tool.model_validate(entry) for entry in _listed(answer, "tool")]


def stored_files(answer: Mapping[str, object]) -> list[StoredFileEntry]:
    """The entries of FolderCreate and Upload, under either name the list has had."""
    key = "list" if "list" in answer else "data"
    return [StoredFileEntry.model_validate(entry) for entry in _listed(answer, key)]


def _listed(answer: Mapping[str, object], key: str) -> list[dict[str, object]]:
    return as_objects(_list(answer, key))


def _list(answer: Mapping[str, object], key: str) -> object:
    data = as_object(answer.get("data"))
    listed = decoded(answer.get(key, data.get(key)))
    if isinstance(listed, (list, dict)):
        return listed
    # A missing list must never read as an empty one: whoever looks for a task would give it up.
    if listed is None and total(answer) == 0:
        return []
    raise EngineServerFault(f"an answer without {key}")


def _event_of(task: _Task, redact: Callable[[str], str]) -> Event:
    status = task.status.lower()
    if status in _LIVE:
        return Reached(_LIVE[status])
    if status in _CANCELLED:
        return Cancelled(task.totalcost, task.elapsedseconds, has_run=not _stood_in_queue_alone(task))
    if status == _FINISHED or status.endswith(_FAILURE_ENDINGS):
        return _settled(task, redact, is_success=status == _FINISHED and task.pexit == "0")
    if status in _UNDECIDED:
        if task.pexit or task.endtime:
            return _settled(task, redact, is_success=task.pexit == "0")
        return Reached(Stage.RUNNING)
    return Unrecognised(status[:MAX_DETAIL_CHARS])


def _stood_in_queue_alone(task: _Task) -> bool:
    """Whether the record says that no worker ever took the task: what is not said is not known."""
    times_s = (task.accepttime, task.preprocessstarttime, task.starttime)
    return all(time_s == 0 for time_s in times_s) and not task.elapsedseconds


def _settled(task: _Task, redact: Callable[[str], str], *, is_success: bool) -> Settled:
    if is_success:
        outputs = tuple(
            found for entry in task.outputs[:MAX_OUTPUTS] if (found := _output(entry)) is not None
        )
        if not task.outputs and task.debugoutput.strip() and texts.is_language(task.categories):
            # Until mid-2026 a language model's answer came there alone (Wiro docs, LLM & Chat Streaming).
            outputs = (Output("answer", "raw", None, text=_told(task.debugoutput)),)
        return Settled(
            is_success=True,
            cost=task.totalcost,
            outputs=outputs,
            elapsed_s=task.elapsedseconds,
            is_cost_disbelieved=task.is_cost_disbelieved,
            detail=_left_out(task),
        )
    # Before it is cut: half a secret is not found any more.
    words = redact(task.debugerror or plain(task.debugoutput))
    if task.socketaccesstoken:
        words = words.replace(task.socketaccesstoken, "…")
    return Settled(
        is_success=False,
        cost=task.totalcost,
        elapsed_s=task.elapsedseconds,
        is_cost_disbelieved=task.is_cost_disbelieved,
        detail=words[-MAX_DETAIL_CHARS:],
    )


def _output(entry: _Output) -> Output | None:
    is_link = entry.url.startswith(("https://", "http://")) and len(entry.url) <= MAX_URL_CHARS
    answer, thinking = texts.said(entry.content)
    if not is_link and not answer and not thinking:
        return None
    size_bytes = entry.size if entry.size is not None and entry.size >= 0 else None
    url = entry.url if is_link else None
    # A model that only thought has answered nothing, which is an answer, too.
    text = _told(answer) or ("" if thinking and not is_link else None)
    return Output(entry.name, entry.contenttype, url, size_bytes, text, _told(thinking) or None)


def _told(text: str) -> str:
    """The text, with a sign where its middle was left out that people know."""
    return text.replace(LEFT_OUT, "\n\n[…]\n\n")


def _left_out(task: _Task) -> str:
    """What of a success is not shown; empty where all of it is."""
    more = len(task.outputs) - MAX_OUTPUTS
    told = [f"{more} more outputs than the {MAX_OUTPUTS} that are taken"] if more > 0 else []
    texts_of = [as_text(text) for entry in task.outputs for text in entry.content.values()]
    if any(LEFT_OUT in text for text in [*texts_of, task.debugoutput if not task.outputs else ""]):
        told.append("a text of more than a megabyte, of which the middle is left out")
    return "; ".join(told)


def socket_frame(text: str) -> Frame:
    """Read one text frame. Raises EngineServerFault for what is no JSON object.

    By hand, unlike everything else here: most frames are steps, and a status message waits for each.
    """
    fields = parsed(text)
    type_name, token = plain(fields.get("type")), as_text(fields.get("tasktoken"))
    if token and token in type_name:
        # An unknown type is logged: it must not be able to carry the token there.
        type_name = type_name.replace(token, "…")
    return Frame(type_name, as_text(fields.get("id")), token, _news(type_name.lower(), fields.get("message")))


def _news(kind: str, message: object) -> Event | None:
    if kind in _SILENT_FRAMES:
        return None
    if kind == "task_output":
        message = decoded(message)  # once: both look for an object in it
        if (spoken := texts.speech(message)) is not None:
            return TextStreamed(spoken)
        if (progress := _progress(message)) is not None:
            return Progressed(progress)
    if kind in _LIVE:
        return Reached(_LIVE[kind])
    # The socket ends nothing: its last frame has neither exit code nor cost, so Task/Detail is asked.
    if kind == _FINISHED or kind in _CANCELLED or kind.endswith(_FAILURE_ENDINGS) or kind in _UNDECIDED:
        return Reached(Stage.FINISHING)
    return Unrecognised(kind[:MAX_DETAIL_CHARS])


def _progress(message: object) -> Progress | None:
    if not isinstance(message, dict) or as_text(message.get("type", _STEPS)) != _STEPS:
        return None
    total = scalars.as_whole(message.get("stepTotal"))
    current = scalars.as_whole(message.get("stepCurrent"))
    if total is not None and total >= 1 and current is not None:
        return Progress(min(max(current, 0), total), total)
    percentage = scalars.as_number(message.get("percentage"))
    if percentage is None:
        return None
    return Progress(int(min(max(percentage, Decimal(0)), Decimal(100))), 100)
