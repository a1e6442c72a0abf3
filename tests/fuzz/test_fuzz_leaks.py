"""Thousands of lives, one after the other: neither objects nor tasks nor memory are left of them."""

from __future__ import annotations

import asyncio
import gc
import logging
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from bot.domain.errors import Refusal
from bot.domain.job.events import Cancelled, Event, Progressed, Reached, Settled, Unrecognised
from bot.domain.job.job import Output, Progress, Stage
from bot.domain.money import Money
from bot.engines.port import EngineBusy, EngineNoFunds, EngineUnreachable
from bot.services.limits.service import DefaultLimits
from bot.services.runs._recent import MAX_JOBS
from tests.fuzz.fuzz_profile import IS_LONG
from tests.support.bot_harness import BotHarness, a_harness
from tests.support.clocks import settle_down

MEMBERS = 7
WARM_UP, ROUNDS, LIVES = 150, 3, 1_500 if IS_LONG else 150
BYTES_A_LIFE = 200  # far less than the smallest thing that could be kept of a job
RICH = DefaultLimits(10**6, Money.parse("1000000"), Money.parse("1000000"))

ENDINGS: list[Event] = [
    Settled(
        is_success=True, cost=Money(1), outputs=(Output("0.png", "image/png", "https://cdn1.wiro.ai/0.png"),)
    ),
    Settled(is_success=True, cost=None, outputs=()),
    Settled(is_success=False, cost=Money(0), detail="CUDA out of memory"),
    Cancelled(Money(1)),
]
NEWS: list[Event] = [
    Reached(Stage.PREPARING),
    Reached(Stage.RUNNING),
    Progressed(Progress(1, 10)),
    Unrecognised("made_up"),
]


def left_behind(harness: BotHarness) -> dict[str, int]:
    """How much each keeper of state holds when nothing runs."""
    jobs, sockets, queue, delivery = (
        harness.jobs,
        harness.engine.sockets,
        harness.queue,
        harness.context.delivery,
    )
    return {
        "followers": len(jobs._followers),
        "following": len(jobs._following),
        "sockets": len(sockets),
        "open feeds": len(harness.sockets.open_feeds),
        "waiting": len(queue),
        "running": queue.running,
        "tickets": len(queue._tickets),
        "collected": len(delivery._collected),
        "room": delivery._room.held_bytes,
        "room's jobs": len(delivery._room._held),
        "tasks of the owner": len(harness.owner),
        "tasks of the loop": len(asyncio.all_tasks()) - 1,
    }


async def one_life(harness: BotHarness, job_id: int, chance: Random) -> None:
    """A job from its request to its end, by one of the many ways there are."""
    wiro = harness.wiro
    if chance.random() < 0.15:
        wiro.run_faults.append(chance.choice([EngineBusy("busy", 96), EngineNoFunds("empty", 97)]))
    elif chance.random() < 0.1:
        wiro.run_faults.append(EngineUnreachable("lost", may_have_arrived=False))
    try:
        await harness.submit(job_id, user_id=job_id % MEMBERS + 1, channel_id=30 + job_id % 5)
    except Refusal:
        return
    while job_id in harness.jobs._followers:
        task_id = harness.task_of(job_id)
        if task_id and harness.sockets.is_watching(task_id):
            await harness.hears(task_id, *chance.sample(NEWS, chance.randrange(4)))
            wiro.tell(task_id, chance.choice(ENDINGS))
            harness.sockets.say(task_id, Reached(Stage.FINISHING))
        await asyncio.sleep(0.001)


def forget_what_the_fakes_keep(harness: BotHarness) -> None:
    """The stand-ins remember everything for other tests; here only the bot is weighed."""
    for kept in (
        harness.board.shown,
        harness.board.concluded,
        harness.board.dropped,
        harness.pictures.fetched,
    ):
        kept.clear()
    harness.store.saves.clear()
    for sent in (harness.wiro.runs, harness.wiro.run_keys, harness.wiro.files_sent):
        sent.clear()
    harness.wiro.reports.clear()
    harness.sockets.feeds[:] = harness.sockets.open_feeds
    harness.sockets.registered.clear()
    assert len(harness.jobs._recent._jobs) <= MAX_JOBS  # kept on purpose, and never more
    for user_id in range(1, MEMBERS + 1):
        harness.jobs._recent.forget(user_id)


async def lives(harness: BotHarness, ids: Iterator[int], number: int, chance: Random) -> None:
    for _ in range(number // 10):
        await asyncio.gather(*(one_life(harness, next(ids), chance) for _ in range(10)))
        forget_what_the_fakes_keep(harness)
    await settle_down()


@pytest.fixture
def silence() -> Iterator[None]:
    """No log: pytest keeps every record of it."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.usefixtures("silence")
async def test_nothing_is_left_of_thousands_of_lives(tmp_path: Path) -> None:
    ids, chance = iter(range(1, 10**9)), Random(5)
    async with a_harness(tmp_path / "bot.sqlite3", default_limits=RICH, max_running=8) as harness:
        await lives(harness, ids, WARM_UP, chance)
        rest = left_behind(harness)
        assert rest == dict.fromkeys(rest, 0) | {"tasks of the loop": rest["tasks of the loop"]}
        tracemalloc.start()
        try:
            weights = [
                await weighed(harness, lambda: lives(harness, ids, LIVES, chance)) for _ in range(ROUNDS)
            ]
            grown = weights[-1] - weights[0]
        finally:
            tracemalloc.stop()
        assert left_behind(harness) == rest
        assert grown <= BYTES_A_LIFE * LIVES * (ROUNDS - 1), weights


async def weighed(harness: BotHarness, live: Callable[[], Any]) -> int:
    """Bytes that Python holds after these lives, with nothing left to collect."""
    await live()
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


async def test_no_message_or_token_is_kept_of_what_has_ended(build: Callable[..., Any]) -> None:
    world = await build()
    board = world.application.bot.delivery.status_messages
    for number in range(6):
        await world.draw(world.alice if number % 2 else world.bob, f"a lighthouse {number}")
    await world.idle()
    assert (board._messages, board._attached) == ({}, {})
    assert world.application.services.jobs.running == 0
