"""Watches one task until Task/Detail ends it: the socket is news, Task/Detail is the record."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Final

from bot.domain.job.events import Event, Gap, Reached, Refused
from bot.domain.job.job import Cause, Stage
from bot.domain.job.task import Task
from bot.engines.port import EngineError, EngineNotFound, Subscription
from bot.services.runs._followed import FollowedJob

log = logging.getLogger(__name__)

FIRST_NEWS_S: Final = 5.0  # a task that has heard nothing at all is asked after sooner than a quiet one
NOT_FOUND_TRIES: Final = 5  # in a row, and past the grace: Task/Detail may lag behind Run
KILL_GRACE_S: Final = 60.0  # how long Task/Detail may take to show the end of a task past its deadline


class TaskMonitor:
    """One task until Task/Detail ends it, whether the socket speaks of it or cannot be heard yet.

    `task` bears the socket's secret. The record never holds it, so of a job that was taken up from there
    Task/Detail is asked first; deadline and wish to cancel hold meanwhile.
    """

    def __init__(self, followed: FollowedJob, task: Task | None) -> None:
        self._followed = followed
        self._task = task
        self._task_id = followed.job.task_id or ""
        self._watch: Subscription | None = None
        self._sockets = AsyncExitStack()
        context = followed.context
        self._context = context
        self._patience = context.timeouts
        now_s = context.clock.monotonic()
        age_s = max(0.0, context.clock.wall() - (followed.job.sent_at_s or followed.job.created_at_s))
        self._deadline_s = now_s + context.timeouts.deadline_s - age_s
        self._is_past_deadline = False
        self._last_news_s = now_s
        self._not_found = 0
        self._poll_delays: Iterator[float] | None = None

    async def until_the_end(self) -> None:
        async with self._sockets:
            if self._task is None:
                await self._ask()
            else:
                await self._listen(self._task)
            await self._hear_out()

    async def _listen(self, task: Task) -> None:
        channel_id, mailbox = self._followed.job.origin.channel_id, self._followed.mailbox
        watch = self._context.engine.watch(task, channel_id, mailbox.put)
        self._watch = await self._sockets.enter_async_context(watch)
        self._poll_delays = None

    async def _hear_out(self) -> None:
        while not self._followed.job.is_terminal:
            event = await self._followed.mailbox.get(self._patience_now_s())
            if self._followed.should_cancel():
                await self._stop_task()
            if event is not None and not isinstance(event, Gap):
                self._last_news_s = self._context.clock.monotonic()
                await self._followed.hear(event)
            if self._should_ask(event):
                await self._ask()
            if self._context.clock.monotonic() > self._deadline_s and not self._followed.job.is_terminal:
                await self._past_deadline()

    def _patience_now_s(self) -> float:
        """How long to wait for news before asking."""
        if self._watch is None or self._followed.job.stage is Stage.FINISHING:
            if self._poll_delays is None:
                self._poll_delays = self._context.poll_delays()
            return next(self._poll_delays)
        silence_s = self._patience.silence_s
        until_ask_s = silence_s if self._watch.has_heard else min(FIRST_NEWS_S, silence_s)
        until_deadline_s = self._deadline_s - self._context.clock.monotonic()
        return max(0.05, min(until_ask_s, until_deadline_s))

    def _should_ask(self, event: Event | None) -> bool:
        # Wiro says the end in several frames, all of them FINISHING to us: any may be the last.
        speaks_of_the_end = isinstance(event, Reached) and event.stage is Stage.FINISHING
        return event is None or isinstance(event, Gap) or speaks_of_the_end

    async def _ask(self) -> None:
        job = self._followed.job
        quiet_s = self._context.clock.monotonic() - self._last_news_s
        if quiet_s >= self._patience.silence_s and job.stage is not Stage.FINISHING:
            self._followed.grew_quiet(self._context.clock.wall() - quiet_s)
        try:
            report = await self._context.engine.report(self._task_id)
        except EngineNotFound:
            self._not_found += 1
            if self._not_found >= NOT_FOUND_TRIES and self._followed.is_past_grace:
                await self._followed.hear(Refused(Cause.LOST))
            return
        except EngineError as error:
            log.warning("job %d: Task/Detail: %s", job.job_id, error.message or type(error).__name__)
            return
        self._not_found = 0
        before = job.stage
        await self._followed.take(report)
        if self._watch is None:
            if not self._followed.job.is_terminal:
                await self._listen(report.task)
        elif self._followed.job.stage > before:
            self._last_news_s = self._context.clock.monotonic()
            if before >= Stage.QUEUED and quiet_s >= min(FIRST_NEWS_S, self._patience.silence_s):
                await self._watch.moved_unheard()

    async def _stop_task(self) -> None:
        """Whatever comes of it, the record says it."""
        engine, job = self._context.engine, self._followed.job
        try:
            await engine.stop(self._task_id, job.stage)
        except EngineError as error:
            log.info("task %s: not stopped: %s", self._task_id, error.message)
            self._followed.remark(f"{engine.name} could not stop it any more.")
        await self._ask()

    async def _past_deadline(self) -> None:
        if self._is_past_deadline:
            await self._followed.hear(Refused(Cause.DEADLINE))
            return
        self._is_past_deadline = True
        self._followed.is_out_of_time = True
        self._deadline_s = self._context.clock.monotonic() + KILL_GRACE_S
        await self._stop_task()
