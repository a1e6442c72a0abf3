"""The rules of servers: held in memory, changed one audited transaction at a time, announced."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from bot.domain.catalogue.model import folded_slug
from bot.domain.errors import StoreError
from bot.domain.job.job import Job
from bot.domain.limits.policies import Grant, LimitKey, LimitPolicy
from bot.domain.moderation.admission import EVERYBODY, Admission
from bot.domain.moderation.audit import AuditEntry, AuditPage, AuditQuery
from bot.domain.moderation.lexicon import Hit
from bot.domain.moderation.picture_rules import check_pictures, lenders
from bot.domain.moderation.rules import (
    NO_RULES,
    ChannelRule,
    GuildRules,
    ModelRule,
    PictureRule,
    WordRule,
    check_model,
    check_place,
)
from bot.domain.request.prompt import texts_of
from bot.domain.request.requester import Requester
from bot.domain.request.run_request import RunRequest
from bot.services.guild_settings._word_rules import WordRules
from bot.services.guild_settings.ports import GuildStore, LogChannel, PictureWishes

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class GuildSettings:
    """All that a server's moderators have set."""

    rules: GuildRules = NO_RULES
    limits: tuple[LimitPolicy, ...] = ()
    tracked: tuple[LimitKey, ...] = ()


NO_SETTINGS = GuildSettings()


