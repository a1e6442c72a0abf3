"""A job and what belongs to it: the request, where it came from, where it stands, what came out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum, auto
from typing import Final
from uuid import UUID, uuid5

from bot.domain.money import Money
from bot.domain.request.origin import Origin
from bot.domain.request.run_request import RunRequest

_RUN_KEYS: Final = UUID(
    "5b0a4c1e-6d5f-4c8e-9a57-2f6f0f3f7d11"
)  # never changes: the keys of old jobs stay theirs


class Stage(IntEnum):
    """Where a job stands. Ordered: a job may skip stages, never turns back; endings absorb."""

    SUBMITTING = 10  # on record with its hold; Run not sent, or waiting in our queue, or just sent
    UNKNOWN = 20  # Run was sent and no answer came: looked for, never sent again
    QUEUED = 30  # a task exists at Wiro
    PREPARING = 40
    RUNNING = 50
    FINISHING = 60  # Wiro says it is over; Task/Detail has the last word
    SUCCEEDED = 70
    FAILED = 71
    CANCELLED = 72

    @property
    def is_terminal(self) -> bool:
        return self >= Stage.SUCCEEDED


class Cause(Enum):
    """Why a job did not succeed. Stored by name."""

    WIRO_FAILED = auto()  # the model ended with an error
    REFUSED = auto()  # Wiro would not run it
    NO_FUNDS = auto()
    AUTH = auto()
    UNREACHABLE = auto()  # Run could not be sent
    UNANSWERED = auto()  # Run was sent, nothing is known of it after the grace
    LOST = auto()  # Wiro does not know the task any more
    DEADLINE = auto()
    OUTPUT_UNUSABLE = auto()
    CANCELLED = auto()
    INTERNAL = auto()
    INPUT_LOST = auto()  # a file of the request could not be fetched
    INPUT_REFUSED = auto()  # a file that cannot go into a run; `detail` keeps why (input_faults.py)


class Relation(Enum):
    """How a job comes from another one. Stored by name."""

    VARIATION = auto()
    EDIT = auto()
    UPSCALE = auto()


@dataclass(frozen=True, slots=True)
class Parent:
    """The job that this one started from, and where its message stands, if anybody can go there."""

    job_id: int
    relation: Relation
    guild_id: int | None = None
    channel_id: int = 0
    message_id: int | None = None


class Exposure(Enum):
    """Whether what a job made may be seen and used. Stored by name."""

    SHOWN = auto()
    HIDDEN = auto()  # reported; the moderators of its server decide
    REMOVED = auto()  # they decided that it goes


@dataclass(frozen=True, slots=True)
class Output:
    """One result of a task: a file at an address, or a text with the model's thoughts on the way to it.

    `url` is for anybody to see; a file without one is known to its engine alone, by `ref`.
    """

    name: str
    content_type: str
    url: str | None
    size_bytes: int | None = None
    text: str | None = None
    thinking: str | None = None
    ref: str | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """Real steps of the model. `total` is at least 1; `step` is 0..total."""

    step: int
    total: int


@dataclass(frozen=True, slots=True)
class StreamedText:
    """What a language model has said so far. Not on record: the answer comes whole at the end.

    Of a long one only the end is kept; `cut_answer` and `cut_thinking` are the characters before it.
    """

    answer: str
    thinking: str = ""
    is_thinking: bool = False
    cut_answer: int = 0
    cut_thinking: int = 0

    @property
    def lengths(self) -> tuple[int, int]:
        """Characters of the answer and of the thoughts, with those that are not kept."""
        return self.cut_answer + len(self.answer), self.cut_thinking + len(self.thinking)


@dataclass(frozen=True, slots=True)
class Job:
    """One request by one member in one channel. `job_id` is the id of the interaction that asked for it."""

    job_id: int
    origin: Origin
    request: RunRequest
    seed: int
    hold: Money
    created_at_s: float
    stage: Stage = Stage.SUBMITTING
    sent_at_s: float | None = None  # when Run was sent without a definite answer since
    task_id: str | None = None
    progress: Progress | None = None
    cause: Cause | None = None
    detail: str = ""  # Wiro's own words about a failure
    cost: Money | None = None  # what Wiro bills
    elapsed_s: float | None = None  # the time Wiro bills
    outputs: tuple[Output, ...] = ()
    is_delivered: bool = False
    parent: Parent | None = None
    speech: StreamedText | None = None
    is_forgotten: bool = False  # what was asked for and came of it has been erased
    is_bill_disbelieved: bool = False  # it is no amount, or past belief; noted when the job is settled
    exposure: Exposure = Exposure.SHOWN
    is_charge_open: bool = False  # ended, and what Wiro bills may not be on record yet: it is asked after
    is_cancel_asked: bool = False  # a wish, kept until Wiro has answered to it; it is never taken back
    epoch: int = 0  # of whoever follows it: taken up from the record, it is one higher

    @property
    def run_key(self) -> str:
        """What names this job's Run to Wiro, however often it were sent."""
        return str(uuid5(_RUN_KEYS, str(self.job_id)))

    @property
    def is_terminal(self) -> bool:
        return self.stage.is_terminal

    @property
    def is_finished(self) -> bool:
        """Ended, and the member has been told."""
        return self.is_terminal and self.is_delivered
