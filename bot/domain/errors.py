"""Everything that can go wrong, as facts; the sentences are made in bot/view/sentences.py.

Errors are not frozen: contextlib assigns `__traceback__` to whatever passes through it.

BotError
├─ AmountInvalid              a text that is no amount of money
├─ Refusal                    the asker is told, nothing was held
│  ├─ PromptRefused           empty, too long
│  ├─ OptionRefused           a value outside its bounds, or one the model does not take
│  ├─ OptionsConflict         two options that exclude each other
│  ├─ OptionAlone             an option that means something together with another one only
│  ├─ FieldsRefused           fields of a model's form that cannot be sent as they are
│  ├─ PictureNotTaken         a picture for a model that takes none
│  ├─ InputRefused            a file that cannot go into a run
│  ├─ ModelUnknown
│  ├─ StyleRefused            a style that cannot be kept or used
│  ├─ RuleRefused             the server's rules forbid it
│  ├─ PatternRefused          a word rule that cannot be taken
│  ├─ AmountRefused           an amount of a limit or grant that makes no sense
│  ├─ CaseDecided             another moderator was quicker
│  ├─ CaseNotFound
│  ├─ CaseRefused             a case that cannot be opened or decided this way
│  ├─ BlockRefused            somebody who cannot be blocked
│  ├─ LimitReached            which limit, how much of it is used, when it resets
│  ├─ SubjectRefused          a role, member or channel that is not there to be named
│  ├─ NotPermitted            somebody else's job
│  ├─ NotYours                a button that belongs to another member
│  ├─ QuestionExpired         a confirmation that was asked too long ago
│  ├─ FormGone                a form that the bot does not remember any more
│  ├─ FormBusy                a form that is being run at this moment, or was by the same press
│  ├─ ErasureRunning          this member's records are being erased already
│  │  └─ ManagersOnly         a command of moderators
│  ├─ JobNotFound
│  ├─ WordsGone               a text of a job, or its log, is not to be had any more
│  ├─ LogUnreachable          Wiro does not answer about a log just now
│  ├─ CommandOutdated         a command or value that this version does not offer
│  ├─ ButtonUnknown           an id that no button of ours has
│  ├─ JobEnded                nothing left to cancel
│  ├─ AlreadyStarted          a confirmation that was pressed twice
│  └─ NotAccepting            the bot is starting or stopping
├─ WiroError                  code, message, HTTP status, retry-after
│  ├─ WiroUnreachable         no answer; `may_have_arrived` tells whether the request could have been acted on
│  ├─ WiroServerFault         5xx, or an answer that is no answer: it may have been acted on
│  ├─ WiroAuthFailed          401, 403
│  ├─ WiroRateLimited         429
│  ├─ WiroRefused             result:false
│  │  ├─ WiroBusy             code 96
│  │  ├─ WiroNoFunds          code 97
│  │  └─ WiroNotFound         code 1, HTTP 404
├─ OutputError                what Wiro made cannot be shown
│  ├─ OutputUnusable          not a picture, broken, a bomb
│  │  └─ OutputTooLarge       more than is fetched or opened here: it can only be linked
│  ├─ OutputHostRefused       an address off the allow-list, or a redirect
│  └─ OutputUnavailable       it could not be fetched (yet)
└─ StoreError
   ├─ DatabaseInUse           another process owns the file
   ├─ DatabaseFull            no room to write
   ├─ DatabaseTooNew          written by a newer version
   └─ DatabaseUnavailable     any other failure of the file
      ├─ DatabaseDamaged      its content is not what was written; a backup can be restored
      └─ DatabaseGone         moved, deleted or replaced while it was open
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.domain.form import Complaint
    from bot.domain.job import PictureRequest
    from bot.domain.limits import Limit


class BotError(Exception):
    """The root: every failure this project foresees."""


class AmountInvalid(BotError):
    """A text that is no amount of money."""


class Refusal(BotError):
    """A request that was not taken: nothing was held, nothing was sent."""


class PromptFault(Enum):
    """Why a prompt was not taken."""

    EMPTY = auto()
    TOO_LONG = auto()


@dataclass(eq=False)
class PromptRefused(Refusal):
    """The prompt (or the negative prompt) cannot be sent."""

    fault: PromptFault
    length: int
    limit: int


@dataclass(eq=False)
class OptionRefused(Refusal):
    """A value outside its bounds (`minimum`..`maximum`), or an option the model does not have (both None)."""

    option: str
    value: str
    minimum: str | None = None
    maximum: str | None = None
    model: str | None = None


@dataclass(eq=False)
class OptionsConflict(Refusal):
    """Two options that cannot be given together."""

    one: str
    other: str


@dataclass(eq=False)
class OptionAlone(Refusal):
    """An option that means something only together with another one."""

    option: str
    needs: str


@dataclass(eq=False)
class FieldsRefused(Refusal):
    """Fields of a model's form that cannot be sent as they are: at least one complaint."""

    complaints: tuple[Complaint, ...]
    model: str