class GuildSettingsService:
    """Reads through a cache; this process is the only writer, so a change drops the entry.

    Direct messages have no server (None): no rules, no limits but the settings'.
    """

    def __init__(
        self,
        store: GuildStore,
        log_channel: LogChannel,
        wishes: PictureWishes,
        is_adult: Callable[[str], bool],
        admission: Admission = EVERYBODY,
    ) -> None:
        """`is_adult` tells of a model whether Wiro files it under what is for adults."""
        self.admission = admission
        self._store = store
        self._wishes = wishes
        self._is_adult = is_adult
        self._log_channel = log_channel
        self._cached: dict[int, GuildSettings] = {}
        self._word_rules = WordRules()
        self._changes: Counter[int] = Counter()
        self._first_reading = asyncio.Lock()  # a crowd on a server that is new to us reads once

    async def of(self, guild_id: int | None) -> GuildSettings:
        if guild_id is None:
            return NO_SETTINGS
        settings = self._cached.get(guild_id)
        if settings is not None:
            return settings
        async with self._first_reading:
            settings = self._cached.get(guild_id)
            return settings if settings is not None else await self._read(guild_id)

    async def check_place(self, requester: Requester, model: str) -> None:
        """Raises NotAdmitted, and RuleRefused where the server forbids this run whatever its words are."""
        self.admission.check(requester)
        rules = (await self.of(requester.channel.guild_id)).rules
        check_place(rules, requester, model, is_adult=self._is_adult(model))

    async def has_words(self, requester: Requester) -> bool:
        """Whether the server refuses prompts for their words at all."""
        return bool((await self.of(requester.channel.guild_id)).rules.words)

    async def check_request(self, requester: Requester, request: RunRequest) -> None:
        """The one check, whoever asks for it.

        Raises NotAdmitted, RuleRefused where the server, or whose picture it uses, forbids this run, and
        PromptRefused for a text that cannot be held against the server's word rules.
        """
        self.admission.check(requester)
        rules = (await self.of(requester.channel.guild_id)).rules
        check_place(rules, requester, request.model, is_adult=self._is_adult(request.model))
        others = lenders(requester, request)
        closed = await self._wishes.closed_among(others) if others else frozenset()
        check_pictures(rules, requester, request, closed)
        await self._word_rules.check(requester.channel.guild_id or 0, rules.words, texts_of(request))

    async def has_closed_pictures(self, user_id: int) -> bool:
        """Whether this member lends their pictures to nobody."""
        return user_id in await self._wishes.closed_among({user_id})

    async def close_pictures(self, user_id: int, *, is_closed: bool) -> None:
        await self._wishes.set_closed(user_id, is_closed=is_closed)

    async def require_model_allowed(self, requester: Requester, model: str) -> None:
        """Raises RuleRefused where this model may not be used here."""
        rules = (await self.of(requester.channel.guild_id)).rules
        check_model(rules, requester, model, is_adult=self._is_adult(model))

    async def matching_words(self, guild_id: int, text: str) -> Sequence[Hit]:
        """Every word rule that the text would trip over, and why: the dry run. Raises PromptRefused."""
        return await self._word_rules.matches(guild_id, (await self.of(guild_id)).rules.words, text)

    # --- changes -------------------------------------------------------------------------------

    async def set_limit(self, rule: LimitPolicy, entry: AuditEntry) -> None:
        with self._changing(entry.guild_id):
            await self._store.set_limit(entry.guild_id, rule, entry)
        await self.announce(entry)

    async def clear_limit(self, rule: LimitPolicy, entry: AuditEntry) -> bool:
        with self._changing(entry.guild_id):
            is_changed = await self._store.clear_limit(entry.guild_id, rule, entry)
        return await self._told(is_changed, entry)

    async def grant(self, grant: Grant, entry: AuditEntry) -> None:
        await self._store.grant(entry.guild_id, grant, entry)
        await self.announce(entry)

    async def set_channel_rule(self, channel_id: int, rule: ChannelRule | None, entry: AuditEntry) -> None:
        with self._changing(entry.guild_id):
            await self._store.set_channel_rule(entry.guild_id, channel_id, rule, entry)
        await self.announce(entry)

    async def set_picture_rule(self, channel_id: int, rule: PictureRule | None, entry: AuditEntry) -> None:
        """Channel 0 is the whole server."""
        with self._changing(entry.guild_id):
            await self._store.set_picture_rule(entry.guild_id, channel_id, rule, entry)
        await self.announce(entry)

    async def set_model_rule(self, model: str, rule: ModelRule | None, entry: AuditEntry) -> None:
        with self._changing(entry.guild_id):
            await self._store.set_model_rule(entry.guild_id, folded_slug(model), rule, entry)
        await self.announce(entry)

    async def add_word(self, word: WordRule, entry: AuditEntry) -> bool:
        """False: it stands already. Raises PatternRefused."""
        await self._word_rules.make_room((await self.of(entry.guild_id)).rules.words, word)
        with self._changing(entry.guild_id):
            is_changed = await self._store.add_word(entry.guild_id, word, entry)
        return await self._told(is_changed, entry)

    async def remove_word(self, word: WordRule, entry: AuditEntry) -> bool:
        with self._changing(entry.guild_id):
            is_changed = await self._store.remove_word(entry.guild_id, word, entry)
        return await self._told(is_changed, entry)

    async def set_blocked(self, user_id: int, entry: AuditEntry, *, is_blocked: bool) -> bool:
        with self._changing(entry.guild_id):
            is_changed = await self._store.set_blocked(entry.guild_id, user_id, entry, is_blocked=is_blocked)
        return await self._told(is_changed, entry)

    async def set_log_channel(self, channel_id: int | None, entry: AuditEntry) -> None:
        """Announced in the new log channel and in the one before it."""
        before_id = (await self.of(entry.guild_id)).rules.log_channel_id
        with self._changing(entry.guild_id):
            await self._store.set_log_channel(entry.guild_id, channel_id, entry)
        await self.announce(entry)
        if before_id is not None and before_id != channel_id:
            await self._log_channel.announce(before_id, entry)

    async def note(self, entry: AuditEntry) -> None:
        """Record and announce something that is kept elsewhere, such as a verdict."""
        await self._store.note(entry)
        await self.announce(entry)

    async def tell_blocked(self, job: Job) -> None:
        """The server's AutoMod kept the words of this job from being shown: so says its log channel."""
        try:
            channel_id = (await self.of(job.origin.guild_id)).rules.log_channel_id
        except StoreError as error:
            log.warning("job %d: that AutoMod blocked it was not told: %s", job.job_id, error.reason)
            return
        if channel_id is not None:
            await self._log_channel.tell_blocked(channel_id, job)

    async def audit_log(self, query: AuditQuery) -> AuditPage:
        """What was changed and decided on a server, and by whom."""
        return await self._store.audit_log(query)

    async def announce(self, entry: AuditEntry) -> None:
        """Tell the server's log channel, if it has one, of something that is on record. Never raises."""
        try:
            channel_id = (await self.of(entry.guild_id)).rules.log_channel_id
        except StoreError as error:  # the change itself is on record and in force
            log.warning("a change on server %d was not announced: %s", entry.guild_id, error.reason)
            return
        if channel_id is not None:
            await self._log_channel.announce(channel_id, entry)

    async def _told(self, is_changed: bool, entry: AuditEntry) -> bool:
        if is_changed:
            await self.announce(entry)
        return is_changed

    @contextmanager
    def _changing(self, guild_id: int) -> Iterator[None]:
        """Nothing read before or during a write is kept, however the write ends.

        One whose caller is cancelled is committed all the same, and before any later reading: the store
        has it in its line by then.
        """
        self._invalidate(guild_id)
        try:
            yield
        finally:
            self._invalidate(guild_id)

    def _invalidate(self, guild_id: int) -> None:
        self._changes[guild_id] += 1
        self._cached.pop(guild_id, None)

    async def _read(self, guild_id: int) -> GuildSettings:
        while True:
            changes = self._changes[guild_id]
            settings = GuildSettings(
                await self._store.guild_rules(guild_id),
                tuple(await self._store.limit_rules(guild_id)),
                tuple(await self._store.tracked(guild_id)),
            )
            if changes == self._changes[guild_id]:  # otherwise a change came in between the readings
                self._cached[guild_id] = settings
                return settings
