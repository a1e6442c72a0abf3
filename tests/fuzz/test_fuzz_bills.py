"""Bills of any kind in the real books: every job settles, sums stay whole numbers, an overdraft is seen."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.job.events import Cancelled, Event, Reached, Settled
from bot.domain.job.job import Stage
from bot.domain.job.ledger import CHARGE_WAIT_S
from bot.domain.limits.estimate import estimate
from bot.domain.limits.limit import LimitReached
from bot.domain.money import MAX_PICO, Money
from bot.engines.wiro.catalogue import model_of
from bot.engines.wiro.frames import parsed, task_reports, tools
from bot.services.runs.unclaimed import SweepSchedule, UnclaimedTaskReconciler
from tests.fuzz.fuzz_json import ANYTHING, NUMBER_TEXTS, NUMBERS, written
from tests.fuzz.fuzz_profile import tries
from tests.fuzz.fuzz_wiro import DETAIL, TASK, TOOL, TOOLS
from tests.support.bot_harness import a_harness, tiny_delays
from tests.support.clocks import until
from tests.support.samples import a_request, a_requester, an_origin

COSTS = st.one_of(NUMBERS, NUMBER_TEXTS, ANYTHING)
STATUSES = st.sampled_from(["task_postprocess_end", "task_cancel", "task_failed"])


def ending(status: str, pexit: object, cost: Any) -> Event:
    """What Task/Detail says, read as it is read from the wire."""
    entry = TASK | {"status": status, "pexit": pexit, "totalcost": cost}
    (report,) = task_reports(parsed(written(DETAIL | {"tasklist": [entry]})))
    return report.event


@tries(10)
@given(bills=st.lists(st.tuples(STATUSES, st.sampled_from(["0", "1"]), COSTS), min_size=1, max_size=6))
@example(bills=[("task_postprocess_end", "0", "1000"), ("task_postprocess_end", "0", "1e300")])
@example(
    bills=[("task_cancel", "", "NaN"), ("task_failed", "1", -5), ("task_postprocess_end", "0", "1e-400")]
)
def test_whatever_is_billed_every_job_settles_once(
    tmp_path_factory: pytest.TempPathFactory, bills: list[tuple[str, str, Any]]
) -> None:
    file = tmp_path_factory.mktemp("bills") / "bot.sqlite3"
    events = [ending(*bill) for bill in bills]
    asyncio.run(_settle_all(file, events))
    check_books(file, len(events))


@tries(6)
@given(
    costs=st.lists(
        st.sampled_from([0, 1, 10**12, MAX_PICO // 2, MAX_PICO - 1, MAX_PICO]), min_size=2, max_size=5
    )
)
@example(costs=[MAX_PICO] * 3)
def test_sums_past_every_integer_stay_the_largest_integer(
    tmp_path_factory: pytest.TempPathFactory, costs: list[int]
) -> None:
    """The reader believes no bill past a thousand dollars; the books must not break over one all the same."""
    file = tmp_path_factory.mktemp("sums") / "bot.sqlite3"
    asyncio.run(_settle_all(file, [Settled(is_success=False, cost=Money(cost)) for cost in costs]))
    check_books(file, len(costs))


async def _settle_all(file: Path, events: list[Event]) -> None:
    async with a_harness(file) as harness:  # which audits the books in the end
        for job_id in range(1, len(events) + 1):
            await harness.submit(job_id)
        for job_id, event in enumerate(events, start=1):
            task_id = await harness.watched(job_id)
            harness.wiro.tell(task_id, event)
            assert isinstance(event, (Settled, Cancelled))
            harness.sockets.say(task_id, _finishing())
        for job_id in range(1, len(events) + 1):
            job = await harness.end_of(job_id)
            assert job.stage.is_terminal
            assert job.cost is None or 0 <= job.cost.pico <= MAX_PICO
        looks = SweepSchedule(first_s=120.0, tick_s=30.0)
        unclaimed = UnclaimedTaskReconciler(
            harness.engine, harness.store, harness.time.clock, harness.owner, looks, tiny_delays
        )
        harness.time.forward(CHARGE_WAIT_S + 60)
        await unclaimed.sweep()  # what is not on record by now is nothing, or the hold
        harness.time.forward(-CHARGE_WAIT_S - 60)  # to the day in which all of it counts
        _, runs_held, spent, held = await harness.spent()
        assert (runs_held, held) == (0, 0)
        assert 0 <= spent <= MAX_PICO


def _finishing() -> Event:
    return Reached(Stage.FINISHING)


def check_books(file: Path, jobs: int) -> None:
    """Read apart from the bot: one resolution a job, and whole numbers in every column of money."""
    with sqlite3.connect(file) as books:
        assert books.execute("SELECT count(*), count(DISTINCT job_id) FROM resolution").fetchone() == (
            jobs,
            jobs,
        )
        amounts = books.execute("SELECT amount_pico, typeof(amount_pico) FROM resolution").fetchall()
        sums = books.execute(
            "SELECT spend_used_pico, typeof(spend_used_pico), spend_held_pico FROM usage"
        ).fetchall()
    assert all(kind == "integer" and 0 <= amount <= MAX_PICO for amount, kind in amounts)
    assert all(kind == "integer" and 0 <= used <= MAX_PICO and held == 0 for used, kind, held in sums)
    books.close()


async def test_after_a_bill_far_past_its_hold_the_next_request_is_refused(tmp_path: Path) -> None:
    async with a_harness(tmp_path / "bot.sqlite3") as harness:
        task_id = await harness.submit_and_watch(1)
        event = ending("task_postprocess_end", "0", "999.5")
        harness.wiro.tell(task_id, event)
        harness.sockets.say(task_id, _finishing())
        job = await harness.end_of(1)
        assert job.cost == Money.parse("999.5")
        assert (await harness.spent())[2] == Money.parse("999.5").pico
        with pytest.raises(LimitReached):
            await harness.jobs.submit(2, a_request(), an_origin(), a_requester())
        await until(lambda: harness.board.ending_of(1))


PRICES = st.fixed_dictionaries(
    {},
    optional={
        "dynamicprice": st.one_of(
            ANYTHING,
            ANYTHING.map(json.dumps),
            st.lists(
                st.fixed_dictionaries(
                    {"inputs": st.one_of(st.just({}), ANYTHING), "price": COSTS},
                    optional={"priceMethod": st.sampled_from(["cpr", "cps", "cpo", "cp-pixel", "other", 7])},
                ),
                max_size=3,
            ),
        ),
        "cps": COSTS,
        "approximatelycost": COSTS,
    },
)


@tries(400)
@given(
    prices=PRICES,
    median_s=st.none() | st.floats(0, 10_000_000, allow_nan=False),
    size=st.integers(256, 2_048),
    samples=st.one_of(st.integers(1, 4), st.sampled_from(["٣", "9" * 30])),
)
@example(prices={"cps": "1000"}, median_s=10_000_000.0, size=512, samples=1)
@example(
    prices={"dynamicprice": [{"inputs": {}, "price": "1000", "priceMethod": "cpo"}]},
    median_s=None,
    size=512,
    samples="9" * 30,
)
def test_an_estimate_is_exact_money_whatever_the_prices(
    prices: dict[str, Any], median_s: float | None, size: int, samples: int | str
) -> None:
    (tool,) = tools(parsed(written(TOOLS | {"tool": [TOOL | prices]})))
    model = model_of(tool, "owner/a-model")
    hold = estimate(
        model, {"width": size, "height": size, "samples": samples}, median_s, Money.parse("0.05")
    ).amount
    assert type(hold.pico) is int
    assert 0 <= hold.pico <= MAX_PICO
