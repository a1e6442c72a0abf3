"""What passes between the parts of this package, and what they take and give besides the domain's values."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.domain.job.events import Event


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an answer says of itself. `is_success` is None where it says nothing."""

    is_success: bool | None
    code: int | None
    message: str


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of the socket. `event` is None where it brings no news of a task."""

    type_name: str
    task_id: str
    task_token: str = field(repr=False)
    event: Event | None
