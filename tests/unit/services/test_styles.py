"""Styles: found by name, offered from memory; the server's are audited, a member's are their own business."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.domain.errors import DatabaseUnavailable, StoreError
from bot.domain.job.errors import ManagersOnly
from bot.domain.moderation.audit import AuditEntry, AuditQuery, LogChannelChange, StyleChange
from bot.domain.request.errors import StyleFault, StyleRefused
from bot.domain.request.style import MAX_OWN, Style
from bot.services.guild_settings.service import GuildSettingsService
from bot.services.styles.service import PINNED, StyleName, Styles
from bot.store.sqlite.database import Database
from bot.store.sqlite.guilds import GuildRecords
from bot.store.sqlite.picture_wishes import PictureWishRecords
from bot.store.sqlite.styles import StyleRecords
from tests.support.bot_harness import MemoryLogChannel
from tests.support.clocks import StoppedClock
from tests.support.samples import GUILD, NOON_S, a_request

OIL = Style(GUILD, 1, "Oil", "{prompt}, oil", saved_by=1, saved_at_s=0.0)
NOIR = Style(GUILD, PINNED, "Noir", "{prompt}, film noir", saved_by=9, saved_at_s=0.0)


class FaultyStyles(StyleRecords):
    """The real store; the next readings of names fail as `faults` says."""

    faults: deque[StoreError]

    async def names_after(
        self, last: tuple[int, int, str], limit: int
    ) -> Sequence[tuple[int, int, str, str]]:
        if self.faults:
            raise self.faults.popleft()
        return await super().names_after(last, limit)


class Atelier:
    """Styles over a real file, with a log channel in memory."""

    def __init__(self, database: Database) -> None:
        self.guilds = GuildRecords(database)
        self.log = MemoryLogChannel()
        self.store = FaultyStyles(database)
        self.store.faults = deque()
        self.styles = self.anew()

    def anew(self) -> Styles:
        """As after a restart."""
        clock = StoppedClock().clock
        return Styles(
            self.store,
            GuildSettingsService(
                self.guilds, self.log, PictureWishRecords(self.guilds._database), lambda _: False
            ),
            clock,
        )

    def names(self, user_id: int = 1, text: str = "", guild_id: int | None = GUILD) -> list[str]:
        return [style.name for style in self.styles.names(guild_id, user_id, text, 25)]


@pytest.fixture
async def atelier(tmp_path: Path) -> AsyncIterator[Atelier]:
    async with Database(tmp_path / "bot.sqlite3") as database:
        yield Atelier(database)


async def test_a_style_is_used_by_whoever_saved_it_and_a_pinned_one_by_all(atelier: Atelier) -> None:
    await atelier.styles.save(OIL)
    await atelier.styles.save(NOIR)
    found = await atelier.styles.applied(" oil ", a_request(prompt="a cat"), GUILD, 1)
    assert found.prompt == "a cat, oil"
    for user_id, guild_id in ((2, GUILD), (1, 8), (1, None)):
        with pytest.raises(StyleRefused) as refused:
            await atelier.styles.find("oil", guild_id, user_id)
        assert refused.value.fault is StyleFault.UNKNOWN
    assert (await atelier.styles.find("NOIR", GUILD, 2)).saved_by == 9
    pinned, own = await atelier.styles.listed(GUILD, 1)
    assert ([s.name for s in pinned], [s.name for s in own]) == (["Noir"], ["Oil"])


async def test_a_members_own_goes_before_a_pinned_one_of_the_same_name(atelier: Atelier) -> None:
    await atelier.styles.save(NOIR)
    await atelier.styles.save(replace(OIL, name="noir"))
    assert (await atelier.styles.find("Noir", GUILD, 1)).template == "{prompt}, oil"
    assert atelier.styles.names(GUILD, 1, "", 25) == [StyleName("noir", is_pinned=False)]
    assert atelier.styles.names(GUILD, 2, "", 25) == [StyleName("Noir", is_pinned=True)]


async def test_saving_over_a_name_tells_what_was_there(atelier: Atelier) -> None:
    kept, before = await atelier.styles.save(OIL)
    assert (kept.saved_at_s, before) == (NOON_S + 1_000, None)
    kept, before = await atelier.styles.save(replace(OIL, name="OIL", template="thick oil"))
    assert before is not None
    assert (before.template, kept.template) == ("{prompt}, oil", "thick oil")
    assert atelier.names() == ["OIL"]


async def test_what_is_pinned_is_audited_and_announced_and_nothing_else_is(atelier: Atelier) -> None:
    rules = AuditEntry(GUILD, 9, LogChannelChange(None, 30), NOON_S)
    wishes = PictureWishRecords(atelier.guilds._database)
    guild_settings = GuildSettingsService(atelier.guilds, atelier.log, wishes, lambda _: False)
    await guild_settings.set_log_channel(30, rules)
    await atelier.styles.save(OIL)
    await atelier.styles.save(NOIR)
    await atelier.styles.save(replace(NOIR, template="{prompt}, darker", saved_by=8))
    await atelier.styles.delete("noir", GUILD, 7, is_manager=True)
    kept = replace(NOIR, saved_at_s=NOON_S + 1_000)
    darker = replace(kept, template="{prompt}, darker", saved_by=8)
    told = [(entry.actor_id, entry.change) for entry in atelier.log.entries[1:]]
    assert told == [
        (9, StyleChange("Noir", None, kept)),
        (8, StyleChange("Noir", kept, darker)),
        (7, StyleChange("Noir", darker, None)),
    ]
    page = await atelier.guilds.audit_log(AuditQuery(GUILD))
    assert list(page.entries) == atelier.log.entries[::-1]


async def test_only_managers_delete_what_is_pinned(atelier: Atelier) -> None:
    await atelier.styles.save(NOIR)
    with pytest.raises(ManagersOnly):
        await atelier.styles.delete("noir", GUILD, 9, is_manager=False)
    assert atelier.names() == ["Noir"]
    assert (await atelier.styles.delete("noir", GUILD, 2, is_manager=True)).name == "Noir"
    assert atelier.names() == []
    with pytest.raises(StyleRefused):
        await atelier.styles.delete("noir", GUILD, 2, is_manager=True)


async def test_a_member_has_room_for_so_many_on_each_server(atelier: Atelier) -> None:
    for number in range(MAX_OWN):
        await atelier.styles.save(replace(OIL, name=f"n{number}"))
    with pytest.raises(StyleRefused) as refused:
        await atelier.styles.save(OIL)
    assert refused.value.fault is StyleFault.TOO_MANY
    assert len(atelier.names()) == MAX_OWN
    await atelier.styles.save(replace(OIL, name="N3", template="over"))
    await atelier.styles.save(replace(OIL, guild_id=8))
    await atelier.styles.save(NOIR)


async def test_names_are_offered_from_memory_after_a_restart_as_before(
    atelier: Atelier, monkeypatch: pytest.MonkeyPatch
) -> None:
    for style in (OIL, NOIR, replace(OIL, name="Ink"), replace(OIL, guild_id=0, name="Direct")):
        await atelier.styles.save(style)
    before = atelier.names()
    assert before == ["Noir", "Ink", "Oil"]
    monkeypatch.setattr("bot.services.styles.service.READ_SLICE", 2)
    atelier.styles = atelier.anew()
    assert atelier.names() == []
    atelier.store.faults.append(DatabaseUnavailable("busy"))
    with pytest.raises(DatabaseUnavailable):
        await atelier.styles.load()
    await atelier.styles.load()
    assert atelier.names() == before
    assert atelier.names(text="OI") == ["Noir", "Oil"]
    assert atelier.names(guild_id=None) == ["Direct"]
    assert atelier.styles.names(GUILD, 1, "", 1) == [StyleName("Noir", is_pinned=True)]


async def test_a_member_who_is_forgotten_leaves_no_style_of_their_own(atelier: Atelier) -> None:
    others: list[dict[str, Any]] = [{"guild_id": 8}, {"guild_id": 0}]
    for changes in others:
        await atelier.styles.save(replace(OIL, **changes))
    await atelier.styles.save(replace(NOIR, saved_by=1))
    assert len(await atelier.styles.of_member(1)) == 3
    assert await atelier.styles.forget(1) == 2
    assert await atelier.styles.of_member(1) == []
    assert atelier.names(guild_id=8) == []
    assert atelier.names() == ["Noir"]
