"""Limits set at any moment: they bind at once, count what came before, and are never passed."""

from __future__ import annotations

import asyncio

import pytest

from bot.domain.job.job import Job, Stage
from bot.domain.job.ledger import settlement_of
from bot.domain.limits.limit import (
    OPERATOR,
    Audience,
    Measure,
    Scope,
    Subject,
    Usage,
    Window,
)
from bot.domain.limits.policies import LimitKey, LimitPolicy
from bot.services.guild_settings.ports import GuildStore
from tests.support.store_front_door import submit
from tests.support.store_samples import CHANNEL, DAY_S, GUILD, MODEL, NOON_S, Ledger, a_job, an_entry, ended


async def settle(store: Ledger, job: Job, at_s: float = NOON_S) -> None:
    assert await store.settle(job, settlement_of(job), at_s)


MEASURES = [(Measure.RUNS, Window.HOUR), (Measure.SPEND, Window.MONTH), (Measure.AT_ONCE, Window.EVER)]
AUDIENCES = [(Audience.MEMBER, 1), (Audience.ROLE, 10), (Audience.EVERYONE, 0), (Audience.SERVER, 0)]


@pytest.mark.parametrize(("channel_id", "model"), [(0, ""), (CHANNEL, MODEL)], ids=["anywhere", "here"])
@pytest.mark.parametrize(("audience", "audience_id"), AUDIENCES, ids=[a.value for a, _ in AUDIENCES])
@pytest.mark.parametrize(("measure", "window"), MEASURES, ids=[m.value for m, _ in MEASURES])
async def test_of_two_hundred_who_want_the_last_unit_of_a_limit_exactly_one_gets_it(
    store: Ledger,
    guilds: GuildStore,
    measure: Measure,
    window: Window,
    audience: Audience,
    audience_id: int,
    channel_id: int,
    model: str,
) -> None:
    """Nine units are used before the limit of ten is set; threads and odd spellings count as well."""
    for job_id in range(1, 10):
        in_thread = a_job(job_id, channel_id=31, ruled_channel_id=CHANNEL, model=MODEL.upper())
        assert await submit(store, guilds, in_thread)
    amount = 10_999 if measure is Measure.SPEND else 10
    rule = LimitPolicy(audience, audience_id, LimitKey(measure, window, channel_id, model), amount)
    await guilds.set_limit(GUILD, rule, an_entry())
    jobs = [
        a_job(job_id, user_id=job_id if audience is Audience.SERVER else 1) for job_id in range(1_000, 1_200)
    ]
    answers = await asyncio.gather(*(submit(store, guilds, job) for job in jobs))
    assert answers.count(True) == 1
    everybody = Scope(Subject.SERVER, GUILD, 0, channel_id, model)
    assert await store.usage(everybody, window, NOON_S) == Usage(0, 10, 0, 10_000)
    assert await store.audit() == []


async def test_who_finishes_makes_room_at_once(store: Ledger, guilds: GuildStore) -> None:
    assert await submit(store, guilds, a_job(1))
    rule = LimitPolicy(Audience.SERVER, 0, LimitKey(Measure.AT_ONCE, Window.EVER), 2)
    await guilds.set_limit(GUILD, rule, an_entry())
    assert await submit(store, guilds, a_job(2, user_id=2))
    assert not await submit(store, guilds, a_job(3, user_id=3, at_s=NOON_S + 40 * DAY_S))
    await settle(store, ended(a_job(1), cost_pico=5))
    assert await submit(store, guilds, a_job(3, user_id=3, at_s=NOON_S + 40 * DAY_S))
    assert await store.audit() == []


async def test_a_reservation_made_behind_the_back_of_a_new_limit_is_counted_all_the_same(
    store: Ledger, guilds: GuildStore
) -> None:
    """The limit is set between reading the dimensions and reserving."""
    rule = LimitPolicy(Audience.EVERYONE, 0, LimitKey(Measure.RUNS, Window.WEEK, CHANNEL, MODEL), 1)
    await guilds.set_limit(GUILD, rule, an_entry())
    assert await store.reserve(a_job(1, channel_id=31, ruled_channel_id=CHANNEL), [], [])
    assert not await submit(store, guilds, a_job(2))
    assert await submit(store, guilds, a_job(3, channel_id=31))
    assert await submit(store, guilds, a_job(4, guild_id=None, channel_id=CHANNEL))
    assert await store.audit() == []


async def test_only_what_a_server_ran_itself_is_counted_back(store: Ledger, guilds: GuildStore) -> None:
    assert await store.reserve(a_job(1, guild_id=GUILD + 1), [], [])
    assert await store.reserve(a_job(2, guild_id=None), [], [])
    for measure, window in MEASURES:
        rule = LimitPolicy(Audience.SERVER, 0, LimitKey(measure, window), 5)
        await guilds.set_limit(GUILD, rule, an_entry())
        assert await store.usage(Scope(Subject.SERVER, GUILD), window, NOON_S) == Usage()
    assert await store.audit() == []