@dataclass(eq=False)
class PictureNotTaken(Refusal):
    """A picture was given to a model that takes none. `takers` are slugs of models that take one."""

    model: str
    takers: tuple[str, ...] = ()


class InputFault(Enum):
    """Why a file cannot go into a run."""

    EMPTY = auto()
    TOO_LARGE = auto()  # more bytes than Wiro takes; `detail` is the size
    NOT_A_PICTURE = auto()  # `detail` is what it is
    DAMAGED = auto()
    TOO_MANY_PIXELS = auto()  # `detail` is the size
    ANIMATED = auto()  # several frames, where models take a still picture
    UNAVAILABLE = auto()  # it could not be fetched
    NO_PICTURE = auto()  # a message or result without one
    FORGOTTEN = auto()  # a form was opened for it before a restart, or long ago


@dataclass(eq=False)
class InputRefused(Refusal):
    """A file that cannot go into a run: nothing was held."""

    filename: str
    fault: InputFault
    detail: str = ""


@dataclass(eq=False)
class ModelUnknown(Refusal):
    """Wiro does not know the model (any more), or does not let us use it; it knows the `similar` slugs."""

    model: str
    similar: tuple[str, ...] = ()


class StyleFault(Enum):
    """What is wrong with a style."""

    NAME = auto()  # nothing to be seen in it, or too long
    EMPTY = auto()  # no text
    TOO_LONG = auto()  # its text
    TOO_LONG_TOGETHER = auto()  # style and prompt in one
    TOO_MANY = auto()  # a member has as many as they can have
    TOO_MANY_PINNED = auto()
    UNKNOWN = auto()


@dataclass(eq=False)
class StyleRefused(Refusal):
    """A style that cannot be kept or used. `limit` is in characters, or styles."""

    fault: StyleFault
    name: str
    limit: int = 0


class RuleFault(Enum):
    """Which kind of rule forbids a run."""

    BLOCKED = auto()
    CHANNEL = auto()
    MODEL = auto()
    ADULT_MODEL = auto()
    WORD = auto()


@dataclass(eq=False)
class RuleRefused(Refusal):
    """The server's rules forbid this run. `subject` is the model or the word."""

    fault: RuleFault
    subject: str = ""


class PatternFault(Enum):
    """What is wrong with a word rule."""

    EMPTY = auto()
    TOO_LONG = auto()
    NESTED = auto()  # a repetition inside a repetition
    MATCHES_ALL = auto()
    TOO_MANY = auto()  # there are as many rules as a server can have
    UNREADABLE = auto()


@dataclass(eq=False)
class PatternRefused(Refusal):
    """A word or pattern that cannot be a rule. `detail` is the pattern engine's own word."""

    fault: PatternFault
    detail: str = ""


@dataclass(eq=False)
class AmountRefused(Refusal):
    """An amount that is no number, negative, zero where that means nothing, or too large. As typed."""

    text: str
    is_money: bool


@dataclass(eq=False)
class CaseNotFound(Refusal):
    """No such case on this server."""

    case_id: int


@dataclass(eq=False)
class CaseDecided(Refusal):
    """Another moderator decided first."""

    case_id: int


class CaseFault(Enum):
    """Why a case cannot be opened, or not be decided this way."""

    ASKED = auto()  # the moderators were asked before
    EXPIRED = auto()  # nobody remembers the request any more
    REPORTED = auto()  # reported before
    NO_LOG_CHANNEL = auto()
    LOG_CHANNEL_CLOSED = auto()  # it is gone, or the bot may not write there
    RULES = auto()  # by now a rule of the server forbids the request
    MEMBER_LEFT = auto()
    CHANNEL_GONE = auto()
    MESSAGE_GONE = auto()
    DISCORD_SILENT = auto()  # Discord did not answer what had to be known


@dataclass(eq=False)
class CaseRefused(Refusal):
    """A case that cannot be opened or decided this way."""

    fault: CaseFault


class BlockFault(Enum):
    """Why somebody cannot be blocked."""

    SELF = auto()
    MANAGER = auto()
    BOT = auto()


@dataclass(eq=False)
class BlockRefused(Refusal):
    """Somebody who cannot be blocked from the bot."""

    fault: BlockFault


