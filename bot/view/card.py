"""What a message shows, as a value: equal cards look the same, so an unchanged one is never sent."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

FORM_KIND: Final = "draft"  # what the custom ids of a form's buttons and modals begin with


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
    LOG = "log"


@dataclass(frozen=True, slots=True)
class JobPress:
    """A button of a job."""

    action: Action
    job_id: int


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


class AuditAction(Enum):
    """Which way a button turns the pages of the audit log. The value stands in its custom id, for ever."""

    NEWER = "newer"
    OLDER = "older"


class ModelAction(Enum):
    """What a button of a model does. The value stands in its custom id, for ever."""

    DETAILS = "details"
    RUN = "run"
    PAGE = "page"


class TextPart(Enum):
    """Of what a language model said. The value stands in a custom id, for ever."""

    ANSWER = "answer"
    THINKING = "thinking"


class PageMove(Enum):
    """How a page is come to: opened as a message of its own, or turned to in its place. For ever, too."""

    OPEN = "open"
    BACK = "back"
    ON = "on"


@dataclass(frozen=True, slots=True)
class TextPress:
    """A button that shows one page of a job's text, the first being 0."""

    job_id: int
    part: TextPart
    page: int
    turn: PageMove = PageMove.OPEN

    @property
    def action(self) -> TextPart:
        """What presses are told apart by."""
        return self.part


@dataclass(frozen=True, slots=True)
class ModelPress:
    """A button of a model; with PAGE, another page of the models that a search finds."""

    action: ModelAction
    slug: str = ""
    page: int = 1
    category: str = ""
    search: str = ""


class DraftAction(Enum):
    """What a button of a form does. The value stands in its custom id, for ever."""

    FILL = "fill"  # the number is the page, from 0
    RESET = "reset"
    RUN = "run"  # the number is how often the form was run before


@dataclass(frozen=True, slots=True)
class DraftPress:
    """A button of a form, and how it looks on its card."""

    action: DraftAction
    draft_id: int
    number: int = 0
    label: str = ""
    is_disabled: bool = False

    @property
    def custom_id(self) -> str:
        return f"{FORM_KIND}:{self.draft_id}:{self.action.value}:{self.number}"


@dataclass(frozen=True, slots=True)
class MemberPress:
    """A button for one member alone. `cursor` is a job's id, or the epoch second of a question."""

    action: MemberAction
    user_id: int
    cursor: int
    page: int = 0


@dataclass(frozen=True, slots=True)
class AuditPress:
    """A button to another page of the audit log, as it was asked for (see AuditQuery)."""

    action: AuditAction
    member_id: int
    since_s: int
    newest_id: int
    page: int


@dataclass(frozen=True, slots=True)
class CasePress:
    """A button of a case. With ASK, `case_id` is the refused interaction whose case may be opened."""

    action: CaseAction
    case_id: int


class PickAction(Enum):
    """What a button under a result does. The value stands in its custom id, for ever."""

    VARY = "vary"
    UPSCALE = "upscale"
    EDIT = "edit"  # the form with the prompt
    REWORD = "reword"  # the same for a variation


class GoAction(Enum):
    """What a confirmation starts. The value stands in its custom id, for ever."""

    VARY = "vary"
    UPSCALE = "upscale"


@dataclass(frozen=True, slots=True)
class ResultAction:
    """A button about one result. `place` is the result's in the job's outputs, from 0.

    `number` is what people count it as, 0 where it is the only one.
    """

    action: PickAction
    job_id: int
    place: int = 0
    number: int = 0


@dataclass(frozen=True, slots=True)
class ConfirmAction:
    """The button of a confirmation. `is_private`: what it starts is for its asker alone."""

    action: GoAction
    job_id: int
    place: int
    is_private: bool = False


@dataclass(frozen=True, slots=True)
class Preview:
    """A picture at an address, shown in a card."""

    url: str
    is_spoiler: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A paragraph, with one button beside it: of a job where `action` is given, of a model with `press`."""

    text: str
    job_id: int
    action: Action | None = None
    press: ModelPress | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """One message: text, pictures (file names of its attachments), small print, buttons of a job.

    `body` is what a language model says: a text of its own below the other.
    """

    tone: Tone
    text: str
    job_id: int | None = None
    pictures: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    is_spoiler: bool = False  # pictures and files stand behind spoilers
    small_print: str = ""
    actions: tuple[Action, ...] = ()
    rows: tuple[Row, ...] = ()
    presses: tuple[MemberPress, ...] = ()
    case_presses: tuple[CasePress, ...] = ()
    audit_presses: tuple[AuditPress, ...] = ()
    model_presses: tuple[ModelPress, ...] = ()
    preview: Preview | None = None
    picks: tuple[ResultAction, ...] = ()
    go: ConfirmAction | None = None
    draft_rows: tuple[tuple[DraftPress, ...], ...] = ()
    body: str = ""
    text_presses: tuple[TextPress, ...] = ()
