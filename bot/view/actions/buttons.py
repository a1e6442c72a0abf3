"""Every button there is, in one line each, and what a press of each kind means.

A new button is a line here and its handler in a cog (`bot.on_press`); a new kind is one more class in KINDS.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar, Final

from discord import ButtonStyle

from bot.view.actions.ids import IdTemplate
from bot.view.actions.seal import ROOM
from bot.view.text.pages import units
from bot.view.text.said import TextPart

FORM_KIND: Final = "draft"  # what the custom ids of a form's buttons and modals begin with
_BETWEEN: Final = "|"  # the parts of a page's id; what was searched for comes last and may hold it


@dataclass(frozen=True, slots=True)
class ButtonLook:
    """How a button is drawn."""

    label: str = ""
    emoji: str | None = None
    style: ButtonStyle = ButtonStyle.secondary
    is_disabled: bool = False


class ButtonEnum(Enum):
    """What a button does: a value that stands in custom ids, for ever, and how it looks."""

    look: ButtonLook

    def __new__(
        cls,
        value: str,
        label: str = "",
        emoji: str | None = None,
        style: ButtonStyle = ButtonStyle.secondary,
    ) -> ButtonEnum:
        member = object.__new__(cls)
        member._value_ = value
        member.look = ButtonLook(label, emoji, style)
        return member


class Action:
    """What a press means, but for who pressed: a frozen value that stands in the button's custom id."""

    __slots__ = ()
    ID: ClassVar[str]
    action: Enum  # what presses are told apart by

    @property
    def look(self) -> ButtonLook:
        look: ButtonLook = self.action.look  # type: ignore[attr-defined]  # of the kinds that do not say it themselves
        return look

    @property
    def row(self) -> object:
        """Buttons that follow one another stand in one row where this is the same."""
        return type(self)


# --- jobs ----------------------------------------------------------------------------------------


class JobButton(ButtonEnum):
    """About one job."""

    CANCEL = "cancel", "Cancel", "⏹️", ButtonStyle.danger
    AGAIN = "again", "Again", "🔁", ButtonStyle.primary
    RETRY = "retry", "Retry", "🔁", ButtonStyle.primary
    INFO = "info", "Info", "ℹ️"
    DELETE = "delete", "Delete", "🗑️"
    REPORT = "report", "Report", "🚩"
    LOG = "log", "Log", "📜"


@dataclass(frozen=True, slots=True)
class JobAction(Action):
    ID: ClassVar = "job:{job_id}:{action}"
    action: JobButton
    job_id: int


def job_buttons(job_id: int, *buttons: JobButton) -> tuple[JobAction, ...]:
    """Several of one job."""
    return tuple(JobAction(button, job_id) for button in buttons)


class PageMove(ButtonEnum):
    """How a page is come to: opened as a message of its own, or turned to in its place."""

    OPEN = "open"
    BACK = "back", "Back", "◀️"
    ON = "on", "On", "▶️"


_OPENING: Final = {
    TextPart.ANSWER: ButtonLook("Read on", "📖"),
    TextPart.THINKING: ButtonLook("Thinking", "💭"),
}


@dataclass(frozen=True, slots=True)
class TextAction(Action):
    """One page of a job's text, the first being 0."""

    ID: ClassVar = "text:{job_id}:{action}:{page:6}:{move}"
    job_id: int
    action: TextPart
    page: int
    move: PageMove = PageMove.OPEN

    @property
    def look(self) -> ButtonLook:
        return _OPENING[self.action] if self.move is PageMove.OPEN else self.move.look


class ResultButton(ButtonEnum):
    """Under a result."""

    VARY = "vary", "Vary", "🎲"
    UPSCALE = "upscale", "Upscale", "🔍"
    EDIT = "edit", "Edit prompt", "✏️"  # the form with the prompt
    REWORD = "reword", "Edit prompt", "✏️"  # the same for a variation


@dataclass(frozen=True, slots=True)
class ResultAction(Action):
    """One thing to do with one result. `index` is the result's in the job's outputs, from 0.

    `number` is what people count it as, 0 where it is the only one.
    """

    ID: ClassVar = "pick:{job_id}:{action}:{index:4}"
    action: ResultButton
    job_id: int
    index: int = 0
    number: int = 0

    @property
    def look(self) -> ButtonLook:
        # Ten numbers in two rows are told apart by their letters alone; a picture on each would be noise.
        look = self.action.look
        return ButtonLook(f"{look.label[0]}{self.number}") if self.number else look

    @property
    def row(self) -> object:
        return (ResultAction, self.action if self.number else None)


class ConfirmButton(ButtonEnum):
    """Run, under what will run and its price: what it starts."""

    VARY = "vary", "Run", "▶️", ButtonStyle.primary
    UPSCALE = "upscale", "Run", "▶️", ButtonStyle.primary


@dataclass(frozen=True, slots=True)
class ConfirmAction(Action):
    """`is_private`: what it starts is for its asker alone."""

    ID: ClassVar = "go:{job_id}:{action}:{index:4}:{is_private}"
    action: ConfirmButton
    job_id: int
    index: int
    is_private: bool = False

    @property
    def row(self) -> object:
        return (ResultAction, None)


# --- cases and records ---------------------------------------------------------------------------


