"""What can happen to a job: news from Wiro and decisions of ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from bot.domain.job.job import Cause, Output, Progress, Stage, StreamedText
from bot.domain.money import Money


@dataclass(frozen=True, slots=True)
class Accepted:
    """Run answered with a task, or the task was found by its seed."""

    task_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """It ends here without a task of ours being billed: Wiro said no, or we gave up."""

    cause: Cause
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Run was sent and no answer came."""


@dataclass(frozen=True, slots=True)
class Reached:
    """Wiro is at this stage (never a terminal one: only Task/Detail ends a job)."""

    stage: Stage


@dataclass(frozen=True, slots=True)
class Progressed:
    """The model made steps."""

    progress: Progress


@dataclass(frozen=True, slots=True)
class TextStreamed:
    """A language model said more: everything it has said so far."""

    speech: StreamedText


@dataclass(frozen=True, slots=True)
class Settled:
    """Task/Detail says it is over. `cost` is None when Wiro's figure cannot be read."""

    is_success: bool
    cost: Money | None
    outputs: tuple[Output, ...] = ()
    elapsed_s: float | None = None
    detail: str = ""
    cause: Cause = Cause.WIRO_FAILED  # read only when not is_success
    is_cost_disbelieved: bool = False  # Wiro names one that is no amount, or past belief


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Task/Detail says it was cancelled; `cost` is what Wiro bills all the same.

    `has_run` is False where it surely never left the queue: then nothing will ever be billed.
    """

    cost: Money | None
    elapsed_s: float | None = None
    has_run: bool = True


@dataclass(frozen=True, slots=True)
class Gap:
    """The socket may have missed events: ask Task/Detail before trusting it again."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unrecognised:
    """A frame of a type we do not know."""

    type_name: str


Event: TypeAlias = (
    Accepted
    | Refused
    | Unanswered
    | Reached
    | Progressed
    | TextStreamed
    | Settled
    | Cancelled
    | Gap
    | Unrecognised
)
