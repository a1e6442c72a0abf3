"""The one function that moves a job: forwards only, endings absorb, repeated news is nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from bot.domain.job.events import (
    Accepted,
    Cancelled,
    Event,
    Gap,
    Progressed,
    Reached,
    Refused,
    Settled,
    TextStreamed,
    Unanswered,
    Unrecognised,
)
from bot.domain.job.job import Cause, Job, Progress, Stage, StreamedText
from bot.domain.money import ZERO, Money


def advance(job: Job, event: Event) -> Job:
    """The job after the event; the very same object where the event changes nothing."""
    if job.is_terminal:
        return job
    match event:
        case Accepted(task_id):
            moved = _reached(job, Stage.QUEUED)
            return moved if moved.task_id == task_id else replace(moved, task_id=task_id)
        case Refused(cause, detail):
            stage = Stage.CANCELLED if cause is Cause.CANCELLED else Stage.FAILED
            is_open = _may_have_run(job, cause)
            return replace(job, stage=stage, cause=cause, detail=detail, is_charge_open=is_open)
        case Unanswered():
            return _reached(job, Stage.UNKNOWN)
        case Reached(stage):
            return _reached(job, stage)
        case Progressed(progress):
            return _progressed(job, progress)
        case TextStreamed(speech):
            return _spoke(job, speech)
        case Settled():
            return _settled(job, event)
        case Cancelled(cost, elapsed_s, has_run):
            return replace(
                job,
                stage=Stage.CANCELLED,
                cause=Cause.CANCELLED,
                cost=cost,
                elapsed_s=elapsed_s,
                is_charge_open=has_run and is_unbilled(cost),
            )
        case Gap() | Unrecognised():
            return job
        case _:
            assert_never(event)


def is_unbilled(cost: Money | None) -> bool:
    """Whether Wiro names no charge yet. "0" and nothing at all both mean: none is on record."""
    return cost is None or cost == ZERO


def _may_have_run(job: Job, cause: Cause) -> bool:
    """Whether a job that ends without a word of Task/Detail may yet be billed for a task."""
    match cause:
        case Cause.LOST | Cause.DEADLINE:
            return job.task_id is not None
        case Cause.UNANSWERED | Cause.CANCELLED | Cause.INTERNAL:
            return job.task_id is not None or job.sent_at_s is not None
        case _:
            return False


def _progressed(job: Job, progress: Progress) -> Job:
    if job.stage > Stage.RUNNING:
        return job
    known = job.progress
    if known is not None and known.total == progress.total and known.step >= progress.step:
        return _reached(job, Stage.RUNNING)
    return replace(job, stage=Stage.RUNNING, progress=progress)


def _spoke(job: Job, speech: StreamedText) -> Job:
    """Frames come twice and out of order; what was said is never unsaid."""
    if job.stage > Stage.RUNNING:
        return job
    known = job.speech or StreamedText("")
    if speech.lengths <= known.lengths:
        return _reached(job, Stage.RUNNING)
    return replace(job, stage=Stage.RUNNING, speech=speech)


def _reached(job: Job, stage: Stage) -> Job:
    if stage <= job.stage or stage.is_terminal:
        return job
    return replace(job, stage=stage)


def _settled(job: Job, event: Settled) -> Job:
    if event.is_success:
        return replace(
            job,
            stage=Stage.SUCCEEDED,
            cost=event.cost,
            outputs=event.outputs,
            elapsed_s=event.elapsed_s,
            detail=event.detail,
            is_bill_disbelieved=event.is_cost_disbelieved,
            is_charge_open=is_unbilled(event.cost),
        )
    return replace(
        job,
        stage=Stage.FAILED,
        cause=event.cause,
        cost=event.cost,
        elapsed_s=event.elapsed_s,
        detail=event.detail,
        is_bill_disbelieved=event.is_cost_disbelieved,
        is_charge_open=is_unbilled(event.cost),
    )
