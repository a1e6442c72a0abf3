"""Durable reservations: how many, how soon, and whether years of history make them slower."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import aiosqlite

from benchmarks.figures import Figure, Spread, percentile
from benchmarks.history import NOW_S, with_history
from bot.domain.job.job import Job
from bot.domain.limits.limit import (
    OPERATOR,
    Audience,
    Limit,
    Measure,
    Scope,
    Window,
    member_scope,
    person_scope,
    server_scope,
)
from bot.domain.money import Money
from bot.domain.request.origin import Origin
from bot.domain.request.run_request import RunRequest
from bot.store.sqlite.database import Database
from bot.store.sqlite.jobs import JobStore

CALLERS = 100
MODEL = "stabilityai/stable-diffusion-3-medium"
HOLD = Money.parse("0.00351")
_numbers = itertools.count(1 << 40)


async def measure(folder: Path, *, is_thorough: bool) -> list[Figure]:
    folder.mkdir(parents=True, exist_ok=True)
    rounds, each = (7, 30) if is_thorough else (3, 10)
    return [
        *await _throughput(folder, rounds, each),
        await _growth(folder, (10_000, 1_000_000, 5_000_000) if is_thorough else (10_000, 200_000)),
    ]


async def _throughput(folder: Path, rounds: int, each: int) -> list[Figure]:
    ours: list[float] = []
    floors: list[float] = []
    tails: list[float] = []
    path = await with_history(folder / "ours.sqlite3", 200_000)
    async with Database(path) as database, _Idiomatic(folder / "floor.sqlite3") as idiomatic:
        store = JobStore(database)
        for _ in range(rounds):
            rate, _ = await _hammered(idiomatic.reserve, each)
            floors.append(rate)
            rate, waits = await _hammered(_reserver(store, each), each)
            ours.append(rate)
            tails.append(percentile(waits, 0.99) * 1e3)
    ratio, tail = Spread.of_ratios(ours, floors), Spread.of(tails)
    return [
        Figure(
            f"durable reservations, {CALLERS} callers",
            Spread.of(ours),
            "a second",
            "≥ 5 × idiomatic",
            Spread.of(floors),
            "four awaits of aiosqlite",
            ratio,
            ratio.median >= 5,
        ),
        Figure(
            f"one durable reservation among {CALLERS} callers, p99",
            tail,
            "ms",
            "≤ 12 ms",
            is_met=tail.median <= 12,
        ),
    ]


async def _growth(folder: Path, sizes: tuple[int, ...]) -> Figure:
    """Lone reservations in turn on files of each size, so that a noisy moment strikes all of them."""
    paths = [await with_history(folder / f"{rows}.sqlite3", rows) for rows in sizes]
    medians: dict[int, list[float]] = {rows: [] for rows in sizes}
    databases = [Database(path) for path in paths]
    for database in databases:
        await database.open()
    try:
        stores = [JobStore(database) for database in databases]
        for _ in range(7):
            for rows, store in zip(sizes, stores, strict=True):
                waits = []
                for member in range(100):
                    asked = _asked(member)
                    begun_s = time.perf_counter()
                    await store.reserve(*asked)
                    waits.append(time.perf_counter() - begun_s)
                medians[rows].append(percentile(waits, 0.5) * 1e6)
    finally:
        for database in databases:
            await database.close()
    ratio = Spread.of_ratios(medians[sizes[-1]], medians[sizes[0]])
    return Figure(
        f"a reservation with {sizes[-1]:,} rows of history",
        Spread.of(medians[sizes[-1]]),
        "µs",
        "≤ 2 × with 10,000",
        Spread.of(medians[sizes[0]]),
        f"with {sizes[0]:,}",
        ratio,
        ratio.median <= 2,
        notes=tuple(f"with {rows:,} rows {Spread.of(medians[rows]).median:.0f} µs" for rows in sizes[1:-1]),
        more={"medians_us": {str(rows): list(found) for rows, found in medians.items()}},
    )


async def _hammered(reserve: Callable[[int], Awaitable[object]], each: int) -> tuple[float, list[float]]:
    """(reservations a second, seconds that each took) with all callers at work."""
    waits: list[float] = []

    async def caller(member: int) -> None:
        for _ in range(each):
            begun_s = time.perf_counter()
            await reserve(member)
            waits.append(time.perf_counter() - begun_s)

    begun_s = time.perf_counter()
    await asyncio.gather(*(caller(member) for member in range(CALLERS)))
    return CALLERS * each / (time.perf_counter() - begun_s), waits


def _reserver(store: JobStore, each: int) -> Callable[[int], Awaitable[bool]]:
    """Reservations that were thought up before the clock runs."""
    asked = [[_asked(member) for _ in range(each)] for member in range(CALLERS)]
    return lambda member: store.reserve(*asked[member].pop())


def _asked(number_of_member: int) -> tuple[Job, Sequence[Limit], Sequence[tuple[Scope, Window]]]:
    """As the bot asks with its settings as they are: what binds, and what is counted besides.

    The member's runs, dollars and jobs at once, and the operator's dollars of the day; the day of the server
    and of the person are counted for caps that may be set.
    """
    user_id = 1_000 + number_of_member
    origin = Origin(user_id, 30, 700, 900, is_private=False, attachment_limit_bytes=10_485_760)
    number = next(_numbers)
    request = RunRequest(MODEL, "a lighthouse at dusk")
    job = Job(number, origin, request, number % 4_000_000_000, HOLD, float(NOW_S))
    member = member_scope(700, user_id)
    limits = (
        Limit(member, Measure.RUNS, Window.DAY, 1_000_000, Audience.DEFAULT),
        Limit(member, Measure.SPEND, Window.DAY, 10**18, Audience.DEFAULT),
        Limit(member, Measure.AT_ONCE, Window.EVER, 1_000_000, Audience.DEFAULT),
        Limit(OPERATOR, Measure.SPEND, Window.DAY, 10**18, Audience.OPERATOR),
    )
    days = [(scope, Window.DAY) for scope in (member, server_scope(700), person_scope(user_id), OPERATOR)]
    return job, limits, (*days, (member, Window.EVER))


class _Idiomatic:
    """The same decision as it is usually written: a lock, and four awaits on one connection."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = asyncio.Lock()

    async def __aenter__(self) -> _Idiomatic:
        self._connection = connection = await aiosqlite.connect(self._path, isolation_level=None)
        await connection.execute("PRAGMA journal_mode = WAL")
        await connection.execute("PRAGMA synchronous = FULL")
        await connection.execute(
            "CREATE TABLE spend (job INTEGER PRIMARY KEY, member INTEGER, at_s REAL, pico INTEGER)"
        )
        await connection.execute("CREATE INDEX spend_of_member ON spend (member, at_s, pico)")
        rows = ((n, 1_000 + n % 2_000, NOW_S - n, 3_510_000_000) for n in range(200_000))
        await connection.execute("BEGIN")
        await connection.executemany("INSERT INTO spend VALUES (?, ?, ?, ?)", rows)
        await connection.execute("COMMIT")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._connection.close()

    async def reserve(self, member: int) -> None:
        async with self._lock:
            await self._connection.execute("BEGIN IMMEDIATE")
            found = await self._connection.execute_fetchall(
                "SELECT coalesce(sum(pico), 0) FROM spend WHERE member = ? AND at_s > ?",
                (1_000 + member, NOW_S - 86_400),
            )
            ((spent,),) = tuple(found)
            if spent + HOLD.pico <= 10**18:
                row = (next(_numbers), 1_000 + member, NOW_S, HOLD.pico)
                await self._connection.execute("INSERT INTO spend VALUES (?, ?, ?, ?)", row)
            await self._connection.execute("COMMIT")
