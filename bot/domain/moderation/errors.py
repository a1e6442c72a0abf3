"""What moderators and the operator decide against somebody, and what they cannot do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from bot.domain.errors import Refusal


class AdmissionFault(Enum):
    """Why the operator does not let somebody use the bot."""

    SERVER = auto()  # it serves other servers
    DIRECT_MESSAGE = auto()
    PERSON = auto()


@dataclass(eq=False)
class NotAdmitted(Refusal):
    """The operator of the bot does not let this person use it, or nobody here."""

    fault: AdmissionFault


class RuleFault(Enum):
    """Which kind of rule forbids a run."""

    BLOCKED = auto()
    CHANNEL = auto()
    MODEL = auto()
    ADULT_MODEL = auto()
    WORD = auto()
    PICTURE_OWN = auto()  # somebody else's, where only one's own may be used
    PICTURE_MADE_HERE = auto()  # somebody else's that the bot did not make
    PICTURE_CLOSED = auto()  # of a member who lends theirs to nobody
    PICTURE_LINK = auto()  # an address that does not tell whose it is


@dataclass(eq=False)
class RuleRefused(Refusal):
    """The server's rules forbid this run. `subject` is the model, or the name of the text with the word."""

    fault: RuleFault
    subject: str = ""


class PatternFault(Enum):
    """What is wrong with a word rule."""

    EMPTY = auto()
    TOO_LONG = auto()
    NESTED = auto()  # a repetition inside a repetition
    MATCHES_ALL = auto()
    TOO_MANY = auto()  # there are as many rules as a server can have
    TOO_LARGE_TOGETHER = auto()  # with the other patterns of the server, in memory
    UNREADABLE = auto()


@dataclass(eq=False)
class PatternRefused(Refusal):
    """A word or pattern that cannot be a rule. `detail` is the pattern engine's own word."""

    fault: PatternFault
    detail: str = ""


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
    JUDGED = auto()  # reported before, and decided
    UNFINISHED = auto()  # decided, and not carried out yet: Discord or Wiro does not answer
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
