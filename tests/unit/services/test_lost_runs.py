"""The task of an unanswered start is claimed by one job alone."""

from __future__ import annotations

from pathlib import Path

from bot.domain.job.job import Job, Stage
from bot.domain.job.task import TaskReport
from bot.services.runs._lost_runs import find_task
from tests.support.bot_harness import a_harness
from tests.support.samples import NOON_S, a_job
from tests.support.wiro import ScriptedWiro

JOB = a_job(sent_at_s=NOON_S)


async def found(file: Path, wiro: ScriptedWiro, claimed: list[str]) -> TaskReport | None:
    async with a_harness(file, wiro) as harness:
        for number, task_id in enumerate(claimed, start=1):
            owner: Job = a_job(number, task_id=task_id, stage=Stage.QUEUED)
            await harness.store.reserve(owner, [], [])
        return await find_task(harness.engine, harness.store, JOB)


PARAMETERS = {"prompt": JOB.request.prompt, "seed": JOB.seed}


async def test_nothing_in_the_list_is_nothing_found(tmp_path: Path) -> None:
    assert await found(tmp_path / "db", ScriptedWiro(), []) is None


async def test_a_task_that_belongs_to_another_job_is_left_to_it(tmp_path: Path) -> None:
    wiro = ScriptedWiro()
    wiro.make(PARAMETERS, NOON_S)
    assert await found(tmp_path / "db", wiro, ["101"]) is None


async def test_of_twins_the_oldest_that_is_free_is_ours(tmp_path: Path) -> None:
    wiro = ScriptedWiro()
    for _ in range(3):
        wiro.make(PARAMETERS, NOON_S)
    report = await found(tmp_path / "db", wiro, ["101"])
    assert report is not None
    assert report.task.task_id == "102"
