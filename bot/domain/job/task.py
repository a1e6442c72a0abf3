"""Wiro's unit of work, and what it tells of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.job.events import Event


@dataclass(frozen=True, slots=True)
class Task:
    """Wiro's unit of work. `task_token` is the socket's secret: never logged, never stored."""

    task_id: str
    task_token: str

    def __repr__(self) -> str:
        return f"Task({self.task_id})"


@dataclass(frozen=True, slots=True)
class TaskReport:
    """One answer of Task/Detail or one line of Task/List, as the event that brings a job up to date."""

    task: Task
    event: Event
    parameters: Mapping[str, str]  # as Run was sent them, every value as text
    created_at_s: float
