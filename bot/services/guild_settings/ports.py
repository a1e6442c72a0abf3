"""What the moderators' use cases need: the records of a server, and a voice in its log channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Protocol

from bot.domain.job.job import Job
from bot.domain.limits.limit import Measure, Window
from bot.domain.limits.policies import Grant, LimitKey, LimitPolicy
from bot.domain.moderation.audit import AuditEntry, AuditPage, AuditQuery
from bot.domain.moderation.rules import ChannelRule, GuildRules, ModelRule, PictureRule, WordRule


class GuildStore(Protocol):
    """Settings of servers. Each change writes its audit entry in the same transaction. StoreError family."""

    async def guild_rules(self, guild_id: int) -> GuildRules:
        """Everything set but limits; empty where nothing is."""
        ...

    async def limit_rules(self, guild_id: int) -> Sequence[LimitPolicy]: ...

    async def tracked(self, guild_id: int) -> Sequence[LimitKey]:
        """Every dimension the server has ever limited: its counters are complete for the present windows.

        `reserve` counts in these by itself.
        """
        ...

    async def set_limit(self, guild_id: int, rule: LimitPolicy, entry: AuditEntry) -> None:
        """Add or replace the rule of this audience in this dimension.

        A dimension seen for the first time is counted back over the window around `entry.at_s`, for every
        member and for the server, so that the limit binds at once.
        """
        ...

    async def clear_limit(self, guild_id: int, rule: LimitPolicy, entry: AuditEntry) -> bool:
        """Remove it, whatever its amount. False: there was none, nothing was written."""
        ...

    async def grant(self, guild_id: int, grant: Grant, entry: AuditEntry) -> None: ...

    async def granted(self, guild_id: int, user_id: int, at_s: float) -> Mapping[tuple[Measure, Window], int]:
        """The sums of a member's grants in the window of each length around `at_s`, without zeros.

        EVER counts as DAY.
        """
        ...

    async def set_channel_rule(
        self, guild_id: int, channel_id: int, rule: ChannelRule | None, entry: AuditEntry
    ) -> None:
        """None takes the rule away."""
        ...

    async def set_picture_rule(
        self, guild_id: int, channel_id: int, rule: PictureRule | None, entry: AuditEntry
    ) -> None:
        """None takes the rule away; channel 0 is the whole server."""
        ...

    async def set_model_rule(
        self, guild_id: int, model: str, rule: ModelRule | None, entry: AuditEntry
    ) -> None:
        """None takes the rule away."""
        ...

    async def add_word(self, guild_id: int, word: WordRule, entry: AuditEntry) -> bool:
        """One that stands is matched like this from here on. False: it was before, nothing was written."""
        ...

    async def remove_word(self, guild_id: int, word: WordRule, entry: AuditEntry) -> bool:
        """Takes away the word, or the pattern, of this text. False: there is none."""
        ...

    async def set_blocked(self, guild_id: int, user_id: int, entry: AuditEntry, *, is_blocked: bool) -> bool:
        """False: nothing changed, nothing was written."""
        ...

    async def set_log_channel(self, guild_id: int, channel_id: int | None, entry: AuditEntry) -> None:
        """None: announce changes nowhere."""
        ...

    async def note(self, entry: AuditEntry) -> None:
        """Write an audit entry for something that is kept elsewhere."""
        ...

    async def audit_log(self, query: AuditQuery) -> AuditPage: ...

    async def warn_once(self, guild_id: int, dimension: LimitKey, starts_at_s: int, percent: int) -> bool:
        """True the first time for this window of this dimension: the warning is due."""
        ...


class PictureWishes(Protocol):
    """Members' own word about their pictures. Raises StoreErrors."""

    async def closed_among(self, user_ids: Set[int]) -> frozenset[int]:
        """Those of these members whose pictures nobody else may use."""
        ...

    async def set_closed(self, user_id: int, *, is_closed: bool) -> None: ...


class LogChannel(Protocol):
    """A server's log channel. Never raises: what cannot be posted is logged for the operator."""

    async def announce(self, channel_id: int, entry: AuditEntry) -> None: ...

    async def tell_blocked(self, channel_id: int, job: Job) -> None:
        """The server's AutoMod kept the words of this job from being shown."""
        ...