class CaseButton(ButtonEnum):
    """On one case. Whether the presser may is asked when it is pressed."""

    ASK = "ask", "Ask a moderator", "🙋", ButtonStyle.primary
    APPROVE = "approve", "Approve once", "✅", ButtonStyle.success
    GRANT = "grant", "Grant 5 today", "🎁", ButtonStyle.primary
    DENY = "deny", "Deny", "✖️"
    BLOCK = "block", "Block", "⛔", ButtonStyle.danger
    RESTORE = "restore", "Restore", "👁️", ButtonStyle.success
    DELETE = "delete", "Delete", "🗑️", ButtonStyle.danger


@dataclass(frozen=True, slots=True)
class CaseAction(Action):
    """With ASK, `case_id` is the refused interaction whose case may be opened."""

    ID: ClassVar = "case:{case_id}:{action}"
    action: CaseButton
    case_id: int


class MemberButton(ButtonEnum):
    """For one member alone. Whoever answers it compares the presser with `user_id`."""

    OLDER = "older", "Older", "▶️"
    NEWER = "newer", "Newer", "◀️"
    FORGET = "forget", "Erase it for good", "🗑️", ButtonStyle.danger


@dataclass(frozen=True, slots=True)
class MemberAction(Action):
    """`cursor` is a job's id, or the epoch second of a question."""

    ID: ClassVar = "member:{user_id}:{action}:{cursor}:{page:9}"
    action: MemberButton
    user_id: int
    cursor: int
    page: int = 0


class AuditButton(ButtonEnum):
    """To another page of the audit log. Whoever answers it asks whether the presser may read it."""

    NEWER = "newer", "Newer", "◀️"
    OLDER = "older", "Older", "▶️"


@dataclass(frozen=True, slots=True)
class AuditAction(Action):
    """The log as it was asked for (see AuditQuery)."""

    ID: ClassVar = "audit:{action}:{member_id}:{since_s}:{newest_id}:{page:9}"
    action: AuditButton
    member_id: int
    since_s: int
    newest_id: int
    page: int


# --- models and their forms ----------------------------------------------------------------------


class ModelButton(ButtonEnum):
    """On one model, or another page of the list."""

    DETAILS = "details", "Details", "🔎"
    RUN = "run", "Run", "▶️", ButtonStyle.primary
    PAGE = "page", "Page", "📄"


@dataclass(frozen=True, slots=True)
class ModelAction(Action):
    """`subject` is the model's slug; with PAGE, ``2|text-to-image|what was searched for``."""

    ID: ClassVar = "model:{action}:{subject}"
    action: ModelButton
    subject: str

    @classmethod
    def to_page(cls, page: int, category: str, search: str) -> ModelAction:
        return cls(ModelButton.PAGE, _BETWEEN.join((str(page), category.replace(_BETWEEN, " "), search)))

    @property
    def listing(self) -> tuple[int, str, str]:
        """The page, its category and the search; a page that was made up is the first."""
        number, category, search = [*self.subject.split(_BETWEEN, 2), "", ""][:3]
        is_number = number.isascii() and number.isdecimal() and len(number) < 7
        return max(1, int(number)) if is_number else 1, category, search

    @property
    def look(self) -> ButtonLook:
        look = self.action.look
        return (
            ButtonLook(f"Page {self.listing[0]:,}", look.emoji) if self.action is ModelButton.PAGE else look
        )


class FormButton(ButtonEnum):
    """On the card of a form. Whose form it is, is asked when it is pressed."""

    FILL = "fill", "", "✏️"  # the number is the page, from 0
    RESET = "reset", "", "↩️"
    RUN = "run", "", "▶️", ButtonStyle.primary  # the number is how often the form was run before


@dataclass(frozen=True, slots=True)
class FormAction(Action):
    """A button of a form, with what it says on its card."""

    ID: ClassVar = FORM_KIND + ":{form_id}:{action}:{number:9}"
    action: FormButton
    form_id: int
    number: int = 0
    label: str = ""
    is_disabled: bool = False

    @property
    def look(self) -> ButtonLook:
        look = self.action.look
        return ButtonLook(self.label, look.emoji, look.style, self.is_disabled)

    @property
    def row(self) -> object:
        return (FormAction, self.action is FormButton.FILL)


# --- the codec -----------------------------------------------------------------------------------

KINDS: Final = (
    JobAction, TextAction, ResultAction, ConfirmAction,
    CaseAction, MemberAction, AuditAction, ModelAction, FormAction,
)  # fmt: skip
_TEMPLATES: Final[dict[type[Action], IdTemplate[Any]]] = {kind: IdTemplate(kind, kind.ID) for kind in KINDS}
PATTERN: Final = "|".join(template.pattern for template in _TEMPLATES.values())


def custom_id_of(action: Action) -> str:
    """The custom id that stands for it, without a seal."""
    return _TEMPLATES[type(action)].written(action)


def action_of(custom_id: str) -> Action | None:
    """What a press of the button with this id means; None where no button of ours has it."""
    found = (template.read(custom_id) for template in _TEMPLATES.values())
    return next((action for action in found if action is not None), None)


def has_room(action: Action) -> bool:
    """Whether it fits into a custom id, however Discord counts: an action that does not is not offered."""
    return units(custom_id_of(action)) <= ROOM