@dataclass(eq=False)
class LimitReached(Refusal):
    """A limit would be passed. Amounts are runs, or picodollars where `is_money`.

    `request` is what was refused, where the use case that refused it says so, `is_private` how.
    """

    is_operator: bool
    is_money: bool
    limit: int
    used: int
    held: int
    asked: int
    resets_at_s: int
    bound: Limit | None = None
    request: PictureRequest | None = None
    is_private: bool = False  # whether what was refused was for its asker alone


@dataclass(eq=False)
class NotPermitted(Refusal):
    """Only the owner of the job or a moderator may do this."""

    action: str


class ManagersOnly(NotPermitted):
    """Only members with Manage Server may do this."""


class SubjectFault(Enum):
    """Why a command cannot be about what was named."""

    ROLE_ELSEWHERE = auto()
    CHANNEL_ELSEWHERE = auto()
    CHANNEL_CLOSED = auto()  # the bot cannot write there
    MEMBER_LEFT = auto()
    MEMBER_IS_BOT = auto()


@dataclass(eq=False)
class SubjectRefused(Refusal):
    """A role or channel that is not this server's (any more), a member who left, a bot."""

    fault: SubjectFault


class NotYours(Refusal):
    """The button belongs to another member."""


class QuestionExpired(Refusal):
    """A confirmation that was asked too long ago to be taken at its word."""


class FormGone(Refusal):
    """The form was left for too long, or from before a restart. What was filled in is remembered."""


class FormBusy(Refusal):
    """A second press of Run: the first one starts the job, or has started it."""


class ErasureRunning(Refusal):
    """This member's records are being erased already."""


@dataclass(eq=False)
class JobNotFound(Refusal):
    """No job with this id is on record."""

    job_id: int


class WordsFault(Enum):
    """Why nothing of a text can be shown."""

    ERASED = auto()  # the member had it erased
    NO_TEXT = auto()  # this job has none
    NO_LOG = auto()  # Wiro never started it, or keeps its log no more


@dataclass(eq=False)
class WordsGone(Refusal):
    """A text of a job, or its log, is not to be had (any more)."""

    fault: WordsFault


class LogUnreachable(Refusal):
    """Wiro does not answer about a log just now."""


class CommandOutdated(Refusal):
    """A command, option or choice that this version does not offer."""


@dataclass(eq=False)
class ButtonUnknown(Refusal):
    """A component whose id is none of ours."""

    custom_id: str


@dataclass(eq=False)
class JobEnded(Refusal):
    """The job has ended already."""

    job_id: int


class AlreadyStarted(Refusal):
    """A confirmation that was pressed before: its picture is being made, or was."""


class NotAccepting(Refusal):
    """The bot is starting or shutting down."""


@dataclass(eq=False)
class WiroError(BotError):
    """A failure at Wiro, with what its answer said."""

    message: str
    code: int | None = None
    http_status: int | None = None
    retry_after_s: float | None = None


@dataclass(eq=False)
class WiroUnreachable(WiroError):
    """No answer came."""

    may_have_arrived: bool = True


class WiroServerFault(WiroError):
    """HTTP 5xx, or an answer nobody can read."""


class WiroAuthFailed(WiroError):
    """HTTP 401 or 403: key, secret or address were not accepted."""


class WiroRateLimited(WiroError):
    """HTTP 429."""


class WiroRefused(WiroError):
    """`result: false`: a definite no."""


class WiroBusy(WiroRefused):
    """Code 96: as many tasks run as the balance allows."""


class WiroNoFunds(WiroRefused):
    """Code 97: the balance is too low."""


class WiroNotFound(WiroRefused):
    """Code 1 or HTTP 404: no such model or task."""


@dataclass(eq=False)
class OutputError(BotError):
    """An output that cannot be shown as it is."""

    name: str
    reason: str


class OutputUnusable(OutputError):
    """Not a picture, broken, a decompression bomb, or past every size."""


class OutputTooLarge(OutputUnusable):
    """More bytes or pixels than are fetched or opened here, and nothing that looks like a bomb."""


class OutputHostRefused(OutputError):
    """An address off the allow-list, or a redirect."""


class OutputUnavailable(OutputError):
    """It could not be fetched within the time allowed; the link may still work later."""


@dataclass(eq=False)
class StoreError(BotError):
    """A failure of the database; `reason` is for the operator."""

    reason: str


class DatabaseInUse(StoreError):
    """Another process owns the file."""


class DatabaseFull(StoreError):
    """The disk has no room."""


class DatabaseTooNew(StoreError):
    """The file was written by a newer version of the bot."""


class DatabaseUnavailable(StoreError):
    """The file cannot be read or written."""


class DatabaseDamaged(DatabaseUnavailable):
    """The file's content is not what was written to it."""
