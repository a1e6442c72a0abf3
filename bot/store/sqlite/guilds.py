"""What the moderators of each server have set: every change and its audit entry in one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from bot.domain.limits.limit import Audience, Measure, Window, window_bounds
from bot.domain.limits.policies import Grant, LimitKey, LimitPolicy
from bot.domain.moderation.audit import AuditEntry, AuditPage, AuditQuery
from bot.domain.moderation.rules import ChannelRule, GuildRules, Match, ModelRule, PictureRule, WordRule
from bot.domain.money import MAX_PICO
from bot.services.guild_settings.ports import GuildStore
from bot.store.sqlite.audit_log import note_in, page_in
from bot.store.sqlite.backfill import track
from bot.store.sqlite.ledger import model_key
from bot.store.sqlite.records import Records
from bot.store.sqlite.rows import storable

_SET_LIMIT: Final = """
INSERT INTO limit_rules (guild_id, measure, "window", channel_id, model, audience, audience_id, amount)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (guild_id, measure, "window", channel_id, model, audience, audience_id)
DO UPDATE SET amount = excluded.amount
"""
_CLEAR_LIMIT: Final = """
DELETE FROM limit_rules
WHERE guild_id = ? AND measure = ? AND "window" = ? AND channel_id = ? AND model = ?
  AND audience = ? AND audience_id = ?
