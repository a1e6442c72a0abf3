"""Claiming the task of a start that was never answered."""

from __future__ import annotations

from bot.domain.job.job import Job
from bot.domain.job.task import TaskReport
from bot.engines.port import Engine
from bot.services.runs.ports import Store


async def find_task(engine: Engine, store: Store, job: Job) -> TaskReport | None:
    """The unclaimed task that this job's start must have made, or None. Raises EngineError, StoreError."""
    reports = await engine.find(job)
    claimed = await store.claimed([report.task.task_id for report in reports])
    free = [report for report in reports if report.task.task_id not in claimed]
    # The newest first in the list; the oldest of equal ones is ours, the newer belong to later twins.
    return free[-1] if free else None
