"""What Wiro charges only after a run has ended is found, charged once, and no way round a limit."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.domain.job.events import Cancelled, Event, Reached, Settled
from bot.domain.job.job import Cause, Stage
from bot.domain.limits.limit import Audience, LimitReached, Measure, Usage, Window, member_scope
from bot.domain.limits.policies import LimitKey, LimitPolicy
from bot.domain.moderation.audit import AuditEntry, LimitChange
from bot.domain.money import ZERO, Money
from bot.engines.port import EngineServerFault
from bot.services.limits.service import DefaultLimits
from bot.services.runs.unclaimed import FEW
from bot.store.sqlite.reports import ReportRecords
from tests.support.bot_harness import BotHarness, a_harness
from tests.support.clocks import until
from tests.support.samples import GUILD, NOON_S, PNG, a_requester
from tests.support.unclaimed import FIRST_S, nothing_open, operators_usage, restarted, sweep

DAY_S = 86_400.0
HOLD = Money.parse("0.05")  # of a model without a price
CHARGE = Money.parse("0.02")
MORE = Money.parse("0.07")  # than was held
OWNER = a_requester(1)


def succeeded(cost: Money | None) -> Settled:
    return Settled(is_success=True, cost=cost, outputs=(PNG,), elapsed_s=4.2)


def failed(cost: Money | None) -> Settled:
    return Settled(is_success=False, cost=cost, elapsed_s=1.0, detail="CUDA out of memory")


def killed(cost: Money | None) -> Cancelled:
    return Cancelled(cost, 1.5)


async def run(harness: BotHarness, end: Event, job_id: int = 1) -> str:
    """A run to this end; the member who gets a cancelled one had wished so. The task."""
    task_id = await harness.submit_and_watch(job_id)
    await harness.hears(task_id, Reached(Stage.RUNNING))
    await harness.stage_reached(Stage.RUNNING, job_id)
    if isinstance(end, Cancelled):
        harness.wiro.on_stop = end
        await harness.jobs.cancel(job_id, OWNER)
    else:
        harness.wiro.tell(task_id, end)
        await harness.hears(task_id, Reached(Stage.FINISHING))
    await harness.end_of(job_id)
    return task_id


async def operators(harness: BotHarness) -> tuple[int, int]:
    """Runs and picodollars that the operator's stop counts as used."""
    usage = await operators_usage(harness)
    return usage.runs_used, usage.spend_used_pico


async def until_paid(harness: BotHarness, pico: int) -> None:
    async def is_paid() -> bool:
        return (await operators(harness))[1] == pico

    await until(is_paid)


@pytest.mark.parametrize("shown", [ZERO, None])
async def test_whoever_runs_and_cancels_stays_within_the_limits(file: Path, shown: Money | None) -> None:
    default_limits = DefaultLimits(50, HOLD + HOLD, Money.parse("20"))
    async with a_harness(file, default_limits=default_limits) as harness:
        tasks = [await run(harness, killed(shown), job_id) for job_id in (1, 2)]
        with pytest.raises(LimitReached):
            await harness.submit(3)
        for task_id in tasks:
            harness.wiro.tell(task_id, killed(CHARGE))
        sweep(harness)
        await until_paid(harness, 2 * CHARGE.pico)
        assert await harness.spent() == (2, 0, 2 * CHARGE.pico, 0)
        await harness.submit(3)  # for the holds are gone


@pytest.mark.parametrize("end", [succeeded, killed])
@pytest.mark.parametrize("shown", [ZERO, None])
@pytest.mark.parametrize(("charge", "share"), [(CHARGE, CHARGE), (HOLD, HOLD), (MORE, HOLD)])
async def test_the_member_pays_up_to_the_hold_and_the_operator_the_rest(
    harness: BotHarness, end: type, shown: Money | None, charge: Money, share: Money
) -> None:
    task_id = await run(harness, end(shown))
    assert await harness.spent() == (0, 1, 0, HOLD.pico)
    harness.wiro.tell(task_id, end(charge))
    sweep(harness)
    await until_paid(harness, charge.pico)
    assert await harness.spent() == (1, 0, share.pico, 0)
    assert await operators(harness) == (1, charge.pico)
    job = await harness.store.job(1)
    assert job is not None
    assert job.cost == charge


@pytest.mark.parametrize("shown", [ZERO, None])
async def test_a_failure_stays_free_for_the_member(harness: BotHarness, shown: Money | None) -> None:
    task_id = await run(harness, failed(shown))
    assert await harness.spent() == (0, 0, 0, 0)
    harness.wiro.tell(task_id, failed(CHARGE))
    sweep(harness)
    await until_paid(harness, CHARGE.pico)
    assert await harness.spent() == (0, 0, 0, 0)
    assert await operators(harness) == (1, CHARGE.pico)