async def test_a_job_settles_in_its_own_counters_and_in_no_neighbours(
    store: Ledger, guilds: GuildStore
) -> None:
    for channel_id, model in ((0, ""), (0, "a/b"), (0, "c/d"), (30, ""), (31, ""), (30, "a/b")):
        rule = LimitPolicy(Audience.SERVER, 0, LimitKey(Measure.RUNS, Window.DAY, channel_id, model), 5)
        await guilds.set_limit(GUILD, rule, an_entry())
    assert await submit(store, guilds, a_job(1, channel_id=30, model="a/b"))
    assert await submit(store, guilds, a_job(2, channel_id=31, model="c/d"))
    await settle(store, ended(a_job(1), cost_pico=7))
    usage = {
        (channel_id, model): await store.usage(
            Scope(Subject.SERVER, GUILD, 0, channel_id, model), Window.DAY, NOON_S
        )
        for channel_id, model in ((0, ""), (0, "a/b"), (30, "a/b"), (0, "c/d"), (31, ""))
    }
    assert usage[0, ""] == Usage(1, 1, 7, 1_000)
    assert usage[0, "a/b"] == usage[30, "a/b"] == Usage(1, 0, 7, 0)
    assert usage[0, "c/d"] == usage[31, ""] == Usage(0, 1, 0, 1_000)
    assert await store.audit() == []


async def test_a_clock_that_was_set_back_leaves_no_reservation_uncounted(
    store: Ledger, guilds: GuildStore
) -> None:
    for job_id, days in ((1, 0), (2, 1), (3, 9)):
        assert await submit(store, guilds, a_job(job_id, at_s=NOON_S + days * DAY_S))
    rule = LimitPolicy(Audience.SERVER, 0, LimitKey(Measure.RUNS, Window.HOUR), 1)
    await guilds.set_limit(GUILD, rule, an_entry())
    assert await store.audit() == []
    assert not await submit(store, guilds, a_job(4, at_s=NOON_S + 9 * DAY_S))


async def test_write_offs_are_the_operators_alone_in_counters_old_and_new(
    store: Ledger, guilds: GuildStore
) -> None:
    for job_id in (1, 2):
        assert await submit(store, guilds, a_job(job_id))
    await settle(store, ended(a_job(1), Stage.FAILED, 7))
    rule = LimitPolicy(Audience.SERVER, 0, LimitKey(Measure.SPEND, Window.WEEK), 5_000)
    await guilds.set_limit(GUILD, rule, an_entry())
    server = Scope(Subject.SERVER, GUILD)
    assert await store.usage(server, Window.WEEK, NOON_S) == Usage(0, 1, 0, 1_000)
    await settle(store, ended(a_job(2), Stage.FAILED, 7))
    assert await store.usage(server, Window.WEEK, NOON_S) == Usage()
    assert await store.usage(OPERATOR, Window.DAY, NOON_S) == Usage(2, 0, 14, 0)
    assert await store.audit() == []


async def test_a_dimension_stays_tracked_when_its_limit_is_cleared_and_set_again(
    store: Ledger, guilds: GuildStore
) -> None:
    rule = LimitPolicy(Audience.EVERYONE, 0, LimitKey(Measure.RUNS, Window.DAY, 0, MODEL.upper()), 2)
    await guilds.set_limit(GUILD, rule, an_entry())
    assert await guilds.clear_limit(GUILD, rule, an_entry("limits clear"))
    for job_id in (1, 2):
        assert await submit(store, guilds, a_job(job_id))
    await guilds.set_limit(GUILD, rule, an_entry())
    assert not await submit(store, guilds, a_job(3))
    assert await guilds.tracked(GUILD) == [LimitKey(Measure.RUNS, Window.DAY, 0, MODEL)]
    assert await store.audit() == []


@pytest.mark.parametrize(
    "before_midnight_s", [0.001, 2.4e-7], ids=["a millisecond", "less than time can tell"]
)
async def test_the_last_instant_of_a_window_is_counted_back_where_it_was_counted(
    store: Ledger, guilds: GuildStore, before_midnight_s: float
) -> None:
    midnight_s = NOON_S + DAY_S / 2
    at_s = midnight_s - before_midnight_s
    assert at_s < midnight_s
    assert await submit(store, guilds, a_job(1, at_s=at_s))
    rule = LimitPolicy(Audience.SERVER, 0, LimitKey(Measure.RUNS, Window.HOUR), 5)
    await guilds.set_limit(GUILD, rule, an_entry(at_s=at_s))
    assert await store.usage(Scope(Subject.SERVER, GUILD), Window.HOUR, at_s) == Usage(0, 1, 0, 1_000)
    assert await store.audit() == []
