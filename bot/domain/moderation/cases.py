"""What is put before the moderators: a member who asks for more, something that was reported."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from bot.domain.errors import BotError
from bot.domain.limits.limit import Measure
from bot.domain.request.run_request import RunRequest

HIDES_A_DAY: Final = 5  # that one member's reports hide on one server; the next ones are passed on alone


class CaseKind(Enum):
    """Stored by value."""

    ASK = "ask"  # a member at a limit asks to run one request all the same
    REPORT = "report"  # a member finds what another one's job made unfit


class Verdict(Enum):
    """What the moderators decided. Stored by value; OPEN until then. The first verdict stands."""

    OPEN = "open"
    APPROVED = "approved"  # ASK: this request once, past the member's limits
    GRANTED = "granted"  # ASK: five runs more today
    DENIED = "denied"  # ASK
    RESTORED = "restored"  # REPORT: it is shown again
    DELETED = "deleted"  # REPORT: its message, its files at Wiro, its place in the history
    BLOCKED = "blocked"  # both: the member may not use the bot here any more


@dataclass(frozen=True, slots=True)
class Case:
    """`case_id` is the id of the refused interaction (ASK) or of the job (REPORT): one case each."""

    case_id: int
    kind: CaseKind
    guild_id: int
    channel_id: int  # where the member asked, or where the picture is
    user_id: int  # the member it is about: who asks, or who made the picture
    opened_by: int
    opened_at_s: float
    request: RunRequest | None = None  # ASK
    is_private: bool = False  # ASK
    job_id: int | None = None  # REPORT
    is_hiding: bool = False  # REPORT: what was reported is hidden until the verdict
    shown: str | None = None  # REPORT: what the message showed before, as the view keeps it
    verdict: Verdict = Verdict.OPEN
    decided_by: int | None = None
    decided_at_s: float | None = None
    press_id: int | None = None  # the deciding interaction, and the id of an approved run's job


@dataclass(frozen=True, slots=True)
class Report:
    """What came of reporting something. Neither: it was reported before."""

    case: Case
    is_new: bool  # this report opened the case
    has_hidden: bool  # this report hid what it is about


@dataclass(frozen=True, slots=True)
class Traces:
    """What is on record of a verdict that a stop of the bot cut short. `granted`: as in a Decision."""

    is_noted: bool = False
    granted: tuple[tuple[Measure, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of a case. `failure`: it was approved, but the run could not be started."""

    case: Case
    granted: tuple[tuple[Measure, int], ...] = ()  # runs, picodollars, or jobs at once
    message_id: int | None = None  # of the status message of an approved run, in the case's channel
    failure: BotError | None = None
    is_told: bool = True  # whether the member could be reached
    is_over: bool = True  # otherwise not all of it could be carried out yet, and the bot goes on trying
