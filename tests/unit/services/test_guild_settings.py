"""A server's rules: what is on record is in force, whatever happens around the write."""

from __future__ import annotations

import asyncio

import pytest

from bot.domain.errors import DatabaseUnavailable
from bot.domain.moderation.audit import AuditEntry, AuditQuery, MemberChange
from bot.domain.moderation.errors import RuleFault, RuleRefused
from bot.domain.moderation.rules import GuildRules
from bot.domain.request.requester import Requester
from bot.services.guild_settings.service import GuildSettingsService
from bot.store.sqlite.database import Database
from bot.store.sqlite.guilds import GuildRecords
from bot.store.sqlite.picture_wishes import PictureWishRecords
from tests.support.bot_harness import BotHarness, MemoryLogChannel
from tests.support.samples import GUILD, NOON_S, a_request, a_requester

ENTRY = AuditEntry(GUILD, 9, MemberChange(1, before=False, after=True), NOON_S)


class WornRecords(GuildRecords):
    """The real records. The next readings fail; or a write's caller is cancelled while it waits."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.failing_readings = 0
        self.cancels = False

    async def guild_rules(self, guild_id: int) -> GuildRules:
        if self.failing_readings:
            self.failing_readings -= 1
            raise DatabaseUnavailable("the disk is worn")
        return await super().guild_rules(guild_id)

    async def set_blocked(self, guild_id: int, user_id: int, entry: AuditEntry, *, is_blocked: bool) -> bool:
        if self.cancels:
            task = asyncio.current_task()
            assert task is not None
            asyncio.get_running_loop().call_soon(task.cancel)
        return await super().set_blocked(guild_id, user_id, entry, is_blocked=is_blocked)


async def is_blocked(guild_settings: GuildSettingsService, requester: Requester) -> bool:
    try:
        await guild_settings.check_request(requester, a_request())
    except RuleRefused as refused:
        return refused.fault is RuleFault.BLOCKED
    return False


@pytest.fixture
def records(harness: BotHarness) -> WornRecords:
    return WornRecords(harness.store._database)


async def test_a_block_is_in_force_though_nothing_can_be_read_after_it(records: WornRecords) -> None:
    guild_settings = GuildSettingsService(
        records, MemoryLogChannel(), PictureWishRecords(records._database), lambda _: False
    )
    assert not await is_blocked(guild_settings, a_requester(1))
    records.failing_readings = 1
    assert await guild_settings.set_blocked(
        1, ENTRY, is_blocked=True
    )  # on record: it is not told as a failure
    assert await is_blocked(guild_settings, a_requester(1))


async def test_a_block_is_in_force_though_its_caller_was_cancelled(records: WornRecords) -> None:
    guild_settings = GuildSettingsService(
        records, MemoryLogChannel(), PictureWishRecords(records._database), lambda _: False
    )
    assert not await is_blocked(guild_settings, a_requester(1))
    records.cancels = True
    blocking = asyncio.create_task(guild_settings.set_blocked(1, ENTRY, is_blocked=True))
    reading = asyncio.create_task(is_blocked(guild_settings, a_requester(1)))  # in the middle of the write
    await asyncio.gather(blocking, return_exceptions=True)
    assert blocking.cancelled()
    await reading
    assert (await records.audit_log(AuditQuery(GUILD))).entries == (ENTRY,)
    assert await is_blocked(guild_settings, a_requester(1))


async def test_a_write_that_fails_leaves_the_rules_as_they_are_on_record(records: WornRecords) -> None:
    guild_settings = GuildSettingsService(
        records, MemoryLogChannel(), PictureWishRecords(records._database), lambda _: False
    )
    await guild_settings.set_blocked(1, ENTRY, is_blocked=True)
    await records._database.close()
    with pytest.raises(DatabaseUnavailable):
        await guild_settings.set_blocked(1, ENTRY, is_blocked=False)
    await records._database.open()
    assert await is_blocked(guild_settings, a_requester(1))