"""
_LIMITS: Final = """
SELECT measure, "window", channel_id, model, audience, audience_id, amount FROM limit_rules WHERE guild_id = ?
"""
_TRACKED: Final = 'SELECT measure, "window", channel_id, model FROM tracked_dimensions WHERE guild_id = ?'
_GRANT: Final = "INSERT INTO grants (guild_id, user_id, measure, amount, granted_at_s) VALUES (?, ?, ?, ?, ?)"
_GRANTED: Final = """
SELECT measure, amount, granted_at_s FROM grants WHERE guild_id = ? AND user_id = ? AND granted_at_s >= ?
"""
_ADD_WORD: Final = """
INSERT INTO word_rules (guild_id, text, is_pattern, match) VALUES (?, ?, ?, ?)
ON CONFLICT (guild_id, text, is_pattern)
DO UPDATE SET match = excluded.match WHERE word_rules.match <> excluded.match
"""
_SET_LOG_CHANNEL: Final = """
INSERT INTO log_channels (guild_id, channel_id) VALUES (?, ?)
ON CONFLICT (guild_id) DO UPDATE SET channel_id = excluded.channel_id
"""
_WARN: Final = "INSERT INTO budget_warnings VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"


class GuildRecords(Records, GuildStore):
    async def guild_rules(self, guild_id: int) -> GuildRules:
        return await self._database.read(lambda sqlite: _guild_rules(sqlite, guild_id))

    async def limit_rules(self, guild_id: int) -> Sequence[LimitPolicy]:
        return await self._all(_policy_of, _LIMITS, (guild_id,))

    async def tracked(self, guild_id: int) -> Sequence[LimitKey]:
        return await self._all(_key_of, _TRACKED, (guild_id,))

    async def set_limit(self, guild_id: int, rule: LimitPolicy, entry: AuditEntry) -> None:
        key = _rule_key(guild_id, rule)
        dimension = _stored(rule.dimension)

        def unit(sqlite: sqlite3.Connection) -> None:
            sqlite.execute(_SET_LIMIT, (*key, rule.amount))
            track(sqlite, guild_id, dimension, entry.at_s)
            note_in(sqlite, entry)

        await self._database.write(unit)

    async def clear_limit(self, guild_id: int, rule: LimitPolicy, entry: AuditEntry) -> bool:
        return await self._change(_CLEAR_LIMIT, _rule_key(guild_id, rule), entry)

    async def grant(self, guild_id: int, grant: Grant, entry: AuditEntry) -> None:
        values = (guild_id, grant.user_id, grant.measure.value, grant.amount, grant.granted_at_s)
        await self._change(_GRANT, values, entry)

    async def granted(self, guild_id: int, user_id: int, at_s: float) -> Mapping[tuple[Measure, Window], int]:
        spans = {w: window_bounds(Window.DAY if w is Window.EVER else w, at_s) for w in Window}
        since_s = min(start for start, _ in spans.values()) - 1  # windows are found to the microsecond

        def unit(sqlite: sqlite3.Connection) -> Mapping[tuple[Measure, Window], int]:
            sums: dict[tuple[Measure, Window], int] = {}
            for name, amount, granted_at_s in sqlite.execute(_GRANTED, (guild_id, user_id, since_s)):
                for window, span in spans.items():
                    counted_in = Window.DAY if window is Window.EVER else window
                    if window_bounds(counted_in, granted_at_s) == span:
                        key = (Measure(name), window)
                        sums[key] = min(MAX_PICO, sums.get(key, 0) + amount)
            return sums

        return await self._database.read(unit)

    async def set_channel_rule(
        self, guild_id: int, channel_id: int, rule: ChannelRule | None, entry: AuditEntry
    ) -> None:
        await self._set("channel_rules", "channel_id", (guild_id, channel_id), rule, entry)

    async def set_picture_rule(
        self, guild_id: int, channel_id: int, rule: PictureRule | None, entry: AuditEntry
    ) -> None:
        await self._set("picture_rules", "channel_id", (guild_id, channel_id), rule, entry)

    async def set_model_rule(
        self, guild_id: int, model: str, rule: ModelRule | None, entry: AuditEntry
    ) -> None:
        await self._set("model_rules", "model", (guild_id, model_key(model)), rule, entry)

    async def add_word(self, guild_id: int, word: WordRule, entry: AuditEntry) -> bool:
        return await self._change(_ADD_WORD, (*_word_key(guild_id, word), word.match.value), entry)

    async def remove_word(self, guild_id: int, word: WordRule, entry: AuditEntry) -> bool:
        delete = "DELETE FROM word_rules WHERE guild_id = ? AND text = ? AND is_pattern = ?"
        return await self._change(delete, _word_key(guild_id, word), entry)

    async def set_blocked(self, guild_id: int, user_id: int, entry: AuditEntry, *, is_blocked: bool) -> bool:
        block = "INSERT INTO blocked_members (guild_id, user_id) VALUES (?, ?) ON CONFLICT DO NOTHING"
        unblock = "DELETE FROM blocked_members WHERE guild_id = ? AND user_id = ?"
        return await self._change(block if is_blocked else unblock, (guild_id, user_id), entry)

    async def set_log_channel(self, guild_id: int, channel_id: int | None, entry: AuditEntry) -> None:
        if channel_id is None:
            delete = "DELETE FROM log_channels WHERE guild_id = ?"
            await self._change(delete, (guild_id,), entry, is_noted_anyway=True)
        else:
            await self._change(_SET_LOG_CHANNEL, (guild_id, channel_id), entry)

    async def note(self, entry: AuditEntry) -> None:
        await self._database.write(lambda sqlite: note_in(sqlite, entry))

    async def audit_log(self, query: AuditQuery) -> AuditPage:
        return await self._database.read(lambda sqlite: page_in(sqlite, query))

    async def warn_once(self, guild_id: int, dimension: LimitKey, starts_at_s: int, percent: int) -> bool:
        values = (guild_id, *_dimension_key(dimension), starts_at_s, percent)
        return await self._execute(_WARN, values) == 1

    async def _set(
        self,
        table: str,
        column: str,
        key: tuple[int, int | str],
        rule: ChannelRule | PictureRule | ModelRule | None,
        entry: AuditEntry,
    ) -> None:
        """The rule of one channel or model; tables and columns are named by us alone."""
        if rule is None:
            delete = f"DELETE FROM {table} WHERE guild_id = ? AND {column} = ?"
            await self._change(delete, key, entry, is_noted_anyway=True)
        else:
            put = (
                f"INSERT INTO {table} (guild_id, {column}, rule) VALUES (?, ?, ?) "
                f"ON CONFLICT (guild_id, {column}) DO UPDATE SET rule = excluded.rule"
            )
            await self._change(put, (*key, rule.value), entry)

    async def _change(
        self, statement: str, values: tuple[object, ...], entry: AuditEntry, *, is_noted_anyway: bool = False
    ) -> bool:
        """One statement with its audit entry. False: it changed no row, and nothing was noted."""

        def unit(sqlite: sqlite3.Connection) -> bool:
            is_changed = sqlite.execute(statement, values).rowcount > 0
            if is_changed or is_noted_anyway:
                note_in(sqlite, entry)
            return is_changed

        return await self._database.write(unit)


def _guild_rules(sqlite: sqlite3.Connection, guild_id: int) -> GuildRules:
    def rows(query: str) -> list[sqlite3.Row]:
        return sqlite.execute(query, (guild_id,)).fetchall()

    channels = rows("SELECT channel_id, rule FROM channel_rules WHERE guild_id = ?")
    models = rows("SELECT model, rule FROM model_rules WHERE guild_id = ?")
    words = rows("SELECT text, is_pattern, match FROM word_rules WHERE guild_id = ?")
    blocked = rows("SELECT user_id FROM blocked_members WHERE guild_id = ?")
    pictures = rows("SELECT channel_id, rule FROM picture_rules WHERE guild_id = ?")
    log_channels = rows("SELECT channel_id FROM log_channels WHERE guild_id = ?")
    return GuildRules(
        channels=tuple((channel_id, ChannelRule(rule)) for channel_id, rule in channels),
        models=tuple((model, ModelRule(rule)) for model, rule in models),
        words=tuple(WordRule(text, bool(is_pattern), Match(match)) for text, is_pattern, match in words),
        blocked_user_ids=frozenset(user_id for (user_id,) in blocked),
        log_channel_id=log_channels[0][0] if log_channels else None,
        pictures=tuple((channel_id, PictureRule(rule)) for channel_id, rule in pictures),
    )


def _policy_of(row: sqlite3.Row) -> LimitPolicy:
    *key, audience, audience_id, amount = row
    return LimitPolicy(Audience(audience), audience_id, _key_of(key), amount)


def _key_of(row: Iterable[Any]) -> LimitKey:
    measure, window, channel_id, model = row
    return LimitKey(Measure(measure), Window(window), channel_id, model)


def _word_key(guild_id: int, word: WordRule) -> tuple[int, str, int]:
    return guild_id, storable(word.text), int(word.is_pattern)


def _stored(dimension: LimitKey) -> LimitKey:
    return LimitKey(dimension.measure, dimension.window, dimension.channel_id, model_key(dimension.model))


def _dimension_key(dimension: LimitKey) -> tuple[str, str, int, str]:
    model = model_key(dimension.model)
    return dimension.measure.value, dimension.window.value, dimension.channel_id, model


def _rule_key(guild_id: int, rule: LimitPolicy) -> tuple[object, ...]:
    return (guild_id, *_dimension_key(rule.dimension), rule.audience.value, rule.audience_id)
