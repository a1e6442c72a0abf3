"""The client and the feed against the stand-in server, which was written without knowledge of either."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from itertools import repeat
from typing import Any

import aiohttp
import pytest

from bot.domain.clock import Clock
from bot.domain.job.events import Accepted, Cancelled, Event, Gap, Reached, Settled
from bot.domain.job.job import Job, Stage
from bot.domain.job.lifecycle import advance
from bot.domain.job.task import Task
from bot.domain.limits.estimate import estimate
from bot.domain.money import ZERO, Money
from bot.domain.request.files import Upload
from bot.domain.request.origin import Origin
from bot.domain.request.parameters import parameters_for
from bot.domain.request.run_request import RunRequest
from bot.engines import port
from bot.engines.wiro.client import PAGE_SIZE, WiroClient
from bot.engines.wiro.signing import Credentials
from bot.engines.wiro.socket import TaskFeed
from sandbox.wiro.accounts import Account
from sandbox.wiro.faults import (
    Answer,
    Bill,
    Drop,
    DropSocket,
    Duplicate,
    FailTask,
    Fault,
    Hold,
    ListLag,
    Moment,
    Reorder,
    StderrNoise,
    Strange,
)
from sandbox.wiro.pace import Pace
from sandbox.wiro.run_keys import RunKeys
from sandbox.wiro.server import Options, WiroSandbox
from tests.integration.engines.wiro.wiro_scripted import KEY, SECRET

MODEL = "stabilityai/stable-diffusion-3-medium"
ORIGIN = Origin(1, 2, 3, 4, is_private=False, attachment_limit_bytes=10)


async def never_wait(_: float) -> None:
    await asyncio.sleep(0.005)


@pytest.fixture
async def make_wiro() -> AsyncIterator[Callable[..., Any]]:
    opened: list[WiroSandbox] = []

    async def make(**options: Any) -> WiroSandbox:
        options = {
            "accounts": [Account(KEY, SECRET), Account("key-only")],
            "pace": Pace(scale=0.02),
            "options": Options(strict_fields=True),
            "paint": lambda _: b"PNG",
        } | options
        wiro = WiroSandbox(**options)
        await wiro.start()
        opened.append(wiro)
        return wiro

    yield make
    for wiro in opened:
        await wiro.stop()


@pytest.fixture
async def wiro(make_wiro: Callable[..., Any]) -> WiroSandbox:
    sandbox: WiroSandbox = await make_wiro()
    return sandbox


def make_client(
    session: aiohttp.ClientSession, wiro: WiroSandbox, credentials: Credentials | None = None
) -> WiroClient:
    return WiroClient(
        session,
        wiro.api_url,
        credentials or Credentials(KEY, SECRET),
        clock=Clock(wall=lambda: 1_795_384_800.0, monotonic=time.monotonic),
        delays=lambda: repeat(0.001, 3),
        sleep=never_wait,
    )


@pytest.fixture
def client(session: aiohttp.ClientSession, wiro: WiroSandbox) -> WiroClient:
    return make_client(session, wiro)


@pytest.fixture
async def feed(session: aiohttp.ClientSession, wiro: WiroSandbox) -> AsyncIterator[TaskFeed]:
    loop = asyncio.get_running_loop()
    opened = TaskFeed(session, wiro.socket_url, spawn=loop.create_task, sleep=never_wait)
    yield opened
    await opened.close()


async def start(client: WiroClient, seed: int = 42, prompt: str = "a fox") -> tuple[Job, Task]:
    """Run a picture the way a job does: parameters from the model's own schema."""
    request = RunRequest(MODEL, prompt, steps=5)
    model = await client.model(MODEL)
    task = await client.run(MODEL, parameters_for(request, seed, model), key="k")
    job = Job(1, ORIGIN, request, seed, Money.parse("1"), 0.0)
    return advance(job, Accepted(task.task_id)), task


def is_ending(event: Event) -> bool:
    return isinstance(event, Settled | Cancelled)


