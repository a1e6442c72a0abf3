"""What every engine holds to, whatever it can do: the port's words, tried on each."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest

from bot.domain.job.events import Cancelled, Event, Gap, Reached, Settled
from bot.domain.job.job import Job, Output, Stage
from bot.domain.job.task import Task
from bot.domain.money import ZERO
from bot.domain.request.files import Upload
from bot.domain.request.parameters import parameters_for
from bot.engines.port import (
    EngineBusy,
    EngineError,
    EngineNotFound,
    EngineRefused,
    EngineUnreachable,
    LinkedInput,
    LostRuns,
    StartRequest,
)
from tests.contract.engine.benches import AT_ONCE, BENCHES, Bench
from tests.support.clocks import until
from tests.support.samples import a_job, a_request

PICTURE = Upload("inputImage", "dog.png", b"a picture", "image/png")


@pytest.fixture(params=sorted(BENCHES))
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    async with BENCHES[request.param]() as opened:
        yield opened


def a_run(bench: Bench, number: int = 1, **changes: Any) -> Job:
    request = a_request(model=bench.model, prompt=f"a fox, {number}", **changes)
    return a_job(number, request=request, seed=number, sent_at_s=time.time())


async def request_of(bench: Bench, job: Job, **files: Any) -> StartRequest:
    parameters = parameters_for(job.request, job.seed, await bench.engine.model(bench.model))
    return StartRequest(job.job_id, job.request.model, job.seed, parameters, job.run_key, **files)


async def started(bench: Bench, stage: Stage | None = Stage.QUEUED, number: int = 1) -> Task:
    return await bench.start(await request_of(bench, a_run(bench, number)), stage)


async def reported(bench: Bench, task: Task, is_so: Callable[[Event], bool]) -> Event:
    """The record is asked until it says so. A task may not be known for a moment after its start."""
    async with asyncio.timeout(60):
        while True:
            with suppress(EngineNotFound):
                event = (await bench.engine.report(task.task_id)).event
                if is_so(event):
                    return event
            await asyncio.sleep(0.01)


async def has_reached(bench: Bench, task: Task, stage: Stage) -> None:
    await reported(bench, task, lambda event: event == Reached(stage))


def is_over(event: Event) -> bool:
    return isinstance(event, (Settled, Cancelled))


# --- runs


async def test_a_run_ends_with_outputs_that_can_be_had(bench: Bench) -> None:
    event = await reported(bench, await started(bench, None), is_over)
    assert isinstance(event, Settled)
    assert event.is_success
    assert event.cost is not None
    assert (event.cost > ZERO) == bench.engine.capabilities.does_bill
    assert event.outputs
    for output in event.outputs:
        if bench.engine.capabilities.has_public_links:
            assert output.url is not None
        else:
            assert output.url is None
            assert b"".join([part async for part in bench.engine.open(output)])


async def test_a_task_is_reported_by_its_id_and_as_it_was_started(bench: Bench) -> None:
    one, other = await started(bench, number=1), await started(bench, number=2)
    for number, task in ((1, one), (2, other)):
        await has_reached(bench, task, Stage.QUEUED)
        report = await bench.engine.report(task.task_id)
        assert report.task.task_id == task.task_id
        assert (report.parameters["prompt"], report.parameters["seed"]) == (f"a fox, {number}", str(number))


async def test_what_nobody_started_is_not_found(bench: Bench) -> None:
    for ask in (bench.engine.report, bench.engine.log, bench.engine.erase):
        with pytest.raises(EngineNotFound):
            await ask("404404")
    with pytest.raises(EngineRefused):
        await bench.engine.stop("404404", Stage.RUNNING)


async def test_an_unknown_model_is_a_definite_no(bench: Bench) -> None:
    job = a_run(bench)
    request = await request_of(bench, job)
    with pytest.raises(EngineRefused):
        await bench.engine.start(StartRequest(1, "nobody/nothing", 1, request.parameters, request.key))
    assert list(await bench.engine.find(job)) == []


async def test_one_more_than_it_takes_at_once_is_busy_and_starts_nothing(bench: Bench) -> None:
    assert bench.engine.capabilities.at_once == AT_ONCE
    for number in range(1, AT_ONCE + 1):
        await started(bench, number=number)
    one_more = a_run(bench, AT_ONCE + 1)
    with pytest.raises(EngineBusy):
        await bench.engine.start(await request_of(bench, one_more))
    assert list(await bench.engine.find(one_more)) == []


@pytest.mark.parametrize("stage", [Stage.QUEUED, Stage.RUNNING])
async def test_a_task_is_stopped_where_that_can_be_done(bench: Bench, stage: Stage) -> None:
    task = await started(bench, stage)
    await has_reached(bench, task, stage)
    capabilities = bench.engine.capabilities
    if capabilities.can_stop_queued if stage is Stage.QUEUED else capabilities.can_stop_running:
        await bench.engine.stop(task.task_id, stage)
        assert isinstance(await reported(bench, task, is_over), Cancelled)
    else:
        with pytest.raises(EngineRefused):
            await bench.engine.stop(task.task_id, stage)
        assert (await bench.engine.report(task.task_id)).event == Reached(stage)


async def test_a_task_that_has_just_moved_on_is_stopped_all_the_same(bench: Bench) -> None:
    task = await started(bench, Stage.RUNNING)
    await has_reached(bench, task, Stage.RUNNING)
    if bench.engine.capabilities.can_stop_running:
        await bench.engine.stop(task.task_id, Stage.QUEUED)
        assert isinstance(await reported(bench, task, is_over), Cancelled)


async def test_what_has_ended_cannot_be_stopped(bench: Bench) -> None:
    task = await started(bench, None)
    ending = await reported(bench, task, is_over)
    with pytest.raises(EngineRefused):
        await bench.engine.stop(task.task_id, Stage.RUNNING)
    assert (await bench.engine.report(task.task_id)).event == ending


async def test_the_task_of_a_lost_answer_is_found_and_no_other(bench: Bench) -> None:
    await started(bench, number=1)
    job, nobodys = a_run(bench, 2), a_run(bench, 3)
    bench.lose_next_answer()
    with pytest.raises(EngineError) as lost:
        await bench.engine.start(await request_of(bench, job))
    assert not isinstance(lost.value, EngineRefused)
    assert getattr(lost.value, "may_have_arrived", True)
    found = list(await bench.engine.find(job))
    if bench.engine.capabilities.lost_runs is LostRuns.NEVER:
        assert found == []
    else:
        (report,) = found
        assert report.parameters["prompt"] == job.request.prompt
        assert bench.engine.is_task_of(report, job)
        assert not bench.engine.is_task_of(report, nobodys)
        assert (await bench.engine.report(report.task.task_id)).task.task_id == report.task.task_id
    assert list(await bench.engine.find(nobodys)) == []


# --- news


class Ear:
    """What was heard of a task."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    async def until(self, is_so: Callable[[list[Event]], bool]) -> None:
        await until(lambda: is_so(self.events))


