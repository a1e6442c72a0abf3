"""Takes one job from wherever it stands to its ending: submitted, watched, settled, delivered."""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.catalogue.model import Value
from bot.domain.job.events import Unanswered
from bot.domain.job.job import Job, Stage
from bot.domain.job.task import Task
from bot.services.runs._followed import FollowedJob
from bot.services.runs._monitor import TaskMonitor
from bot.services.runs._submission import Submission
from bot.services.runs.context import RunContext


class JobRunner(FollowedJob):
    """Owns one job's state while it is followed. `run` can be started again from the record at any time."""

    def __init__(self, job: Job, context: RunContext, parameters: Mapping[str, Value] | None) -> None:
        super().__init__(job, context)
        self._parameters = parameters
        self._submission: Submission | None = None  # while there may be something to cut short

    def request_cancel(self) -> None:
        """Cancel at whatever stage the job is. Asking twice is asking once."""
        self.block_submission()
        if self._submission is not None:
            self._submission.call_out()
        self.mailbox.wake()
        self.show()

    async def run(self) -> None:
        """From the recorded stage to delivered. Raises only what nobody foresaw."""
        self.show()
        try:
            if not self.job.is_terminal:
                task = await self._until_known()
                if not self.job.is_terminal and self.job.task_id is not None:
                    self.context.queue.occupy(self.job.job_id)
                    await TaskMonitor(self, task).until_the_end()
        finally:
            self.context.queue.leave(self.job.job_id)
        await self.context.delivery.deliver(self.job, self.note)

    async def _until_known(self) -> Task | None:
        """Until the job has a task, or has ended. The task, where this process was told its secret."""
        self._submission = submission = Submission(self, self._parameters)
        try:
            if self.job.stage is Stage.SUBMITTING:
                if self.job.sent_at_s is None:
                    await submission.submit()
                else:
                    await self.hear(Unanswered())
            found = await submission.look_for_task() if self.job.stage is Stage.UNKNOWN else None
        finally:
            self._submission = None
        return found or submission.task