async def detail_until(client: WiroClient, task_id: str, is_so: Callable[[Event], bool]) -> Event:
    """Ask Task/Detail until it says so; fails when it never does."""
    for _ in range(1_000):
        event = (await client.detail(task_id)).event
        if is_so(event):
            return event
        await asyncio.sleep(0.01)
    raise AssertionError(f"task {task_id} stays at {event}")


async def follow(client: WiroClient, feed: TaskFeed, job: Job, task: Task) -> tuple[Job, list[Event]]:
    """The socket is news, Task/Detail the record: asked after every gap and at the end."""
    heard: list[Event] = []
    feed.register(task)
    async with asyncio.timeout(300):
        async for task_id, event in feed.events():
            assert task_id == task.task_id
            heard.append(event)
            job = advance(job, event)
            if isinstance(event, Gap):
                job = advance(job, (await client.detail(task_id)).event)
            if job.stage is Stage.FINISHING:
                job = advance(job, await detail_until(client, task_id, is_ending))
            if job.is_terminal:
                break
    feed.forget(task.task_id)
    return job, heard


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(None, id="nothing"),
        pytest.param(DropSocket(at="task_output"), id="reset"),
        pytest.param(DropSocket(at="task_start", close_code=1011), id="closed"),
        pytest.param(Duplicate(3), id="duplicates"),
        pytest.param(Reorder(), id="reordered"),
        pytest.param(Strange(), id="strange"),
        pytest.param(StderrNoise(), id="noise"),
    ],
)
async def test_a_job_succeeds_with_its_bill_whatever_the_socket_does(
    client: WiroClient, feed: TaskFeed, wiro: WiroSandbox, fault: Fault | None
) -> None:
    if fault is not None:
        wiro.faults.add(fault)
    job, task = await start(client)
    job, heard = await follow(client, feed, job, task)
    assert job.stage is Stage.SUCCEEDED
    assert job.cost is not None
    assert job.cost > ZERO
    assert [output.content_type for output in job.outputs] == ["image/png"]
    assert heard[0] == Gap("connected")
    assert heard.count(Gap("connected")) == (2 if isinstance(fault, DropSocket) else 1)


async def test_a_model_has_a_schema_and_a_price(client: WiroClient) -> None:
    model = await client.model(MODEL)
    assert model.parameter("prompt") is not None
    steps = model.parameter("steps")
    assert steps is not None
    assert steps.maximum is not None
    assert estimate(model, {}, 4.0, ZERO).amount > ZERO


async def test_many_tasks_run_on_one_connection(
    client: WiroClient, feed: TaskFeed, wiro: WiroSandbox
) -> None:
    jobs: dict[str, Job] = {}
    for seed in range(5):
        job, task = await start(client, seed)
        jobs[task.task_id] = job
        feed.register(task)
    async with asyncio.timeout(300):
        async for task_id, event in feed.events():
            jobs[task_id] = advance(jobs[task_id], event)
            assert wiro.socket_connections <= 1
            if all(job.stage is Stage.FINISHING for job in jobs.values()):
                break
    for task_id in jobs:
        event = await detail_until(client, task_id, is_ending)
        assert isinstance(event, Settled)
        assert event.is_success


async def test_a_lost_answer_to_run_is_found_again_by_its_seed(client: WiroClient, wiro: WiroSandbox) -> None:
    wiro.faults.add(Drop(), path="Run/")
    with pytest.raises(port.EngineUnreachable) as caught:
        await start(client, seed=987_654)
    assert caught.value.may_have_arrived
    reports = await client.recent_tasks(20)
    assert [report.parameters["seed"] for report in reports] == ["987654"]
    assert len(wiro.ledger.tasks) == 1


async def test_a_task_the_list_does_not_show_yet_is_an_empty_list(
    client: WiroClient, wiro: WiroSandbox
) -> None:
    wiro.faults.add(ListLag(3600.0))
    await start(client)
    assert await client.recent_tasks(20) == []


@pytest.mark.parametrize("moment", list(Moment))
async def test_a_dropped_cancel_is_sent_again(client: WiroClient, wiro: WiroSandbox, moment: Moment) -> None:
    wiro.faults.add(Hold(at="task_queue", seconds=3600.0))
    _, task = await start(client)
    wiro.faults.add(Drop(moment), path="Task/Cancel")
    try:
        await client.cancel(task.task_id)
    except port.EngineRefused:
        assert moment is Moment.AFTER  # the first attempt had cancelled it
    assert isinstance((await client.detail(task.task_id)).event, Cancelled)


