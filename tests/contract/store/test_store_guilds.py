"""What moderators set: kept, found again, and never changed without an entry in the audit log."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.domain.errors import StoreError
from bot.domain.limits.limit import Audience, Measure, Window
from bot.domain.limits.policies import Grant, LimitKey, LimitPolicy
from bot.domain.moderation.rules import NO_RULES, ChannelRule, GuildRules, Match, ModelRule, WordRule
from bot.domain.money import MAX_PICO
from bot.services.guild_settings.ports import GuildStore
from tests.contract.store.conftest import OpenStores
from tests.support.store_samples import DAY_S, GUILD, NOON_S, an_entry, audit_of

RUNS_A_DAY = LimitKey(Measure.RUNS, Window.DAY)


async def noted(guilds: GuildStore) -> int:
    return len(await audit_of(guilds))


async def test_a_server_that_has_set_nothing_has_no_rules(guilds: GuildStore) -> None:
    assert await guilds.guild_rules(GUILD) == NO_RULES
    assert list(await guilds.limit_rules(GUILD)) == list(await guilds.tracked(GUILD)) == []
    assert await guilds.granted(GUILD, 1, NOON_S) == {}
    assert await audit_of(guilds) == []


async def test_every_rule_survives_a_reopening_and_is_one_servers_own(
    open_stores: OpenStores,
    tmp_path: Path,
) -> None:
    async with open_stores(tmp_path) as stores:
        guilds = stores.guilds
        await guilds.set_channel_rule(GUILD, 30, ChannelRule.DENY, an_entry())
        await guilds.set_channel_rule(GUILD, 30, ChannelRule.ALLOW, an_entry())
        await guilds.set_model_rule(GUILD, "Owner/Model", ModelRule.ADULT, an_entry())
        assert await guilds.add_word(GUILD, WordRule("größe \ud800", is_pattern=False), an_entry())
        assert await guilds.add_word(GUILD, WordRule("(a+)+$", is_pattern=True), an_entry())
        assert await guilds.set_blocked(GUILD, 5, an_entry(), is_blocked=True)
        await guilds.set_log_channel(GUILD, 44, an_entry())
        await guilds.set_log_channel(GUILD, 45, an_entry())
        await guilds.set_log_channel(GUILD + 1, 46, an_entry(guild_id=GUILD + 1))
    async with open_stores(tmp_path) as stores:
        guilds = stores.guilds
        assert await guilds.guild_rules(GUILD) == GuildRules(
            channels=((30, ChannelRule.ALLOW),),
            models=(("owner/model", ModelRule.ADULT),),
            words=(WordRule("(a+)+$", is_pattern=True), WordRule("größe \ufffd", is_pattern=False)),
            blocked_user_ids=frozenset({5}),
            log_channel_id=45,
        )
        assert await guilds.guild_rules(GUILD + 1) == GuildRules(log_channel_id=46)
        assert await noted(guilds) == 8


async def test_what_is_taken_away_is_gone(guilds: GuildStore) -> None:
    await guilds.set_channel_rule(GUILD, 30, ChannelRule.DENY, an_entry())
    await guilds.set_model_rule(GUILD, "a/b", ModelRule.DENY, an_entry())
    await guilds.add_word(GUILD, WordRule("x", is_pattern=False), an_entry())
    await guilds.add_word(GUILD, WordRule("x", is_pattern=True), an_entry())
    await guilds.set_blocked(GUILD, 5, an_entry(), is_blocked=True)
    await guilds.set_log_channel(GUILD, 44, an_entry())
    await guilds.set_channel_rule(GUILD, 30, None, an_entry())
    await guilds.set_model_rule(GUILD, "A/B", None, an_entry())
    assert await guilds.remove_word(GUILD, WordRule("x", is_pattern=False), an_entry())
    assert (await guilds.guild_rules(GUILD)).words == (WordRule("x", is_pattern=True),)
    assert await guilds.remove_word(GUILD, WordRule("x", is_pattern=True), an_entry())
    assert not await guilds.remove_word(GUILD, WordRule("x", is_pattern=True), an_entry())
    assert await guilds.set_blocked(GUILD, 5, an_entry(), is_blocked=False)
    await guilds.set_log_channel(GUILD, None, an_entry())
    assert await guilds.guild_rules(GUILD) == NO_RULES
    assert await noted(guilds) == 12


async def test_a_word_is_looked_for_in_the_way_that_was_asked_for_last(guilds: GuildStore) -> None:
    exact, tolerant = (WordRule("x", is_pattern=False, match=match) for match in Match)
    assert await guilds.add_word(GUILD, exact, an_entry())
    assert await guilds.add_word(GUILD, tolerant, an_entry())
    assert not await guilds.add_word(GUILD, tolerant, an_entry())
    assert (await guilds.guild_rules(GUILD)).words == (tolerant,)


async def test_a_change_that_changes_nothing_is_told_and_not_noted(guilds: GuildStore) -> None:
    word, rule = WordRule("x", is_pattern=False), LimitPolicy(Audience.MEMBER, 1, RUNS_A_DAY, 5)
    assert await guilds.add_word(GUILD, word, an_entry())
    assert await guilds.set_blocked(GUILD, 5, an_entry(), is_blocked=True)
    assert not await guilds.add_word(GUILD, word, an_entry())
    assert not await guilds.set_blocked(GUILD, 5, an_entry(), is_blocked=True)
    assert not await guilds.set_blocked(GUILD, 6, an_entry(), is_blocked=False)
    assert not await guilds.remove_word(GUILD, WordRule("y", is_pattern=False), an_entry())
    assert not await guilds.clear_limit(GUILD, rule, an_entry())
    assert await noted(guilds) == 2


async def test_a_limit_set_again_is_replaced_and_others_stand_beside_it(guilds: GuildStore) -> None:
    narrow = LimitKey(Measure.SPEND, Window.WEEK, 30, "a/b")
    kept = [
        LimitPolicy(Audience.MEMBER, 1, RUNS_A_DAY, 9),
        LimitPolicy(Audience.MEMBER, 2, RUNS_A_DAY, 0),
        LimitPolicy(Audience.ROLE, 1, RUNS_A_DAY, 7),
        LimitPolicy(Audience.SERVER, 0, narrow, MAX_PICO),
    ]
    for rule in (LimitPolicy(Audience.MEMBER, 1, RUNS_A_DAY, 5), *kept):
        await guilds.set_limit(GUILD, rule, an_entry())
    assert set(await guilds.limit_rules(GUILD)) == set(kept)
    assert set(await guilds.tracked(GUILD)) == {RUNS_A_DAY, narrow}
    assert await guilds.limit_rules(GUILD + 1) == []
    assert await guilds.clear_limit(GUILD, LimitPolicy(Audience.MEMBER, 1, RUNS_A_DAY, 123), an_entry())
    assert set(await guilds.limit_rules(GUILD)) == set(kept[1:])


async def test_a_limit_that_the_file_refuses_leaves_nothing_half_written(guilds: GuildStore) -> None:
    with pytest.raises(StoreError, match="CHECK"):
        await guilds.set_limit(GUILD, LimitPolicy(Audience.MEMBER, 1, RUNS_A_DAY, -1), an_entry())
    assert list(await guilds.limit_rules(GUILD)) == list(await guilds.tracked(GUILD)) == []
    assert await noted(guilds) == 0


async def test_a_grant_counts_in_every_window_that_holds_it(guilds: GuildStore) -> None:
    """NOON_S is a Sunday, the first of March: its week began in February."""
    for amount, at_s in ((5, NOON_S), (2, NOON_S + 3_599.5), (7, NOON_S - DAY_S), (100, NOON_S + DAY_S)):
        await guilds.grant(GUILD, Grant(1, Measure.RUNS, amount, at_s), an_entry("limits grant"))
    await guilds.grant(GUILD, Grant(1, Measure.AT_ONCE, 1, NOON_S), an_entry("limits grant"))
    await guilds.grant(GUILD, Grant(2, Measure.RUNS, 50, NOON_S), an_entry("limits grant"))
    granted = await guilds.granted(GUILD, 1, NOON_S + 60)
    assert {w: granted[Measure.RUNS, w] for w in Window} == {
        Window.HOUR: 7,
        Window.DAY: 7,
        Window.WEEK: 14,
        Window.MONTH: 107,
        Window.EVER: 7,
    }
    assert granted[Measure.AT_ONCE, Window.EVER] == 1
    assert (Measure.SPEND, Window.DAY) not in granted
    assert (await guilds.granted(GUILD, 1, NOON_S + 3_600)).get((Measure.RUNS, Window.HOUR)) is None
    assert await guilds.granted(GUILD + 1, 1, NOON_S) == {}
    assert await noted(guilds) == 6


async def test_the_audit_log_shows_the_newest_first(guilds: GuildStore) -> None:
    entries = [an_entry(f"action {number}") for number in range(5)]
    for entry in entries:
        await guilds.note(entry)
    await guilds.note(an_entry("elsewhere", guild_id=GUILD + 1))
    assert await audit_of(guilds) == entries[::-1]


async def test_a_warning_is_due_once_in_each_window(guilds: GuildStore) -> None:
    dimension = LimitKey(Measure.SPEND, Window.DAY, 0, "A/b")
    answers = await asyncio.gather(*(guilds.warn_once(GUILD, dimension, 0, 50) for _ in range(50)))
    assert answers.count(True) == 1
    assert await guilds.warn_once(GUILD, dimension, 0, 80)
    assert await guilds.warn_once(GUILD, dimension, DAY_S, 50)
    assert await guilds.warn_once(GUILD + 1, dimension, 0, 50)
    assert not await guilds.warn_once(GUILD, LimitKey(Measure.SPEND, Window.DAY, 0, "a/b"), 0, 80)
