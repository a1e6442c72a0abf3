"""Runs on engines that can do other things than Wiro: what each cannot do nobody asks of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.domain.catalogue.model import Kind, Model, Parameter
from bot.domain.job.events import Cancelled, Reached, Settled
from bot.domain.job.job import Cause, Output, Stage
from bot.domain.money import ZERO, Money
from bot.engines.port import Capabilities, EngineRefused, EngineUnreachable, LostRuns
from sandbox.engine.fake import EVERYTHING, FakeEngine
from tests.support.bot_harness import BotHarness, a_harness
from tests.support.clocks import until
from tests.support.samples import MODEL, a_requester

LOST = EngineUnreachable("the connection broke")
FREE = replace(EVERYTHING, does_bill=False, has_public_links=False, lost_runs=LostRuns.BY_ID)
PICTURE = Output("fox.png", "image/png", None, ref="fox")
SUCCESS = Settled(is_success=True, cost=ZERO, outputs=(PICTURE,), elapsed_s=1.0)
COST = Money.parse("0.01")

Opened = Callable[..., AbstractAsyncContextManager[tuple[BotHarness, FakeEngine]]]


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    @asynccontextmanager
    async def opening(
        capabilities: Capabilities, **given: Any
    ) -> AsyncIterator[tuple[BotHarness, FakeEngine]]:
        parameters = (Parameter("prompt", Kind.LONG_TEXT), Parameter("inputImage", Kind.FILE))
        model = Model(MODEL, "SD3", parameters, approximate_cost=Money.parse("0.05"))
        engine = FakeEngine(capabilities, name="The studio", models=[model])
        engine.contents["fox"] = b"a fox"
        async with a_harness(tmp_path / "db", engine=engine, **given) as harness:
            yield harness, engine

    return opening


def grace_passes(harness: BotHarness) -> None:
    harness.time.forward(harness.context.timeouts.unknown_grace_s + 1)


async def test_what_only_the_engine_can_read_is_read_there_and_shown(opened: Opened) -> None:
    async with opened(FREE) as (harness, engine):
        engine.tell(await harness.submit_and_watch(), SUCCESS)
        assert (await harness.end_of()).stage is Stage.SUCCEEDED
        ((_, files),) = harness.board.concluded
        assert [(file.content, file.url) for file in files] == [(b"a fox", None)]


async def test_a_result_that_the_engine_has_lost_is_a_failure_that_nobody_pays(opened: Opened) -> None:
    async with opened(replace(FREE, does_bill=True)) as (harness, engine):
        engine.contents.clear()
        engine.tell(await harness.submit_and_watch(), replace(SUCCESS, cost=COST))
        job = await harness.end_of()
        assert (job.stage, job.cause) == (Stage.FAILED, Cause.OUTPUT_UNUSABLE)
        assert (await harness.spent())[2:] == (0, 0)


@pytest.mark.parametrize(("does_bill", "is_asked_after"), [(True, True), (False, False)])
async def test_what_bills_nothing_is_not_asked_for_a_late_charge(
    opened: Opened, does_bill: bool, is_asked_after: bool
) -> None:
    async with opened(replace(FREE, does_bill=does_bill)) as (harness, engine):
        engine.tell(await harness.submit_and_watch(), SUCCESS)
        await harness.end_of()
        assert bool(await harness.store.open_charges()) == is_asked_after
        assert ((await harness.spent())[3] > 0) == is_asked_after


async def test_a_free_run_without_an_answer_is_sent_once_more_after_the_grace(opened: Opened) -> None:
    async with opened(replace(FREE, may_repeat=True)) as (harness, engine):
        engine.start_faults.append(LOST)
        await harness.submit()
        await until(lambda: engine.lists_asked > 2)
        assert len(engine.started) == 1
        grace_passes(harness)
        task_id = await harness.watched()
        assert [request.key for request in engine.started] == [engine.started[0].key] * 2
        engine.tell(task_id, SUCCESS)
        assert (await harness.end_of()).stage is Stage.SUCCEEDED


async def test_once_more_is_once(opened: Opened) -> None:
    async with opened(replace(FREE, may_repeat=True)) as (harness, engine):
        engine.start_faults.extend([LOST, LOST])
        await harness.submit()
        await until(lambda: engine.lists_asked)
        grace_passes(harness)
        await until(lambda: len(engine.started) == 2)
        grace_passes(harness)
        assert (await harness.end_of()).cause is Cause.UNANSWERED
        assert len(engine.started) == 2


async def test_what_was_made_although_unanswered_is_found_and_not_sent_again(opened: Opened) -> None:
    async with opened(replace(FREE, may_repeat=True)) as (harness, engine):
        engine.start_faults.append(LOST)
        engine.is_made_although_unanswered = True
        engine.tell(await harness.submit_and_watch(), SUCCESS)
        assert (await harness.end_of()).stage is Stage.SUCCEEDED
        assert len(engine.started) == 1


async def test_a_run_that_may_cost_money_is_never_sent_again(opened: Opened) -> None:
    async with opened(EVERYTHING) as (harness, engine):
        engine.start_faults.append(LOST)
        await harness.submit()
        await until(lambda: engine.lists_asked)
        grace_passes(harness)
        assert (await harness.end_of()).cause is Cause.UNANSWERED
        assert len(engine.started) == 1
    with pytest.raises(ValueError, match="never sent again"):
        replace(EVERYTHING, may_repeat=True)


async def test_where_a_lost_run_cannot_be_found_nobody_waits_for_it(opened: Opened) -> None:
    async with opened(replace(EVERYTHING, lost_runs=LostRuns.NEVER)) as (harness, engine):
        engine.start_faults.append(LOST)
        await harness.submit()
        harness.time.forward(0.001)
        assert (await harness.end_of()).cause is Cause.UNANSWERED
        assert len(engine.started) == 1


async def test_files_go_along_where_none_are_kept(opened: Opened) -> None:
    async with opened(replace(EVERYTHING, keeps_files=False)) as (harness, engine):
        file = harness.sources.put("https://cdn.discordapp.com/attachments/1/2/dog.png")
        await harness.submit_and_watch(files=(file,))
        (request,) = engine.started
        assert ([upload.content for upload in request.files], request.links) == ([b"a picture"], ())
        assert engine.stored == []


async def test_files_that_are_kept_are_named_by_their_address(opened: Opened) -> None:
    async with opened(EVERYTHING) as (harness, engine):
        file = harness.sources.put("https://cdn.discordapp.com/attachments/1/2/dog.png")
        await harness.submit_and_watch(files=(file,))
        (request,) = engine.started
        (link,) = request.links
        assert (link.parameter_id, link.kind, request.files) == ("inputImage", Kind.FILE, ())
        assert link.url.endswith("/dog.png")


@pytest.mark.parametrize("stage", [Stage.QUEUED, Stage.RUNNING])
async def test_a_task_is_stopped_at_the_stage_where_it_stands(opened: Opened, stage: Stage) -> None:
    async with opened(EVERYTHING) as (harness, engine):
        engine.on_stop = Cancelled(ZERO, has_run=False)
        task_id = await harness.submit_and_watch()
        if stage is Stage.RUNNING:
            await harness.hears(task_id, Reached(stage))
            await harness.stage_reached(stage)
        await harness.jobs.cancel(1, a_requester())
        assert (await harness.end_of()).stage is Stage.CANCELLED
        assert engine.stopped == [(task_id, stage)]


async def test_who_cannot_stop_it_is_named(opened: Opened) -> None:
    async with opened(replace(EVERYTHING, can_stop_queued=False)) as (harness, engine):
        task_id = await harness.submit_and_watch()
        await harness.jobs.cancel(1, a_requester())
        await until(lambda: engine.stopped)
        engine.tell(task_id, replace(SUCCESS, cost=COST))
        assert (await harness.end_of()).stage is Stage.SUCCEEDED
        ((news, _),) = harness.board.concluded
        assert news.note == "The studio could not stop it any more."


async def test_no_more_are_sent_than_it_takes_at_once(opened: Opened) -> None:
    async with opened(replace(EVERYTHING, at_once=1)) as (harness, engine):
        first = await harness.submit_and_watch(1)
        await harness.submit(2)
        await until(lambda: harness.board.places_of(2) == [1])
        assert len(engine.started) == 1
        engine.tell(first, replace(SUCCESS, cost=COST))
        await harness.end_of(1)
        await harness.watched(2)
        assert len(engine.started) == 2


async def test_a_break_is_asked_after(opened: Opened) -> None:
    async with opened(EVERYTHING) as (harness, engine):
        task_id = await harness.submit_and_watch()
        await until(lambda: engine.reports_asked)
        engine.tell(task_id, replace(SUCCESS, cost=COST))
        engine.break_connections()
        assert (await harness.end_of()).stage is Stage.SUCCEEDED
        assert engine.watching == 0


async def test_a_definite_no_holds_nothing(opened: Opened) -> None:
    async with opened(EVERYTHING) as (harness, engine):
        engine.start_faults.append(EngineRefused("not today", engine=engine.name))
        await harness.submit()
        job = await harness.end_of()
        assert (job.cause, job.detail) == (Cause.REFUSED, "not today")
        assert await harness.spent() == (0, 0, 0, 0)