async def test_a_running_task_cannot_be_cancelled_but_killed(client: WiroClient, wiro: WiroSandbox) -> None:
    wiro.faults.add(Hold(at="task_start", seconds=3600.0))
    _, task = await start(client)
    await detail_until(client, task.task_id, lambda event: event == Reached(Stage.RUNNING))
    with pytest.raises(port.EngineRefused) as caught:
        await client.cancel(task.task_id)
    assert not isinstance(caught.value, port.EngineNotFound)
    await client.kill(task.task_id)
    await detail_until(client, task.task_id, is_ending)


async def test_a_failed_task_says_why_and_costs_nothing(
    client: WiroClient, feed: TaskFeed, wiro: WiroSandbox
) -> None:
    wiro.faults.add(FailTask())
    job, task = await start(client)
    job, _ = await follow(client, feed, job, task)
    assert (job.stage, job.cost, job.outputs) == (Stage.FAILED, ZERO, ())
    assert "out of memory" in job.detail


@pytest.mark.parametrize("bill", ["NaN", "1e9", "-1"])
async def test_an_absurd_bill_is_no_bill(
    client: WiroClient, feed: TaskFeed, wiro: WiroSandbox, bill: str
) -> None:
    wiro.faults.add(Bill(bill))
    job, task = await start(client)
    job, _ = await follow(client, feed, job, task)
    assert (job.stage, job.cost) == (Stage.SUCCEEDED, None)


async def test_one_too_many_is_busy_and_an_unknown_model_not_found(
    make_wiro: Callable[..., Any], session: aiohttp.ClientSession
) -> None:
    wiro = await make_wiro(max_running=1)
    client = make_client(session, wiro)
    wiro.faults.add(Hold(at="task_queue", seconds=3600.0))
    await start(client)
    with pytest.raises(port.EngineBusy):
        await start(client)
    with pytest.raises(port.EngineNotFound):
        await client.run("nobody/nothing", {"prompt": "x"}, key="k")
    with pytest.raises(port.EngineNotFound):
        await client.model("nobody/nothing")
    with pytest.raises(port.EngineNotFound):
        await client.detail("1")


async def test_credentials_are_checked(session: aiohttp.ClientSession, wiro: WiroSandbox) -> None:
    await make_client(session, wiro).check_credentials()
    await make_client(session, wiro, Credentials("key-only")).check_credentials()
    for wrong in (Credentials(KEY, "wrong"), Credentials("wrong", SECRET), Credentials(KEY)):
        with pytest.raises(port.EngineAuthFailed):
            await make_client(session, wiro, wrong).check_credentials()


async def test_the_catalogue_names_models_that_can_be_asked_for(client: WiroClient) -> None:
    summaries = await client.models()
    assert MODEL in [summary.slug for summary in summaries]
    for summary in summaries:
        assert (await client.model(summary.slug)).slug == summary.slug


async def test_a_server_in_trouble_is_asked_again_but_run_is_not(
    client: WiroClient, wiro: WiroSandbox
) -> None:
    _, task = await start(client)
    wiro.faults.add(Answer(503, b"<html>"), path="Task/Detail", times=2)
    assert (await client.detail(task.task_id)).task.task_id == task.task_id
    wiro.faults.add(Answer(500, b"oops"), path="Run/")
    with pytest.raises(port.EngineServerFault):
        await start(client)
    assert len(wiro.ledger.requests_to("Run/")) == 2


async def test_files_are_stored_sent_along_and_deleted(client: WiroClient, feed: TaskFeed) -> None:
    folder = await client.create_folder("train_1")
    stored = await client.upload(Upload("file", "a.png", b"PNG", "image/png"), folder.file_id)
    assert stored.name == "a.png"
    files = [Upload("inputImage", "in.png", b"PNG", "image/png")]
    task = await client.run(MODEL, {"prompt": "a fox", "steps": 1}, key="k", files=files)
    job = Job(1, ORIGIN, RunRequest(MODEL, "a fox"), 1, ZERO, 0.0)
    await follow(client, feed, advance(job, Accepted(task.task_id)), task)
    await client.delete_files(task)
    event = (await client.detail(task.task_id)).event
    assert isinstance(event, Settled)
    assert event.outputs == ()


