"""Histories with limits set in the middle: every decision is the one that plain sums would take."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.job.job import Job, Stage
from bot.domain.job.ledger import Resolution, Settlement
from bot.domain.limits.limit import (
    OPERATOR,
    Audience,
    Limit,
    Measure,
    Scope,
    Window,
    window_bounds,
)
from bot.domain.limits.policies import LimitKey, LimitPolicy, resolve_limits
from bot.domain.money import ZERO, Money
from bot.services.guild_settings.ports import GuildStore
from tests.contract.store.conftest import OpenStores
from tests.support.store_front_door import DEFAULTS, OPERATORS_CAP, requester_of, submit
from tests.support.store_samples import DAY_S, GUILD, NOON_S, Ledger, a_job, an_entry, ended


@dataclass(frozen=True)
class Reserve:
    later_s: int
    job_id: int
    user_id: int
    hold_pico: int
    channel_id: int
    ruled_channel_id: int
    model: str


@dataclass(frozen=True)
class Settle:
    later_s: int
    job_id: int
    resolution: Resolution
    amount_pico: int


@dataclass(frozen=True)
class SetLimit:
    later_s: int
    rule: LimitPolicy


@dataclass(frozen=True)
class ClearLimit:
    later_s: int
    rule: LimitPolicy


Step = Reserve | Settle | SetLimit | ClearLimit
LATER = st.sampled_from([0, 0, 0, 60, 1_800, 7_200, DAY_S, 9 * DAY_S])
DIMENSIONS = st.builds(
    LimitKey,
    st.just(Measure.AT_ONCE),
    st.just(Window.EVER),
    st.sampled_from([0, 30, 31]),
    st.sampled_from(["", "a/b", "c/d"]),
) | st.builds(
    LimitKey,
    st.sampled_from([Measure.RUNS, Measure.SPEND]),
    st.sampled_from([Window.HOUR, Window.DAY, Window.DAY, Window.WEEK, Window.MONTH]),
    st.sampled_from([0, 30, 31]),
    st.sampled_from(["", "a/b", "c/d"]),
)
WHOM = st.sampled_from(
    [
        (Audience.EVERYONE, 0),
        (Audience.SERVER, 0),
        (Audience.MEMBER, 1),
        (Audience.ROLE, 10),
        (Audience.ROLE, 11),
    ]
)
RULES = st.builds(
    lambda whom, dimension, amount: LimitPolicy(
        *whom, dimension, amount * 20 if dimension.measure is Measure.SPEND else amount
    ),
    WHOM,
    DIMENSIONS,
    st.integers(0, 5),
)
RESERVES = st.builds(
    Reserve,
    LATER,
    st.integers(1, 8),
    st.integers(1, 3),
    st.integers(0, 60),
    st.sampled_from([30, 31, 32]),
    st.sampled_from([0, 0, 30]),
    st.sampled_from(["a/b", "A/b", "c/d"]),
)
SETTLES = st.builds(Settle, LATER, st.integers(1, 8), st.sampled_from(Resolution), st.integers(0, 60))
STEPS = st.lists(
    st.one_of(
        RESERVES, RESERVES, SETTLES, st.builds(SetLimit, LATER, RULES), st.builds(ClearLimit, LATER, RULES)
    ),
    min_size=5,
    max_size=30,
)


def job_of(step: Reserve, at_s: float) -> Job:
    return a_job(
        step.job_id,
        user_id=step.user_id,
        hold_pico=step.hold_pico,
        at_s=at_s,
        channel_id=step.channel_id,
        ruled_channel_id=step.ruled_channel_id,
        model=step.model,
    )


def settlement_in(step: Settle) -> Settlement:
    is_void = step.resolution is Resolution.VOID
    return Settlement(step.resolution, ZERO if is_void else Money(step.amount_pico))


def is_in(job: Job, scope: Scope) -> bool:
    if scope == OPERATOR:
        return True
    places = {0, job.origin.channel_id, job.origin.ruled_channel_id or job.origin.channel_id}
    return (
        scope.subject_id in {0, job.origin.user_id}
        and scope.channel_id in places
        and scope.model in {"", job.request.model.lower()}
    )


class Books:
    """The same history, kept the slow and obvious way."""

    def __init__(self) -> None:
        self.jobs: dict[int, Job] = {}
        self.settled: dict[int, Settlement] = {}
        self.rules: dict[tuple[Audience, int, LimitKey], LimitPolicy] = {}

    def total(self, limit: Limit, at_s: float) -> int:
        window = window_bounds(limit.window, at_s)
        total = 0
        for job in self.jobs.values():
            if window_bounds(limit.window, job.created_at_s) != window or not is_in(job, limit.scope):
                continue
            settlement = self.settled.get(job.job_id)
            is_charged = settlement is not None and (
                settlement.resolution is Resolution.POST
                or (settlement.resolution is Resolution.WRITE_OFF and limit.scope == OPERATOR)
            )
            if settlement is None:
                total += job.hold.pico if limit.measure is Measure.SPEND else 1
            elif is_charged and limit.measure is not Measure.AT_ONCE:
                total += settlement.amount.pico if limit.measure is Measure.SPEND else 1
        return total

    def may(self, job: Job) -> bool:
        limits = resolve_limits(
            list(self.rules.values()), DEFAULTS, [OPERATORS_CAP], requester_of(job), job.request.model, {}
        )
        return all(
            self.total(limit, job.created_at_s) + (job.hold.pico if limit.measure is Measure.SPEND else 1)
            <= limit.amount
            for limit in limits
        )


async def replay(store: Ledger, guilds: GuildStore, books: Books, step: Step, at_s: float) -> None:
    match step:
        case Reserve():
            job = job_of(step, at_s)
            is_expected = job.job_id not in books.jobs and books.may(job)
            assert await submit(store, guilds, job) == is_expected
            if is_expected:
                books.jobs[job.job_id] = job
        case Settle():
            if step.job_id in books.jobs:
                final = ended(books.jobs[step.job_id], Stage.FAILED)
                is_first = step.job_id not in books.settled
                assert await store.settle(final, settlement_in(step), at_s) == is_first
                books.settled.setdefault(step.job_id, settlement_in(step))
        case SetLimit(rule=rule):
            await guilds.set_limit(GUILD, rule, an_entry(at_s=at_s))
            books.rules[rule.audience, rule.audience_id, rule.dimension] = rule
        case ClearLimit(rule=rule):
            stood = books.rules.pop((rule.audience, rule.audience_id, rule.dimension), None)
            assert await guilds.clear_limit(GUILD, rule, an_entry(at_s=at_s)) == (stood is not None)


@settings(max_examples=120, deadline=None)
@given(STEPS)
def test_in_every_history_with_limits_set_in_the_middle_decisions_are_those_of_plain_sums(
    open_stores: OpenStores, steps: list[Step]
) -> None:
    async def history(folder: Path) -> None:
        async with open_stores(folder) as stores:
            store, guilds, books, at_s = stores.jobs, stores.guilds, Books(), NOON_S
            for step in steps:
                at_s += step.later_s
                await replay(store, guilds, books, step, at_s)
            assert set(await guilds.limit_rules(GUILD)) == set(books.rules.values())
            assert await store.audit() == []

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(history(Path(folder)))


async def try_step(store: Ledger, guilds: GuildStore, step: Step, at_s: float) -> None:
    match step:
        case Reserve():
            await submit(store, guilds, job_of(step, at_s))
        case Settle():
            job = await store.job(step.job_id)
            if job is not None:
                await store.settle(ended(job, Stage.FAILED), settlement_in(step), at_s)
        case SetLimit(rule=rule):
            await guilds.set_limit(GUILD, rule, an_entry(at_s=at_s))
        case ClearLimit(rule=rule):
            await guilds.clear_limit(GUILD, rule, an_entry(at_s=at_s))


@settings(max_examples=60, deadline=None)
@given(STEPS, st.lists(st.integers(-10 * DAY_S, 10 * DAY_S), min_size=30, max_size=30))
def test_with_many_at_once_and_a_clock_gone_mad_the_books_agree(
    open_stores: OpenStores, steps: list[Step], shifts_s: Sequence[int]
) -> None:
    async def history(folder: Path) -> None:
        async with open_stores(folder) as stores:
            store, guilds = stores.jobs, stores.guilds
            timed = list(zip(steps, shifts_s, strict=False))
            for first in range(0, len(timed), 6):
                group = timed[first : first + 6]
                await asyncio.gather(
                    *(try_step(store, guilds, step, NOON_S + shift_s) for step, shift_s in group)
                )
            assert await store.audit() == []

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(history(Path(folder)))
