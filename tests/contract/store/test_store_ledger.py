"""The ledger: no limit is ever passed, nothing is counted twice, nothing is ever taken back."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.job.job import Job, Stage
from bot.domain.job.ledger import Resolution, Settlement, settlement_of
from bot.domain.limits.limit import (
    OPERATOR,
    Limit,
    LimitReached,
    Scope,
    Usage,
    Window,
    member_scope,
    window_bounds,
)
from bot.domain.money import ZERO, Money
from tests.contract.store.conftest import OpenStores
from tests.support.store_samples import (
    DAY_S,
    GUILD,
    NOON_S,
    Ledger,
    a_job,
    counters_of,
    ended,
    operator_spend_a_day,
    runs_a_day,
)


async def granted(attempt: Awaitable[bool]) -> bool:
    try:
        return await attempt
    except LimitReached:
        return False


@pytest.mark.parametrize("is_money", [False, True], ids=["runs", "dollars"])
async def test_of_two_hundred_who_want_the_last_unit_exactly_one_gets_it(
    store: Ledger, is_money: bool
) -> None:
    def limits_of(job: Job) -> list[Limit]:
        return [operator_spend_a_day(10_999)] if is_money else [runs_a_day(1, 10)]

    for job_id in range(1, 10):
        await store.reserve(a_job(job_id), limits_of(a_job(job_id)), counters_of(a_job(job_id)))
    jobs = [a_job(job_id, user_id=job_id if is_money else 1) for job_id in range(1_000, 1_200)]
    answers = await asyncio.gather(
        *(granted(store.reserve(job, limits_of(job), counters_of(job))) for job in jobs)
    )
    assert answers.count(True) == 1
    assert await store.usage(OPERATOR, Window.DAY, NOON_S) == Usage(0, 10, 0, 10_000)
    assert await store.audit() == []


async def test_of_fifty_settlements_of_one_job_exactly_one_counts(store: Ledger) -> None:
    job = a_job(1)
    await store.reserve(job, [], counters_of(job))
    ends = [ended(job, Stage.SUCCEEDED, 100 + number) for number in range(50)]
    answers = await asyncio.gather(*(store.settle(end, settlement_of(end), NOON_S) for end in ends))
    assert answers.count(True) == 1
    winner = ends[answers.index(True)]
    assert await store.job(1) == winner
    assert winner.cost is not None
    assert await store.usage(OPERATOR, Window.DAY, NOON_S) == Usage(1, 0, winner.cost.pico, 0)


# Histories: what a plain list of everything that happened says must be what the counters say.

USERS = st.integers(1, 3)
TIMES = st.sampled_from([NOON_S, NOON_S + DAY_S / 2 - 0.001, NOON_S + DAY_S / 2, NOON_S - DAY_S])
AMOUNTS = st.integers(0, 60)


@dataclass(frozen=True)
class Reserve:
    job_id: int
    user_id: int
    hold_pico: int
    at_s: float


@dataclass(frozen=True)
class Settle:
    job_id: int
    resolution: Resolution
    amount_pico: int


STEPS = st.one_of(
    st.builds(Reserve, st.integers(1, 25), USERS, AMOUNTS, TIMES),
    st.builds(Settle, st.integers(1, 25), st.sampled_from(Resolution), AMOUNTS),
)
RUNS_LIMIT, SPEND_LIMIT_PICO = 4, 150


class Books:
    """The same history, kept the slow and obvious way."""

    def __init__(self) -> None:
        self.jobs: dict[int, Job] = {}
        self.settled: dict[int, Settlement] = {}

    def usage(self, scope: Scope, at_s: float) -> Usage:
        runs_used = runs_held = used_pico = held_pico = 0
        for job in self.jobs.values():
            is_counted = scope in (OPERATOR, member_scope(GUILD, job.origin.user_id))
            if not is_counted or window_bounds(Window.DAY, job.created_at_s) != window_bounds(
                Window.DAY, at_s
            ):
                continue
            settlement = self.settled.get(job.job_id)
            if settlement is None:
                runs_held, held_pico = runs_held + 1, held_pico + job.hold.pico
            elif settlement.resolution is Resolution.POST or (
                settlement.resolution is Resolution.WRITE_OFF and scope == OPERATOR
            ):
                runs_used, used_pico = runs_used + 1, used_pico + settlement.amount.pico
        return Usage(runs_used, runs_held, used_pico, held_pico)

    def may(self, job: Job) -> bool:
        mine = self.usage(member_scope(GUILD, job.origin.user_id), job.created_at_s)
        all_of = self.usage(OPERATOR, job.created_at_s)
        fits = all_of.spend_used_pico + all_of.spend_held_pico + job.hold.pico <= SPEND_LIMIT_PICO
        return mine.runs_used + mine.runs_held < RUNS_LIMIT and fits


async def replay(store: Ledger, books: Books, step: Reserve | Settle) -> None:
    if isinstance(step, Reserve):
        job = a_job(step.job_id, user_id=step.user_id, hold_pico=step.hold_pico, at_s=step.at_s)
        limits = [runs_a_day(step.user_id, RUNS_LIMIT), operator_spend_a_day(SPEND_LIMIT_PICO)]
        is_expected = job.job_id not in books.jobs and books.may(job)
        assert await granted(store.reserve(job, limits, counters_of(job))) == is_expected
        if is_expected:
            books.jobs[job.job_id] = job
    elif step.job_id in books.jobs:
        is_void = step.resolution is Resolution.VOID
        settlement = Settlement(step.resolution, ZERO if is_void else Money(step.amount_pico))
        final = ended(books.jobs[step.job_id], Stage.FAILED)
        assert await store.settle(final, settlement, NOON_S) == (step.job_id not in books.settled)
        books.settled.setdefault(step.job_id, settlement)


@settings(max_examples=60, deadline=None)
@given(st.lists(STEPS, max_size=40))
def test_in_every_history_counters_equal_sums_and_no_limit_is_passed(
    open_stores: OpenStores, steps: list[Reserve | Settle]
) -> None:
    async def history(folder: Path) -> None:
        async with open_stores(folder) as stores:
            store, books = stores.jobs, Books()
            for step in steps:
                await replay(store, books, step)
            for scope in (OPERATOR, *(member_scope(GUILD, user_id) for user_id in (1, 2, 3))):
                for at_s in (NOON_S, NOON_S + DAY_S, NOON_S - DAY_S):
                    assert await store.usage(scope, Window.DAY, at_s) == books.usage(scope, at_s)
            assert await store.audit() == []

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(history(Path(folder)))


@settings(max_examples=40, deadline=None)
@given(st.lists(STEPS, max_size=60))
def test_in_every_interleaving_no_limit_is_passed_but_by_a_bill(
    open_stores: OpenStores, steps: list[Reserve | Settle]
) -> None:
    """All at once: settlements charge no more than was held, so nothing may ever stand above a limit."""

    async def settle(store: Ledger, step: Settle) -> None:
        job = await store.job(step.job_id)
        if job is not None:
            amount = Money(min(step.amount_pico, job.hold.pico))
            is_void = step.resolution is Resolution.VOID
            settlement = Settlement(step.resolution, ZERO if is_void else amount)
            await store.settle(ended(job, Stage.FAILED), settlement, NOON_S)

    async def history(folder: Path) -> None:
        async with open_stores(folder) as stores:
            store = stores.jobs
            reserves = [step for step in steps if isinstance(step, Reserve)]
            attempts = (
                granted(
                    store.reserve(
                        job,
                        [runs_a_day(step.user_id, RUNS_LIMIT), operator_spend_a_day(SPEND_LIMIT_PICO)],
                        counters_of(job),
                    )
                )
                for step in reserves
                for job in [
                    a_job(step.job_id, user_id=step.user_id, hold_pico=step.hold_pico, at_s=step.at_s)
                ]
            )
            await asyncio.gather(
                *attempts, *(settle(store, step) for step in steps if isinstance(step, Settle))
            )
            for at_s in (NOON_S, NOON_S + DAY_S, NOON_S - DAY_S):
                total = await store.usage(OPERATOR, Window.DAY, at_s)
                assert total.spend_used_pico + total.spend_held_pico <= SPEND_LIMIT_PICO
                for user_id in (1, 2, 3):
                    mine = await store.usage(member_scope(GUILD, user_id), Window.DAY, at_s)
                    assert mine.runs_used + mine.runs_held <= RUNS_LIMIT
            assert await store.audit() == []

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(history(Path(folder)))