async def lost(harness: BotHarness) -> str:
    """A task that Wiro does not show any more; the member was told so."""
    task_id = await harness.submit_and_watch()
    report = harness.wiro.reports.pop(task_id)
    harness.time.forward(harness.context.timeouts.unknown_grace_s + 1)
    assert (await harness.end_of()).cause is Cause.LOST
    harness.wiro.reports[task_id] = report
    return task_id


async def test_the_erasure_of_words_does_not_end_the_hunt_for_money(harness: BotHarness) -> None:
    task_id = await lost(harness)
    await ReportRecords(harness.store._database).forget([1])
    harness.wiro.tell(task_id, succeeded(CHARGE))
    sweep(harness)
    await until_paid(harness, CHARGE.pico)


async def test_an_erased_run_that_was_stopped_is_charged_all_the_same(harness: BotHarness) -> None:
    task_id = await run(harness, killed(ZERO))
    await ReportRecords(harness.store._database).forget([1])
    harness.wiro.tell(task_id, killed(CHARGE))
    sweep(harness)
    await until_paid(harness, CHARGE.pico)
    assert await harness.spent() == (1, 0, CHARGE.pico, 0)


@pytest.mark.parametrize(
    ("end", "members", "runs"),
    [
        (killed(ZERO), 0, 0),
        (killed(None), 0, 0),
        (succeeded(ZERO), 0, 1),
        (succeeded(None), HOLD.pico, 1),  # it cannot be read: the hold is the nearest figure known
        (failed(None), 0, 0),
    ],
)
async def test_after_a_day_what_is_not_on_record_is_nothing(
    harness: BotHarness, end: Event, members: int, runs: int
) -> None:
    await run(harness, end)
    harness.time.forward(DAY_S - 60)
    sweep(harness)
    asked = harness.wiro.details_asked
    await until(lambda: harness.wiro.details_asked > asked)
    assert await harness.store.open_charges()
    harness.time.forward(120)
    await nothing_open(harness)
    usage = await harness.store.usage(member_scope(GUILD, 1), Window.DAY, NOON_S)
    assert usage == Usage(runs, 0, members, 0)
    asked = harness.wiro.details_asked
    harness.time.forward(2 * DAY_S)
    await asyncio.sleep(0.05)  # a sweep that must do nothing does nothing, however slow the machine
    assert harness.wiro.details_asked == asked


async def test_after_a_restart_the_record_says_what_to_ask_after(harness: BotHarness) -> None:
    task_id = await run(harness, killed(ZERO))
    async with restarted(harness) as again:
        await until(lambda: again.wiro.details_asked > 1)
        assert again.board.concluded == [], "the member was told before"
        again.wiro.tell(task_id, killed(CHARGE))
        again.time.forward(FIRST_S)
        await until_paid(again, CHARGE.pico)


async def test_what_never_left_the_queue_is_settled_at_once(harness: BotHarness) -> None:
    await run(harness, Cancelled(ZERO, has_run=False))
    assert await harness.spent() == (0, 0, 0, 0)
    assert await harness.store.open_charges() == []


async def test_a_run_that_has_ended_is_not_running_though_its_hold_is_kept(harness: BotHarness) -> None:
    dimension = LimitKey(Measure.AT_ONCE, Window.EVER)
    entry = AuditEntry(GUILD, 1, LimitChange(Audience.EVERYONE, 0, dimension, None, 1), NOON_S)
    await harness.guild_settings.set_limit(LimitPolicy(Audience.EVERYONE, 0, dimension, 1), entry)
    await run(harness, killed(ZERO))
    await harness.submit(2)


async def test_many_are_asked_after_by_one_listing_a_look(harness: BotHarness) -> None:
    tasks = [await run(harness, succeeded(ZERO), job_id) for job_id in range(1, FEW + 2)]
    details, lists = harness.wiro.details_asked, harness.wiro.lists_asked
    sweep(harness)
    await until(lambda: harness.wiro.lists_asked == lists + 1)
    for task_id in tasks:
        harness.wiro.tell(task_id, succeeded(CHARGE))
    harness.time.forward(FIRST_S + 1)
    await until_paid(harness, len(tasks) * CHARGE.pico)
    assert (harness.wiro.details_asked, harness.wiro.lists_asked) == (details, lists + 2)


async def test_a_model_that_was_waited_for_and_proved_free_is_waited_for_no_more(harness: BotHarness) -> None:
    await run(harness, succeeded(ZERO))
    sweep(harness)
    harness.time.forward(DAY_S + 1)
    await nothing_open(harness)
    await run(harness, succeeded(ZERO), 2)
    assert await harness.store.open_charges() == []
    assert await harness.spent() == (1, 0, 0, 0)


async def test_one_task_that_cannot_be_had_holds_up_no_other(harness: BotHarness) -> None:
    tasks = [await run(harness, killed(ZERO), job_id) for job_id in (1, 2)]
    for task_id in tasks:
        harness.wiro.tell(task_id, killed(CHARGE))
    harness.wiro.detail_faults.append(EngineServerFault("502"))
    sweep(harness)
    await until_paid(harness, 2 * CHARGE.pico)
