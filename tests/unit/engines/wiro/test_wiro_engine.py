"""Wiro's habits behind the port: how a lost task is found, how one is stopped, how Run is told of files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.domain.catalogue.model import Kind
from bot.domain.job.job import Stage
from bot.engines.port import EngineRefused, LinkedInput
from bot.engines.wiro.engine import LIST_LIMIT, WiroEngine
from bot.engines.wiro.parameters import link_parameters
from bot.services.supervisor import Supervisor
from tests.support.samples import NOON_S, a_job
from tests.support.wiro import FakeSockets, ScriptedWiro, engine_over

JOB = a_job(sent_at_s=NOON_S)
PARAMETERS = {"prompt": JOB.request.prompt, "seed": JOB.seed}
REFUSED = EngineRefused("not at this stage")


@pytest.fixture
def wiro() -> ScriptedWiro:
    return ScriptedWiro()


@pytest.fixture
async def engine(wiro: ScriptedWiro) -> AsyncIterator[WiroEngine]:
    supervisor = Supervisor(asyncio.create_task)
    yield engine_over(wiro, FakeSockets().open, supervisor, lambda: iter(()))
    await supervisor.drain()


async def test_a_lost_task_is_found_among_those_that_the_list_gives(
    engine: WiroEngine, wiro: ScriptedWiro
) -> None:
    task = wiro.make(PARAMETERS, NOON_S)
    for _ in range(LIST_LIMIT - 1):
        wiro.make({"prompt": "another"}, NOON_S)
    assert [report.task for report in await engine.find(JOB)] == [task]
    wiro.make({"prompt": "another"}, NOON_S)
    assert await engine.find(JOB) == []


@pytest.mark.parametrize(
    ("stage", "faults", "calls"),
    [
        (Stage.QUEUED, [], ["cancel"]),
        (Stage.QUEUED, ["cancel"], ["cancel", "kill"]),
        (Stage.PREPARING, [], ["kill"]),
        (Stage.RUNNING, ["kill"], ["kill", "cancel"]),
    ],
)
async def test_a_task_is_cancelled_in_the_queue_and_killed_once_it_runs(
    engine: WiroEngine, wiro: ScriptedWiro, stage: Stage, faults: list[str], calls: list[str]
) -> None:
    wiro.stop_faults = dict.fromkeys(faults, REFUSED)
    task = wiro.make(PARAMETERS)
    await engine.stop(task.task_id, stage)
    assert wiro.stopped == [(call, task.task_id) for call in calls]


async def test_a_task_that_neither_stops_is_refused(engine: WiroEngine, wiro: ScriptedWiro) -> None:
    wiro.stop_faults = {"cancel": REFUSED, "kill": REFUSED}
    with pytest.raises(EngineRefused):
        await engine.stop(wiro.make(PARAMETERS).task_id, Stage.QUEUED)
    assert [call for call, _ in wiro.stopped] == ["cancel", "kill"]


@pytest.mark.parametrize("kind", [Kind.FILE, Kind.FILES, None])
def test_files_that_wiro_keeps_are_named_beside_the_input(kind: Kind | None) -> None:
    links = [LinkedInput("inputImage", url, kind) for url in ("https://cdn/1", "https://cdn/2")]
    assert link_parameters(links) == {"inputImageUrl": "https://cdn/1,https://cdn/2"}


def test_an_input_that_takes_links_is_given_them_itself() -> None:
    links = [
        LinkedInput("inputImage", url, Kind.FILES_OR_LINKS) for url in ("https://cdn/1", "https://cdn/2")
    ]
    assert link_parameters(links) == {"inputImage": ("https://cdn/1", "https://cdn/2")}
