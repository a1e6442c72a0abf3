"""What moderators changed and decided, as the audit log keeps it: data, put into words when it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import ClassVar, TypeAlias

from bot.domain.limits.limit import Audience, Measure
from bot.domain.limits.policies import LimitKey
from bot.domain.moderation.cases import CaseKind, Verdict
from bot.domain.moderation.rules import ChannelRule, ModelRule, PictureRule, WordRule
from bot.domain.request.style import Style


class ChangeKind(Enum):
    """Stored by value, for ever."""

    LIMIT = "limit"
    GRANT = "grant"
    CHANNEL = "channel"
    MODEL = "model"
    WORD = "word"
    MEMBER = "member"
    LOG_CHANNEL = "log channel"
    STYLE = "style"
    CASE = "case"
    PICTURES = "pictures"
    WORDS = "words"


# Each kind says what it is about, and what was so before and after. Its fields are on record by their names:
# one that is added later needs a default, for the entries that were written without it.


@dataclass(frozen=True, slots=True)
class LimitChange:
    """Amounts as in a LimitPolicy; None where there is no limit."""

    kind: ClassVar[ChangeKind] = ChangeKind.LIMIT
    audience: Audience
    audience_id: int
    dimension: LimitKey
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class GrantChange:
    """An extra for one member, besides what they had; by the verdict on a case where one is given."""

    kind: ClassVar[ChangeKind] = ChangeKind.GRANT
    user_id: int
    measure: Measure
    after: int
    before: None = None
    case_id: int | None = None


@dataclass(frozen=True, slots=True)
class ChannelChange:
    kind: ClassVar[ChangeKind] = ChangeKind.CHANNEL
    channel_id: int
    before: ChannelRule | None
    after: ChannelRule | None


@dataclass(frozen=True, slots=True)
class ModelChange:
    kind: ClassVar[ChangeKind] = ChangeKind.MODEL
    model: str
    before: ModelRule | None
    after: ModelRule | None


@dataclass(frozen=True, slots=True)
class WordChange:
    """Whether the word was refused, and is."""

    kind: ClassVar[ChangeKind] = ChangeKind.WORD
    word: WordRule
    before: bool
    after: bool


@dataclass(frozen=True, slots=True)
class MemberChange:
    """Whether the member was blocked, and is."""

    kind: ClassVar[ChangeKind] = ChangeKind.MEMBER
    user_id: int
    before: bool
    after: bool


@dataclass(frozen=True, slots=True)
class LogChannelChange:
    """Ids; None where nothing is announced."""

    kind: ClassVar[ChangeKind] = ChangeKind.LOG_CHANNEL
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class PicturesChange:
    """Whose pictures may be used in a channel, or on the whole server where it is 0."""

    kind: ClassVar[ChangeKind] = ChangeKind.PICTURES
    channel_id: int
    before: PictureRule | None
    after: PictureRule | None


@dataclass(frozen=True, slots=True)
class StyleChange:
    """Of a style that is pinned for the server."""

    kind: ClassVar[ChangeKind] = ChangeKind.STYLE
    name: str
    before: Style | None
    after: Style | None


@dataclass(frozen=True, slots=True)
class CaseChange:
    """`user_id` is the member it is about. After a verdict comes None where it could not be carried out."""

    kind: ClassVar[ChangeKind] = ChangeKind.CASE
    case_id: int
    case_kind: CaseKind
    user_id: int
    before: Verdict
    after: Verdict | None


@dataclass(frozen=True, slots=True)
class WordsChange:
    """An entry of a time when words were kept instead of data: the command first; empty for nothing."""

    kind: ClassVar[ChangeKind] = ChangeKind.WORDS
    action: str
    subject: str
    before: str
    after: str


Change: TypeAlias = (
    LimitChange
    | GrantChange
    | ChannelChange
    | ModelChange
    | WordChange
    | MemberChange
    | LogChannelChange
    | PicturesChange
    | StyleChange
    | CaseChange
    | WordsChange
)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who changed what, when."""

    guild_id: int
    actor_id: int
    change: Change
    at_s: float


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """Which entries are asked for, of one server: by or about a member (0: any), since an epoch second.

    Pages are counted from 1, the newest first; the log may grow meanwhile, so that they are counted up to the
    entry `newest_id`, which is 0 for a first look.
    """

    guild_id: int
    member_id: int = 0
    since_s: int = 0
    page: int = 1
    newest_id: int = 0


@dataclass(frozen=True, slots=True)
class AuditPage:
    """What was found. `query` is the one to ask for other pages with."""

    query: AuditQuery
    entries: tuple[AuditEntry, ...]
    has_older: bool
