"""A job as a row and back: the one place where columns and fields meet."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict
from typing import Final

from bot.domain.errors import DatabaseUnavailable
from bot.domain.job import Cause, Job, Origin, Output, PictureRequest, Progress, Stage
from bot.domain.money import Money

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
    "seed",
    "hold_pico",
    "created_at_s",
)
# What changes while it runs, and what its end adds.
_MOVING: Final = ("stage", "sent_at_s", "task_id", "message_id", "progress_step", "progress_total")
_ENDING: Final = ("cause", "detail", "cost_pico", "elapsed_s", "outputs")
_ALL: Final = (*_FIXED, *_MOVING, *_ENDING, "is_delivered")


def _assignments(columns: tuple[str, ...]) -> str:
    # A task and a message, once known, are never unknown again.
    kept = {"task_id", "message_id"}
    return ", ".join(f"{c} = coalesce(:{c}, {c})" if c in kept else f"{c} = :{c}" for c in columns)


COLUMNS: Final = ", ".join(_ALL)
PLACEHOLDERS: Final = ", ".join(f":{column}" for column in _ALL)
SET_MOVING: Final = _assignments(_MOVING)
SET_ENDED: Final = _assignments((*_MOVING, *_ENDING))


def storable(text: str) -> str:
    """The text as UTF-8 can hold it: halves of a pair are joined, a lone half becomes U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def _storable_or_none(text: str | None) -> str | None:
    return None if text is None else storable(text)


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
        "negative_prompt": _storable_or_none(request.negative_prompt),
        "width": request.width,
        "height": request.height,
        "steps": request.steps,
        "guidance": request.guidance,
        "asked_seed": request.seed,
        "picture_count": request.count,
        "seed": job.seed,
        "hold_pico": job.hold.pico,
        "created_at_s": job.created_at_s,
        "stage": job.stage.name,
        "sent_at_s": job.sent_at_s,
        "task_id": _storable_or_none(job.task_id),
        "message_id": origin.message_id,
        "progress_step": None if progress is None else progress.step,
        "progress_total": None if progress is None else progress.total,
        "cause": None if job.cause is None else job.cause.name,
        "detail": storable(job.detail),
        "cost_pico": None if job.cost is None else job.cost.pico,
        "elapsed_s": job.elapsed_s,
        "outputs": _outputs_text(job.outputs),
        "is_delivered": int(job.is_delivered),
    }


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
        request=PictureRequest(
            model=row["model"],
            prompt=row["prompt"],
            negative_prompt=row["negative_prompt"],
            width=row["width"],
            height=row["height"],
            steps=row["steps"],
            guidance=row["guidance"],
            seed=row["asked_seed"],
            count=row["picture_count"],
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
    )


def _outputs_text(outputs: tuple[Output, ...]) -> str:
    # Plain UTF-8 rather than escapes: an escaped lone surrogate would come back as one.
    return storable(json.dumps([asdict(output) for output in outputs], ensure_ascii=False))
