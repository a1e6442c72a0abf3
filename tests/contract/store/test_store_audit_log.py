"""The audit log: every change comes back as the data it was, in pages, also what was once kept as words."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from bot.domain.limits.limit import Audience, Measure, Window
from bot.domain.limits.policies import LimitKey
from bot.domain.moderation.audit import (
    AuditEntry,
    AuditQuery,
    CaseChange,
    Change,
    ChannelChange,
    GrantChange,
    LimitChange,
    LogChannelChange,
    MemberChange,
    ModelChange,
    PicturesChange,
    StyleChange,
    WordChange,
    WordsChange,
)
from bot.domain.moderation.cases import CaseKind, Verdict
from bot.domain.moderation.rules import ChannelRule, ModelRule, PictureRule, WordRule
from bot.domain.money import MAX_PICO
from bot.domain.request.style import Style
from bot.services.guild_settings.ports import GuildStore
from tests.support.store_samples import GUILD, NOON_S, an_entry, audit_of

SPEND_HERE = LimitKey(Measure.SPEND, Window.MONTH, 30, "a/b")
STYLE = Style(GUILD, 0, "Öl ❄ \ud800", "{prompt}, oil", 9, NOON_S, "fog", "a/b", 64, 64, 30, 7)
CHANGES: tuple[Change, ...] = (
    LimitChange(Audience.ROLE, 201, SPEND_HERE, None, MAX_PICO),
    LimitChange(Audience.MEMBER, 5, SPEND_HERE, 3, None),
    GrantChange(5, Measure.SPEND, 10**12, case_id=2**63 - 1),
    ChannelChange(30, None, ChannelRule.DENY),
    ModelChange("a/b", ModelRule.ADULT, None),
    WordChange(WordRule('(a+)"\n{"x": 1}', is_pattern=True), before=False, after=True),
    MemberChange(5, before=True, after=False),
    LogChannelChange(2**62, None),
    PicturesChange(0, None, PictureRule.ANYONE),
    StyleChange(STYLE.name, None, STYLE),
    CaseChange(7, CaseKind.REPORT, 5, Verdict.OPEN, Verdict.RESTORED),
    CaseChange(7, CaseKind.ASK, 5, Verdict.APPROVED, None),
    WordsChange("limits set", "runs a day for <@5>", "", "3 runs a day"),
)


def entry_of(change: Change, *, actor_id: int = 9, at_s: float = NOON_S) -> AuditEntry:
    return AuditEntry(GUILD, actor_id, change, at_s)


async def test_every_kind_of_change_comes_back_as_the_data_it_was(guilds: GuildStore) -> None:
    assert {type(change) for change in CHANGES} == set(get_args(Change))
    for change in CHANGES:
        await guilds.note(entry_of(change))
    whole = replace(STYLE, name="Öl ❄ \ufffd")  # half a pair cannot be kept
    kept = [StyleChange(whole.name, None, whole) if isinstance(c, StyleChange) else c for c in CHANGES]
    assert [entry.change for entry in await audit_of(guilds)] == kept[::-1]


async def test_a_members_entries_are_what_they_did_and_what_was_about_them(guilds: GuildStore) -> None:
    for change in CHANGES:
        await guilds.note(entry_of(change))
    await guilds.note(entry_of(CHANGES[0], actor_id=5))
    page = await guilds.audit_log(AuditQuery(GUILD, member_id=5))
    about = [entry.change for entry in page.entries if entry.actor_id != 5]
    assert about == [
        change
        for change in reversed(CHANGES)
        if isinstance(change, GrantChange | MemberChange | CaseChange | WordsChange) or change is CHANGES[1]
    ]
    assert page.entries[0].actor_id == 5
    assert (await guilds.audit_log(AuditQuery(GUILD, member_id=55))).entries == ()
    assert (await guilds.audit_log(AuditQuery(GUILD + 1, member_id=5))).entries == ()


async def test_since_is_the_first_moment_that_is_shown(guilds: GuildStore) -> None:
    for number in range(4):
        await guilds.note(an_entry(at_s=NOON_S + number))
    page = await guilds.audit_log(AuditQuery(GUILD, since_s=int(NOON_S) + 2))
    assert [entry.at_s for entry in page.entries] == [NOON_S + 3, NOON_S + 2]


async def test_pages_stand_still_while_the_log_grows(guilds: GuildStore) -> None:
    for number in range(20):
        await guilds.note(an_entry(f"action {number}"))
    first = await guilds.audit_log(AuditQuery(GUILD))
    seen = list(first.entries)
    page = first
    while page.has_older:
        await guilds.note(an_entry("came in meanwhile"))
        page = await guilds.audit_log(replace(page.query, page=page.query.page + 1))
        seen += page.entries
    assert seen == [an_entry(f"action {number}") for number in reversed(range(20))]
    assert (await guilds.audit_log(replace(first.query, page=10**9 - 1))).entries == ()
