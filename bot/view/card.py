"""What a message shows, as a value: equal cards look the same, so an unchanged one is never sent."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Tone(Enum):
    """The colour at a card's edge, as 0xRRGGBB."""

    WAITING = 0x80848E
    WORKING = 0x5865F2
    DONE = 0x23A55A
    WARNING = 0xF0B232
    FAILED = 0xDA373C


class Action(Enum):
    """What a button of a job does. The value stands in its custom id, for ever."""

    CANCEL = "cancel"
    AGAIN = "again"
    RETRY = "retry"
    INFO = "info"
    DELETE = "delete"
    REPORT = "report"


class CaseAction(Enum):
    """What a button of a case does. The value stands in its custom id, for ever."""

    ASK = "ask"
    APPROVE = "approve"
    GRANT = "grant"
    DENY = "deny"
    BLOCK = "block"
    RESTORE = "restore"
    DELETE = "delete"


class MemberAction(Enum):
    """What a button that belongs to one member does. The value stands in its custom id, for ever."""

    OLDER = "older"
    NEWER = "newer"
    FORGET = "forget"


@dataclass(frozen=True, slots=True)
class MemberPress:
    """A button for one member alone. `cursor` is a job's id, or the epoch second of a question."""

    action: MemberAction
    user_id: int
    cursor: int
    page: int = 0


@dataclass(frozen=True, slots=True)
class CasePress:
    """A button of a case. With ASK, `case_id` is the refused interaction whose case may be opened."""

    action: CaseAction
    case_id: int


@dataclass(frozen=True, slots=True)
class Row:
    """A paragraph, with one button of a job beside it where `action` is given."""

    text: str
    job_id: int
    action: Action | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """One message: text, pictures (file names of its attachments), small print, buttons of a job."""

    tone: Tone
    text: str
    job_id: int | None = None
    pictures: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    small_print: str = ""
    actions: tuple[Action, ...] = ()
    rows: tuple[Row, ...] = ()
    presses: tuple[MemberPress, ...] = ()
    case_presses: tuple[CasePress, ...] = ()