async def test_watching_begins_with_a_gap_and_a_break_is_one(bench: Bench) -> None:
    task, ear = await started(bench), Ear()
    async with bench.engine.watch(task, 30, ear.events.append) as subscription:
        await ear.until(bool)
        assert not subscription.has_heard
        before = len(ear.events)
        await bench.break_connections()
        # Whatever the outage hid, it is asked after once the connection stands again.
        await ear.until(lambda events: len(events) >= before + 2)
        assert all(isinstance(event, Gap) for event in ear.events)
        assert not subscription.has_heard


async def test_the_end_of_a_watched_task_is_heard_by_its_watcher_alone(bench: Bench) -> None:
    one, other = await started(bench, Stage.RUNNING, 1), await started(bench, Stage.RUNNING, 2)
    for task in (one, other):
        await has_reached(bench, task, Stage.RUNNING)
    ear, others = Ear(), Ear()
    async with (
        bench.engine.watch(one, 30, ear.events.append) as subscription,
        bench.engine.watch(other, 30, others.events.append),
    ):
        await ear.until(bool)
        await others.until(bool)
        await bench.end(one)
        await ear.until(lambda events: Reached(Stage.FINISHING) in events)
        assert subscription.has_heard
    assert all(isinstance(event, Gap) for event in others.events)
    assert is_over(await reported(bench, one, is_over))