async def test_the_list_is_read_no_further_back_than_asked(
    session: aiohttp.ClientSession, make_wiro: Callable[..., Any]
) -> None:
    now_s = [1_795_384_800.0]
    wiro = await make_wiro(clock=lambda: now_s[0])
    client = make_client(session, wiro)
    for _ in range(PAGE_SIZE + 1):
        await client.run(MODEL, {"prompt": "old", "steps": 1}, key="k")
    now_s[0] += 3_600
    await client.run(MODEL, {"prompt": "new", "steps": 1}, key="k")
    newest = await client.recent_tasks(5_000, since_s=now_s[0] - 60)
    assert newest[0].parameters["prompt"] == "new"
    assert len(newest) == PAGE_SIZE
    assert len(wiro.ledger.requests_to("Task/List")) == 1
    assert len(await client.recent_tasks(5_000)) == PAGE_SIZE + 2


# --- the run key, in an account that keeps it, ignores it or refuses it ------------------------------------


def keyed_client(session: aiohttp.ClientSession, wiro: WiroSandbox, run_key: str) -> WiroClient:
    clock = Clock(wall=lambda: 1_795_384_800.0, monotonic=time.monotonic)
    return WiroClient(session, wiro.api_url, Credentials(KEY, SECRET), clock=clock, run_key=run_key)


@pytest.mark.parametrize("place", ["runKey", "header:X-Run-Key"])
@pytest.mark.parametrize(("world", "made"), [(RunKeys.KEPT, 2), (RunKeys.IGNORED, 3)])
async def test_by_a_kept_key_one_call_stays_one_task(
    session: aiohttp.ClientSession, make_wiro: Callable[..., Any], world: RunKeys, made: int, place: str
) -> None:
    wiro = await make_wiro(options=Options(run_keys=world))
    client = keyed_client(session, wiro, place)
    first, again, other = [await client.run(MODEL, {"prompt": "a fox"}, key=key) for key in ("a", "a", "b")]
    assert len({first.task_id, again.task_id, other.task_id}) == len(wiro.ledger.tasks) == made
    assert (first == again) == (world is RunKeys.KEPT)


@pytest.mark.parametrize("place", ["runKey", "header:X-Run-Key"])
async def test_where_a_key_is_refused_nothing_runs(
    session: aiohttp.ClientSession, make_wiro: Callable[..., Any], place: str
) -> None:
    wiro = await make_wiro(options=Options(run_keys=RunKeys.REFUSED))
    with pytest.raises(port.EngineRefused, match="parameters are invalid"):
        await keyed_client(session, wiro, place).run(MODEL, {"prompt": "a fox"}, key="a")
    await keyed_client(session, wiro, "").run(MODEL, {"prompt": "a fox"}, key="a")
    assert len(wiro.ledger.tasks) == 1


@pytest.mark.parametrize("world", list(RunKeys))
@pytest.mark.parametrize("files", [(), (Upload("inputImage", "f.png", b"PNG", "image/png"),)])
async def test_unless_a_place_is_named_no_key_leaves(
    session: aiohttp.ClientSession, make_wiro: Callable[..., Any], world: RunKeys, files: tuple[Upload, ...]
) -> None:
    wiro = await make_wiro(options=Options(run_keys=world))
    await make_client(session, wiro).run(MODEL, {"prompt": "a fox"}, key="a-key-of-ours", files=files)
    (request,) = wiro.ledger.requests_to("Run/")
    assert "a-key-of-ours" not in repr((request.fields, request.headers))


async def test_a_key_writes_over_nothing_that_was_asked_for(
    session: aiohttp.ClientSession, wiro: WiroSandbox
) -> None:
    await keyed_client(session, wiro, "prompt").run(MODEL, {"prompt": "a fox"}, key="a")
    assert wiro.ledger.tasks[0].prompt == "a fox"
