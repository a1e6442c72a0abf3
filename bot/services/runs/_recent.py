"""Jobs of the last minutes, in memory: what a form is filled in with before anything can be read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from bot.domain.job.job import Job
from bot.runtime.bounded import BoundedDict

MAX_JOBS: Final = 500
LIFE_S: Final = 30 * 60.0


class RecentJobs:
    """The newest jobs as they were last seen. Nothing is kept for long: records can be erased."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._jobs = BoundedDict[int, tuple[float, Job]](MAX_JOBS)

    def keep(self, job: Job) -> None:
        self._jobs[job.job_id] = (self._monotonic(), job)

    def job(self, job_id: int) -> Job | None:
        kept_at_s, job = self._jobs.get(job_id, (float("-inf"), None))
        return job if self._monotonic() - kept_at_s < LIFE_S else None

    def forget(self, user_id: int) -> None:
        """Everything that this member asked for."""
        for job_id in [job_id for job_id, (_, job) in self._jobs.items() if job.origin.user_id == user_id]:
            del self._jobs[job_id]
