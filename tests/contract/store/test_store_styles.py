"""Styles in a real file: kept once a name, bounded, audited where they are pinned; and what servers use."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.domain.request.errors import StyleFault, StyleRefused
from bot.domain.request.style import Style
from bot.services.guild_settings.ports import GuildStore
from bot.services.styles.ports import StyleStore
from bot.store.sqlite.stores import SqliteStores
from tests.support.store_samples import GUILD, NOON_S, Ledger, a_job, an_entry, audit_of, counters_of

OIL = Style(GUILD, 1, "Oil", "{prompt}, oil", saved_by=1, saved_at_s=NOON_S)
PINNED = replace(OIL, user_id=0, name="Noir", saved_by=9)
WHOLE = replace(
    OIL,
    name="Whole ❄ \ud83d\ude00",
    negative_prompt="fog",
    model="o/m",
    width=1344,
    height=768,
    steps=30,
    guidance=4.5,
)


@pytest.fixture
def styles(stores: SqliteStores) -> StyleStore:
    return stores.styles


async def test_a_style_comes_back_as_it_was_kept_by_its_name_in_any_case(styles: StyleStore) -> None:
    for style in (OIL, WHOLE):
        await styles.keep_style(style, 25, None)
    assert await styles.style(GUILD, 1, "oil") == OIL
    found = await styles.style(GUILD, 1, WHOLE.key)
    assert found == replace(WHOLE, name="Whole ❄ 😀")
    assert await styles.style(GUILD, 2, "oil") is None
    assert await styles.style(8, 1, "oil") is None


async def test_a_name_is_kept_once_and_the_newest_stands(styles: StyleStore) -> None:
    await styles.keep_style(OIL, 1, None)
    await styles.keep_style(replace(OIL, name="OIL", template="new"), 1, None)
    assert [(style.name, style.template) for style in await styles.styles_here(GUILD, 1)] == [("OIL", "new")]


async def test_one_more_than_there_is_room_for_is_refused_and_nothing_is_written(
    styles: StyleStore, guilds: GuildStore
) -> None:
    for number in range(3):
        await styles.keep_style(replace(PINNED, name=f"n{number}"), 3, an_entry("style save"))
    with pytest.raises(StyleRefused) as refused:
        await styles.keep_style(PINNED, 3, an_entry("style save"))
    assert (refused.value.fault, refused.value.limit) == (StyleFault.TOO_MANY_PINNED, 3)
    assert len(await audit_of(guilds)) == 3
    await styles.keep_style(OIL, 1, None)
    with pytest.raises(StyleRefused) as refused:
        await styles.keep_style(replace(OIL, name="Ink"), 1, None)
    assert refused.value.fault is StyleFault.TOO_MANY
    assert [style.name for style in await styles.styles_here(GUILD, 1)] == ["Oil"]


async def test_of_many_at_once_no_more_are_kept_than_there_is_room_for(styles: StyleStore) -> None:
    tries = [styles.keep_style(replace(OIL, name=f"n{number}"), 5, None) for number in range(12)]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(outcome, StyleRefused) for outcome in outcomes) == 7
    assert len(await styles.styles_here(GUILD, 1)) == 5


async def test_a_deletion_is_audited_once(styles: StyleStore, guilds: GuildStore) -> None:
    await styles.keep_style(PINNED, 25, None)
    assert await styles.delete_style(PINNED, an_entry("style delete"))
    assert not await styles.delete_style(PINNED, an_entry("style delete"))
    assert await audit_of(guilds) == [an_entry("style delete")]


async def test_a_members_own_go_and_what_they_pinned_stays_without_them(styles: StyleStore) -> None:
    elsewhere = replace(OIL, guild_id=8)
    others = replace(OIL, user_id=2, saved_by=2)
    mine_pinned = replace(PINNED, saved_by=1)
    for style in (OIL, elsewhere, others, mine_pinned):
        await styles.keep_style(style, 25, None)
    assert set(await styles.styles_of(1)) == {OIL, elsewhere, mine_pinned}
    assert await styles.forget_styles(1) == 2
    assert await styles.styles_of(1) == []
    assert await styles.styles_here(GUILD, 0) == [replace(mine_pinned, saved_by=0)]
    assert await styles.styles_here(GUILD, 2) == [others]


async def test_every_name_is_read_in_slices(styles: StyleStore) -> None:
    for number in range(7):
        await styles.keep_style(replace(OIL, user_id=number % 3, name=f"N{number}"), 25, None)
    last, names = (-1, -1, ""), []
    while found := await styles.names_after(last, 2):
        assert len(found) <= 2
        names += [name for *_, name in found]
        last = found[-1][:3]
    assert sorted(names) == [f"N{number}" for number in range(7)]


async def test_uses_are_counted_by_server_and_model(stores: SqliteStores, store: Ledger) -> None:
    uses = stores.popularity
    for number, (guild_id, model) in enumerate(
        [(GUILD, "o/a"), (GUILD, "O/A"), (GUILD, "o/b"), (9, "o/b"), (None, "o/c")], start=1
    ):
        job = a_job(number, guild_id=guild_id, model=model)
        await store.reserve(job, [], counters_of(job))
    assert await uses.next_guild(-1) == 9
    assert await uses.next_guild(9) == GUILD
    assert await uses.next_guild(GUILD) is None
    assert await uses.uses(GUILD) == {"o/a": 2, "o/b": 1}
    assert await uses.uses(9) == {"o/b": 1}
