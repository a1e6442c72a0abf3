"""A job as a row and back: the one place where columns and fields meet."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import asdict
from operator import itemgetter
from typing import Final

from bot.domain.catalogue.model import Value
from bot.domain.errors import DatabaseUnavailable
from bot.domain.job.job import Cause, Exposure, Job, Output, Parent, Progress, Relation, Stage
from bot.domain.money import Money
from bot.domain.request.files import InputFile
from bot.domain.request.origin import Origin
from bot.domain.request.run_request import RunRequest

_ESCAPED_NUL: Final = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")

# What stands for good once a job is on record.
_FIXED: Final = (
    "job_id",
    "user_id",
    "channel_id",
    "ruled_channel_id",
    "guild_id",
    "is_private",
    "attachment_limit_bytes",
    "model",
    "prompt",
    "negative_prompt",
    "width",
    "height",
    "steps",
    "guidance",
    "asked_seed",
    "picture_count",
    "strength",
    "form_values",
    "parent",
    "seed",
    "hold_pico",
    "created_at_s",
)
# What changes while it runs, and what its end adds. Files get their address at Wiro.
_MOVING: Final = (
    "stage",
    "sent_at_s",
    "task_id",
    "message_id",
    "progress_step",
    "progress_total",
    "is_cancel_asked",
    "files",
)
_ENDING: Final = ("cause", "detail", "cost_pico", "elapsed_s", "outputs", "is_charge_open")
_ALL: Final = (*_FIXED, *_MOVING, *_ENDING, "is_delivered", "is_forgotten", "exposure", "epoch")
_in_order: Final = itemgetter(*_ALL)


def _assignments(columns: tuple[str, ...]) -> str:
    # A task and a message, once known, are never unknown again; a wish stays wished.
    kept = {
        "task_id": "coalesce(:task_id, task_id)",
        "message_id": "coalesce(:message_id, message_id)",
        "is_cancel_asked": "max(:is_cancel_asked, is_cancel_asked)",
    }
    return ", ".join(f"{column} = {kept.get(column, f':{column}')}" for column in columns)


COLUMNS: Final = ", ".join(_ALL)
COLUMNS_OF_JOBS: Final = ", ".join(f"jobs.{column}" for column in _ALL)  # where another table has some too
PLACEHOLDERS: Final = ", ".join("?" for _ in _ALL)  # by place: forty names to look up take their time
SET_MOVING: Final = _assignments(_MOVING)
SET_ENDED: Final = _assignments((*_MOVING, *_ENDING))


def storable(text: str) -> str:
    """The text as every store can hold it: halves of a pair are joined, a lone half becomes U+FFFD.

    U+0000 is left out, which PostgreSQL takes in no text and Discord shows nowhere.
    """
    text = text.replace("\0", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def storable_or_none(text: str | None) -> str | None:
    return None if text is None else storable(text)


def storable_json(value: object, default: Callable[[object], object] | None = None) -> str:
    """As JSON, in which every text is storable."""
    # Plain UTF-8 rather than escapes: an escaped lone surrogate would come back as one.
    text = json.dumps(value, ensure_ascii=False, default=default)
    return storable(_ESCAPED_NUL.sub(r"\1", text))


def row_of(job: Job) -> dict[str, object]:
    """Every column of a job, by name."""
    origin, request, progress = job.origin, job.request, job.progress
    return {
        "job_id": job.job_id,
        "user_id": origin.user_id,
        "channel_id": origin.channel_id,
        "ruled_channel_id": origin.ruled_channel_id,
        "guild_id": origin.guild_id,
        "is_private": int(origin.is_private),
        "attachment_limit_bytes": origin.attachment_limit_bytes,
        "model": storable(request.model),
        "prompt": storable(request.prompt),
        "negative_prompt": storable_or_none(request.negative_prompt),
        "width": request.width,
        "height": request.height,
        "steps": request.steps,
        "guidance": request.guidance,
        "asked_seed": request.seed,
        "picture_count": request.count,
        "strength": request.strength,
        "form_values": _json_text(request.values),
        "files": _json_text([asdict(file) for file in request.files]),
        "parent": _parent_text(job.parent),
        "seed": job.seed,
        "hold_pico": job.hold.pico,
        "created_at_s": job.created_at_s,
        "stage": job.stage.name,
        "sent_at_s": job.sent_at_s,
        "task_id": storable_or_none(job.task_id),
        "message_id": origin.message_id,
        "progress_step": None if progress is None else progress.step,
        "progress_total": None if progress is None else progress.total,
        "cause": None if job.cause is None else job.cause.name,
        "detail": storable(job.detail),
        "cost_pico": None if job.cost is None else job.cost.pico,
        "elapsed_s": job.elapsed_s,
        "outputs": _outputs_text(job.outputs),
        "is_delivered": int(job.is_delivered),
        "is_forgotten": int(job.is_forgotten),
        "exposure": job.exposure.name,
        "is_cancel_asked": int(job.is_cancel_asked),
        "is_charge_open": int(job.is_charge_open),
        "epoch": job.epoch,
    }


def values_of_row(row: Mapping[str, object]) -> tuple[object, ...]:
    """The values of a row in the order of COLUMNS."""
    values: tuple[object, ...] = _in_order(row)
    return values


def job_of(row: sqlite3.Row) -> Job:
    """The job of a row with all COLUMNS. Raises DatabaseUnavailable for one that no version of ours wrote."""
    try:
        return _job_of(row)
    except (KeyError, TypeError, ValueError) as error:
        raise DatabaseUnavailable(f"job {row['job_id']} cannot be read: {error!r}") from error


def _job_of(row: sqlite3.Row) -> Job:
    return Job(
        job_id=row["job_id"],
        origin=Origin(
            user_id=row["user_id"],
            channel_id=row["channel_id"],
            guild_id=row["guild_id"],
            message_id=row["message_id"],
            is_private=bool(row["is_private"]),
            attachment_limit_bytes=row["attachment_limit_bytes"],
            ruled_channel_id=row["ruled_channel_id"],
        ),
        request=RunRequest(
            model=row["model"],
            prompt=row["prompt"],
            negative_prompt=row["negative_prompt"],
            width=row["width"],
            height=row["height"],
            steps=row["steps"],
            guidance=row["guidance"],
            seed=row["asked_seed"],
            count=row["picture_count"],
            strength=row["strength"],
            values=values_of(json.loads(row["form_values"])),
            files=tuple(InputFile(**fields) for fields in json.loads(row["files"])),
        ),
        seed=row["seed"],
        hold=Money(row["hold_pico"]),
        created_at_s=row["created_at_s"],
        stage=Stage[row["stage"]],
        sent_at_s=row["sent_at_s"],
        task_id=row["task_id"],
        progress=None
        if row["progress_step"] is None
        else Progress(row["progress_step"], row["progress_total"]),
        cause=None if row["cause"] is None else Cause[row["cause"]],
        detail=row["detail"],
        cost=None if row["cost_pico"] is None else Money(row["cost_pico"]),
        elapsed_s=row["elapsed_s"],
        outputs=tuple(Output(**fields) for fields in json.loads(row["outputs"])),
        is_delivered=bool(row["is_delivered"]),
        is_forgotten=bool(row["is_forgotten"]),
        exposure=Exposure[row["exposure"]],
        is_cancel_asked=bool(row["is_cancel_asked"]),
        is_charge_open=bool(row["is_charge_open"]),
        epoch=row["epoch"],
        parent=_parent_of(row["parent"]),
    )


def values_of(pairs: list[list[object]]) -> tuple[tuple[str, Value], ...]:
    """The values of a form out of JSON, where a tuple has become a list. Raises TypeError, ValueError."""
    return tuple((str(name), _value_of(value)) for name, value in pairs)


def _value_of(value: object) -> Value:
    match value:
        case list():
            return tuple(str(part) for part in value)
        case str() | int() | float():
            return value
        case _:
            raise TypeError(f"{type(value).__name__} is no value of a form")


def _parent_text(parent: Parent | None) -> str | None:
    return None if parent is None else _json_text(asdict(parent) | {"relation": parent.relation.name})


def _parent_of(text: str | None) -> Parent | None:
    if text is None:
        return None
    fields = json.loads(text)
    return Parent(**fields | {"relation": Relation[fields["relation"]]})


def _outputs_text(outputs: tuple[Output, ...]) -> str:
    return _json_text([asdict(output) for output in outputs])


def _json_text(value: object) -> str:
    if value in ([], ()):  # as of nearly every job
        return "[]"
    return storable_json(value)