async def test_after_watching_nothing_more_is_heard(bench: Bench) -> None:
    task, ear = await started(bench, Stage.RUNNING), Ear()
    await has_reached(bench, task, Stage.RUNNING)
    async with bench.engine.watch(task, 30, ear.events.append):
        await ear.until(bool)
    heard = list(ear.events)
    await bench.end(task)
    await reported(bench, task, is_over)
    assert ear.events == heard


async def test_a_task_that_moved_unheard_is_watched_on(bench: Bench) -> None:
    task, ear = await started(bench, Stage.RUNNING), Ear()
    await has_reached(bench, task, Stage.RUNNING)
    async with bench.engine.watch(task, 30, ear.events.append) as subscription:
        await ear.until(bool)
        await subscription.moved_unheard()
        await bench.end(task)
        await ear.until(lambda events: Reached(Stage.FINISHING) in events)


# --- its books, models and files


async def test_the_newest_task_is_listed_first(bench: Bench) -> None:
    tasks = [(await started(bench, number=number)).task_id for number in (1, 2)]
    listed = [report.task.task_id for report in await bench.engine.recent_tasks(10)]
    assert listed == tasks[::-1]
    assert [report.task.task_id for report in await bench.engine.recent_tasks(1)] == tasks[1:]


async def test_what_is_listed_can_be_asked_for(bench: Bench) -> None:
    summaries = await bench.engine.models()
    assert bench.model in [summary.slug for summary in summaries]
    for summary in summaries:
        assert (await bench.engine.model(summary.slug)).slug == summary.slug
    with pytest.raises(EngineNotFound):
        await bench.engine.model("nobody/nothing")


async def test_a_file_is_kept_and_goes_into_a_run_by_its_address(bench: Bench) -> None:
    if not bench.engine.capabilities.keeps_files:
        with pytest.raises(EngineRefused):
            await bench.engine.store_input(PICTURE, 700)
        return
    stored = await bench.engine.store_input(PICTURE, 700)
    assert stored.url is not None
    again = await bench.engine.store_input(PICTURE, 0)
    assert again.file_id != stored.file_id
    model = await bench.engine.model(bench.model)
    parameter = model.parameter(PICTURE.parameter_id)
    kind = parameter.kind if parameter is not None else None
    link = LinkedInput(PICTURE.parameter_id, stored.url, kind)
    task = await bench.start(await request_of(bench, a_run(bench), links=(link,)), None)
    event = await reported(bench, task, is_over)
    assert isinstance(event, Settled)
    assert event.is_success


async def test_a_file_goes_along_with_its_run(bench: Bench) -> None:
    task = await bench.start(await request_of(bench, a_run(bench), files=(PICTURE,)), None)
    event = await reported(bench, task, is_over)
    assert isinstance(event, Settled)
    assert event.is_success


async def test_an_ended_task_has_a_log_and_is_erased_as_often_as_one_likes(bench: Bench) -> None:
    task = await started(bench, None)
    await reported(bench, task, is_over)
    assert isinstance(await bench.engine.log(task.task_id), str)
    for _ in range(2):
        await bench.engine.erase(task.task_id)


async def test_nothing_but_the_engine_family_is_raised_when_nobody_answers(bench: Bench) -> None:
    task = await started(bench)
    job = a_run(bench, 2)
    request = await request_of(bench, job)
    await bench.go_down()
    engine = bench.engine

    async def opened() -> None:
        async for _ in engine.open(Output("a", "image/png", None, ref="a")):
            pass

    calls: list[Callable[[], Awaitable[object]]] = [
        lambda: engine.start(request),
        lambda: engine.find(job),
        lambda: engine.report(task.task_id),
        lambda: engine.stop(task.task_id, Stage.QUEUED),
        lambda: engine.log(task.task_id),
        lambda: engine.erase(task.task_id),
        lambda: engine.recent_tasks(1),
        lambda: engine.model("another/model"),
        engine.models,
        lambda: engine.store_input(PICTURE, 1),
        opened,
    ]
    for call in calls:
        is_silent = call == calls[1] and engine.capabilities.lost_runs is LostRuns.NEVER
        if is_silent:
            assert list(await engine.find(job)) == []
            continue
        with pytest.raises(EngineError) as failed:
            await call()
        if call is not opened:
            assert isinstance(failed.value, EngineUnreachable)
