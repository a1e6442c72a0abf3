"""Finding the task of a Run that was never answered: by its seed, in Wiro's own list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.domain.job import Job
from bot.domain.parameters import PROMPT, SEED
from bot.domain.task import TaskReport
from bot.jobs.ports import Store, Wiro

LIST_LIMIT: Final = 100  # what Task/List gives at most (Wiro's MCP client, 2026)
CLOCK_SKEW_S: Final = 120.0  # Wiro stamps whole seconds on a clock that is not ours


async def find_task(wiro: Wiro, store: Store, job: Job) -> TaskReport | None:
    """The unclaimed task that this job's Run must have made, or None. Raises WiroError, StoreError."""
    reports = [report for report in await wiro.recent_tasks(LIST_LIMIT) if is_of(report, job)]
    claimed = await store.claimed([report.task.task_id for report in reports])
    free = [report for report in reports if report.task.task_id not in claimed]
    # The newest first in the list; the oldest of equal ones is ours, the newer belong to later twins.
    return free[-1] if free else None


def is_of(report: TaskReport, job: Job) -> bool:
    """Whether the task was started with this job's prompt and seed, not before its Run was sent."""
    if job.sent_at_s is None:
        return False
    if report.created_at_s and report.created_at_s < job.sent_at_s - CLOCK_SKEW_S:
        return False
    seed = _value(report, SEED)
    return _value(report, PROMPT) == job.request.prompt and (seed is None or seed == str(job.seed))


def _value(report: TaskReport, names: Sequence[str]) -> str | None:
    for name in names:
        if name in report.parameters:
            return report.parameters[name]
    return None
